"""Environments with the packages of clients/ installed as a user installs them, from copies without anything built.

They are kept in the build folder by what they were made of, so that the test programs of a run share one; whoever comes
second waits for the first. Nothing in the source tree is written to: pip and npm leave things where they build.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import IO

from support.processes import clean_environment, finished
from support.project import BUILD, SOURCE, run

KEPT = BUILD / "client-environments"
BUILT = (
    "node_modules",
    "dist",
    "build",
    "__pycache__",
    ".venv",
    "*.egg-info",
    "*.pyc",
    ".*_cache",
    "*.tgz",
    "*.tsbuildinfo",
)

PYTHON_TEST_PACKAGES = ("kafka-python==3.0.12",)
NODE_TEST_PACKAGES = ("typescript@5.9.3", "@types/node@20.19.21", "@types/pg@8.15.5")


def tool(name: str) -> pathlib.Path:
    """python or node, as scripts/client-tools.sh finds it."""
    return pathlib.Path(run(SOURCE / "scripts/client-tools.sh", "--path", name).stdout.strip())


def copy_of(folder: str, into: pathlib.Path) -> pathlib.Path:
    """A folder of the source tree as git has it, at the same place below `into`."""
    copy = into / folder
    shutil.copytree(SOURCE / folder, copy, ignore=shutil.ignore_patterns(*BUILT))
    return copy


def content_of(*folders: str) -> str:
    """A short name for what these folders hold, without what was built there."""
    digest = hashlib.sha256()
    ignored = shutil.ignore_patterns(*BUILT)
    for folder in folders:
        assert (SOURCE / folder).is_dir(), f"{SOURCE / folder} is missing"
        for place, below, files in os.walk(SOURCE / folder):
            left_out = ignored(place, below + files)
            below[:] = sorted(set(below) - left_out)
            for name in sorted(set(files) - left_out):
                path = pathlib.Path(place, name)
                digest.update(f"{path.relative_to(SOURCE)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def locked(kind: str) -> Iterator[None]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / f".{kind}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_in_use: list[IO[str]] = []


def in_use(folder: pathlib.Path) -> None:
    """Until this process ends."""
    mark = open(folder / ".in-use", "a", encoding="utf-8")
    fcntl.flock(mark, fcntl.LOCK_SH)
    _in_use.append(mark)


def remove_unless_in_use(folder: pathlib.Path) -> None:
    """Another test program may have begun before a file of the package was changed."""
    with open(folder / ".in-use", "a", encoding="utf-8") as mark:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


def kept(kind: str, content: str, make: Callable[[pathlib.Path], None]) -> pathlib.Path:
    """The environment of this content; made when it is not there, and then those of other contents go."""
    folder = KEPT / f"{kind}-{content}"
    with locked(kind):
        if not (folder / ".complete").exists():
            for other in KEPT.glob(f"{kind}-*"):
                remove_unless_in_use(other)
            folder.mkdir()
            make(folder)
            (folder / ".complete").touch()
        in_use(folder)
    return folder


@dataclasses.dataclass
class Environment:
    """A folder in which packages are installed, and the program that finds them there."""

    folder: pathlib.Path

    @property
    def program(self) -> pathlib.Path:
        raise NotImplementedError

    def variables(self) -> dict[str, str]:
        return clean_environment()

    def run(
        self,
        *arguments: object,
        cwd: pathlib.Path | None = None,
        ok: bool = True,
        timeout: float = 300,
        stdin: str = "",
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """The program with these arguments."""
        return finished(
            [self.program, *arguments],
            folder=cwd or self.folder,
            stdin=stdin,
            timeout=timeout,
            ok=ok,
            environment={**self.variables(), **(env or {})},
        )


class PythonEnvironment(Environment):
    """A virtual environment."""

    @property
    def program(self) -> pathlib.Path:
        return self.folder / "bin/python"

    def install(self, *what: object, cwd: pathlib.Path | None = None) -> None:
        self.run("-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", *what, cwd=cwd)


class NodeEnvironment(Environment):
    """A folder with a package.json, where npm has installed things."""

    @property
    def program(self) -> pathlib.Path:
        return tool("node")

    def variables(self) -> dict[str, str]:
        return node_variables()

    def npm(
        self, *arguments: object, cwd: pathlib.Path | None = None, ok: bool = True
    ) -> subprocess.CompletedProcess[str]:
        npm = self.program.parent / "npm"
        return finished(
            [npm, *arguments], folder=cwd or self.folder, ok=ok, environment={**self.variables(), "CI": "1"}
        )

    def install(self, *what: object, cwd: pathlib.Path | None = None) -> None:
        self.npm("install", "--no-audit", "--no-fund", "--loglevel=error", *what, cwd=cwd)


def node_variables() -> dict[str, str]:
    """A node by its name has to be the one that was chosen, for npm's own sake, too."""
    environment = clean_environment()
    return {**environment, "PATH": f"{tool('node').parent}:{environment['PATH']}"}


