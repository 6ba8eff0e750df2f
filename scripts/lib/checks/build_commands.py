"""How the build compiles each .cpp file of the project, for tools that want to read it as the compiler does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

_INCLUDED = re.compile(r'^#include "(.+\.cpp)"', re.MULTILINE)
_OWN_INCLUDE = re.compile(r'^\s*#\s*include "([^"]+)"', re.MULTILINE)


def flags_by_file(build: Path, root: Path) -> dict[Path, list[str]]:
    """The flags that decide what a file means (-I, -D, -std and such), by its path below `root`.

    A file that is compiled as a part of a unity file has that one's flags. Warnings and optimisation are left out: they
    are GCC's. So are precompiled headers: each file has to include what it uses.
    """
    found: dict[Path, list[str]] = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        file = Path(entry["directory"], entry["file"])
        flags = _meaning(shlex.split(entry["command"]))
        for source in _parts(file):
            if source.is_relative_to(root) and not source.is_relative_to(build):
                found.setdefault(source.relative_to(root), flags)
    return found


def _parts(file: Path) -> list[Path]:
    if "Unity" not in file.parts or not file.is_file():
        return [file]
    return [Path(name) for name in _INCLUDED.findall(file.read_text(encoding="utf-8"))]


def _meaning(command: list[str]) -> list[str]:
    kept = []
    words = iter(command)
    for word in words:
        if word == "-include":
            next(words)
        elif word in ("-isystem", "-I", "-D"):
            kept += [word, next(words)]
        elif word.startswith(("-I", "-D", "-std=")):
            kept.append(word)
    return kept


class Includes:
    """Which of the project's own headers a file includes. Threads: one at a time.  Owns: what it has read so far."""

    def __init__(self, root: Path, flags: list[str]) -> None:
        self._root = root
        self._folders = [Path(flag[2:]) for flag in flags if flag.startswith("-I") and len(flag) > 2]
        self._direct: dict[Path, list[Path]] = {}

    def direct(self, file: Path) -> list[Path]:
        """Paths below the root; headers of others are left out."""
        if file not in self._direct:
            text = (self._root / file).read_text(encoding="utf-8")
            self._direct[file] = [path for name in _OWN_INCLUDE.findall(text) if (path := self._find(file, name))]
        return self._direct[file]

    def all(self, file: Path) -> list[Path]:
        """Also those that these include; each once, in order of their paths."""
        seen: set[Path] = set()
        todo = [file]
        while todo:
            for path in self.direct(todo.pop()):
                if path not in seen:
                    seen.add(path)
                    todo.append(path)
        return sorted(seen)

    def _find(self, file: Path, name: str) -> Path | None:
        for folder in ((self._root / file).parent, *self._folders):
            path = folder / name
            if path.is_file() and path.is_relative_to(self._root):
                return path.relative_to(self._root)
        return None
