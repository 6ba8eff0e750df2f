"""A database of a test's own, on the server of the run."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from support.consumer_system import psql, servers
from support.processes import clean_environment, finished
from support.project import PROGRAM


class Database:
    """With all migrations; gone at the end of the `with` block.

    url:  for programs
    """

    def __init__(self) -> None:
        self._server = servers()[0]
        self._name = f"clients_{uuid.uuid4().hex[:10]}"
        self.url = re.sub(r"/[^/]*$", f"/{self._name}", self._server)

    def __enter__(self) -> Database:
        psql(self._server, f"CREATE DATABASE {self._name}")
        self.program("migrate")
        return self

    def __exit__(self, *_: object) -> None:
        psql(self._server, f"DROP DATABASE {self._name} WITH (FORCE)")

    def sql(self, statements: str) -> str:
        """What they give, without decoration; all of them are done, or none."""
        # By stdin: a command line has no room for hundreds of rows.
        return finished(
            ["psql", self.url, "-X", "-q", "-A", "-t", "-1", "-v", "ON_ERROR_STOP=1"], stdin=statements
        ).stdout.strip()

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Of a SELECT, a dict each, in its order."""
        found: list[dict[str, Any]] = json.loads(self.sql(f"SELECT coalesce(json_agg(r), '[]') FROM ({query}) r"))
        return found

    def program(self, *arguments: str) -> str:
        """What the C++ program prints when it is run on this database."""
        return finished(
            [PROGRAM, *arguments], environment={**clean_environment(), "LOOM_DATABASE_URL": self.url}
        ).stdout
