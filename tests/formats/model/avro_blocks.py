"""Avro's encoding with lists and maps in several blocks, some of which say their size: no Python library writes these,
and all read them."""

from __future__ import annotations

import random
import struct
import uuid
from typing import Any

from model.types import Type


def null_first(type_: Type) -> bool:
    """In the union of a type and null, which comes first in our schemas."""
    return len(type_.kind) % 2 == 1


def number(value: int) -> bytes:
    """An int or a long."""
    bits = value << 1 if value >= 0 else (-value << 1) - 1
    made = bytearray()
    while bits > 0x7F:
        made.append(bits & 0x7F | 0x80)
        bits >>= 7
    made.append(bits)
    return bytes(made)


def run(content: bytes) -> bytes:
    return number(len(content)) + content


class Blocks:
    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def written(self, type_: Type, value: Any) -> bytes:
        kind = type_.kind
        if kind == "record":
            return b"".join(self._nullable(one.type, value.get(one.name), one.optional) for one in type_.fields)
        if kind == "list":
            return self._blocks([self._nullable(type_.of(), one, type_.nulls) for one in value])
        if kind == "map":
            entries = [run(key.encode()) + self._nullable(type_.of(), one, type_.nulls) for key, one in value.items()]
            return self._blocks(entries)
        if kind == "choice":
            branch, inner = value
            return number(branch) + self.written(type_.branches[branch], inner)
        return self._scalar(type_, value)

    def _nullable(self, type_: Type, value: Any, nullable: bool) -> bytes:
        if not nullable:
            return self.written(type_, value)
        if value is None:
            return number(0 if null_first(type_) else 1)
        return number(1 if null_first(type_) else 0) + self.written(type_, value)

    def _blocks(self, elements: list[bytes]) -> bytes:
        made = b""
        while elements:
            count = self._draw.randint(1, len(elements))
            content, elements = b"".join(elements[:count]), elements[count:]
            sized = self._draw.random() < 0.5
            made += (number(-count) + number(len(content)) if sized else number(count)) + content
        return made + number(0)

    def _scalar(self, type_: Type, value: Any) -> bytes:
        kind = type_.kind
        if kind == "null":
            return b""
        if kind == "bool":
            return b"\1" if value else b"\0"
        if kind in ("float32", "float64"):
            return struct.pack("<f" if kind == "float32" else "<d", value)
        if kind == "string":
            return run(value.encode())
        if kind == "bytes":
            return value if type_.wire == "fixed" else run(value)
        if kind == "enum":
            return number(type_.symbols.index(value))
        if kind == "uuid":
            return value if type_.wire == "fixed" else run(str(uuid.UUID(bytes=value)).encode())
        if kind == "duration":
            return struct.pack("<III", *value)
        if kind == "decimal":
            if type_.wire == "fixed":
                return value.to_bytes(type_.size, "big", signed=True)
            size = (value if value >= 0 else ~value).bit_length() // 8 + 1
            return run(value.to_bytes(size, "big", signed=True))
        return number(value)
