"""Random values, edge values among them."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

from model.calendar import END_DAY, END_TIMESTAMP_DAY, FIRST_DAY
from model.types import INT_BITS, Field, Type, default_of

TEXTS = (
    "",
    " ",
    "plain",
    "Grüße",
    "日本語",
    "🙂🙃",
    'quo"te',
    "back\\slash",
    "line\nbreak",
    "tab\t\x01\x1f\x7f",
    "null",
    "true",
)
TEXTS += (
    "{}",
    "[1,2]",
    "{a,b}",
    "'quote'",
    "\\N",
    "%s",
    "\ufeffbom",
    "a" * 300,
    "\u2028",
    "12",
    "1e5",
    "\\x41",
    "\u00e9\u0301",
)
DOUBLES = (0.0, -0.0, 1.0, -1.5, 0.1, 1e22, 1e-7, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308)
DOUBLES += (9007199254740993.0, 123456789.0, math.nan, math.inf, -math.inf, 1e16, 1e15, -123456.789)
FLOATS = (0.0, -0.0, 1.1, 3.4028234663852886e38, 1e-45, 1.17549435e-38, 16777217.0, 0.1, math.nan, math.inf, -math.inf)
YEARS_1_TO_9999 = (-62135596800, 253402300800)  # seconds since 1970: what google.protobuf.Timestamp allows
RARELY = 0.004
VERY_RARELY = 0.0005


def single(value: float) -> float:
    """The nearest that a float of 32 bits can hold."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


