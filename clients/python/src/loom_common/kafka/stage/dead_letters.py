"""Dead letters: messages that a stage could not process, or whose outputs no broker takes; and their topics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from .turn import Headers, Output, Record

__all__ = ["DeadLetterTopics", "bare_dead_letter_of", "dead_letter_of", "is_bare"]

_log = logging.getLogger("loom_common.kafka")

_LEFT_OUT = "dlq.left_out"
_ADMIN_SECONDS = 5.0


def dead_letter_of(record: Record, topic: str, group: str, reason: str, message: str) -> Output:
    """A record as the dead letter that goes to ``topic``: with its key, value and headers, and behind those the headers
    that say where it came from and why it is there (the same names as the consumer service's).
    """
    headers: Headers = [(name, value if value is not None else b"") for name, value in record.headers]
    added = {
        "dlq.topic": record.topic,
        "dlq.partition": str(record.partition),
        "dlq.offset": str(record.offset),
        "dlq.timestamp": str(record.timestamp) if record.timestamp is not None and record.timestamp >= 0 else None,
        "dlq.group": group,
        "dlq.reason": reason,
        "dlq.message": message,
    }
    headers += [(name, value.encode("utf-8", "replace")) for name, value in added.items() if value is not None]
    return Output(topic, record.value, record.key, headers, partition=record.partition, dead_letter=True)


def is_bare(output: Output) -> bool:
    return output.dead_letter and bool(output.headers) and output.headers[-1][0] == _LEFT_OUT


def bare_dead_letter_of(dead_letter: Output, why: str) -> Output:
    """What can still be told of a record that is too large for the dead-letter topic: where it is."""
    headers = [(name, value[:1000]) for name, value in dead_letter.headers if name.startswith("dlq.")]
    headers.append((_LEFT_OUT, f"key, value and headers: {why}".encode()))
    return Output(dead_letter.topic, None, None, headers, dead_letter.partition, dead_letter.record, dead_letter=True)


class DeadLetterTopics:
    """The dead-letter topics' existence: made when first needed, with as many partitions as the origin has.

    Args:
        clients: options of aiokafka's clients.

    Threads: one task at a time.
    """

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients
        self._partitions: dict[str, int] = {}

    async def prepare(self, dead_letter: Output, origin: str) -> None:
        """Makes sure that the dead letter's topic is there, and that the partition which it names is.

        Fails: ``KafkaError``, ``OSError``, ``asyncio.TimeoutError``.
        """
        if dead_letter.topic not in self._partitions:
            making = self._made_topic(dead_letter.topic, origin)
            self._partitions[dead_letter.topic] = await asyncio.wait_for(making, 2 * _ADMIN_SECONDS)
        if dead_letter.partition is not None and dead_letter.partition >= self._partitions[dead_letter.topic]:
            dead_letter.partition = None

    async def _made_topic(self, topic: str, origin: str) -> int:
        options = {**self._clients, "request_timeout_ms": int(_ADMIN_SECONDS * 1000)}
        admin = AIOKafkaAdminClient(**options)
        try:
            await admin.start()
            # To describe a topic may make it, with the brokers' own number of partitions.
            known = sorted({topic, origin} & set(await admin.list_topics()))
            parts = {one["topic"]: one["partitions"] for one in await admin.describe_topics(known)} if known else {}
            if parts.get(topic):
                return len(parts[topic])
            wanted = max(1, len(parts.get(origin, ())))
            replicas = max([1, *(len(one["replicas"]) for one in parts.get(origin, ()))])
            response = await admin.create_topics([NewTopic(topic, wanted, replicas)])
            for answer in response.topic_errors:  # type: ignore[attr-defined]
                error = for_code(answer[1])
                if answer[1] != 0 and error is not TopicAlreadyExistsError:
                    raise error(f"{topic}: {answer[2] if len(answer) > 2 else ''}")
            _log.info("%s was created for dead letters, partitions: %d", topic, wanted)
            return wanted
        finally:
            await admin.close()
