"""The contracts above classes and functions: each word at the start of its line, no line over the limit.

A contract's words are Threads, Owns, Blocks, Fails and Bounds. Two short ones may share a line ("Threads: any.  Owns: a
connection."), and a comment of one line may end with one ("Reads /proc/self. Threads: any."). In the middle of a
paragraph they are lost on the reader: that is what a formatter leaves of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("src", "include", "examples", "tests", "benchmarks")
COLUMNS = 120

WORD = re.compile(r"\b(Threads|Owns|Blocks|Fails|Bounds):(?: |$)")
COMMENT = re.compile(r"^\s*///? ?")
STARTS_WITH_A_WORD = re.compile(r"^(Pure\.|(Threads|Owns|Blocks|Fails|Bounds): )")


def comment_blocks(lines: list[str]) -> Iterator[list[tuple[int, str]]]:
    """Comments that stand on lines of their own: (number of the line, text behind the slashes)."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        start = COMMENT.match(line)
        if start:
            block.append((number, line[start.end() :]))
        elif block:
            yield block
            block = []
    if block:
        yield block


def findings(path: Path) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for block in comment_blocks(lines):
        for number, text in block:
            starts_well = STARTS_WITH_A_WORD.match(text) is not None
            if starts_well and len(lines[number - 1]) > COLUMNS:
                yield f"{path}:{number}: a line of a contract is longer than {COLUMNS} columns"
            for word in WORD.finditer(text):
                if word.start() == 0 or len(block) == 1:
                    continue
                if not starts_well:
                    yield f'{path}:{number}: "{word[1]}:" does not start its line'
                elif not text[: word.start()].endswith("  "):
                    yield f'{path}:{number}: "{word[1]}:" shares a line and has no two spaces before it'


def main() -> int:
    paths = sorted(path for folder in FOLDERS for path in Path(folder).rglob("*") if path.suffix in (".h", ".cpp"))
    found = [line for path in paths for line in findings(path)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