class Values:
    def __init__(self, draw: random.Random, protobuf: bool) -> None:
        self._draw, self._protobuf = draw, protobuf

    def message(self, top: Type, number: int) -> dict[str, Any]:
        return {**self._record(top), "n": number}

    def _rarely(self) -> bool:
        return self._draw.random() < RARELY

    def _record(self, type_: Type) -> dict[str, Any]:
        made: dict[str, Any] = {}
        chosen = self._draw.choice([None, *[field.name for field in type_.fields if field.oneof]])
        for field in type_.fields:
            if field.oneof and field.name != chosen:
                made[field.name] = None
            else:
                made[field.name] = self._field(field)
        return made

    def _field(self, field: Field) -> Any:
        roll = self._draw.random()
        if field.optional and not field.oneof and roll < 0.25:
            return None
        if roll < 0.3 and not field.presence and field.type.scalar:
            return default_of(field.type)
        return self.value(field.type)

    def value(self, type_: Type) -> Any:
        made = getattr(self, f"_{type_.kind}")(type_)
        return made

    def _elements(self, type_: Type, count: int) -> list[Any]:
        return [None if type_.nulls and self._draw.random() < 0.2 else self.value(type_.of()) for _ in range(count)]

    def _list(self, type_: Type) -> list[Any]:
        if type_.of().scalar and self._draw.random() < VERY_RARELY:
            return self._elements(type_, self._draw.randint(100, 3000))
        return self._elements(type_, self._draw.choice((0, 1, 2, 3, self._draw.randint(0, 12))))

    def _map(self, type_: Type) -> dict[Any, Any]:
        key = Type(type_.wire)
        keys = [
            self._draw.choice(("k1", "k2", self._string(key))) if type_.wire == "string" else self.value(key)
            for _ in range(3)
        ]
        keys = list(dict.fromkeys(keys[: self._draw.randint(0, 3)]))
        return dict(zip(keys, self._elements(type_, len(keys))))

    def _choice(self, type_: Type) -> tuple[int, Any]:
        branch = self._draw.randrange(len(type_.branches))
        return branch, self.value(type_.branches[branch])

    def _null(self, _: Type) -> None:
        return None

    def _bool(self, _: Type) -> bool:
        return self._draw.random() < 0.5

    def _integer(self, type_: Type) -> int:
        bits, unsigned = INT_BITS[type_.kind], type_.kind.startswith("u")
        low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        roll = self._draw.random()
        if roll < 0.5 or (type_.small and not self._rarely()):
            return self._draw.randint(max(low, -100), 100)
        if roll < 0.7:
            return self._draw.choice(
                (low, high, low + 1, high - 1, 0, 127, 128, 2**31 - 1 if bits > 31 else 1, 2**bits // 4)
            )
        return self._draw.randint(low, high)

    _int32 = _int64 = _uint32 = _uint64 = _integer

    def _float64(self, _: Type) -> float:
        roll = self._draw.random()
        if roll < 0.3:
            return self._draw.choice(DOUBLES)
        if roll < 0.6:
            return round(self._draw.uniform(-1000, 1000), self._draw.randint(0, 6))
        value = struct.unpack("<d", self._draw.randbytes(8))[0]
        return value if not math.isnan(value) else 1.0  # a NaN's other bits are nobody's business

    def _float32(self, _: Type) -> float:
        roll = self._draw.random()
        if roll < 0.3:
            return single(self._draw.choice(FLOATS))
        if roll < 0.6:
            return single(round(self._draw.uniform(-1000, 1000), self._draw.randint(0, 6)))
        value = struct.unpack("<f", self._draw.randbytes(4))[0]
        return value if not math.isnan(value) else 1.0

    def _string(self, _: Type) -> str:
        if self._rarely():
            return "with a \0 inside"
        roll = self._draw.random()
        if roll < VERY_RARELY:
            return self._draw.choice(TEXTS[2:6]) * self._draw.randint(1000, 30000)
        if roll < 0.4:
            return self._draw.choice(TEXTS)
        letters = "abcdefghij klmnop0123456789_-.:/ÄÖü€漢🙂"
        return "".join(self._draw.choices(letters, k=self._draw.randint(0, 24)))

    def _bytes(self, type_: Type) -> bytes:
        if type_.wire == "fixed":
            return self._draw.randbytes(type_.size)
        return self._draw.randbytes(self._draw.choice((0, 1, 2, 3, 16, self._draw.randint(0, 80))))

    def _enum(self, type_: Type) -> str:
        return self._draw.choice(type_.symbols)

    def _uuid(self, _: Type) -> bytes:
        return self._draw.choice((self._draw.randbytes(16), bytes(16), b"\xff" * 16))

    def _decimal(self, type_: Type) -> int:
        most = 10**type_.precision - 1
        digits = self._draw.randint(0, type_.precision)
        return self._draw.choice((0, 1, -1, most, -most, self._draw.randint(1 - 10**digits, 10**digits - 1)))

    def _date(self, type_: Type) -> int:
        if not type_.tame and self._rarely():
            return self._draw.choice((FIRST_DAY - 1, END_DAY, -(2**31), 2**31 - 1))
        roll = self._draw.random()
        if roll < 0.2:
            return self._draw.choice(
                (0, -1, FIRST_DAY, END_DAY - 1, -719162, -719163, -719528, 2932896, 2932897, 11016)
            )
        return self._draw.randint(-30000, 60000) if roll < 0.8 else self._draw.randint(FIRST_DAY, END_DAY - 1)

    def _time(self, type_: Type) -> int:
        unit = 10**type_.digits
        if not type_.tame and self._rarely():
            return self._draw.choice((-1, 86400 * unit + 1, 2**31 - 1))
        return self._draw.choice(
            (0, 86400 * unit, 86400 * unit - 1, self._draw.randrange(86400) * unit, self._draw.randrange(86400 * unit))
        )

    def _instant(self, type_: Type) -> int:
        """Units since 1970."""
        unit = 10**type_.digits
        low, high = FIRST_DAY * 86400, END_TIMESTAMP_DAY * 86400
        if self._protobuf:
            low, high = YEARS_1_TO_9999
        elif type_.digits < 9 and not type_.tame and self._rarely():
            return self._draw.choice(
                (max(-(2**63), low * unit - 1), -(2**63), 2**63 - 1 if type_.digits == 3 else -(2**63))
            )
        low, high = low * unit, high * unit
        if not self._protobuf:
            low, high = max(low, -(2**63)), min(high, 2**63)
        roll = self._draw.random()
        if roll < 0.15:
            value = self._draw.choice((0, -1, 1, low, high - 1, -unit, 999, -999))
        elif roll < 0.7:
            value = self._draw.randint(10**9, 2 * 10**9) * unit + self._draw.choice((0, self._draw.randrange(unit)))
        else:
            value = self._draw.randrange(low, high)
        if type_.tame and type_.digits == 9:
            value = value // 1000 * 1000 if value // 1000 * 1000 >= low else value // 1000 * 1000 + 1000
        return value

    _local = _instant

    def _duration(self, type_: Type) -> Any:
        if type_.wire:
            seconds = self._draw.choice((0, 1, self._draw.randint(0, 315576000000), self._draw.randint(0, 100000)))
            nanos = self._draw.choice((0, 500_000_000, 1000, self._draw.randrange(10**6) * 1000))
            return (seconds * 10**9 + nanos) * self._draw.choice((1, -1))
        if self._rarely():
            return self._draw.choice(((2**32 - 1, 0, 0), (0, 2**31, 0), (2**31 - 1, 2**31 - 1, 2**32 - 1)))
        return tuple(self._draw.choice((0, 1, 999, self._draw.randint(0, 10**6))) for _ in range(3))

    def _dynamic(self, type_: Type, level: int = 0) -> Any:
        """Of Struct, Value and ListValue."""
        kinds = {"google.protobuf.Struct": "map", "google.protobuf.ListValue": "list"}
        kind = kinds.get(type_.wire) or self._draw.choice(("null", "bool", "number", "string", "map", "list"))
        value = Type("dynamic", wire="google.protobuf.Value")
        count = 0 if level > 3 else self._draw.randint(0, 3)
        if kind == "map":
            return {self._string(value): self._dynamic(value, level + 1) for _ in range(count)}
        if kind == "list":
            return [self._dynamic(value, level + 1) for _ in range(count)]
        if kind == "number":
            return self._draw.choice((0.0, 1.0, -2.5, 1e100, 0.1))
        return {"null": None, "bool": self._bool(value), "string": self._string(value)}[kind]
