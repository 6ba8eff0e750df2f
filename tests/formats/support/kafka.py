"""Messages as bytes to the broker of the run."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from support.consumer_system import servers

Headers = list[tuple[str, bytes]]


@dataclasses.dataclass
class Record:
    value: bytes | None
    key: bytes | None = None
    headers: Headers = dataclasses.field(default_factory=list)
    partition: int = 0


class Kafka:
    """Threads: one at a time."""

    def __init__(self) -> None:
        self.bootstrap = servers()[1]
        self._admin = AdminClient({"bootstrap.servers": self.bootstrap})
        # Idempotent: else what is sent again on a slow machine may come behind what was sent after it.
        settings = {"bootstrap.servers": self.bootstrap, "linger.ms": 5, "enable.idempotence": True, "log_level": 3}
        self._producer = Producer(settings)
        self._failed: list[str] = []

    def create(self, topics: Iterable[str], partitions: int = 1) -> None:
        made = self._admin.create_topics([NewTopic(topic, partitions, 1) for topic in topics])
        for future in made.values():
            future.result(60)

    def delete(self, topics: Iterable[str]) -> None:
        for future in self._admin.delete_topics(list(topics)).values():
            future.result(60)

    def send(self, topic: str, records: Iterable[Record]) -> None:
        """All are acknowledged when it returns."""
        for record in records:
            while True:
                try:
                    self._producer.produce(
                        topic,
                        record.value,
                        record.key,
                        partition=record.partition,
                        headers=record.headers,
                        on_delivery=self._told,
                    )
                    break
                except BufferError:
                    self._producer.poll(0.1)
            self._producer.poll(0)
        left = self._producer.flush(60)
        assert left == 0 and not self._failed, f"{left} were not acknowledged, others failed: {self._failed[:3]}"

    def send_steadily(self, topic: str, records: Iterable[Record], per_second: float) -> None:
        started = time.monotonic()
        for number, record in enumerate(records):
            wait = started + number / per_second - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._producer.produce(
                topic,
                record.value,
                record.key,
                partition=record.partition,
                headers=record.headers,
                on_delivery=self._told,
            )
            self._producer.poll(0)
        assert self._producer.flush(60) == 0 and not self._failed, self._failed[:3]

    def _told(self, error: object, _: object) -> None:
        if error is not None:
            self._failed.append(str(error))
