"""aiokafka's consumer, with an auto-commit that loses nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

__all__ = ["OptimizedConsumer"]

_log = logging.getLogger("loom_common.kafka")

_LAST_COMMIT_SECONDS = 5.0


class OptimizedConsumer(AIOKafkaConsumer):
    """An ``AIOKafkaConsumer``, to be used like one, that differs in three things.

    * ``enable_auto_commit`` commits only what earlier ``getone()`` and ``getmany()`` calls returned (``async for``
      makes such calls), never what the last one did, also when it is stopped: at least once. aiokafka's own commits
      messages that are still being processed, which a crash then loses. ``await consumer.commit()`` commits these, too.
    * ``start()`` may be called again.
    * The sticky assignor's memory is each consumer's own, not the process's.

    Threads: its event loop's.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        self._commits_itself = bool(options.get("enable_auto_commit", True)) and options.get("group_id") is not None
        self._commit_interval = options.get("auto_commit_interval_ms", 5_000) / 1000
        options["enable_auto_commit"] = False
        if "partition_assignment_strategy" in options:
            options["partition_assignment_strategy"] = _own_memory(options["partition_assignment_strategy"])
        self._starting: asyncio.Future[None] | None = None
        self._stopped = False
        self._committer: asyncio.Task[None] | None = None
        self._handed_out: dict[TopicPartition, int] = {}
        self._processed: dict[TopicPartition, int] = {}
        super().__init__(**options)
        if topics:
            self.subscribe(list(topics))

    async def start(self) -> None:
        """Joins the group and waits for the first assignment. Nothing when that was done before."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        await super().start()
        if self._commits_itself:
            self._committer = asyncio.ensure_future(self._commit_now_and_then())

    async def stop(self) -> None:
        """Commits what is processed and leaves the group."""
        if self._stopped:
            return
        if self._committer is not None:
            self._committer.cancel()
            await asyncio.wait({self._committer})
            try:
                await asyncio.wait_for(self._commit_processed(), _LAST_COMMIT_SECONDS)
            except asyncio.TimeoutError:
                _log.warning(
                    "the last offsets are not committed, their messages will be taken again: no broker answers"
                )
        self._stopped = True
        await super().stop()

    def subscribe(
        self,
        topics: Iterable[str] = (),
        pattern: str | None = None,
        listener: ConsumerRebalanceListener | None = None,
    ) -> None:
        if self._commits_itself and (listener is None or isinstance(listener, ConsumerRebalanceListener)):
            listener = _CommitsBefore(self, listener)
        super().subscribe(topics=topics, pattern=pattern, listener=listener)

    async def getone(self, *partitions: TopicPartition) -> ConsumerRecord[Any, Any]:
        self._last_call_is_processed()
        record = await super().getone(*partitions)
        self._handed_out[TopicPartition(record.topic, record.partition)] = record.offset + 1
        return record

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        self._last_call_is_processed()
        records: dict[TopicPartition, list[ConsumerRecord[Any, Any]]] = await super().getmany(
            *partitions, timeout_ms=timeout_ms, max_records=max_records
        )
        for partition, of_it in records.items():
            if of_it:
                self._handed_out[partition] = of_it[-1].offset + 1
        return records

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._handed_out.pop(partition, None)
        super().seek(partition, offset)

    async def commit(self, offsets: Mapping[TopicPartition, Any] | None = None) -> None:
        """As aiokafka's: these offsets, or all that was returned. The auto-commit does not go back behind them."""
        committed = {**self._processed, **self._handed_out}
        if offsets is not None:
            committed = {at: _offset_of(given) for at, given in offsets.items()}
        await super().commit(None if offsets is None else dict(offsets))
        for noted in (self._processed, self._handed_out):
            for at, offset in committed.items():
                if at in noted and noted[at] <= offset:
                    del noted[at]

    def _last_call_is_processed(self) -> None:
        self._processed.update(self._handed_out)
        self._handed_out.clear()

    async def _commit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._commit_interval)
            await self._commit_processed()

    async def _commit_processed(self) -> None:
        processed = {at: offset for at, offset in self._processed.items() if at in self.assignment()}
        if not processed:
            return
        try:
            await self.commit(processed)
        except (CommitFailedError, IllegalStateError) as error:
            # Another member has them, and takes them from the last commit on.
            _log.info("offsets were not committed, their messages will be taken again: %s", error)
            for at in processed:
                self._processed.pop(at, None)
        except KafkaError as error:
            _log.warning("offsets cannot be committed now: %r", error)

    def _let_go(self) -> None:
        self._handed_out.clear()
        self._processed.clear()


class _CommitsBefore(ConsumerRebalanceListener):
    """Commits what is processed before partitions are given away, then tells the user's listener."""

    def __init__(self, consumer: OptimizedConsumer, listener: ConsumerRebalanceListener | None) -> None:
        self._consumer = consumer
        self._listener = listener

    async def on_partitions_revoked(self, revoked: Any) -> None:
        if self._listener is not None:
            await _awaited(self._listener.on_partitions_revoked(revoked))
        await self._consumer._commit_processed()
        self._consumer._let_go()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        if self._listener is not None:
            await _awaited(self._listener.on_partitions_assigned(assigned))


def _offset_of(given: Any) -> int:
    """aiokafka takes an offset, or one with metadata."""
    return int(given[0] if isinstance(given, tuple) else given)


async def _awaited(result: Any) -> None:
    if asyncio.iscoroutine(result):
        await result


def _own_memory(assignors: Iterable[Any]) -> tuple[Any, ...]:
    """aiokafka keeps what the sticky assignor last assigned in its class: two consumers of a process would tell their
    groups of each other's partitions.
    """
    return tuple(
        type(one.__name__, (one,), {}) if isinstance(one, type) and issubclass(one, StickyPartitionAssignor) else one
        for one in assignors
    )
