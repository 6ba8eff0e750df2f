"""A ledger of offsets: what a stage has taken, finished and delivered. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import TopicPartition

from .turn import Record

__all__ = ["Ledger"]


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
