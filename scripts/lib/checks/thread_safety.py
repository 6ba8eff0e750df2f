"""Lets clang prove that what a mutex guards (LOOM_GUARDED_BY) is touched under that mutex only.

It reads the files that can touch such members: they are private, so these are the .cpp files that include a header with
a mutex out of their own folder, or base/mutex.h itself. A std::mutex that is not wrapped would escape: src/ has none.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from build_commands import Includes, flags_by_file

MUTEX = Path("src/base/mutex.h")
CLANG = "clang++-14"
BARE = re.compile(r"std::(\w*mutex|lock_guard|unique_lock|shared_lock|scoped_lock|condition_variable\w*)\b")


def bare_mutexes(root: Path) -> list[str]:
    found = []
    for folder in ("src", "include"):
        for path in sorted((root / folder).rglob("*")):
            file = path.relative_to(root)
            if path.suffix not in (".h", ".cpp") or file == MUTEX:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if match := BARE.search(line):
                    found.append(f"{file}:{number}: {match[0]} is hidden from the analysis: {MUTEX} has what to use")
    return found


def can_touch(file: Path, includes: Includes) -> bool:
    def has_mutex(header: Path) -> bool:
        return header == MUTEX or (header.parent == file.parent and MUTEX in includes.direct(header))

    return any(has_mutex(header) for header in includes.direct(file))


def analyse(file: Path, flags: list[str]) -> str:
    """What clang says about the file; nothing when all is well."""
    command = [CLANG, "-fsyntax-only", "-Wthread-safety", "-Werror=thread-safety", *flags, str(file)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stderr or f"{file}: {CLANG} ended with {result.returncode}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="clang's thread-safety analysis")
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    root = Path.cwd()
    flags = flags_by_file(root / arguments.build, root)
    chosen = []
    for file in sorted(flags):
        if (root / file).is_file() and can_touch(file, Includes(root, flags[file])):
            chosen.append(file)
    if not chosen:
        print(f"no file that the build knows includes {MUTEX}")
        return 1
    with ThreadPoolExecutor(arguments.jobs) as pool:
        said = list(pool.map(lambda file: analyse(file, flags[file]), chosen))
    said += [line + "\n" for line in bare_mutexes(root)]
    print("".join(said), end="")
    print(f"{len(chosen)} files read")
    return 1 if any(said) else 0


if __name__ == "__main__":
    sys.exit(main())
