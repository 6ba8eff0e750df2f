"""Fills the three topics, and writes the rows that each has to leave in the table. benchmarks/changes.sh starts it.

bench.public.stream    a table's changes, with a tombstone behind each delete
bench.public.snapshot  a snapshot: events of op r, a row each
bench.public.plain     the rows of that snapshot as plain messages, each as long as its event
"""

from __future__ import annotations

import argparse
import datetime
import json
import pathlib
import sys
import zlib

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from . import messages
from .events import Row, Rows, Table

PARTITIONS = 6
STREAM, SNAPSHOT, PLAIN = (f"bench.public.{name}" for name in ("stream", "snapshot", "plain"))
EPOCH = datetime.datetime(1970, 1, 1)


class Topics:
    """Sends to partitions by key. Threads: one. Fails: RuntimeError from close() when a message did not arrive."""

    def __init__(self, bootstrap: str) -> None:
        admin = AdminClient({"bootstrap.servers": bootstrap})
        made = admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in (STREAM, SNAPSHOT, PLAIN)])
        for future in made.values():
            future.result(60)
        self._failed: list[str] = []
        self.bytes = dict.fromkeys((STREAM, SNAPSHOT, PLAIN), 0)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "compression.type": "lz4",
                # Without it a request that is sent again comes behind those after it, and a delete before its row.
                "enable.idempotence": True,
                "linger.ms": 50,
                "queue.buffering.max.messages": 200_000,
                "delivery.report.only.error": True,
                "on_delivery": lambda error, _: self._failed.append(str(error)),
                "log_level": 3,
            }
        )

    def send(self, topic: str, key: bytes, value: bytes | None, partition: int) -> None:
        self.bytes[topic] += len(value or b"")
        while True:
            try:
                self._producer.produce(topic, value, key, partition)
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)

    def close(self) -> None:
        left = self._producer.flush(120)
        if left or self._failed:
            raise RuntimeError(f"{left + len(self._failed)} messages did not arrive: {self._failed[:3]}")


def partition_of(identity: int) -> int:
    return zlib.crc32(str(identity).encode()) % PARTITIONS


def copy_line(row: Row) -> str:
    """For COPY: what the row has to be in the table."""
    note = r"\N" if row.note is None else row.note
    sign, cents = "-" if row.cents < 0 else "", abs(row.cents)
    taken = EPOCH + datetime.timedelta(microseconds=row.taken_at)
    return f"{row.id}\t{note}\t{row.value!r}\t{taken}\t{sign}{cents // 100}.{cents % 100:02}\t{row.active}\n"


def fill_stream(topics: Topics, events: int, keys: int, seed: int, expected: pathlib.Path) -> dict[str, int]:
    # A quarter more ids than rows live in the end, so that some stay deleted: a tool that deletes nothing is seen.
    table = Table(keys + keys // 4, seed)
    written = messages.Events("stream")
    counts = {"c": 0, "u": 0, "d": 0}
    for change in table.changes(events):
        counts[change.op] += 1
        key, partition = written.key(change.id), partition_of(change.id)
        topics.send(STREAM, key, written.value(change.op, change.id, change.after), partition)
        if change.op == "d":
            topics.send(STREAM, key, None, partition)
    for partition in range(PARTITIONS):
        change = table.close(partition)
        topics.send(STREAM, written.key(change.id), written.value(change.op, change.id, change.after), partition)
    with open(expected, "w", encoding="utf-8") as file:
        file.writelines(map(copy_line, table.rows.values()))
    return {"inserts": counts["c"], "updates": counts["u"], "deletes": counts["d"], "rows": len(table.rows)}


def fill_snapshot(topics: Topics, events: int, seed: int, expected: pathlib.Path) -> None:
    rows, written = Rows(seed + 2), messages.Events("snapshot")
    with open(expected, "w", encoding="utf-8") as file:
        for identity in range(1, events + 1):
            row = rows.make(identity)
            event = written.value("r", identity, row)
            key, partition = written.key(identity), partition_of(identity)
            topics.send(SNAPSHOT, key, event, partition)
            topics.send(PLAIN, key, messages.plain(row, len(event)), partition)
            file.write(copy_line(row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap-servers", required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--keys", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    given = parser.parse_args()
    topics = Topics(given.bootstrap_servers)
    filled = fill_stream(topics, given.events, given.keys, given.seed, given.work / "stream.copy")
    fill_snapshot(topics, given.events, given.seed, given.work / "snapshot.copy")
    topics.close()
    sizes = {topic: round(size / given.events) for topic, size in topics.bytes.items()}
    if topics.bytes[SNAPSHOT] != topics.bytes[PLAIN]:
        sys.exit(f"error: plain messages and events have not the same length: {topics.bytes}")
    filled_file = given.work / "filled.json"
    filled_file.write_text(json.dumps({**filled, "seed": given.seed, "bytes": sizes}), encoding="utf-8")


if __name__ == "__main__":
    main()
