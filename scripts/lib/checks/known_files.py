"""A file that no target compiles rots: each .cpp file has to occur in the commands of the build."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from build_commands import flags_by_file


def main() -> int:
    parser = argparse.ArgumentParser(description="the .cpp files that the build does not know")
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("folders", nargs="+")
    arguments = parser.parse_args()
    root = Path.cwd()
    known = flags_by_file(root / arguments.build, root)
    there = {path for folder in arguments.folders for path in Path(folder).rglob("*.cpp")}
    for path in sorted(there - known.keys()):
        print(f"not in the build: {path}")
    print(f"{len(there)} files")
    return 1 if there - known.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
