"""A stage's place in its group: joining, leaving, following changed settings, handing partitions over."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Awaitable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Callable

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from ..config.config_store import LagRecord
from ..config.consumer_config import ConsumerConfig
from ..config.translation import same_client, translate
from ..consumer.consumer import OptimizedConsumer
from .ledger import Ledger
from .report import Tally, lag_of
from .settings import StageSettings
from .stop import Overdue, Stop, first_of

__all__ = ["Membership"]

_log = logging.getLogger("loom_common.kafka")

_COMMIT_SECONDS = 5.0
_JOIN_MARGIN_SECONDS = 30.0
# For each step of leaving the group; with Stop's patience and the last report it has to be below 10 s.
_LEAVE_SECONDS = 2.0
_PAUSE_FIRST, _PAUSE_CAP = 0.1, 5.0
_WATCH_SECONDS = 0.5


class Membership:
    """The consumer while it is a member, the partitions that are the stage's, and where it stands in them. Made on the
    event loop that the stage runs on.

    Args:
        loaded: the settings until ``follow()`` brings others.

    A rebalance waits for the turn at hand: that ends with its message, is delivered and committed; the rest of it is
    another's. Offsets are committed only while all that is processed is known to be in Kafka.

    Threads: the stage's event loop; aiokafka calls the rebalance's part in a task of its own, between two awaits.
    Owns: the consumer from ``join()`` to ``leave()``, the ledger of offsets, and a task that watches the heartbeats.
    """

    def __init__(
        self,
        settings: StageSettings,
        loaded: ConsumerConfig,
        new_consumer: Callable[[ConsumerConfig], OptimizedConsumer],
        stop: Stop,
        tally: Tally,
    ) -> None:
        self._settings = settings
        self.config = self._of_group(loaded, settings.group_id)
        """What the consumer is made with."""
        self.consumer: OptimizedConsumer | None = None
        self.ledger = Ledger()
        self.epoch = 0
        """How often partitions were taken away: what was fetched before is not ours any more."""
        self.let_go: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done while a rebalance waits for the message at hand."""
        self._name = settings.service_name
        self._new_consumer = new_consumer
        self._stop = stop
        self._tally = tally
        self._idle = asyncio.Event()
        self._idle.set()
        # Whether something is processed whose outputs Kafka may not have: no offset is committed then.
        self._owing = False
        self._leaving: set[asyncio.Future[None]] = set()
        self._watcher = asyncio.ensure_future(self._watch_heartbeats())

    @property
    def group(self) -> str:
        return self.config.consumer_group_id

    # Joining and leaving

    async def join(self) -> None:
        """A consumer that is in the group, unless the stage is to end."""
        pauses = 0
        while not self._stop.requested:
            consumer = self._new_consumer(self.config)
            consumer.subscribe(self._settings.topics, listener=_Listener(self))
            self.consumer = consumer
            try:
                # The slowest member of the group is waited for; a client that gets nowhere is not.
                longest = self.config.max_poll_interval_ms / 1000 + _JOIN_MARGIN_SECONDS
                await first_of(consumer.start(), self._stop.ending, longest)
                return
            except Overdue:
                if self._stop.requested:
                    return
                _log.warning("%s cannot join its group yet: no answer", self._name)
            except KafkaError as error:
                _log.warning("%s cannot join its group yet: %r", self._name, error)
            except BaseException:
                await self.leave()
                raise
            await self.leave()
            await self._stop.wait(min(_PAUSE_CAP, _PAUSE_FIRST * 2.0**pauses))
            pauses = min(pauses + 1, 16)

    async def leave(self) -> None:
        """Commits what is delivered, and leaves. Without a broker: after 4 s, and without a word."""
        consumer, self.consumer = self.consumer, None
        if consumer is None:
            return
        await self._commit(consumer, _LEAVE_SECONDS)  # what could not be committed with its turn
        self.epoch += 1
        self.ledger.reassign(())
        leaving = asyncio.ensure_future(consumer.stop())
        self._leaving.add(leaving)  # it closes what it has, however long that takes
        leaving.add_done_callback(self._leaving.discard)
        await asyncio.wait({leaving}, timeout=_LEAVE_SECONDS)
        if not leaving.done():
            _log.warning("%s leaves its group without a word: no broker answers", self._name)
        elif not leaving.cancelled() and leaving.exception() is not None:
            _log.warning("%s: %r while it left its group", self._name, leaving.exception())

    async def begin_anew(self, error: KafkaError) -> None:
        """Leaves after an error; the next turn joins."""
        _log.warning("%s leaves its group and joins it anew: %r", self._name, error)
        await self.leave()
        await self._stop.wait(1)

    def abandon(self) -> None:
        """At the end. Consumers that still try to leave do no longer."""
        self._watcher.cancel()
        for leaving in self._leaving:
            leaving.cancel()

    # Settings

    async def follow(self, loaded: ConsumerConfig) -> None:
        """Takes these settings from now on, and joins where it is no member; between two turns."""
        if self.consumer is None:
            await self.join()
        # A group is for life: another one would begin from its own offsets.
        wanted = self._of_group(loaded, self.group)
        if wanted == self.config:
            return
        same = same_client(self.config, wanted)
        changed = wanted.max_poll_records != self.config.max_poll_records
        self.config = wanted
        if not same:
            _log.info("%s: its settings have changed; it leaves the group and joins it anew", self._name)
            await self.leave()
            await self.join()
        elif changed:
            _log.info("%s: messages a turn from now on: %d", self._name, self.turn_size())

    def turn_size(self) -> int:
        """Messages that a turn has at most."""
        return int(translate(self.config).options["max_poll_records"])

    def _of_group(self, config: ConsumerConfig, group: str | None) -> ConsumerConfig:
        """A stage's own among these settings. ``group``: None for the one that they name."""
        # Offsets are committed when the work is done.
        return dataclasses.replace(
            config, consumer_group_id=group or config.consumer_group_id, enable_auto_commit=False
        )

    def lag(self) -> Callable[[], Awaitable[Sequence[LagRecord]]]:
        """How to ask for the lag of each partition, for where the stage stands now."""
        consumer, standing = self.consumer, self.ledger.standing()

        async def asked() -> Sequence[LagRecord]:
            return [] if consumer is None else await lag_of(consumer, standing)

        return asked

    # The turn's side of a rebalance

    @contextmanager
    def turn(self) -> Generator[None, None, None]:
        """While it lasts, a rebalance waits, and offsets are not committed before ``delivered()``."""
        self._idle.clear()
        self._owing = True
        try:
            yield
        finally:
            self._idle.set()

    async def delivered(self) -> None:
        """All that is processed is in Kafka: its offsets are committed, or are with a later turn's."""
        self._owing = False
        if self.consumer is not None:
            await self._commit(self.consumer, _COMMIT_SECONDS)

    async def _commit(self, consumer: OptimizedConsumer, within: float) -> None:
        """Also what an earlier turn could not commit. What cannot be committed now is with a later turn's."""
        positions = self.ledger.finished()
        if not positions or self._owing:
            return
        try:
            await first_of(consumer.commit(positions), self._stop.expired, within)
        except Overdue:
            _log.warning("offsets are not committed yet: no broker answers")
        except KafkaError as error:
            _log.info("offsets are not committed: %s", error)
        else:
            self.ledger.delivered(positions)

    # The group's doing

    async def revoked(self) -> None:
        """The turn ends with the message at hand, which is delivered and committed; the rest is another's."""
        self.epoch += 1
        if not self.let_go.done():
            self.let_go.set_result(None)
        await self._idle.wait()
        if self.consumer is not None:
            await self._commit(self.consumer, _COMMIT_SECONDS)
        self.ledger.reassign(())

    def assigned(self, partitions: Iterable[TopicPartition]) -> None:
        self.let_go = asyncio.get_running_loop().create_future()
        self.ledger.reassign(partitions)
        self._tally.rebalanced()
        names = ", ".join(f"{at.topic}[{at.partition}]" for at in self.ledger.partitions()) or "no partition"
        _log.info(
            "%s joined %s: %s; messages a turn: %d (settings: %s)",
            self._name,
            self.group,
            names,
            self.turn_size(),
            self.config.source,
        )

    async def _watch_heartbeats(self) -> None:
        """Warns when they cannot go out: else all that is seen is a group that gives this member up. Never returns."""
        while True:
            slept = time.monotonic()
            await asyncio.sleep(_WATCH_SECONDS)
            stood = time.monotonic() - slept - _WATCH_SECONDS
            if stood > self.config.session_timeout_ms / 2000:
                _log.warning(
                    "%s: the event loop stood still for %.1f s; the group gives a member up that it has not heard of "
                    "for %.0f s. Let what takes long go to asyncio.to_thread(), or make process_message() a plain def",
                    self._name,
                    stood,
                    self.config.session_timeout_ms / 1000,
                )


class _Listener(ConsumerRebalanceListener):
    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._membership.revoked()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._membership.assigned(assigned)
