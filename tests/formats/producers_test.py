"""What the libraries of others write arrives in the table, with the right types: confluent-kafka's serializers with a
registry, fastavro and Protobuf's own library without one."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pool, json_format, message_factory

from model.protobuf_form import classes, compiled
from support import schemas
from support.fault_proxy import FaultProxy
from support.kafka import Kafka, Record
from support.registry import Registry
from support.schemas import AVRO, PROTO, PROTOBUF, avro_schema
from support.service import Service

HEADER_MODE = {"schema.id.serializer": header_schema_id_serializer}
ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": None}],
}


def serialized(serializer: Callable[..., Any], topic: str, value: Any, field: str = MessageField.VALUE) -> Record:
    """As confluent-kafka's own producer does it; a header of the serializer's is in the record's headers."""
    context = SerializationContext(topic, field, [])
    payload = serializer(value, context)
    return Record(payload, headers=[(name, bytes(content)) for name, content in context.headers or []])


def avro_serializer(registry: Registry, schema: str, **settings: Any) -> AvroSerializer:
    return AvroSerializer(registry.client, schema, conf={"auto.register.schemas": True, **settings})


def message_class(text: str, name: str, references: dict[str, str] | None = None) -> Any:
    pool: descriptor_pool.DescriptorPool = classes(compiled(text, references))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def protobuf_serializer(registry: Registry, type_: Any, **settings: Any) -> ProtobufSerializer:
    return ProtobufSerializer(type_, registry.client, {"use.deprecated.format": False, **settings})


def column_of(sql: str) -> str:
    return sql.split("::")[0]


def make_table(service: Service, name: str, columns: list[tuple[str, str]]) -> None:
    declared = [f'"{column}" {column_of(sql)}' for column, sql in columns]
    service.sql(f"CREATE TABLE {name} ({', '.join(declared)})")


def stored(service: Service, query: str) -> list[tuple[Any, ...]]:
    with service.connect() as connection:
        connection.execute("SET TimeZone TO 'UTC'")
        return connection.execute(query).fetchall()


def check_row(service: Service, table: str, columns: list[tuple[str, str, Any]]) -> None:
    """The only row, column by column."""
    casts = ", ".join(f'"{name}"::text' if sql.endswith("::text") else f'"{name}"' for name, sql, _ in columns)
    rows = stored(service, f"SELECT {casts} FROM {table}")
    letters = service.rows_of_dead_letters()
    assert len(rows) == 1, f"{rows}\n{letters}"
    for (name, sql, expected), found in zip(columns, rows[0]):
        assert found == expected, f"{name} ({sql}): {found!r}, not {expected!r}"
        assert type(found) is type(expected), f"{name} ({sql}): a {type(found)}"
        assert str(found) == str(expected), f"{name} ({sql}): {found}, not {expected}"  # scale, and the zero's sign


def same_names(columns: list[tuple[str, Any]]) -> dict[str, str]:
    return {name: name for name, *_ in columns}


AVRO_COLUMNS = [(field, sql) for field, _, _, sql, _ in AVRO]
AVRO_ROW = [(field, sql, expected) for field, _, _, sql, expected in AVRO]
AVRO_VALUE = {field: value for field, _, value, _, _ in AVRO}
PROTOBUF_COLUMNS = [(field, sql) for field, _, sql, _ in PROTOBUF]
PROTOBUF_ROW = [(field, sql, expected) for field, _, sql, expected in PROTOBUF]
PROTOBUF_VALUE = {field: value for field, value, _, _ in PROTOBUF if value is not None}


def test_every_type_of_avro_from_the_serializer(service: Service, registry: Registry, kafka: Kafka) -> None:
    topic = service.topic("avro")
    kafka.create([topic])
    make_table(service, "every_type", AVRO_COLUMNS)
    kafka.send(topic, [serialized(avro_serializer(registry, avro_schema()), topic, AVRO_VALUE)])
    service.start({topic: {"table": "every_type", "format": "avro", "field_mappings": same_names(AVRO_COLUMNS)}})
    service.await_settled({topic: 1})
    check_row(service, "every_type", AVRO_ROW)


def test_every_type_of_avro_without_a_registry(kafka: Kafka) -> None:
    with Service(kafka) as service:
        topic = service.topic("bare")
        kafka.create([topic])
        make_table(service, "every_type", AVRO_COLUMNS)
        (service.folder / "all.avsc").write_text(avro_schema(), encoding="utf-8")
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(avro_schema())), AVRO_VALUE)
        kafka.send(topic, [Record(out.getvalue())])
        mapping = {"table": "every_type", "format": "avro", "schema_file": "all.avsc"}
        service.start({topic: {**mapping, "field_mappings": same_names(AVRO_COLUMNS)}})
        service.await_settled({topic: 1})
        check_row(service, "every_type", AVRO_ROW)


