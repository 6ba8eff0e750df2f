"""Schemas that have each type once, a message of each, and what becomes of it."""

from __future__ import annotations

import datetime
import decimal
import json
import struct
import uuid
from typing import Any

UTC = datetime.timezone.utc
ONE_UUID = uuid.UUID("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
AT = datetime.datetime(2026, 1, 2, 3, 4, 5, 123456, UTC)
LOCAL = AT.replace(tzinfo=None)
MILLIS = 123000
AT_MS, LOCAL_MS = AT.replace(microsecond=MILLIS), LOCAL.replace(microsecond=MILLIS)
LONG_DECIMAL = decimal.Decimal("-12345678901234567890.1200")
INNER = {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": ["null", "int"]}]}
FLOAT = struct.unpack("<f", struct.pack("<f", 1.1))[0]
DURATION = struct.pack("<III", 14, 3, 4500)  # months, days, milliseconds


def logical(base: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": base, "logicalType": name, **more}


def fixed(name: str, size: int, logical_type: str, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, "logicalType": logical_type, **more}


# Field, its type, the value for the serializer, the column, and what psycopg has to read there.
AVRO: list[tuple[str, Any, Any, str, Any]] = [
    ("boolean_", "boolean", True, "boolean", True),
    ("int_", "int", -(2**31), "integer", -(2**31)),
    ("long_", "long", 2**63 - 1, "bigint", 2**63 - 1),
    ("float_", "float", FLOAT, "real", 1.1),
    ("float_wide", "float", FLOAT, "double precision", FLOAT),
    ("double_", "double", 0.1, "double precision", 0.1),
    ("double_inf", "double", float("-inf"), "double precision", float("-inf")),
    ("bytes_", "bytes", b"\x00\xff'\\", "bytea", b"\x00\xff'\\"),
    ("string_", "string", "Grüße 🙂", "text", "Grüße 🙂"),
    ("enum_", {"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B", "text", "B"),
    ("fixed_", {"type": "fixed", "name": "F", "size": 3}, b"abc", "bytea", b"abc"),
    ("null_", "null", None, "text", None),
    ("union_", ["null", "long"], 7, "bigint", 7),
    ("union_null", ["null", "long"], None, "bigint", None),
    ("union_wide", ["null", "long", "string", {"type": "array", "items": "int"}], [1, 2], "jsonb", [1, 2]),
    ("array_", {"type": "array", "items": "long"}, [1, -2, 3], "bigint[]", [1, -2, 3]),
    ("array_text", {"type": "array", "items": ["null", "string"]}, ["a", None, 'b"c'], "text[]", ["a", None, 'b"c']),
    ("map_", {"type": "map", "values": "double"}, {"k": 2.5}, "jsonb", {"k": 2.5}),
    ("record_", INNER, {"x": None}, "jsonb", {"x": None}),
    ("decimal_", logical("bytes", "decimal", precision=30, scale=4), LONG_DECIMAL, "numeric", LONG_DECIMAL),
    ("decimal_fixed", fixed("D", 8, "decimal", precision=12, scale=2), decimal.Decimal("12.30"), "numeric(12,2)", decimal.Decimal("12.30")),
    ("uuid_", logical("string", "uuid"), ONE_UUID, "uuid", ONE_UUID),
    ("uuid_fixed", fixed("U", 16, "uuid"), ONE_UUID.bytes, "uuid", ONE_UUID),
    ("date_", logical("int", "date"), datetime.date(1969, 12, 31), "date", datetime.date(1969, 12, 31)),
    ("time_ms", logical("int", "time-millis"), datetime.time(3, 4, 5, MILLIS), "time", datetime.time(3, 4, 5, MILLIS)),
    ("time_us", logical("long", "time-micros"), datetime.time(23, 59, 59, 999999), "time", datetime.time(23, 59, 59, 999999)),
    ("ts_ms", logical("long", "timestamp-millis"), AT_MS, "timestamptz", AT_MS),
    ("ts_us", logical("long", "timestamp-micros"), AT, "timestamptz", AT),
    ("ts_ns", logical("long", "timestamp-nanos"), int(AT.timestamp()) * 10**9 + 123456789, "timestamptz", AT),
    ("local_ms", logical("long", "local-timestamp-millis"), LOCAL_MS, "timestamp", LOCAL_MS),
    ("local_us", logical("long", "local-timestamp-micros"), LOCAL, "timestamp", LOCAL),
    ("duration_", fixed("P", 12, "duration"), DURATION, "interval::text", "1 year 2 mons 3 days 00:00:04.5"),
]  # fmt: skip


def avro_schema(name: str = "All", left_out: tuple[str, ...] = ()) -> str:
    fields = [{"name": field, "type": type_} for field, type_, *_ in AVRO if field not in left_out]
    return json.dumps({"type": "record", "name": name, "namespace": "loom.test", "fields": fields})


PROTO = """syntax = "proto3";
package loom.test;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
enum Color { COLOR_NONE = 0; COLOR_RED = 5; }
message First { int32 x = 1; }
message All {
  message Inner { int32 x = 1; optional string note = 2; repeated Inner below = 3; }
  double double_ = 1; float float_ = 2; int32 int32_ = 3; int64 int64_ = 4; uint32 uint32_ = 5; uint64 uint64_ = 6;
  sint32 sint32_ = 7; sint64 sint64_ = 8; fixed32 fixed32_ = 9; fixed64 fixed64_ = 10; sfixed32 sfixed32_ = 11;
  sfixed64 sfixed64_ = 12; bool bool_ = 13; string string_ = 14; bytes bytes_ = 15; Color color = 16;
  Inner inner = 17; optional int32 absent = 18; int32 zero = 19; repeated int32 packed = 20;
  repeated sint64 unpacked = 21 [packed = false]; map<string, int64> map_ = 22; map<int32, Inner> inners = 23;
  oneof choice { string text = 24; int64 number = 25; }
  google.protobuf.Timestamp at = 26; google.protobuf.Duration lasts = 27; google.protobuf.Int64Value wrapped = 28;
  google.protobuf.StringValue unwrapped = 29; google.protobuf.Struct free = 30; google.protobuf.Value any_value = 31;
  repeated Color colors = 32; repeated string empty = 33; google.protobuf.ListValue mixed = 34;
}
"""

# Field, the value in ProtoJSON, the column, what psycopg has to read. None for ProtoJSON: not set.
PROTOBUF: list[tuple[str, Any, str, Any]] = [
    ("double_", -0.5, "double precision", -0.5),
    ("float_", 1.1, "real", 1.1),
    ("int32_", -1, "integer", -1),
    ("int64_", str(-(2**63)), "bigint", -(2**63)),
    ("uint32_", 2**32 - 1, "bigint", 2**32 - 1),
    ("uint64_", str(2**64 - 1), "numeric", decimal.Decimal(2**64 - 1)),
    ("sint32_", -(2**31), "integer", -(2**31)),
    ("sint64_", str(2**63 - 1), "bigint", 2**63 - 1),
    ("fixed32_", 2**31, "bigint", 2**31),
    ("fixed64_", str(2**63), "numeric", decimal.Decimal(2**63)),
    ("sfixed32_", -2, "integer", -2),
    ("sfixed64_", "-3", "bigint", -3),
    ("bool_", True, "boolean", True),
    ("string_", "Grüße 🙂", "text", "Grüße 🙂"),
    ("bytes_", "AP8n", "bytea", b"\x00\xff'"),
    ("color", "COLOR_RED", "text", "COLOR_RED"),
    ("inner", {"x": 1, "below": [{"note": ""}]}, "jsonb", {"x": 1, "below": [{"note": ""}]}),
    ("absent", None, "integer", None),
    ("zero", None, "integer", 0),
    ("packed", [3, -270, 86942], "integer[]", [3, -270, 86942]),
    ("unpacked", ["-1", "2"], "bigint[]", [-1, 2]),
    ("map_", {"b": "2", "a": "1"}, "jsonb", {"a": 1, "b": 2}),
    ("inners", {"-7": {"x": 1}}, "jsonb", {"-7": {"x": 1}}),
    ("text", None, "text", None),
    ("number", "5", "bigint", 5),
    ("at", "2026-01-02T03:04:05.123456789Z", "timestamptz", AT),
    ("lasts", "-3.5s", "interval::text", "-00:00:03.5"),
    ("wrapped", "0", "bigint", 0),
    ("unwrapped", None, "text", None),
    ("free", {"a": [1, None, "x"], "b": {"c": True}}, "jsonb", {"a": [1, None, "x"], "b": {"c": True}}),
    ("any_value", 2.5, "jsonb", 2.5),
    ("colors", ["COLOR_RED", "COLOR_NONE"], "text[]", ["COLOR_RED", "COLOR_NONE"]),
    ("empty", None, "text[]", []),
    ("mixed", [1, "a"], "jsonb", [1, "a"]),
]  # fmt: skip
