"""Random changes of the source. PostgreSQL refuses some of them, which is as good as not having asked."""

from __future__ import annotations

import collections
import random
from typing import Any

import psycopg
from psycopg import sql

from columns import Kind
from tables import Late, Table

Row = tuple[Any, ...]
MOST_ROWS = 250  # of a table; beyond that more are deleted than inserted


class Workload:
    """Threads: one at a time.  Fails: as psycopg does when the server is gone; `reload()` before it goes on then.

    done: what happened how often
    """

    def __init__(self, tables: list[Table], seed: int) -> None:
        self._tables = tables
        self._rng = random.Random(f"workload {seed}")
        self._kinds: dict[str, list[Kind]] = {table.name: list(table.columns) for table in tables}
        self._waiting: list[tuple[Table, Late]] = [(table, late) for table in tables for late in table.late]
        self._rng.shuffle(self._waiting)
        self._keys: dict[str, dict[Row, None]] = {table.name: {} for table in tables}
        self.done: collections.Counter[str] = collections.Counter()

    @property
    def columns_to_come(self) -> int:
        return len(self._waiting)

    def reload(self, connection: psycopg.Connection[Any]) -> None:
        """What is there: after a failure nobody knows whether the last transaction was committed."""
        for table in self._tables:
            keys = ", ".join(f"{name}::text" for name in table.key_names)
            rows = connection.execute(sql.SQL(f"SELECT {keys} FROM {table.name} ORDER BY 1")).fetchall()
            self._keys[table.name] = dict.fromkeys(rows)
            there = self._columns_there(connection, table)
            known = {kind.name for kind in self._kinds[table.name]}
            self._kinds[table.name] += [
                late.kind for late in table.late if late.kind.name in there and late.kind.name not in known
            ]
        self._waiting = [(table, late) for table, late in self._waiting if late.kind not in self._kinds[table.name]]

    def fill(self, connection: psycopg.Connection[Any], rows: int) -> None:
        """The rows that a snapshot finds."""
        for table in self._tables:
            for _ in range(rows):
                with connection.transaction():
                    self._insert(connection, table)

    def transaction(self, connection: psycopg.Connection[Any]) -> None:
        """One, over one table or several; at times it is taken back."""
        before = {name: dict(keys) for name, keys in self._keys.items()}
        count = self._rng.choice((1, 1, 1, 2, 3, 8))
        try:
            with connection.transaction(force_rollback=self._rng.random() < 0.05) as whole:
                for _ in range(count):
                    self._change(connection, self._rng.choice(self._tables))
        except BaseException:
            self._keys = before
            raise
        if whole.force_rollback:
            self._keys = before
            self.done["taken back"] += 1
        elif count > 1:
            self.done["several changes in one transaction"] += 1

    def add_column(self, connection: psycopg.Connection[Any]) -> None:
        """The next that was planned, if there is one, and a row that has it."""
        if not self._waiting:
            return
        table, late = self._waiting[-1]
        _run(connection, table.late_ddl(late))
        self._waiting.pop()
        self._kinds[table.name].append(late.kind)
        self.done["column added"] += 1
        self._insert(connection, table)

    def truncate(self, connection: psycopg.Connection[Any]) -> None:
        table = self._rng.choice([table for table in self._tables if table.truncated] or [None])
        if table is not None:
            _run(connection, f"TRUNCATE {table.name}")
            self._keys[table.name] = {}
            self.done["truncate"] += 1

    def _change(self, connection: psycopg.Connection[Any], table: Table) -> None:
        keys = self._keys[table.name]
        chance = self._rng.random()
        if not keys or chance < (0.30 if len(keys) < MOST_ROWS else 0.05):
            self._insert(connection, table)
        elif chance < 0.70:
            self._update(connection, table)
        elif chance < 0.80:
            self._move(connection, table)
        elif chance < 0.84:
            self._update_many(connection, table)
        elif chance < 0.88:
            key = self._delete(connection, table)
            self._insert(connection, table, key)
        elif chance < 0.885 and table.truncated:
            _run(connection, f"TRUNCATE {table.name}")
            keys.clear()
            self.done["truncate"] += 1
        else:
            self._delete(connection, table)

    def _insert(self, connection: psycopg.Connection[Any], table: Table, key: Row | None = None) -> None:
        new = key or self._new_key(table)
        kinds = [kind for kind in self._kinds[table.name] if self._rng.random() < 0.9 or not kind.null]
        columns = [*table.key_names, *(kind.name for kind in kinds)]
        row = [*new, *(self._value(kind) for kind in kinds)]
        marks = ", ".join(["%s"] * len(row))
        done = _run(
            connection, f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING", row
        )
        self._keys[table.name][new] = None
        self.done["insert"] += done

    def _update(self, connection: psycopg.Connection[Any], table: Table) -> None:
        """Some columns, mostly small ones: what is large and left alone does not come again."""
        key = self._rng.choice(list(self._keys[table.name]))
        kinds = self._kinds[table.name]
        chosen = self._rng.sample(kinds, self._rng.randint(1, min(3, len(kinds))))
        self._set(connection, table, key, {kind.name: self._value(kind) for kind in chosen})
        left = any(kind.large and kind not in chosen for kind in kinds)
        self.done["update that leaves a large column alone" if left else "update"] += 1

    def _update_many(self, connection: psycopg.Connection[Any], table: Table) -> None:
        kind = self._rng.choice(self._kinds[table.name])
        part = self._rng.randint(0, 3)
        where = f"hashtext(({', '.join(table.key_names)})::text) & 3 = {part}"
        self.done["update of several rows at once"] += bool(
            _run(connection, f"UPDATE {table.name} SET {kind.name} = %s WHERE {where}", [self._value(kind)])
        )

    def _move(self, connection: psycopg.Connection[Any], table: Table) -> None:
        """Of the primary key. What is large is changed with it: as a delete and an insert, in which a value that was left
        alone is a placeholder for what the deleted row had, such an event cannot be followed by its key alone. With the
        whole row as it was, it can."""
        key, new = self._rng.choice(list(self._keys[table.name])), self._new_key(table)
        if new in self._keys[table.name]:
            return
        large = [] if table.full else [kind for kind in self._kinds[table.name] if kind.large]
        changes = {kind.name: self._value(kind) for kind in large}
        self._set(connection, table, key, {**dict(zip(table.key_names, new)), **changes})
        del self._keys[table.name][key]
        self._keys[table.name][new] = None
        self.done["update of the key"] += 1

    def _delete(self, connection: psycopg.Connection[Any], table: Table) -> Row:
        key = self._rng.choice(list(self._keys[table.name]))
        _run(connection, f"DELETE FROM {table.name} WHERE {_where(table)}", key)
        del self._keys[table.name][key]
        self.done["delete"] += 1
        return key

    def _set(self, connection: psycopg.Connection[Any], table: Table, key: Row, changes: dict[str, str | None]) -> None:
        assigned = ", ".join(f"{name} = %s" for name in changes)
        _run(connection, f"UPDATE {table.name} SET {assigned} WHERE {_where(table)}", [*changes.values(), *key])

    def _new_key(self, table: Table) -> Row:
        return tuple(kind.value(self._rng) for kind in table.key)

    def _value(self, kind: Kind) -> str | None:
        chance = self._rng.random()
        if chance < 0.15 and kind.null:
            return None
        return kind.large(self._rng) if kind.large and chance < 0.5 else kind.value(self._rng)

    def _columns_there(self, connection: psycopg.Connection[Any], table: Table) -> set[str]:
        query = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        return {row[0] for row in connection.execute(query, [table.name])}


def _where(table: Table) -> str:
    return " AND ".join(f"{name} = %s" for name in table.key_names)


def _run(connection: psycopg.Connection[Any], statement: str, parameters: Any = ()) -> int:
    """How many rows it touched. The names in it are our own."""
    return connection.execute(sql.SQL(statement), parameters).rowcount