def test_every_type_of_protobuf_from_the_serializer(service: Service, registry: Registry, kafka: Kafka) -> None:
    topic = service.topic("protobuf")
    kafka.create([topic])
    make_table(service, "every_type", PROTOBUF_COLUMNS)
    type_ = message_class(PROTO, "loom.test.All")
    message = json_format.ParseDict(PROTOBUF_VALUE, type_())
    kafka.send(topic, [serialized(protobuf_serializer(registry, type_), topic, message)])
    service.start(
        {topic: {"table": "every_type", "format": "protobuf", "field_mappings": same_names(PROTOBUF_COLUMNS)}}
    )
    service.await_settled({topic: 1})
    check_row(service, "every_type", PROTOBUF_ROW)


def test_every_type_of_protobuf_without_a_registry(kafka: Kafka) -> None:
    with Service(kafka) as service:
        topic = service.topic("bare")
        kafka.create([topic])
        make_table(service, "every_type", PROTOBUF_COLUMNS)
        (service.folder / "all.pb").write_bytes(compiled(PROTO).SerializeToString())
        type_ = message_class(PROTO, "loom.test.All")
        kafka.send(topic, [Record(json_format.ParseDict(PROTOBUF_VALUE, type_()).SerializeToString())])
        mapping = {"table": "every_type", "format": "protobuf", "descriptor_file": "all.pb", "message": "loom.test.All"}
        service.start({topic: {**mapping, "field_mappings": same_names(PROTOBUF_COLUMNS)}})
        service.await_settled({topic: 1})
        check_row(service, "every_type", PROTOBUF_ROW)


