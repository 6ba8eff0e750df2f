"""The packages' own tests and their types, in copies."""

from __future__ import annotations

import pathlib
import re

import pytest

from support.environments import PythonEnvironment, copy_of, typescript_package


@pytest.fixture(scope="module")
def python_copy(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return copy_of("clients/python", tmp_path_factory.mktemp("unit"))


def test_python(python: PythonEnvironment, python_copy: pathlib.Path) -> None:
    told = python.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=python_copy).stdout
    # That something ran at all.
    assert re.search(r"^\d+ passed", told, re.MULTILINE), told
    print(told.splitlines()[-1])


def test_python_types(python: PythonEnvironment, python_copy: pathlib.Path) -> None:
    python.run("-m", "mypy", "--strict", "--cache-dir", python.folder / "mypy-cache", cwd=python_copy)


def test_typescript() -> None:
    told = typescript_package().source.npm("test").stdout
    # "# pass 3", or another sign at the start, by the reporter of this Node.
    passed, failed = (re.search(rf"^\S {word} (\d+)$", told, re.MULTILINE) for word in ("pass", "fail"))
    assert passed and failed and int(passed[1]) > 0 and int(failed[1]) == 0, told
    print(f"{passed[1]} passed")
