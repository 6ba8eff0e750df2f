"""What a stage takes, makes and owes: its turn of messages, their outputs, and a ledger of offsets. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

__all__ = ["Delivery", "Ledger", "Output", "TryLater", "Turn", "bare_letter_of", "dead_letter_of"]

Record = ConsumerRecord[Any, Any]
Headers = list[tuple[str, bytes]]

LEFT_OUT = "dlq.left_out"


class TryLater(Exception):
    """Raised by ``process_message()`` when not the message is to blame but something that it needs is away (a database,
    a model): it is tried again until it works, and never becomes a dead letter.
    """


class Delivery(enum.Enum):
    """What became of an output."""

    UNSENT = enum.auto()
    PENDING = enum.auto()
    ACKNOWLEDGED = enum.auto()
    REFUSED = enum.auto()
    """No broker will ever take it: too large."""
    FAILED = enum.auto()
    """It may be sent again."""


@dataclass
class Output:
    """A message that a stage makes of another one."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: Headers = field(default_factory=list)
    partition: int | None = None
    """None: by key, or any."""
    record: int = 0
    """Of which record of the turn."""
    dead_letter: bool = False
    suspect: bool = False
    """Refused, perhaps only for the company that it travelled in: to be sent alone."""
    dropped: bool = False
    """Not to be sent: its record has become a dead letter after all."""
    delivery: Delivery = Delivery.UNSENT

    @property
    def is_bare(self) -> bool:
        return self.dead_letter and bool(self.headers) and self.headers[-1][0] == LEFT_OUT


@dataclass
class Turn:
    """The records that are taken, processed and delivered together, as they were in the log."""

    records: list[Record] = field(default_factory=list)
    finished: int = 0
    """The first so many are processed."""
    outputs: list[Output] = field(default_factory=list)


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


def bare_letter_of(letter: Output, why: str) -> Output:
    """What can still be told of a record that is too large for the dead-letter topic: where it is."""
    headers = [(name, value[:1000]) for name, value in letter.headers if name.startswith("dlq.")]
    headers.append((LEFT_OUT, f"key, value and headers: {why}".encode()))
    return Output(letter.topic, None, None, headers, letter.partition, letter.record, dead_letter=True)


@dataclass
class _Stand:
    """Offsets of the next record; None: not known before the first one comes."""

    taken: int | None = None
    finished: int | None = None
    delivered: int | None = None


class Ledger:
    """Where a stage stands in each of its partitions: taken (read), finished (processed), delivered (committed)."""

    def __init__(self) -> None:
        self._stands: dict[TopicPartition, _Stand] = {}

    def reassign(self, partitions: Iterable[TopicPartition]) -> None:
        """All partitions change hands at once: aiokafka's assignors are eager."""
        self._stands = {partition: _Stand() for partition in partitions}

    def partitions(self) -> list[TopicPartition]:
        return sorted(self._stands)

    def take(self, record: Record) -> bool:
        """False when it is not to be processed: its partition is another's now, or it was taken before."""
        stand = self._stands.get(TopicPartition(record.topic, record.partition))
        # Gaps are lawful (compaction, transaction markers); what is before the position was fetched before a seek.
        if stand is None or (stand.taken is not None and record.offset < stand.taken):
            return False
        if stand.finished is None:
            stand.finished = stand.delivered = record.offset
        stand.taken = record.offset + 1
        return True

    def finish(self, record: Record) -> None:
        stand = self._stands.get(TopicPartition(record.topic, record.partition))
        if stand is not None:
            stand.finished = record.offset + 1

    def finished(self) -> dict[TopicPartition, int]:
        """The offsets to commit: of partitions in which more is finished than delivered."""
        return {
            partition: stand.finished
            for partition, stand in self._stands.items()
            if stand.finished is not None and stand.delivered is not None and stand.finished > stand.delivered
        }

    def delivered(self, positions: dict[TopicPartition, int]) -> None:
        for partition, offset in positions.items():
            if partition in self._stands:
                self._stands[partition].delivered = offset

    def standing(self) -> dict[TopicPartition, int | None]:
        """Of each partition, the next message that has to be processed; None before the first one came."""
        return {partition: stand.finished for partition, stand in self._stands.items()}

    def put_back_unfinished(self) -> dict[TopicPartition, int]:
        """What was taken and not finished will be taken again. Returns where to read on."""
        positions: dict[TopicPartition, int] = {}
        for partition, stand in self._stands.items():
            if stand.finished is not None and stand.taken != stand.finished:
                stand.taken = stand.finished
                positions[partition] = stand.finished
        return positions