def test_json_schema_from_the_serializer(service: Service, registry: Registry, kafka: Kafka) -> None:
    topic = service.topic("json_schema")
    kafka.create([topic])
    service.sql("CREATE TABLE orders (id bigint, note text, tags text[], more jsonb)")
    schema = {"title": "Order", "type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}
    order = {"id": 2**62, "note": "Grüße", "tags": ["a"], "more": {"x": 1.5}}
    serializer = JSONSerializer(json.dumps(schema), registry.client, conf={"auto.register.schemas": True})
    kafka.send(topic, [serialized(serializer, topic, order)])
    service.start({topic: {"table": "orders", "format": "json_schema"}})
    service.await_settled({topic: 1})
    assert stored(service, "SELECT * FROM orders") == [(2**62, "Grüße", ["a"], {"x": 1.5})]


@pytest.mark.parametrize("kind", ["avro", "protobuf"])
def test_the_schemas_id_in_a_header(kind: str, registry: Registry, kafka: Kafka) -> None:
    """confluent-kafka then writes a GUID. Not every registry has these: what stands between gives them where needed."""
    with FaultProxy(registry.url) as proxy, Service(kafka, proxy.url) as service:
        proxy.switches.guids = True
        client = Registry(proxy.url)
        topic = service.topic(kind)
        kafka.create([topic])
        service.sql("CREATE TABLE orders (id bigint, note text)")
        if kind == "avro":
            record = serialized(
                avro_serializer(client, json.dumps(ORDER), **HEADER_MODE), topic, {"id": 5, "note": "x"}
            )
        else:
            text = 'syntax = "proto3"; message First { } message Order { int64 id = 1; string note = 2; }'
            type_ = message_class(text, "Order")
            record = serialized(protobuf_serializer(client, type_, **HEADER_MODE), topic, type_(id=5, note="x"))
        assert [name for name, _ in record.headers] == ["__value_schema_id"]
        assert record.value is not None and record.headers[0][1][0] == 1
        kafka.send(topic, [record])
        service.start({topic: {"table": "orders", "format": kind, "field_mappings": {"id": "id", "note": "note"}}})
        service.await_settled({topic: 1})
        assert stored(service, "SELECT * FROM orders") == [(5, "x")], service.rows_of_dead_letters()


@pytest.mark.parametrize("header", [False, True], ids=["in front", "in a header"])
def test_keys(header: bool, registry: Registry, kafka: Kafka) -> None:
    key_schema = {
        "type": "record",
        "name": "Key",
        "fields": [{"name": "tenant", "type": "string"}, {"name": "id", "type": "long"}],
    }
    with FaultProxy(registry.url) as proxy, Service(kafka, proxy.url) as service:
        proxy.switches.guids = header
        client = Registry(proxy.url)
        topic = service.topic("keys")
        kafka.create([topic])
        service.sql("CREATE TABLE orders (tenant text, id bigint, note text)")
        settings = HEADER_MODE if header else {}
        keys = avro_serializer(client, json.dumps(key_schema), **settings)
        values = avro_serializer(client, json.dumps(ORDER), **settings)
        key = serialized(keys, topic, {"tenant": "t", "id": -1}, MessageField.KEY)
        value = serialized(values, topic, {"id": 5, "note": None})
        if header:
            assert [name for name, _ in key.headers] == ["__key_schema_id"]
        kafka.send(topic, [Record(value.value, key.value, key.headers + value.headers)])
        fields = {"$key.tenant": "tenant", "$key.id": "id", "note": "note"}
        service.start({topic: {"table": "orders", "format": "avro", "key_format": "avro", "field_mappings": fields}})
        service.await_settled({topic: 1})
        assert stored(service, "SELECT * FROM orders") == [("t", -1, None)], service.rows_of_dead_letters()


def test_avro_schemas_that_refer_to_others(service: Service, registry: Registry, kafka: Kafka) -> None:
    """One refers to a second one, and that to a third one."""
    topic = service.topic("references")
    kafka.create([topic])
    service.sql("CREATE TABLE orders (id bigint, amount numeric, code text, all_of_it jsonb)")
    currency = {"type": "enum", "name": "Currency", "namespace": "loom.money", "symbols": ["EUR", "FJD"]}
    amount = schemas.logical("bytes", "decimal", precision=12, scale=3)
    money = {"type": "record", "name": "Money", "namespace": "loom.money"}
    money["fields"] = [{"name": "amount", "type": amount}, {"name": "currency", "type": "Currency"}]
    order = {"type": "record", "name": "Order", "namespace": "loom"}
    order["fields"] = [{"name": "id", "type": "long"}, {"name": "total", "type": ["null", "loom.money.Money"]}]
    names = [service.topic("currency"), service.topic("money")]
    registry.register(names[0], json.dumps(currency))
    currency_reference = SchemaReference("loom.money.Currency", names[0], 1)
    registry.register(names[1], json.dumps(money), references=[currency_reference])
    references = [SchemaReference("loom.money.Money", names[1], 1)]
    serializer = avro_serializer(registry, Schema(json.dumps(order), "AVRO", references))  # type: ignore[arg-type]
    total = {"amount": schemas.decimal.Decimal("12.300"), "currency": "FJD"}
    kafka.send(
        topic,
        [
            serialized(serializer, topic, {"id": 1, "total": total}),
            serialized(serializer, topic, {"id": 2, "total": None}),
        ],
    )
    fields = {"id": "id", "total.amount": "amount", "total.currency": "code", "total": "all_of_it"}
    service.start({topic: {"table": "orders", "format": "avro", "field_mappings": fields}})
    service.await_settled({topic: 2})
    found = stored(service, "SELECT id, amount::text, code, all_of_it::text FROM orders ORDER BY id")
    assert found == [(1, "12.300", "FJD", '{"amount": 12.300, "currency": "FJD"}'), (2, None, None, None)]


def test_protobuf_schemas_that_import_others(service: Service, registry: Registry, kafka: Kafka) -> None:
    """The serializer registers what is imported, and names the message by its place: here nested in the second one."""
    topic = service.topic("imports")
    kafka.create([topic])
    service.sql("CREATE TABLE orders (id bigint, units bigint, code text, day date)")
    text = """syntax = "proto3"; package loom.shop;
      import "loom/money.proto"; import "google/protobuf/timestamp.proto";
      message Ignored { int32 x = 1; }
      message Shop { message Nothing { } message Order { int64 id = 7; loom.Money total = 2; google.protobuf.Timestamp at = 3; } }"""
    imported = {
        "loom/money.proto": """syntax = "proto3"; package loom; import "loom/currency.proto";
          message Money { int64 units = 1; Currency currency = 2; }""",
        "loom/currency.proto": 'syntax = "proto3"; package loom; enum Currency { NONE = 0; FJD = 3; }',
    }
    type_ = message_class(text, "loom.shop.Shop.Order", imported)
    message = json_format.ParseDict(
        {"id": "1", "total": {"units": "-5", "currency": "FJD"}, "at": "1969-12-31T23:59:59Z"}, type_()
    )
    record = serialized(protobuf_serializer(registry, type_), topic, message)
    assert record.value is not None and record.value[5:8] == bytes([4, 2, 2]), "two steps: 1, 1"
    kafka.send(topic, [record])
    fields = {"id": "id", "total.units": "units", "total.currency": "code", "at": "day"}
    service.start({topic: {"table": "orders", "format": "protobuf", "field_mappings": fields}})
    service.await_settled({topic: 1})
    found = stored(service, "SELECT id, units, code, day::text FROM orders")
    assert found == [(1, -5, "FJD", "1969-12-31")], service.rows_of_dead_letters()


def test_records_that_hold_themselves(service: Service, registry: Registry, kafka: Kafka) -> None:
    topic = service.topic("recursive")
    kafka.create([topic])
    service.sql("CREATE TABLE chains (first bigint, third bigint, rest jsonb)")
    schema = {
        "type": "record",
        "name": "Link",
        "fields": [{"name": "n", "type": "long"}, {"name": "next", "type": ["null", "Link"]}],
    }
    chain: dict[str, Any] = {"n": 4, "next": None}
    for n in (3, 2, 1):
        chain = {"n": n, "next": chain}
    kafka.send(topic, [serialized(avro_serializer(registry, json.dumps(schema)), topic, chain)])
    fields = {"n": "first", "next.next.n": "third", "next.next": "rest"}
    service.start({topic: {"table": "chains", "format": "avro", "field_mappings": fields}})
    service.await_settled({topic: 1})
    assert stored(service, "SELECT * FROM chains") == [(1, 3, {"n": 3, "next": {"n": 4, "next": None}})]


def test_schemas_change_from_message_to_message(service: Service, registry: Registry, kafka: Kafka) -> None:
    """Versions that agree in names alone, in one batch."""
    topic = service.topic("versions")
    kafka.create([topic])
    service.sql("CREATE TABLE orders (id bigint, note text, price numeric)")
    price = schemas.logical("bytes", "decimal", precision=9, scale=2)
    fields = [
        [{"name": "id", "type": "int"}, {"name": "note", "type": "string"}],
        [{"name": "note", "type": ["string", "null"]}, {"name": "price", "type": "double"}, {"name": "id", "type": "long"}],
        [{"name": "skipped", "type": {"type": "array", "items": "string"}}, {"name": "id", "type": "string"}],
        [{"name": "price", "type": price}, {"name": "number", "aliases": ["id"], "type": "long"}],
    ]  # fmt: skip
    client = SchemaRegistryClient({"url": registry.url})
    client.set_compatibility(f"{topic}-value", level="NONE")
    made = [avro_serializer(registry, json.dumps({"type": "record", "name": "V", "fields": one})) for one in fields]

    def message(n: int) -> dict[str, Any]:
        price = schemas.decimal.Decimal(n) / 100
        return [
            {"id": n, "note": f"note {n}"},
            {"id": n, "note": f"note {n}" if n % 3 else None, "price": n / 4},
            {"id": str(n), "skipped": ["x"] * (n % 7)},
            {"number": n, "price": price},
        ][n % 4]

    kafka.send(topic, [serialized(made[n % 4], topic, message(n)) for n in range(2000)])
    service.start(
        {topic: {"table": "orders", "format": "avro", "field_mappings": {"id": "id", "note": "note", "price": "price"}}}
    )
    service.await_settled({topic: 2000})
    assert service.rows_of_dead_letters() == []
    expected = []
    for n in range(2000):
        row = message(n)
        price = row.get("price")
        text = f"{price:.2f}" if n % 4 == 3 else None if price is None else f"{price:g}"
        expected.append((n, row.get("note"), text))
    assert stored(service, "SELECT id, note, price::text FROM orders ORDER BY id") == expected


def test_a_topic_with_everything(service: Service, registry: Registry, kafka: Kafka) -> None:
    """`auto`: Avro, Protobuf and JSON behind a registry's framing, and JSON without one."""
    topic = service.topic("auto")
    kafka.create([topic])
    service.sql("CREATE TABLE orders (id bigint, note text)")
    client = SchemaRegistryClient({"url": registry.url})

    def subject(kind: str) -> dict[str, Any]:
        return {"subject.name.strategy": lambda _context, _name, kind=kind: f"{topic}-{kind}"}

    type_ = message_class('syntax = "proto3"; message Order { int64 id = 1; string note = 2; }', "Order")
    json_schema = json.dumps({"title": "Order", "type": "object", "properties": {}})
    made = [
        serialized(avro_serializer(registry, json.dumps(ORDER), **subject("avro")), topic, {"id": 1, "note": "avro"}),
        serialized(protobuf_serializer(registry, type_, **subject("protobuf")), topic, type_(id=2, note="protobuf")),
        serialized(JSONSerializer(json_schema, client, conf=subject("json")), topic, {"id": 3, "note": "json"}),
        Record(b'{"id": 4, "note": "plain"}'),
    ]
    kafka.send(topic, made)
    service.start({topic: {"table": "orders", "format": "auto", "field_mappings": {"id": "id", "note": "note"}}})
    service.await_settled({topic: 4})
    expected = [(1, "avro"), (2, "protobuf"), (3, "json"), (4, "plain")]
    assert stored(service, "SELECT * FROM orders ORDER BY id") == expected, service.rows_of_dead_letters()


def test_what_is_no_message_of_the_schema(service: Service, registry: Registry, kafka: Kafka) -> None:
    """Dead letters that say what was seen; the messages around them are rows."""
    topic = service.topic("bad")
    kafka.create([topic])
    service.sql("CREATE TABLE orders (id bigint, note text)")
    good = serialized(avro_serializer(registry, json.dumps(ORDER)), topic, {"id": 1, "note": "x"}).value
    assert good is not None
    bad = {
        "not_decodable": [good[:-1], good[:5], b'{"id": 1}', good[:5] + b"\xff" * 11, b"\x00\x01"],
        "unknown_schema": [struct.pack(">BI", 0, 0x7FFFFFF0) + good[5:]],
        "tombstone": [None],
        "invalid_text": [good[:-1] + b"\xff", good[:-1] + b"\x00"],
    }
    sent = [Record(value, reason.encode()) for reason, values in bad.items() for value in values]
    kafka.send(topic, [Record(good), *sent, Record(good)])
    service.start({topic: {"table": "orders", "format": "avro", "field_mappings": {"id": "id", "note": "note"}}})
    service.await_settled({topic: len(sent) + 2})
    letters = service.dead_letters(topic)
    assert [(one["reason"], one["value"]) for one in letters] == [
        (record.key.decode(), record.value.hex() if record.value is not None else None) for record in sent if record.key
    ], letters
    assert stored(service, "SELECT * FROM orders") == [(1, "x")] * 2


def test_a_protobuf_message_of_no_bytes(kafka: Kafka) -> None:
    """All of its fields have their defaults. A record without a value is something else."""
    with Service(kafka) as service:
        topic = service.topic("empty")
        kafka.create([topic])
        service.sql("CREATE TABLE orders (id bigint, note text, more bigint[])")
        text = 'syntax = "proto3"; message Order { int64 id = 1; optional string note = 2; repeated int64 more = 3; }'
        (service.folder / "order.pb").write_bytes(compiled(text).SerializeToString())
        kafka.send(topic, [Record(b""), Record(None)])
        service.start({topic: {"table": "orders", "format": "protobuf", "descriptor_file": "order.pb"}})
        service.await_settled({topic: 2})
        assert stored(service, "SELECT * FROM orders") == [(0, None, [])], service.rows_of_dead_letters()
        assert [one["reason"] for one in service.dead_letters(topic)] == ["tombstone"]


@pytest.mark.parametrize(
    ("schema", "value", "column"),
    [
        ("string", "Grüße", "text"),
        ("long", -(2**63), "bigint"),
        ("bytes", b"\x00\xff\x02", "bytea"),  # its serializer writes no length
        (schemas.logical("bytes", "decimal", precision=9, scale=2), schemas.decimal.Decimal("-12.30"), "numeric"),
        (["null", "bytes"], b"ab", "bytea"),
    ],
    ids=["text", "number", "bytes", "decimal", "union"],
)
def test_messages_that_are_single_values(
    schema: Any, value: Any, column: str, service: Service, registry: Registry, kafka: Kafka
) -> None:
    topic = service.topic("single")
    kafka.create([topic])
    service.sql(f"CREATE TABLE singles (payload {column}, at bigint)")
    if isinstance(value, schemas.decimal.Decimal):
        # The serializer wants the bytes.
        value, stored_value = int(value * 100).to_bytes(2, "big", signed=True), value
    else:
        stored_value = value
    kafka.send(topic, [serialized(avro_serializer(registry, json.dumps(schema)), topic, value)])
    fields = {"$value": "payload", "$offset": "at"}
    service.start({topic: {"table": "singles", "format": "avro", "field_mappings": fields}})
    service.await_settled({topic: 1})
    assert stored(service, "SELECT payload, at FROM singles") == [(stored_value, 0)], service.rows_of_dead_letters()
