"""`support` is one package in two folders: that of the deployment's tests has the servers and how commands are run,
ours has what the client packages need."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

import pytest

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE.parent / "deploy", HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from support.broker import Broker  # noqa: E402
from support.database import Database  # noqa: E402
from support.environments import NodeEnvironment, PythonEnvironment, node_environment, python_environment  # noqa: E402


@pytest.fixture(scope="session")
def python() -> PythonEnvironment:
    """Has clients/python installed."""
    return python_environment()


@pytest.fixture(scope="session")
def node() -> NodeEnvironment:
    """Has clients/typescript installed."""
    return node_environment()


@pytest.fixture(scope="module")
def broker(python: PythonEnvironment) -> Iterator[Broker]:
    with Broker(python.program) as one:
        yield one


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with Database() as one:
        yield one
