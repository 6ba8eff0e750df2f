"""The bytes of messages: Debezium's events with Kafka Connect's schema around them, and plain rows of the same length."""

from __future__ import annotations

import base64
import json
from typing import Any

from .events import WORDS, Row

VERSION = "3.6.1.Final"
COLUMNS: list[dict[str, Any]] = [
    {"type": "int64", "optional": False, "field": "id"},
    {"type": "string", "optional": True, "field": "note"},
    {"type": "double", "optional": True, "field": "value"},
    {"type": "int64", "optional": True, "name": "io.debezium.time.MicroTimestamp", "version": 1, "field": "taken_at"},
    {"type": "bytes", "optional": True, "name": "org.apache.kafka.connect.data.Decimal", "version": 1,
     "parameters": {"scale": "2", "connect.decimal.precision": "12"}, "field": "price"},
    {"type": "boolean", "optional": True, "field": "active"},
]  # fmt: skip
SNAPSHOT_STATES = "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"
PADDING = " ".join(WORDS[i * i % 12] + str(i % 97) for i in range(2000))


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _field(kind: str, name: str, optional: bool) -> dict[str, Any]:
    return {"type": kind, "optional": optional, "field": name}


def _source_schema() -> dict[str, Any]:
    fields = [_field("string", name, False) for name in ("version", "connector", "name")]
    fields.append(_field("int64", "ts_ms", False))
    fields.append({"type": "string", "optional": True, "name": "io.debezium.data.Enum", "version": 1,
                   "parameters": {"allowed": SNAPSHOT_STATES}, "default": "false", "field": "snapshot"})  # fmt: skip
    fields += [_field("string", "db", False), _field("string", "sequence", True)]
    fields += [_field("int64", name, True) for name in ("ts_us", "ts_ns")]
    fields += [_field("string", name, False) for name in ("schema", "table")]
    fields += [_field("int64", name, True) for name in ("txId", "lsn", "xmin")]
    fields += [_field("string", "origin", True), _field("int64", "origin_lsn", True)]
    return {"type": "struct", "fields": fields, "optional": False, "field": "source", "version": 1,
            "name": "io.debezium.connector.postgresql.Source"}  # fmt: skip


def _transaction_schema() -> dict[str, Any]:
    fields = [_field("string", "id", False)]
    fields += [_field("int64", name, False) for name in ("total_order", "data_collection_order")]
    return {"type": "struct", "fields": fields, "optional": True, "name": "event.block", "version": 1, "field": "transaction"}


def _row_json(row: Row) -> str:
    note = "null" if row.note is None else f'"{row.note}"'
    # Connect's Decimal: the number without its point, in two's complement.
    price = base64.b64encode(row.cents.to_bytes(row.cents.bit_length() // 8 + 1, "big", signed=True)).decode()
    active = "true" if row.active else "false"
    return f'{{"id":{row.id},"note":{note},"value":{row.value!r},"taken_at":{row.taken_at},"price":"{price}","active":{active}}}'


def _last_of(identity: int) -> str:
    """`before` of a delete under the default replica identity: the key, and of all else nothing."""
    return f'{{"id":{identity},"note":null,"value":null,"taken_at":null,"price":null,"active":null}}'


class Events:
    """The events of one table as Debezium's connector for PostgreSQL writes them (seen from 3.6.1.Final)."""

    def __init__(self, table: str) -> None:
        self._table = table
        name = f"bench.public.{table}"
        row = {"type": "struct", "fields": COLUMNS, "optional": True, "name": f"{name}.Value"}
        envelope = {
            "type": "struct",
            "fields": [
                {**row, "field": "before"},
                {**row, "field": "after"},
                _source_schema(),
                _transaction_schema(),
                _field("string", "op", False),
                *[_field("int64", field, True) for field in ("ts_ms", "ts_us", "ts_ns")],
            ],
            "optional": False,
            "name": f"{name}.Envelope",
            "version": 2,
        }
        key = {"type": "struct", "fields": [COLUMNS[0]], "optional": False, "name": f"{name}.Key"}
        self._value_start = '{"schema":' + _compact(envelope) + ',"payload":{"before":'
        self._key_start = '{"schema":' + _compact(key) + ',"payload":{"id":'
        self._written = 0

    def key(self, identity: int) -> bytes:
        return f"{self._key_start}{identity}}}}}".encode()

    def value(self, op: str, identity: int, after: Row | None) -> bytes:
        self._written += 1
        lsn, micros = 27_000_000 + 120 * self._written, 1_790_000_000_000_000 + 40 * self._written
        millis, snapshot = micros // 1000, "true" if op == "r" else "false"
        before = "null" if after else _last_of(identity)
        row = _row_json(after) if after else "null"
        return (
            f'{self._value_start}{before},"after":{row},"source":{{"version":"{VERSION}","connector":"postgresql",'
            f'"name":"bench","ts_ms":{millis},"snapshot":"{snapshot}","db":"bench","sequence":"[\\"{lsn - 120}\\",\\"{lsn}\\"]",'
            f'"ts_us":{micros},"ts_ns":{micros}000,"schema":"public","table":"{self._table}","txId":{self._written},'
            f'"lsn":{lsn},"xmin":null,"origin":null,"origin_lsn":null}},"transaction":null,"op":"{op}",'
            f'"ts_ms":{millis + 9},"ts_us":{micros + 9000},"ts_ns":{micros + 9000}000}}}}'
        ).encode()


def plain(row: Row, length: int) -> bytes:
    """The row as a plain message that is `length` bytes long, by a field that nobody maps."""
    note = "null" if row.note is None else f'"{row.note}"'
    sign, cents = "-" if row.cents < 0 else "", abs(row.cents)
    active = "true" if row.active else "false"
    text = (
        f'{{"id":{row.id},"note":{note},"value":{row.value!r},"taken_at":{row.taken_at},'
        f'"price":{sign}{cents // 100}.{cents % 100:02},"active":{active},"padding":"'
    )
    start = row.id * 31 % 1000
    return f'{text}{PADDING[start : start + length - len(text) - 2]}"}}'.encode()
