#!/usr/bin/env python3
"""The same random messages in Avro, in Protobuf and in JSON: the tables have to be the same, and what the libraries of
others read from the bytes.

    tests/formats/differential.py --messages 200000          a quarter of an hour
    tests/formats/differential.py --seed 7 --schemas 1       one schema again

Half of the schemas are of Avro, or of Protobuf, alone, with all that these have; the others are of both. Rows are
compared as text, so that -0 is not 0, and 1.10 not 1.1.

Decided differences, which the messages heed:
  * a float goes into a double precision column exactly: 1.1 becomes 1.100000023841858; JSON then has that number.
  * what is less than a microsecond is cut off from a timestamp of nanoseconds; JSON's text would be rounded.
  * a time that no column can hold is a dead letter `out_of_range`; JSON's may be `conversion_failed`.
  * what is not there is null in the JSON of an Avro record and left out of that of a Protobuf message, where also
    defaults without presence are left out.
"""

from __future__ import annotations

import argparse
import sys
import time

import environment

if __name__ == "__main__":
    environment.enter()

import psycopg

import folders  # noqa: F401
from model.avro_form import AvroForm
from model.case import FAMILIES, JSON, Case
from model.types import AVRO, PROTOBUF
from support.kafka import Kafka, Record
from support.registry import Registry, registry_url
from support.service import Service

PER_SCHEMA = 500
AT_ONCE = 12  # schemas that one run of the service has


def table_of(case: Case, format_: str) -> str:
    return f"s{case.seed}_{format_}"


def topics_of(service: Service, cases: list[Case]) -> dict[str, dict]:
    topics = {}
    for case in cases:
        for format_ in case.formats:
            file = ""
            if format_ != JSON and not case.registered:
                form = case.forms[format_][0]
                file = f"s{case.seed}.{format_}"
                content = form.schema.encode() if isinstance(form, AvroForm) else form.descriptor
                (service.folder / file).write_bytes(content)
            topics[service.topic(f"{case.seed}.{format_}")] = case.mapping(format_, table_of(case, format_), file)
    return topics


def run(cases: list[Case], kafka: Kafka, registry_url: str) -> list[str]:
    """What is wrong."""
    with Service(kafka, registry_url) as service, service.connect() as connection:
        topics = topics_of(service, cases)
        kafka.create(topics)
        try:
            for case in cases:
                for format_ in case.formats:
                    connection.execute(case.tables(table_of(case, format_)))
                    records = [Record(value, str(i).encode()) for i, value in enumerate(case.messages[format_])]
                    kafka.send(service.topic(f"{case.seed}.{format_}"), records)
                case.expect_in(connection, table_of(case, "expected"))
            service.start(topics)
            service.await_settled({topic: cases[0].count for topic in topics}, 120)
            return [one for case in cases for one in wrong(case, service, connection)]
        finally:
            kafka.delete(topics)


def wrong(case: Case, service: Service, connection: psycopg.Connection) -> list[str]:
    found = []
    for format_ in case.formats:
        letters = {int(one["key"]): one for one in service.dead_letters(service.topic(f"{case.seed}.{format_}"))}
        for number in sorted(letters.keys() ^ case.letters)[:1]:
            said = letters.get(number) or "no dead letter, where one was expected"
            found.append(f"{format_}: {said}\n{case.describe(number)}")
    parts = ["", "_child"] if case.columns.child else [""]
    for part in parts:
        for format_ in case.formats:
            found += differences(case, connection, format_, "expected", part)
        found += [one for format_ in case.formats[:-1] for one in differences(case, connection, format_, JSON, part)]
    return found


def differences(case: Case, connection: psycopg.Connection, one: str, other: str, part: str) -> list[str]:
    """The first row that one table has and the other has not."""
    tables = [f"{table_of(case, name)}{part}" for name in (one, other)]
    columns = ["n", *([] if not part else ["place"])]
    columns += [
        column.name for column in (case.columns.child.columns if part and case.columns.child else case.columns.own)
    ]
    as_text = ", ".join(["n", *[f"{name}::text" for name in columns[1:]]])
    for there, missing in (tables, tables[::-1]):
        query = f"SELECT {as_text} FROM {there} EXCEPT ALL SELECT {as_text} FROM {missing} ORDER BY n LIMIT 1"
        row = connection.execute(query).fetchone()
        if row is None:
            continue
        others = connection.execute(f"SELECT {as_text} FROM {missing} WHERE n = %s", [row[0]]).fetchall()
        place = next((at for at in others if not part or at[1] == row[1]), None)
        told = [f"{there} and {missing} differ in message {row[0]}:"]
        if place is None:
            told.append(f"  only {there} has {row}")
        else:
            told += [f"  {name}: {around(a, b)}" for name, a, b in zip(columns, row, place) if a != b]
        return ["\n".join([*told, case.describe(row[0])])]
    return []


def around(one: str | None, other: str | None) -> str:
    """Where the texts begin to differ."""
    if one is None or other is None or max(len(one), len(other)) < 120:
        return f"{one!r} and {other!r}"
    same = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    begin = max(0, same - 60)
    return f"at {same}: {one[begin : same + 60]!r} and {other[begin : same + 60]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=6000, help="of Avro and Protobuf together (default: 6000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first schema; the next ones count on")
    parser.add_argument("--schemas", type=int, help="so many instead of as many as the messages need")
    parser.add_argument("--per-schema", type=int, default=PER_SCHEMA, help=f"messages (default: {PER_SCHEMA})")
    parser.add_argument(
        "--no-registry", action="store_true", help="all schemas in files; otherwise a third is registered"
    )
    given = parser.parse_args()
    kafka = Kafka()
    registry = None if given.no_registry else Registry(registry_url())
    compared = letters = schemas = 0
    seed = given.seed
    found: list[str] = []
    started = time.monotonic()
    while (schemas < given.schemas) if given.schemas else (compared < given.messages):
        cases = []
        for _ in range(min(AT_ONCE, given.schemas - schemas) if given.schemas else AT_ONCE):
            use = registry if seed % 3 == 0 else None
            cases.append(Case(seed, FAMILIES[seed % 4 % 3], given.per_schema, use))
            seed += 1
        found += run(cases, kafka, registry.url if registry else "")
        schemas += len(cases)
        compared += sum(case.count * (len(case.formats) - 1) for case in cases)
        letters += sum(len(case.letters) * (len(case.formats) - 1) for case in cases)
        print(
            f"{time.monotonic() - started:6.1f} s: {compared} messages of {schemas} schemas, {letters} of them "
            f"dead letters, {len(found)} differences",
            flush=True,
        )
        if found:
            break
    for one in found:
        print(one)
    print(f"seeds {given.seed} to {seed - 1}: {AVRO} and {PROTOBUF} {'differ' if found else 'are as they have to be'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
