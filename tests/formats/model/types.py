"""Types of messages that belong to no format: each format's own schema, and the table, are made from them.

A value of each type in Python:

    bool, int32, int64, uint32, uint64    bool, int
    float32, float64                      float
    string, bytes, enum, uuid             str, bytes, the symbol (or a number that has none), 16 bytes
    decimal                               its digits as int, without the point
    date, time, instant, local            int: days since 1970, units since midnight, units since 1970 UTC, the same local
    duration                              of Avro (months, days, milliseconds), of Protobuf nanoseconds
    record, list, map                     dict, list, dict
    choice                                (branch, value)

and None for a null, for what is optional and not there, and for members of a oneof that were not chosen.
"""

from __future__ import annotations

import dataclasses
from typing import Any

AVRO, PROTOBUF = "avro", "protobuf"
SCALARS_OF_BOTH = ("bool", "int32", "int64", "float32", "float64", "string", "bytes", "enum", "instant")
SCALARS = {
    AVRO: (*SCALARS_OF_BOTH, "decimal", "date", "time", "local", "uuid", "duration"),
    PROTOBUF: (*SCALARS_OF_BOTH, "uint32", "uint64", "duration"),
}
# Values that are their own JSON, in the column that suits them; the others' JSON depends on what it is for.
INT_BITS = {"int32": 32, "int64": 64, "uint32": 32, "uint64": 64}


@dataclasses.dataclass(eq=False)
class Type:
    """kind:     see above
    name:     of an enum or a record, in the schema
    wire:     which of the format's own types: `fixed` or `bytes`, `sint32`, `google.protobuf.Int64Value`, ...
    digits:   of times: a second has 10^digits units
    nulls:    of lists and maps: an element may be null
    exploded:  of a list: its elements become rows
    tame:     only values that all ways to write them as JSON agree on
    small:    mostly values that fit a column that is too narrow for some
    """

    kind: str
    name: str = ""
    wire: str = ""
    precision: int = 0
    scale: int = 0
    size: int = 0
    digits: int = 6
    symbols: tuple[str, ...] = ()
    fields: list[Field] = dataclasses.field(default_factory=list)
    element: Type | None = None
    branches: list[Type] = dataclasses.field(default_factory=list)
    nulls: bool = False
    exploded: bool = False
    tame: bool = False
    small: bool = False

    @property
    def scalar(self) -> bool:
        return self.kind not in ("record", "list", "map", "choice", "dynamic")

    def of(self) -> Type:
        assert self.element is not None, self
        return self.element


@dataclasses.dataclass(eq=False)
class Field:
    """optional:  it may be null, or not there
    presence:  one that is not there is told from its default (Protobuf; true for Avro)
    oneof:     the group that it is a member of
    json_as:   how JSON has it where its column asks for another form: number, text, double, micros
    whole:     a column has all of it, as JSON
    """

    name: str
    type: Type
    optional: bool = False
    presence: bool = True
    oneof: str = ""
    number: int = 0
    json_as: str = ""
    whole: bool = False


def default_of(type_: Type) -> Any:
    """What a field without presence has that was not sent."""
    if type_.kind in ("bytes", "string"):
        return b"" if type_.kind == "bytes" else ""
    if type_.kind == "enum":
        return type_.symbols[0]
    if type_.kind in ("list", "map"):
        return [] if type_.kind == "list" else {}
    if type_.kind == "bool":
        return False
    return 0.0 if type_.kind in ("float32", "float64") else 0


def is_default(type_: Type, value: Any) -> bool:
    if isinstance(value, float):
        return value == 0.0 and str(value) == "0.0"  # -0.0 is sent
    if type_.kind == "enum" and not isinstance(value, str):
        return False
    return bool(value == default_of(type_))
