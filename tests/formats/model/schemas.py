"""Random types of messages."""

from __future__ import annotations

import random

from model.types import AVRO, PROTOBUF, SCALARS, SCALARS_OF_BOTH, Field, Type

WORDS = ("id", "name", "select", "Value", "order", "ts", "unit", "table", "x", "total", "camelCase", "snake_case", "a1")
INTEGER_WIRES = {
    "int32": ("int32", "sint32", "sfixed32"),
    "int64": ("int64", "sint64", "sfixed64"),
    "uint32": ("uint32", "fixed32"),
    "uint64": ("uint64", "fixed64"),
}
WRAPPED = {
    "bool": "Bool",
    "int32": "Int32",
    "int64": "Int64",
    "uint32": "UInt32",
    "uint64": "UInt64",
    "float32": "Float",
    "float64": "Double",
    "string": "String",
    "bytes": "Bytes",
}
KEYS = ("string", "int32", "int64", "uint32", "uint64", "bool")
MOST_LEVELS = 4


class Schemas:
    """Draws types that all of the formats have."""

    def __init__(self, draw: random.Random, formats: frozenset[str]) -> None:
        self._draw, self._formats = draw, formats
        self._names = 0
        self._enums: list[Type] = []

    def message(self) -> Type:
        """A record of a few levels. Its field `n` numbers the messages."""
        top = self._record(1)
        top.fields.insert(self._draw.randrange(len(top.fields) + 1), Field("n", Type("int64"), presence=self._avro))
        self.number(top)
        return top

    @property
    def _avro(self) -> bool:
        return AVRO in self._formats

    @property
    def _protobuf(self) -> bool:
        return PROTOBUF in self._formats

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _chance(self, share: float) -> bool:
        return self._draw.random() < share

    def _record(self, level: int) -> Type:
        record = Type("record", name=self._name("R"), wire="message" if self._protobuf else "")
        for i in range(self._draw.randint(2, 9 if level == 1 else 5)):
            name = f"{self._draw.choice(WORDS)}_{i}"
            record.fields.append(self._field(name, self._type(level)))
        if self._formats == {PROTOBUF} and self._chance(0.4):
            for i in range(self._draw.randint(2, 4)):
                type_ = self._record(level + 1) if level < MOST_LEVELS and self._chance(0.3) else self._scalar()
                record.fields.append(Field(f"one_{i}", type_, optional=True, oneof="chosen"))
        return record

    def _field(self, name: str, type_: Type) -> Field:
        if not self._protobuf:
            return Field(name, type_, optional=type_.kind != "choice" and self._chance(0.4))
        if type_.kind in ("list", "map"):
            return Field(name, type_, presence=False)
        message = type_.kind in ("record", "dynamic") or "." in type_.wire
        if message and type_.kind == "dynamic" and type_.wire == "google.protobuf.Value":
            return Field(name, type_)  # one that is not there, and one that is null, are the same to a column
        # What both formats have is told apart from what is not there in both.
        optional = message or self._avro or self._chance(0.35)
        return Field(name, type_, optional=optional, presence=optional)

    def _type(self, level: int) -> Type:
        deeper = level < MOST_LEVELS
        roll = self._draw.random()
        if deeper and roll < 0.22:
            return self._record(level + 1)
        if roll < 0.32:
            return self._list(level)
        if roll < 0.40:
            return self._map(level)
        if roll < 0.46 and self._formats == {AVRO}:
            return self._choice(level)
        if roll < 0.48 and self._formats == {PROTOBUF}:
            wire = self._draw.choice(("Struct", "Value", "ListValue"))
            return Type("dynamic", wire=f"google.protobuf.{wire}")
        return self._scalar()

    def _element(self, level: int) -> Type:
        if level < MOST_LEVELS and len(self._formats) == 1 and self._chance(0.25):
            return self._record(level + 1)
        if not self._protobuf and level < MOST_LEVELS and self._chance(0.15):
            return self._list(level + 1) if self._chance(0.6) else self._map(level + 1)
        return self._scalar(wrapped=False)

    def _list(self, level: int) -> Type:
        return Type("list", element=self._element(level), nulls=not self._protobuf and self._chance(0.3))

    def _map(self, level: int) -> Type:
        key = "string" if self._avro else self._draw.choice(KEYS)
        nulls = not self._protobuf and self._chance(0.3)
        return Type("map", element=self._element(level), wire=key, nulls=nulls)

    def _choice(self, level: int) -> Type:
        """Of Avro's branches no two may have one type."""
        # Of two that can hold the same Python value fastavro might write the other.
        number, bytes_or_list = self._draw.choice(("int64", "float64")), self._draw.choice(("bytes", "list"))
        kinds = self._draw.sample(("null", "bool", number, "string", bytes_or_list, "record"), 3)
        branches = []
        for kind in kinds:
            if kind == "record":
                branches.append(self._record(max(level + 1, MOST_LEVELS)))
            elif kind == "list":
                branches.append(Type("list", element=self._scalar()))
            else:
                branches.append(Type(kind, wire="bytes"))
        return Type("choice", branches=branches)

    def _scalar(self, wrapped: bool = True) -> Type:
        common = set(SCALARS_OF_BOTH) if len(self._formats) == 2 else set(SCALARS[next(iter(self._formats))])
        kind = self._draw.choice(sorted(common))
        type_ = Type(kind)
        if kind == "enum":
            return self._enum()
        if kind == "decimal":
            type_.precision = self._draw.choice((1, 4, 9, 18, 19, 38, 77, self._draw.randint(1, 60)))
            type_.scale = self._draw.choice((0, type_.precision, self._draw.randint(0, type_.precision)))
        if kind in ("time", "instant", "local"):
            type_.digits = self._draw.choice((3, 6) if kind == "time" else (3, 6, 9))
        if kind == "instant" and self._protobuf:
            type_.digits = 6 if self._avro else 9
        if self._avro:
            self._avro_wire(type_)
        if self._protobuf:
            self._protobuf_wire(type_, wrapped)
        return type_

    def _enum(self) -> Type:
        if self._enums and self._chance(0.4):
            return self._draw.choice(self._enums)
        name = self._name("E")
        count = self._draw.randint(1, 6)
        self._enums.append(Type("enum", name=name, symbols=tuple(f"{name}_S{i}" for i in range(count))))
        return self._enums[-1]

    def _avro_wire(self, type_: Type) -> None:
        if type_.kind == "bytes":
            type_.wire = "bytes" if self._protobuf else self._draw.choice(("bytes", "fixed"))
            type_.size = self._draw.randint(1, 20)
        if type_.kind == "decimal":
            type_.wire = self._draw.choice(("bytes", "fixed"))
            type_.size = len(f"{10**type_.precision:x}") // 2 + 1 + self._draw.choice((0, 0, 5))
        if type_.kind == "uuid":
            type_.wire = self._draw.choice(("string", "fixed"))
        if type_.wire == "fixed" or type_.kind == "duration":
            type_.name = self._name("F")

    def _protobuf_wire(self, type_: Type, wrapped: bool) -> None:
        if type_.kind in INTEGER_WIRES:
            type_.wire = self._draw.choice(INTEGER_WIRES[type_.kind])
        if type_.kind in ("instant", "duration"):
            type_.wire = "google.protobuf." + ("Timestamp" if type_.kind == "instant" else "Duration")
        elif wrapped and type_.kind in WRAPPED and self._chance(0.12):
            type_.wire = f"google.protobuf.{WRAPPED[type_.kind]}Value"

    def number(self, record: Type) -> None:
        """Protobuf's numbers of fields: not in the order of the names, and some of them far apart."""
        taken = set(range(19000, 20000))
        for field in record.fields:
            number = self._draw.choice(
                (self._draw.randint(1, 15), self._draw.randint(1, 40), self._draw.randint(1, 5000))
            )
            while number in taken:
                number += 1
            taken.add(number)
            field.number = number
            self._below(field.type)

    def _below(self, type_: Type) -> None:
        if type_.kind == "record":
            self.number(type_)
        for below in ([type_.element] if type_.element else []) + type_.branches:
            self._below(below)
