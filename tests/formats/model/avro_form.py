"""Types as Avro schemas, and values as fastavro takes and gives them."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import math
import uuid
from typing import Any

import fastavro

from model.avro_blocks import null_first
from model.types import Type

PLAIN = {"bool": "boolean", "int32": "int", "int64": "long", "float32": "float", "float64": "double"}
PLAIN |= {"string": "string", "null": "null"}
UNITS = {3: "millis", 6: "micros", 9: "nanos"}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class AvroForm:
    """schema:     its JSON text
    ambiguous:  a value does not say which branch of a union it is of
    """

    def __init__(self, top: Type, namespace: str = "") -> None:
        self._named: set[str] = set()
        schema = self._schema(top)
        if namespace:
            schema["namespace"] = namespace
        self.schema = json.dumps(schema)
        self._parsed = fastavro.parse_schema(schema)
        self._raw = fastavro.parse_schema(without_logical_types(json.loads(self.schema)))
        self._top = top
        self.ambiguous = has_choice(top)

    def written(self, value: dict[str, Any]) -> bytes:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self._raw, plain(self._top, value))
        return out.getvalue()

    def read(self, payload: bytes) -> dict[str, Any]:
        """As fastavro gives it without logical types, of which its Python types cannot hold every value."""
        read: dict[str, Any] = fastavro.schemaless_reader(io.BytesIO(payload), self._raw, None)
        return read

    def read_typed(self, payload: bytes) -> dict[str, Any] | None:
        """With logical types; nothing where a value is beyond Python's."""
        try:
            typed: dict[str, Any] = fastavro.schemaless_reader(io.BytesIO(payload), self._parsed, None)
        except (OverflowError, ValueError):
            return None
        return typed

    def plain(self, value: dict[str, Any]) -> Any:
        return plain(self._top, value)

    def _schema(self, type_: Type) -> Any:
        kind = type_.kind
        if kind in PLAIN:
            return PLAIN[kind]
        if type_.name in self._named:
            return type_.name
        if type_.name:
            self._named.add(type_.name)
        if kind == "record":
            return {"type": "record", "name": type_.name, "fields": [self._field(field) for field in type_.fields]}
        if kind == "list":
            return {"type": "array", "items": self._nullable(type_.of(), type_.nulls)}
        if kind == "map":
            return {"type": "map", "values": self._nullable(type_.of(), type_.nulls)}
        if kind == "choice":
            return [self._schema(branch) for branch in type_.branches]
        if kind == "enum":
            return {"type": "enum", "name": type_.name, "symbols": list(type_.symbols)}
        return self._special(type_)

    def _field(self, field: Any) -> dict[str, Any]:
        return {"name": field.name, "type": self._nullable(field.type, field.optional)}

    def _nullable(self, type_: Type, nullable: bool) -> Any:
        schema = self._schema(type_)
        return schema if not nullable else ["null", schema] if null_first(type_) else [schema, "null"]

    def _special(self, type_: Type) -> Any:
        if type_.wire == "fixed" or type_.kind == "duration":
            size = {"uuid": 16, "duration": 12}.get(type_.kind, type_.size)
            base: dict[str, Any] = {"type": "fixed", "name": type_.name, "size": size}
        else:
            bases = {"date": "int", "time": "int" if type_.digits == 3 else "long", "uuid": "string"}
            base = {"type": bases.get(type_.kind, "long" if type_.kind in ("instant", "local") else "bytes")}
        if type_.kind == "decimal":
            return {**base, "logicalType": "decimal", "precision": type_.precision, "scale": type_.scale}
        if type_.kind == "bytes":
            return base if len(base) > 1 else "bytes"
        names = {"time": "time-", "instant": "timestamp-", "local": "local-timestamp-"}
        logical = names[type_.kind] + UNITS[type_.digits] if type_.kind in names else type_.kind
        return {**base, "logicalType": logical}


def has_choice(type_: Type) -> bool:
    below = [field.type for field in type_.fields] + ([type_.element] if type_.element else [])
    return type_.kind == "choice" or any(map(has_choice, below))


def without_logical_types(schema: Any) -> Any:
    if isinstance(schema, list):
        return [without_logical_types(one) for one in schema]
    if isinstance(schema, dict):
        return {
            key: without_logical_types(one)
            for key, one in schema.items()
            if key not in ("logicalType", "precision", "scale")
        }
    return schema


def plain(type_: Type, value: Any) -> Any:
    """What a schema without logical types takes, and gives."""
    if value is None:
        return None
    kind = type_.kind
    if kind == "record":
        return {field.name: plain(field.type, value.get(field.name)) for field in type_.fields}
    if kind == "list":
        return [plain(type_.of(), one) for one in value]
    if kind == "map":
        return {key: plain(type_.of(), one) for key, one in value.items()}
    if kind == "choice":
        branch, inner = value
        return plain(type_.branches[branch], inner)
    if kind == "decimal":
        size = type_.size if type_.wire == "fixed" else max(1, (value if value >= 0 else ~value).bit_length() // 8 + 1)
        return value.to_bytes(size, "big", signed=True)
    if kind == "uuid" and type_.wire == "string":
        return str(uuid.UUID(bytes=value))
    if kind == "duration":
        return b"".join(part.to_bytes(4, "little") for part in value)
    return value


def typed(type_: Type, value: Any) -> Any:
    """What fastavro makes of a value with logical types; those that it does not know stay plain.
    Fails: OverflowError for what Python's types do not have."""
    kind = type_.kind
    if value is None:
        return None
    if kind == "record":
        return {field.name: typed(field.type, value[field.name]) for field in type_.fields}
    if kind == "list":
        return [typed(type_.of(), one) for one in value]
    if kind == "map":
        return {key: typed(type_.of(), one) for key, one in value.items()}
    if kind == "decimal":
        return decimal.Decimal(value).scaleb(-type_.scale, decimal.Context(prec=200))
    if kind == "date":
        return (EPOCH + datetime.timedelta(days=value)).date()
    if kind in ("instant", "local") and type_.digits < 9:
        at = EPOCH + datetime.timedelta(microseconds=value * 10 ** (6 - type_.digits))
        return at if kind == "instant" else at.replace(tzinfo=None)
    if kind == "time" and value < 0:
        raise OverflowError  # fastavro reads a part of a second
    if kind == "time":
        return (EPOCH + datetime.timedelta(microseconds=value * 10 ** (6 - type_.digits))).time()
    if kind == "uuid" and type_.wire == "string":
        return uuid.UUID(bytes=value)
    return plain(type_, value)


def same(a: Any, b: Any) -> bool:
    """Equal, where NaN is itself and zeros have signs."""
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(one, b[key]) for key, one in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)
