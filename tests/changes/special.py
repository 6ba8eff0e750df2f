"""Changes that a random workload does not make, for the recorder: what is lost on the way, and other edges. They are in the
files of special/."""

from __future__ import annotations

from typing import Any

import psycopg

from folders import HERE
from tables import Table

NAMES = ("s_edges", "s_odd", "s_lists", "s_keep", "s_full", "s_default", "s_keyless", "s_generated", "s_huge")


def capture(tables: list[Table]) -> dict[str, str]:
    """The setting by which these tables are captured, too."""
    return {"table.include.list": ",".join(f"public.{name}" for name in (*NAMES, *(table.name for table in tables)))}


def create(connection: psycopg.Connection[Any]) -> None:
    _run(connection, "tables")


def before_the_snapshot(connection: psycopg.Connection[Any]) -> None:
    _run(connection, "rows", 100)
    _run(connection, "large", 1)


def changes(connection: psycopg.Connection[Any]) -> None:
    _run(connection, "rows", 200)
    _run(connection, "large", 2)
    for statement in filter(str.strip, _text("changes").split(";\n")):
        connection.execute(statement.encode())


def _run(connection: psycopg.Connection[Any], name: str, key: int = 0) -> None:
    connection.execute(_text(name).replace("@key", str(key)).encode())


def _text(name: str) -> str:
    return (HERE / f"special/{name}.sql").read_text(encoding="utf-8")