def empty_python(folder: pathlib.Path) -> PythonEnvironment:
    run(tool("python"), "-m", "venv", folder)
    return PythonEnvironment(folder)


def empty_node(folder: pathlib.Path) -> NodeEnvironment:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"name": "a-service", "version": "1.0.0", "private": True}))
    return NodeEnvironment(folder)


@functools.cache
def python_environment() -> PythonEnvironment:
    """clients/python with what its own tests and ours need."""

    def make(folder: pathlib.Path) -> None:
        environment = empty_python(folder)
        copy = copy_of("clients/python", folder / "copy")
        environment.install(f"{copy}[dev]", *PYTHON_TEST_PACKAGES)

    return PythonEnvironment(kept("python", _named(content_of("clients/python"), PYTHON_TEST_PACKAGES), make))


@functools.cache
def node_environment() -> NodeEnvironment:
    """clients/typescript and a compiler for programs that use it."""

    def make(folder: pathlib.Path) -> None:
        environment = empty_node(folder)
        copy_of("clients/typescript", folder)
        environment.install("./clients/typescript", *NODE_TEST_PACKAGES)

    return NodeEnvironment(kept("node", _named(content_of("clients/typescript"), NODE_TEST_PACKAGES), make))


@dataclasses.dataclass
class TypescriptPackage:
    """A copy of clients/typescript in which its own tests can be run, and what `npm pack` made of it before that."""

    source: NodeEnvironment
    packed: pathlib.Path


@functools.cache
def typescript_package() -> TypescriptPackage:
    def make(folder: pathlib.Path) -> None:
        package = NodeEnvironment(copy_of("clients/typescript", folder))
        package.install()
        # Its tests build it anew, and meanwhile there is nothing to pack.
        package.npm("pack", "--ignore-scripts", "--pack-destination", folder)

    folder = kept("package", content_of("clients/typescript"), make)
    [packed] = folder.glob("*.tgz")
    return TypescriptPackage(NodeEnvironment(folder / "clients/typescript"), packed)


@functools.cache
def word_count_example() -> pathlib.Path:
    """The stage in TypeScript, compiled; the package as its package.json names it."""
    example = "examples/word-count-typescript"

    def make(folder: pathlib.Path) -> None:
        package = NodeEnvironment(copy_of("clients/typescript", folder))
        stage = NodeEnvironment(copy_of(example, folder))
        package.install()
        package.npm("run", "build")
        stage.install()
        stage.npm("run", "build")

    return kept("word-count", content_of("clients/typescript", example), make) / example


@functools.cache
def georegion_example() -> tuple[PythonEnvironment, pathlib.Path]:
    """The stage in Python, where what it needs is installed, and the folder to start it in."""
    example = "examples/georegion-python"

    def make(folder: pathlib.Path) -> None:
        copy_of("clients/python", folder)  # which the requirements name
        empty_python(folder / "environment").install("-r", "requirements.txt", cwd=copy_of(example, folder))

    folder = kept("georegion", content_of("clients/python", example), make)
    return PythonEnvironment(folder / "environment"), folder / example


def _named(content: str, further: tuple[str, ...]) -> str:
    return hashlib.sha256(f"{content} {further}".encode()).hexdigest()[:12]
