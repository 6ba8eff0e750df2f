"""The kinds of columns that tables are made of: types at both ends, values, and what the mapping has to say of them."""

from __future__ import annotations

import dataclasses

import values
from modes import Modes
from values import Value


@dataclasses.dataclass(frozen=True)
class Kind:
    """name:      also the column's.
    type:      in the source's table; `copy` is that of the copy's, where it cannot be the same.
    value:     the text of a random one.
    large:     of one that PostgreSQL puts aside, so that an update which leaves it alone does not show it.
    unit:      what `data_types` has to say where events carry no schema.
    transform: the same of `transforms`.
    compared:  as SQL, of the source's column and of the copy's, where it is not the plain text.
    null:      may it be NULL?
    """

    name: str
    type: str
    value: Value
    large: Value | None = None
    copy: str = ""
    unit: str = ""
    transform: str = ""
    compared: tuple[str, str] = ("{}::text", "{}::text")
    null: bool = True

    @property
    def copy_type(self) -> str:
        return self.copy or self.type

    def compared_in(self, copy: bool) -> str:
        return self.compared[1 if copy else 0].format(self.name)


def both(expression: str) -> tuple[str, str]:
    return expression, expression


# Of a number without a fixed scale Debezium leaves out the zeros that end its fraction: 1.50 comes as 1.5.
_TRIMMED = (
    "(SELECT coalesce(array_agg(trim_scale(n) ORDER BY i), {0})::text FROM unnest({0}) WITH ORDINALITY AS u (n, i))"
)


def decimals(modes: Modes) -> list[Kind]:
    precise = modes.decimal == "precise"

    def unit(scale: int) -> str:
        return f"decimal_base64({scale})" if precise else "decimal"

    return [
        Kind("num_12_4", "numeric(12,4)", values.decimal(12, 4), unit=unit(4)),
        Kind("num_30_0", "numeric(30,0)", values.decimal(30, 0), unit=unit(0)),
        Kind("num", "numeric", values.any_decimal, unit="decimal", compared=both("trim_scale({})::text")),
        # Numbers that are texts; Base64 that lists have without schemas brings its own scale.
        Kind("num_list", "numeric[]", values.array_of(values.any_decimal), unit="" if precise else "array", compared=both(_TRIMMED)),
        # A column of the type money cannot take a number's text in every locale.
        Kind("price", "money", values.decimal(15, 2), copy="numeric(20,2)", unit=unit(2), compared=("{}::numeric(20,2)::text", "{}::text")),
    ]  # fmt: skip


def times(modes: Modes) -> list[Kind]:
    stamp = {"isostring": "timestamp", "nanoseconds": "timestamp_ns"}.get(modes.time, "timestamp_us")
    stamp_ms = "timestamp_ms" if modes.time.startswith("adaptive") else stamp
    clock = {"isostring": "time", "nanoseconds": "time_ns"}.get(modes.time, "time_us")
    clock_ms = "time_ms" if modes.time == "adaptive" else clock
    string = modes.interval == "string"
    return [
        Kind("d", "date", values.day, unit="date" if modes.time == "isostring" else "date_days"),
        # As text, 24:00 is 00:00.
        Kind("t", "time", values.clock(6) if modes.time == "isostring" else values.clock_or_midnight, unit=clock),
        Kind("t_3", "time(3)", values.clock(3), unit=clock_ms),
        # Debezium says the moment in UTC; of which zone it was is not told.
        Kind("tz", "timetz", values.clock_with_zone, compared=both("({} AT TIME ZONE 'UTC')::text")),
        Kind("ts", "timestamp", values.moment(6), unit=stamp),
        Kind("ts_3", "timestamp(3)", values.moment(3), unit=stamp_ms),
        Kind("ts_0", "timestamp(0)", values.moment(0), unit=stamp_ms),
        Kind("tstz", "timestamptz", values.moment_with_zone, unit="timestamp"),
        Kind("iv", "interval", values.any_length, unit="interval")
        if string
        else Kind("iv", "interval", values.length, unit="interval_us", compared=both("extract(epoch FROM {})::text")),
    ]


def binaries(modes: Modes) -> list[Kind]:
    # Under the base64 modes a value that was put aside and left alone comes as null: a NULL of the user's is no other.
    never = modes.binary.startswith("base64")
    return [
        Kind("by", "bytea", values.binary, values.large_binary, transform="base64_decode", null=not never),
        Kind("b_1", "bit(1)", values.bits(1)),
        Kind("b_11", "bit(11)", values.bits(11)),
        Kind("b_70", "bit(70)", values.bits(70)),
        Kind("vb", "bit varying(40)", values.some_bits(40)),
    ]


def plain() -> list[Kind]:
    few = values.array_of(values.text)
    return [
        Kind("i2", "smallint", values.whole(-(2**15), 2**15 - 1)),
        Kind("i4", "integer", values.whole(-(2**31), 2**31 - 1)),
        Kind("i8", "bigint", values.whole(-(2**63), 2**63 - 1)),
        Kind("f4", "real", values.small_floating),
        Kind("f8", "double precision", values.floating),
        Kind("bo", "boolean", values.one_of("true", "false")),
        Kind("tx", "text", values.text, values.large_text),
        Kind("vc", "varchar(20)", values.short_text),
        Kind("ch", "char(5)", values.padded),
        Kind("u", "uuid", values.unique),
        Kind("j", "json", values.document, values.large_document, transform="json_parse"),
        Kind("jb", "jsonb", values.document, values.large_document, transform="json_parse"),
        Kind("x", "xml", values.one_of("<a/>", "<b>text &amp; more</b>", "<c d='1'>µ</c>")),
        Kind("i_list", "integer[]", values.array_of(values.whole(-(2**31), 2**31 - 1)),
             values.array_of(values.whole(-(2**31), 2**31 - 1), 1500, 2500, 0)),
        Kind("i8_list", "bigint[]", values.array_of(values.whole(-(2**63), 2**63 - 1))),
        Kind("t_list", "text[]", few, values.array_of(values.large_text, 1, 3, 0)),
        Kind("u_list", "uuid[]", values.array_of(values.unique)),
        Kind("h", "hstore", values.pairs(0, 4), values.pairs(120, 160)),
        Kind("ip", "inet", values.address),
        Kind("net", "cidr", values.network),
        Kind("mac", "macaddr", values.hardware_address),
        Kind("r_4", "int4range", values.whole_range),
        Kind("r_tstz", "tstzrange", values.moment_range),
        Kind("pt", "point", values.place),
        Kind("en", "mood", values.one_of("sad", "ok", "it's fine")),
    ]  # fmt: skip


def kinds(modes: Modes) -> list[Kind]:
    """All that a table's columns can be."""
    return [*plain(), *decimals(modes), *times(modes), *binaries(modes)]


# What both databases need before their tables.
TYPES = """
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s fine');
"""
