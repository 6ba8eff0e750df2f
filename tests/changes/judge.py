"""Does the copy equal the source? PostgreSQL says: the rows of each that the other has not, both ways."""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg
from psycopg import sql

from tables import Table

# Of all that text depends on, the same at both ends.
_SETTINGS = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET lc_monetary = 'C'"
SHOWN = 5  # differences of a table

Row = dict[str, "str | None"]


@dataclasses.dataclass(frozen=True)
class Difference:
    """A row that is not the same, by its key; `source` and `copy` are None where it is not there."""

    table: str
    key: tuple[str, ...]
    source: Row | None
    copy: Row | None

    @property
    def columns(self) -> list[str]:
        """Those that are not the same."""
        if self.source is None or self.copy is None:
            return []
        return [name for name, value in self.source.items() if value != self.copy[name]]

    def __str__(self) -> str:
        head = f"{self.table} {self.key}: "
        if self.source is None or self.copy is None:
            return head + f"only the {'copy' if self.source is None else 'source'} has it"
        told = (
            f"{name} is {_short(self.source[name])} in the source, {_short(self.copy[name])} in the copy"
            for name in self.columns
        )
        return head + ("; ".join(told) or "it is there more than once")


class Judge:
    """rows: how many it has compared"""

    def __init__(self, source: str, copy: str) -> None:
        self._urls = source, copy
        self.rows = 0

    def differences(self, tables: list[Table]) -> list[Difference]:
        with psycopg.connect(self._urls[0]) as source, psycopg.connect(self._urls[1]) as copy:
            for connection in (source, copy):
                connection.execute(_SETTINGS)
            return [found for table in tables for found in self._of_table(source, copy, table)]

    def _of_table(
        self, source: psycopg.Connection[Any], copy: psycopg.Connection[Any], table: Table
    ) -> list[Difference]:
        there = f"source_of_{table.name}"
        names = [kind.name for kind in table.all]
        _run(copy, f"CREATE TEMP TABLE {there} ({', '.join(f'{name} text' for name in names)})")
        taken = f"COPY ({_texts(table, copy=False)}) TO STDOUT"
        with _copy(source, taken) as rows, _copy(copy, f"COPY {there} FROM STDIN") as into:
            for block in rows:
                into.write(block)
        own = _texts(table, copy=True)
        self.rows += _run(copy, f"SELECT FROM {there}").rowcount
        surplus = {
            tuple(row[: len(table.key)])
            for one, other in ((f"TABLE {there}", own), (own, f"TABLE {there}"))
            for row in _run(copy, f"({one}) EXCEPT ALL ({other}) LIMIT {SHOWN}")
        }
        return [
            Difference(table.name, key, _row(copy, table, f"TABLE {there}", key), _row(copy, table, own, key))
            for key in sorted(surplus)[:SHOWN]
        ]


def _texts(table: Table, copy: bool) -> str:
    columns = (f"{kind.compared_in(copy)} AS {kind.name}" for kind in table.all)
    return f"SELECT {', '.join(columns)} FROM {table.name}"


def _row(connection: psycopg.Connection[Any], table: Table, query: str, key: tuple[str, ...]) -> Row | None:
    where = " AND ".join(f"{name} = %s" for name in table.key_names)
    row = _run(connection, f"SELECT * FROM ({query}) r WHERE {where}", key).fetchone()
    return None if row is None else dict(zip((kind.name for kind in table.all), row))


def _copy(connection: psycopg.Connection[Any], statement: str) -> Any:
    return connection.cursor().copy(sql.SQL(statement))


def _run(connection: psycopg.Connection[Any], statement: str, parameters: Any = None) -> psycopg.Cursor[Any]:
    """The names in it are our own."""
    return connection.execute(sql.SQL(statement), parameters)


def _short(value: str | None) -> str:
    if value is None:
        return "NULL"
    return repr(value) if len(value) < 80 else f"{value[:60]!r}... ({len(value)} characters)"
