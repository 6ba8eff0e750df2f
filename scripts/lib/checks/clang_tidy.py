"""clang-tidy, by .clang-tidy, on the C++ files that have changed, for as long as it may take.

A file has changed when it differs from the base: a revision that is given, else where this branch left origin/main, else
ten commits ago; the whole history when that is shorter. A header is read through the .cpp file of its name, else through
one that includes it. A file whose text, headers and rules are those of a run without findings is not read again.
When the time is over the rest is named and left for another run: which files come first differs from commit to commit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from build_commands import Includes, flags_by_file

TIDY = "clang-tidy-14"
FOLDERS = ("src", "include", "examples", "tests", "benchmarks")
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
COMMITS_BACK = 10


def git(*arguments: str) -> str | None:
    result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else None


def default_base() -> str:
    left = git("merge-base", "HEAD", "origin/main")
    if left and left != git("rev-parse", "HEAD"):
        return left
    return git("rev-parse", "--verify", "--quiet", f"HEAD~{COMMITS_BACK}") or EMPTY_TREE


def changed_files(base: str) -> list[Path]:
    """Those of the working tree, too, and those that are not under version control yet."""
    listed = git("diff", "--name-only", "--diff-filter=d", base, "--", *FOLDERS)
    if listed is None:
        sys.exit(f"{base} is no revision here")
    names = listed.splitlines() + (git("ls-files", "--others", "--exclude-standard", "--", *FOLDERS) or "").splitlines()
    return [Path(name) for name in names if name.endswith((".h", ".cpp"))]


def off_without_a_reason(rules: str) -> list[str]:
    off = re.findall(r"^  -([a-z][\w-]+)", rules, re.MULTILINE)
    return [f".clang-tidy: {name} is off and no line says why (# off {name}: ...)" for name in off
            if f"# off {name}: " not in rules]  # fmt: skip


class Reading:
    """What clang-tidy is to read, and how. Owns: the list of files without findings, kept in the build folder."""

    def __init__(self, root: Path, build: Path) -> None:
        self._root = root
        self.flags = flags_by_file(build, root)
        self._includes = {name: Includes(root, list(name)) for name in {tuple(flags) for flags in self.flags.values()}}
        self._folder = build / "checks"
        self._folder.mkdir(exist_ok=True)
        self._good_file = self._folder / "tidy-good.json"
        self._good = set(json.loads(self._good_file.read_text()) if self._good_file.is_file() else [])
        entries = [
            {"directory": str(root), "file": str(root / file), "arguments": ["clang++", *flags, "-c", str(root / file)]}
            for file, flags in self.flags.items()
        ]
        (self._folder / "compile_commands.json").write_text(json.dumps(entries), encoding="utf-8")

    def headers(self, file: Path) -> list[Path]:
        return self._includes[tuple(self.flags[file])].all(file)

    def sources_of(self, changed: list[Path]) -> list[Path]:
        chosen = {file for file in changed if file in self.flags}
        for header in (file for file in changed if file.suffix == ".h"):
            if header.with_suffix(".cpp") in self.flags:
                chosen.add(header.with_suffix(".cpp"))
            elif not any(header in self.headers(file) for file in chosen):
                chosen.update([file for file in sorted(self.flags) if header in self.headers(file)][:1])
        return sorted(chosen)

    def key(self, file: Path) -> str:
        """The same for the same question."""
        digest = hashlib.sha256(" ".join([TIDY, str(file), *self.flags[file]]).encode())
        for path in (Path(".clang-tidy"), file, *self.headers(file)):
            digest.update((self._root / path).read_bytes())
        return digest.hexdigest()

    def is_good(self, file: Path) -> bool:
        return self.key(file) in self._good

    def note_good(self, file: Path) -> None:
        self._good.add(self.key(file))

    def keep(self) -> None:
        self._good_file.write_text(json.dumps(sorted(self._good)), encoding="utf-8")

    def run(self, file: Path) -> str:
        """The findings."""
        command = [TIDY, "--quiet", "-p", str(self._folder), str(file)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode == 0:
            return ""
        return result.stdout + "\n".join(line for line in result.stderr.splitlines() if "warnings generated" not in line)


def main() -> int:
    parser = argparse.ArgumentParser(description="clang-tidy on the files that have changed")
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--base", default="", help="the revision to compare with; 'all' reads every file")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=100, help="no file is begun after these")
    arguments = parser.parse_args()
    until = time.monotonic() + arguments.seconds
    root = Path.cwd()
    reading = Reading(root, root / arguments.build)
    if arguments.base == "all":
        files = sorted(reading.flags)
    else:
        base = arguments.base or default_base()
        files = reading.sources_of(changed_files(base))
    asked = [file for file in files if not reading.is_good(file)]
    turn = git("rev-parse", "HEAD") or ""
    asked.sort(key=lambda file: hashlib.sha256(f"{turn} {file}".encode()).digest())

    def look(file: Path) -> str | None:
        return reading.run(file) if time.monotonic() < until else None

    with ThreadPoolExecutor(arguments.jobs) as pool:
        said = dict(zip(asked, pool.map(look, asked)))
    for file, findings in said.items():
        if findings == "":
            reading.note_good(file)
    reading.keep()
    left = [str(file) for file, findings in said.items() if findings is None]
    found = off_without_a_reason(Path(".clang-tidy").read_text(encoding="utf-8"))
    found += [findings for findings in said.values() if findings]
    print("\n".join(found), end="\n" if found else "")
    if left:
        print(f"no time for {' '.join(left)}")
    print(
        f"of {len(files)} files {len(asked) - len(left)} read, {len(files) - len(asked)} known to be good, "
        f"{len(left)} left for another run"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
