"""What the topics of a connector hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import cast

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]  # it is, by its own documentation


@dataclasses.dataclass(frozen=True)
class Event:
    topic: str
    partition: int
    offset: int
    key: str | None
    value: str | None
    headers: list[tuple[str, str | None]]


class Topics:
    """Threads: one at a time."""

    def __init__(self, brokers: str) -> None:
        self._brokers = brokers
        self._admin = AdminClient({"bootstrap.servers": brokers, "log_level": 3})

    def create(self, partitions: dict[str, int], config: dict[str, str] | None = None) -> None:
        wanted = [NewTopic(topic, count, 1, config=config or {}) for topic, count in partitions.items()]
        for future in self._admin.create_topics(wanted).values():
            future.result(60)

    def matching(self, prefix: str) -> list[str]:
        return sorted(topic for topic in self._admin.list_topics(timeout=30).topics if topic.startswith(prefix))

    def ends(self, topics: list[str]) -> dict[tuple[str, int], int]:
        """By topic and partition: the offset that the next message gets."""
        wanted = {TopicPartition(*at): OffsetSpec.latest() for at in self._places(topics)}  # type: ignore[no-untyped-call]
        found = self._admin.list_offsets(wanted, request_timeout=60)
        return {(at.topic, at.partition): future.result(60).offset for at, future in found.items()}

    def read(self, topics: list[str]) -> Iterator[Event]:
        """All that is there now, a partition's in order."""
        ends = {at: end for at, end in self.ends(topics).items() if end > 0}
        with _reader(self._brokers) as consumer:
            consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in ends])
            while ends:
                message = consumer.poll(30)
                assert message is not None, f"nothing more came, but these have not ended: {ends}"
                error = message.error()
                at = (str(message.topic()), int(message.partition() or 0))
                if error is None:
                    yield _event(message)
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                # The last message may have been compacted away: the partition's end is told, too.
                if error is not None or int(message.offset() or 0) + 1 >= ends.get(at, 0):
                    ends.pop(at, None)

    def _places(self, topics: list[str]) -> list[tuple[str, int]]:
        known = self._admin.list_topics(timeout=30).topics
        return [(topic, number) for topic in topics for number in known[topic].partitions]


def _reader(brokers: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "log_level": 3,
        }
    )


def _event(message: Message) -> Event:
    told = cast(list[tuple[str, "str | bytes | None"]], message.headers() or [])
    headers = [(name, None if value is None else _text(value)) for name, value in told]
    key, value = message.key(), message.value()
    return Event(
        str(message.topic()),
        int(message.partition() or 0),
        int(message.offset() or 0),
        None if key is None else _text(key),
        None if value is None else _text(value),
        headers,
    )


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode()
