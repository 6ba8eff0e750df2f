#!/usr/bin/env python3
"""A compacted topic of plain JSON: the table has to equal the last value of each key, or not to have the key where that was
a tombstone. While messages come and the service is killed; after Kafka has compacted the topic; after the offsets were set to
its beginning; and once more from an empty table.

    tests/changes/compacted.py --seed 7 --messages 20000

LOOM_PROGRAM is the program; by default that of the build.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import folders  # noqa: F401  # isort: skip
import environment

if __name__ == "__main__":
    environment.enter()

from keys import FORMS, Form, Key
from support.kafka import Kafka, Record
from support.service import Service
from topics import Topics
from waiting import await_that

PARTITIONS = 3
FIELDS = {"n": "bigint", "note": "text", "amount": "numeric", "more": "jsonb"}
# Segments are closed soon, and cleaned whenever the cleaner comes by (every 15 s).
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "100",
}


class Source:
    """One topic and what has to become of it.

    model: the last value of each key that is there
    """

    def __init__(self, form: Form, topic: str, seed: int, keys: int) -> None:
        self.form, self.topic, self._keys = form, topic, keys
        self._rng = random.Random(f"{form.name} {seed}")
        self.model: dict[Key, dict[str, Any]] = {}
        self.sent = 0

    @property
    def table(self) -> str:
        return f"by_{self.form.name}"

    def ddl(self) -> str:
        columns = {**self.form.columns, **FIELDS}
        told = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
        return f"CREATE TABLE {self.table} ({told}, PRIMARY KEY ({', '.join(self.form.columns)}))"

    def records(self, count: int) -> Iterator[Record]:
        for _ in range(count):
            # Some keys change much more often than others.
            key = self.form.made(int(self._keys * self._rng.random() ** 3))
            self.sent += 1
            text = self.form.written(key).encode()
            value = None if self._rng.random() < 0.2 else self._value()
            if value is None:
                self.model.pop(key, None)
            else:
                self.model[key] = value
            told = None if value is None else json.dumps(value, ensure_ascii=False).encode()
            yield Record(told, text, partition=zlib.crc32(text) % PARTITIONS)

    def _value(self) -> dict[str, Any]:
        """With fields that are null or not there at times: a new value replaces the whole old one."""
        rng = self._rng
        whole: dict[str, Any] = {
            "n": self.sent,
            "note": rng.choice((None, "", "µ\n\\", f"note {self.sent}")),
            "amount": rng.choice((None, 0, rng.randrange(10**6) / 4)),
            "more": rng.choice(([], {"a": [1, None, "x"]}, "text", True)),
        }
        return {name: value for name, value in whole.items() if name == "n" or rng.random() < 0.8}

    def expected(self) -> dict[Key, tuple[Any, ...]]:
        return {key: tuple(value.get(name) for name in FIELDS) for key, value in self.model.items()}


class Run:
    def __init__(self, given: argparse.Namespace, kafka: Kafka, service: Service) -> None:
        self._given, self._kafka, self._service = given, kafka, service
        self._topics = Topics(kafka.bootstrap)
        self._rng = random.Random(f"run {given.seed}")
        self._sources = [Source(form, service.topic(form.name), given.seed, given.keys) for form in FORMS]

    def wrong(self) -> list[str]:
        names = [source.topic for source in self._sources]
        self._topics.create(dict.fromkeys(names, PARTITIONS), COMPACTED)
        try:
            return self._wrong()
        finally:
            self._kafka.delete(names)

    def _wrong(self) -> list[str]:
        with self._service.connect() as connection:
            for source in self._sources:
                connection.execute(source.ddl().encode())
        self._send(self._given.messages // 2)
        self._service.start({one.topic: one.form.mapping(one.table, list(FIELDS)) for one in self._sources})
        for _ in range(8):
            self._send(self._given.messages // 16)
            if self._rng.random() < 0.5:
                self._service.kill_and_start()
        found = self._compared("while messages came")
        self._await_compaction()
        found += self._compared("after the compaction")
        for emptied in (False, True):
            self._service.stop()
            for source in self._sources:
                if emptied:
                    self._service.sql(f"TRUNCATE {source.table}")
                self._service.command("offsets", "reset", "--topic", source.topic, "--to", "earliest")
            self._service.restart()
            found += self._compared("again from the beginning" + (", into an empty table" if emptied else ""))
        return found

    def _send(self, count: int) -> None:
        for source in self._sources:
            self._kafka.send(source.topic, source.records(count))

    def _await_compaction(self) -> None:
        """Until no more than two messages for each key are left of what came till now. A segment is closed when a message
        comes after its time, and only closed ones are compacted."""
        sent = {source.topic: source.sent for source in self._sources}
        left: dict[str, int] = {}

        def done() -> bool:
            self._send(5)
            for source in self._sources:
                left[source.topic] = sum(1 for _ in self._topics.read([source.topic])) - (
                    source.sent - sent[source.topic]
                )
            return all(count < 2 * self._given.keys for count in left.values())

        await_that("the topics are compacted", done, 180, lambda: f"left: {left}")
        print(f"compacted: of {sum(sent.values())} messages {sum(left.values())} are left", flush=True)

    def _compared(self, when: str) -> list[str]:
        ends = self._topics.ends([source.topic for source in self._sources])
        self._service.await_settled(
            {one.topic: sum(end for (topic, _), end in ends.items() if topic == one.topic) for one in self._sources},
            180,
        )
        found = [
            f"{when}: {said}"
            for source in self._sources
            for said in (*self._differences(source), *map(str, self._service.dead_letters(source.topic)[:3]))
        ]
        rows = sum(len(source.model) for source in self._sources)
        print(f"{when}: {rows} rows compared, {'they differ' if found else 'equal'}", flush=True)
        return found

    def _differences(self, source: Source) -> list[str]:
        names = [*source.form.columns, *FIELDS]
        width = len(source.form.columns)
        with self._service.connect() as connection:
            rows = connection.execute(f"SELECT {', '.join(names)} FROM {source.table}".encode()).fetchall()
        stored = {tuple(row[:width]): tuple(row[width:]) for row in rows}
        expected = source.expected()
        wrong = [key for key in {**stored, **expected} if stored.get(key) != expected.get(key)]
        return [
            f"{source.table} {key}: {stored.get(key, 'no row')}, where {expected.get(key, 'no row')} has to be; "
            f"the topic has of it {self._left(source, key)}"
            for key in wrong[:5]
        ]

    def _left(self, source: Source, key: Key) -> str:
        """The last messages of a key, by what compaction has left."""
        text = source.form.written(key)
        events = [event for event in self._topics.read([source.topic]) if event.key == text]
        return "; ".join(f"{event.partition}/{event.offset}: {event.value or 'a tombstone'}" for event in events[-3:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time; it is printed")
    parser.add_argument("--messages", type=int, default=8000, help="of each of the topics (default: 8000)")
    parser.add_argument("--keys", type=int, default=500, help="of each of the topics (default: 500)")
    given = parser.parse_args()
    if given.seed is None:
        given.seed = random.SystemRandom().randrange(10**6)
    print(f"--seed {given.seed}", flush=True)
    kafka = Kafka()
    with Service(kafka) as service:
        wrong = Run(given, kafka, service).wrong()
    for one in wrong:
        print(one)
    print(f"--seed {given.seed}: the tables {'differ from' if wrong else 'equal'} what was sent last")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
