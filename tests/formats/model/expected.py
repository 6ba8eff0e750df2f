"""What a column has to hold, as PostgreSQL reads it from text."""

from __future__ import annotations

import uuid
from typing import Any

from model.calendar import END_TIMESTAMP_DAY, FIRST_DAY
from model.columns import Column, value_at
from model.json_form import decimal_text, duration_text, in_micros, json_of, shortest, shortest_single, time_text
from model.types import INT_BITS, Type

INTEGERS = {"smallint": 16, "integer": 32, "bigint": 64}
PLAIN_TEXT = ("text", "numeric", "uuid", "date", "time", "interval")


class DeadLetter(Exception):
    """The message has a value that its column cannot take."""


def expected_row(columns: list[Column], message: dict[str, Any]) -> list[str | None]:
    return [expected(column.type, value_at(message, column.path), column.sql) for column in columns]


def expected(type_: Type, value: Any, sql: str) -> str | None:
    if value is None or (type_.kind == "choice" and value[1] is None):
        return None
    if sql == "jsonb":
        return jsonb(type_, value)
    if sql.endswith("[]"):
        elements = [expected(type_.of(), one, sql[:-2]) for one in value]
        return "{" + ",".join("NULL" if one is None else quoted(one) for one in elements) + "}"
    if isinstance(value, str):
        return without_nul(value)
    if sql in INTEGERS:
        number = int(value)
        if in_micros(type_):
            number = abs(value) // 1000 * (1 if value >= 0 else -1)
        if not -(2 ** (INTEGERS[sql] - 1)) <= number < 2 ** (INTEGERS[sql] - 1):
            raise DeadLetter(f"{number} in {sql}")
        return str(number)
    if sql in ("timestamptz", "timestamp"):
        return instant(type_, value)
    return scalar_text(type_, value, sql)


def scalar_text(type_: Type, value: Any, sql: str) -> str:
    kind = type_.kind
    if kind == "bool":
        return "true" if value else "false"
    if kind in INT_BITS:
        return str(value)
    if kind == "float32":
        return shortest(value) if sql == "double precision" else shortest_single(value)
    if kind == "float64":
        return shortest(value)
    if kind == "bytes":
        return "\\x" + value.hex() if sql == "bytea" else json_of(type_, value, True).strip('"')
    if kind == "uuid":
        return str(uuid.UUID(bytes=value))
    if kind == "decimal":
        return decimal_text(value, type_.scale)
    if kind == "duration":
        if sql == "interval" and not type_.wire and max(value[:2]) >= 2**31:
            raise DeadLetter("more months, or days, than an interval has")
        return duration_text(type_, value)
    written = time_text(type_, value)
    if written is None and sql == "text":
        return str(value)
    if written is None:
        raise DeadLetter(f"{kind} {value} in {sql}")
    return written


def instant(type_: Type, value: int) -> str:
    """What is less than a microsecond is cut off, towards 1970."""
    if type_.digits == 9:
        cut = abs(value) // 1000
        value, unit = cut if value >= 0 else -cut, 10**6
    else:
        unit = 10**type_.digits
    if not FIRST_DAY * 86400 * unit <= value < END_TIMESTAMP_DAY * 86400 * unit:
        raise DeadLetter(f"{value} in a timestamp")
    written = time_text(Type(type_.kind, digits=6), value * 10**6 // unit)
    assert written is not None
    return written


def jsonb(type_: Type, value: Any) -> str:
    written = json_of(type_, value, True)
    if "\\u0000" in written:
        raise DeadLetter("a NUL character in JSON")
    return written


def without_nul(value: str) -> str:
    if "\0" in value:
        raise DeadLetter("a NUL character")
    return value


def quoted(element: str) -> str:
    return '"' + element.replace("\\", "\\\\").replace('"', '\\"') + '"'
