"""Which column takes which field, drawn at random."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

from model.types import AVRO, PROTOBUF, Field, Type

NATURAL = {
    "bool": "boolean",
    "int32": "integer",
    "int64": "bigint",
    "uint32": "bigint",
    "uint64": "numeric",
    "float32": "real",
    "float64": "double precision",
    "string": "text",
    "bytes": "bytea",
    "enum": "text",
    "uuid": "uuid",
    "decimal": "numeric",
    "date": "date",
    "time": "time",
    "instant": "timestamptz",
    "local": "timestamp",
    "duration": "interval",
}
# Other columns that take the value, and how JSON has to have it then.
OTHERS = {
    "bool": (("integer", ""), ("text", "")),
    "int32": (("bigint", ""), ("numeric", ""), ("text", ""), ("double precision", ""), ("smallint", "")),
    "int64": (("numeric", ""), ("text", ""), ("integer", "")),
    "uint32": (("numeric", ""), ("text", ""), ("integer", "")),
    "uint64": (("text", ""), ("bigint", "")),
    "float32": (("double precision", "double"),),
    "bytes": (("text", ""), ("jsonb", "")),
    "string": (("jsonb", ""),),
    "enum": (("jsonb", ""),),
    "uuid": (("text", ""), ("jsonb", "")),
    "decimal": (("text", ""), ("jsonb", "")),
    "date": (("integer", "number"), ("text", "text")),
    "instant": (("bigint", "number"), ("jsonb", "text")),
    "local": (("bigint", "number"), ("jsonb", "text")),
    "time": (("bigint", "number"), ("jsonb", "text")),
    "duration": (("text", "text"),),
}
LIST_ELEMENTS = frozenset(NATURAL) - {"bytes", "time", "duration"}
NAMED_KEYS = ("k1", "k2")


@dataclasses.dataclass
class Column:
    """source:     as the mapping has it
    path:       names of fields, keys of maps, places in lists
    """

    name: str
    source: str
    path: tuple[str | int, ...]
    sql: str
    type: Type
    transform: str = ""
    json_transform: str = ""


@dataclasses.dataclass
class Child:
    """Rows of the elements of a list."""

    source: str
    path: tuple[str | int, ...]
    columns: list[Column]


@dataclasses.dataclass
class Columns:
    own: list[Column]
    child: Child | None = None


def draw_columns(draw: random.Random, top: Type, formats: frozenset[str]) -> Columns:
    """Marks the fields and types with what their values and their JSON have to heed."""
    drawn = Columns([])
    columns = drawn.own

    def add(field: Field, source: str, path: tuple[str | int, ...], tame: bool) -> None:
        type_ = field.type
        if type_.kind == "record":
            # What is not there is null in the JSON of Avro's records, and left out of that of Protobuf's messages.
            whole = len(formats) == 1 and draw.random() < 0.3
            # A default that was not sent is a column's value, and not in the JSON of the message around it.
            below = not whole if PROTOBUF in formats else draw.random() < 0.85
            if whole:
                field.whole = True
                for one in types_below(type_):
                    one.tame = True
                put(source, path, "jsonb", type_)
            if below:
                fields(type_, source, path, tame or whole)
            return
        if draw.random() < 0.1:
            return
        if type_.kind in ("map", "choice", "dynamic"):
            put(source, path, "jsonb", type_)
            if type_.kind == "map" and type_.of().scalar and type_.wire == "string" and draw.random() < 0.4:
                scalar(Field("", type_.of()), f"{source}.k1", (*path, "k1"), True)
            return
        if type_.kind == "list":
            element = type_.of()
            elements = element_columns(element)
            if elements and not type_.nulls and not tame and not drawn.child and draw.random() < 0.6:
                type_.exploded = True
                drawn.child = Child(source, path, elements)
                return
            as_list = element.scalar and element.kind in LIST_ELEMENTS and draw.random() < 0.7
            put(source, path, f"{natural(element)}[]" if as_list else "jsonb", type_)
            if element.scalar and draw.random() < 0.3:
                place = draw.choice((0, -1, 1, -2))
                scalar(Field("", element), f"{source}[{place}]", (*path, place), True)
            return
        scalar(field, source, path, tame)

    def scalar(field: Field, source: str, path: tuple[str | int, ...], tame: bool) -> None:
        type_ = field.type
        sql = natural(type_)
        if not tame and type_.kind in OTHERS and draw.random() < 0.25:
            sql, field.json_as = draw.choice(OTHERS[type_.kind])
            type_.small = sql in ("smallint", "integer", "bigint")
        elif type_.kind == "decimal" and draw.random() < 0.3:
            sql = f"numeric({type_.precision},{type_.scale})"
        if type_.kind in ("instant", "local") and type_.digits == 9 and sql.startswith("timestamp"):
            # Text is rounded to microseconds, a number is cut off: only values without a rest are the same.
            type_.tame, field.json_as = type_.tame or tame, field.json_as if tame else "micros"
        put(source, path, sql, type_)

    def put(source: str, path: tuple[str | int, ...], sql: str, type_: Type) -> None:
        column = Column(f"c{len(columns)}", source, path, sql, type_)
        if type_.kind == "bytes" and sql == "bytea":
            column.json_transform = "base64_decode"
            column.transform = draw.choice(("", "", "base64_decode"))
        columns.append(column)

    def fields(record: Type, source: str, path: tuple[str | int, ...], tame: bool) -> None:
        for field in record.fields:
            if path or field.name != "n":
                add(field, f"{source}.{field.name}" if source else field.name, (*path, field.name), tame)

    whole_message = formats == {AVRO} and draw.random() < 0.2
    if whole_message:
        for one in types_below(top):
            one.tame = True
        put("$value", (), "jsonb", top)
    fields(top, "", (), whole_message)
    tame_lists(top)
    return drawn


def element_columns(element: Type) -> list[Column]:
    """For the rows of a list's elements."""
    return [
        Column(f"e{i}", one.name, (one.name,), natural(one.type), one.type)
        for i, one in enumerate(element.fields)
        if one.type.scalar and one.type.kind != "bytes"
    ]


def natural(type_: Type) -> str:
    return NATURAL[type_.kind]


def tame_lists(type_: Type) -> None:
    """Elements of lists have no JSON of their own for a column."""
    for below in types_below(type_):
        if below.kind in ("list", "map"):
            for inner in (below.of(), *types_below(below.of())):
                inner.tame = True


def types_below(type_: Type) -> Iterator[Type]:
    for below in [field.type for field in type_.fields] + ([type_.element] if type_.element else []) + type_.branches:
        yield below
        yield from types_below(below)


def value_at(value: Any, path: tuple[str | int, ...]) -> Any:
    """None: it is null, or not there."""
    for step in path:
        if value is None:
            return None
        if isinstance(step, int):
            value = value[step] if -len(value) <= step < len(value) else None
        else:
            value = value.get(step)
    return value
