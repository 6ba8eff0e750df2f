"""One random schema with its topics and tables, and what they have to hold in the end."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any, Protocol

import psycopg

from model.avro_blocks import Blocks
from model.avro_form import AvroForm, same, typed
from model.columns import Column, Columns, draw_columns, value_at
from model.expected import DeadLetter, expected_row
from model.json_form import json_of_record
from model.protobuf_form import ProtobufForm
from model.protobuf_pieces import Pieces
from model.schemas import Schemas
from model.types import AVRO, PROTOBUF, Type
from model.values import Values
from model.variants import variant

JSON = "json"
FAMILIES = (frozenset({AVRO}), frozenset({PROTOBUF}), frozenset({AVRO, PROTOBUF}))


class Registering(Protocol):
    def frame(self, form: AvroForm | ProtobufForm) -> bytes:
        """What stands in front of a message of this schema."""


class Case:
    """formats:   those of its topics, JSON last
    registered: its schemas are in the registry, and not in a file
    messages:  by format the bytes of each
    letters:   the numbers of those that no row can take
    """

    def __init__(self, seed: int, family: frozenset[str], count: int, registry: Registering | None) -> None:
        self.seed, self.count, self._registry = seed, count, registry
        self.registered = registry is not None
        draw = random.Random(seed)
        self.top: Type = Schemas(draw, family).message()
        self.columns: Columns = draw_columns(draw, self.top, family)
        self.formats = [*sorted(family), JSON]
        self.forms: dict[str, list[AvroForm | ProtobufForm]] = {}
        tops = [self.top] + ([variant(draw, self.top, family)] if registry and draw.random() < 0.6 else [])
        for format_ in sorted(family):
            made = [AvroForm(top, "loom.test") if format_ == AVRO else ProtobufForm(top) for top in tops]
            self.forms[format_] = made
        self.messages: dict[str, list[bytes]] = {format_: [] for format_ in self.formats}
        self.letters: set[int] = set()
        self._rows: list[tuple[str | None, ...]] = []
        self._child_rows: list[tuple[str | None, ...]] = []
        self._make(draw, PROTOBUF in family)

    # What the service is given

    def mapping(self, format_: str, table: str, schema_file: str = "") -> dict[str, Any]:
        columns = [Column("n", "n", ("n",), "bigint", Type("int64")), *self.columns.own]
        made: dict[str, Any] = {
            "table": table,
            "format": format_,
            "field_mappings": {column.source: column.name for column in columns},
        }
        transform = "json_transform" if format_ == JSON else "transform"
        made["transforms"] = {one.name: getattr(one, transform) for one in columns if getattr(one, transform)}
        if schema_file:
            made["schema_file" if format_ == AVRO else "descriptor_file"] = schema_file
        if child := self.columns.child:
            made["array_mappings"] = {
                child.source: {
                    "table": f"{table}_child",
                    "foreign_key_mapping": {"n": "n"},
                    "element_mappings": {column.source: column.name for column in child.columns},
                    "sequence_field": "place",
                }
            }
        return made

    def tables(self, table: str) -> str:
        own = ", ".join(["n bigint", *[f"{column.name} {column.sql}" for column in self.columns.own]])
        made = f"CREATE TABLE {table} ({own});"
        if child := self.columns.child:
            below = ", ".join(
                ["n bigint", "place integer", *[f"{column.name} {column.sql}" for column in child.columns]]
            )
            made += f"CREATE TABLE {table}_child ({below});"
        return made

    def _make(self, draw: random.Random, protobuf: bool) -> None:
        values = Values(draw, protobuf)
        for number in range(self.count):
            message = values.message(self.top, number)
            version = draw.randrange(2) if number > self.count // 3 else 0
            for format_, forms in self.forms.items():
                form = forms[version % len(forms)]
                payload = form.written(message)
                if version == 0 and isinstance(form, AvroForm) and draw.random() < 0.3:
                    payload = Blocks(draw).written(self.top, message)
                if version == 0 and isinstance(form, ProtobufForm) and draw.random() < 0.4:
                    payload = Pieces(draw).rewritten(self.top, payload)
                if version == 0:
                    check_library(form, self.top, payload, message)
                self.messages[format_].append(self._registry.frame(form) + payload if self._registry else payload)
            self.messages[JSON].append(json_of_record(self.top, message, False).encode())
            self._expect(number, message)

    def _expect(self, number: int, message: dict[str, Any]) -> None:
        child = self.columns.child
        try:
            row = (str(number), *expected_row(self.columns.own, message))
            below = []
            for place, element in enumerate(value_at(message, child.path) or [] if child else []):
                assert child is not None
                below.append((str(number), str(place), *expected_row(child.columns, element)))
        except DeadLetter:
            self.letters.add(number)
            return
        self._rows.append(row)
        self._child_rows += below

    # What has come of it

    def expect_in(self, connection: psycopg.Connection[Any], table: str) -> None:
        connection.execute(self.tables(table))
        rows = [(table, self._rows)] + ([(f"{table}_child", self._child_rows)] if self.columns.child else [])
        for name, content in rows:
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in content:
                    copy.write_row(row)

    def describe(self, number: int) -> str:
        lines = [f"message {number} of the schema with the seed {self.seed}"]
        for format_ in self.formats:
            message = self.messages[format_][number]
            lines.append(f"  {format_}: {message.decode() if format_ == JSON else message.hex()}")
        for format_, forms in self.forms.items():
            lines += [
                f"  {format_} schema: {form.schema if isinstance(form, AvroForm) else form.text}" for form in forms
            ]
        lines.append(f"  mapping: {json.dumps(self.mapping(self.formats[0], 't'))}")
        return "\n".join(lines)


def check_library(form: AvroForm | ProtobufForm, top: Type, payload: bytes, message: dict[str, Any]) -> None:
    """The library has to read what we expect to find in the table."""
    if isinstance(form, ProtobufForm):
        read = form.read(payload)
        assert same(read, message), f"protobuf reads {read}\nfrom {message}"
        return
    plain = form.read(payload)
    assert same(plain, form.plain(message)), f"fastavro reads {plain}\nfrom {message}"
    with_types = form.read_typed(payload)
    if with_types is None or form.ambiguous:
        return
    with contextlib.suppress(OverflowError):
        assert same(with_types, typed(top, message)), f"fastavro reads {with_types}\nfrom {message}"
