"""A stage's place in its group: joining, leaving, following changed settings, handing partitions over."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Callable

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from .config import ConsumerConfig, same_client, translate
from .consumer import OptimizedConsumer
from .stage_report import StageTally
from .stage_settings import StageSettings
from .stage_stop import Overdue, StageStop, first_of
from .stage_turn import Ledger

__all__ = ["StageMembership"]

_log = logging.getLogger("loom_common.kafka")

_COMMIT_SECONDS = 5.0
_JOIN_MARGIN_SECONDS = 30.0
# For each step of leaving the group; with StageStop's patience and the last report it has to be below 10 s.
_LEAVE_SECONDS = 2.0
_PAUSE_FIRST, _PAUSE_CAP = 0.1, 5.0
_WATCH_SECONDS = 0.5


class StageMembership:
    """The consumer while it is a member, the partitions that are the stage's, and where it stands in them.

    A rebalance waits for the turn at hand: that ends with its message, is delivered and committed; the rest of it is
    another's. Offsets are committed only while all that is processed is known to be in Kafka.

    Threads: the stage's event loop; aiokafka calls the rebalance's part in a task of its own, between two awaits.
    Owns: the consumer and the ledger of offsets.
    """

    def __init__(
        self,
        settings: StageSettings,
        config: ConsumerConfig,
        new_consumer: Callable[[ConsumerConfig], OptimizedConsumer],
        stop: StageStop,
        tally: StageTally,
    ) -> None:
        self.config = config
        """What the consumer is made with."""
        self.group = ""
        self.consumer: OptimizedConsumer | None = None
        self.ledger = Ledger()
        self.epoch = 0
        """How often partitions were taken away: what was fetched before is not ours any more."""
        self.let_go: asyncio.Future[None]
        """Done while a rebalance waits for the message at hand."""
        self._settings = settings
        self._name = settings.service_name
        self._new_consumer = new_consumer
        self._stop = stop
        self._tally = tally
        self._idle: asyncio.Event
        # Whether something is processed whose outputs Kafka may not have: no offset is committed then.
        self._owing = False
        self._leaving: set[asyncio.Future[None]] = set()

    def attach(self) -> None:
        """Once, on the loop that the stage runs on."""
        self._idle = asyncio.Event()
        self._idle.set()
        self.let_go = asyncio.get_running_loop().create_future()

    # Joining and leaving

    def configure(self, config: ConsumerConfig) -> None:
        """Before it joins for the first time."""
        self.config = self._wanted(config)
        self.group = self.config.consumer_group_id

    async def join(self) -> None:
        """A consumer that is in the group, unless the stage is to end."""
        pauses = 0
        while not self._stop.wanted:
            consumer = self._new_consumer(self.config)
            consumer.subscribe(self._settings.topics, listener=_Listener(self))
            self.consumer = consumer
            try:
                # The slowest member of the group is waited for; a client that gets nowhere is not.
                longest = self.config.max_poll_interval_ms / 1000 + _JOIN_MARGIN_SECONDS
                await first_of(consumer.start(), self._stop.requested, longest)
                return
            except Overdue:
                if self._stop.wanted:
                    return
                _log.warning("%s cannot join its group yet: no answer", self._name)
            except KafkaError as error:
                _log.warning("%s cannot join its group yet: %r", self._name, error)
            except BaseException:
                await self.leave()
                raise
            await self.leave()
            await self._stop.sleep(min(_PAUSE_CAP, _PAUSE_FIRST * 2.0**pauses))
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
        await self._stop.sleep(1)

    def abandon(self) -> None:
        """Consumers that still try to leave do no longer."""
        for leaving in self._leaving:
            leaving.cancel()

    # Settings

    async def follow(self, config: ConsumerConfig) -> None:
        """Takes these settings from now on; between two turns."""
        wanted = self._wanted(config)
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
            _log.info("%s: %d messages a turn from now on", self._name, self.turn_size())

    def turn_size(self) -> int:
        """Messages that a turn has at most."""
        return int(translate(self.config).options["max_poll_records"])

    def _wanted(self, config: ConsumerConfig) -> ConsumerConfig:
        """A group is for life: another one would begin from its own offsets."""
        group = self.group or self._settings.group_id or config.consumer_group_id
        # Offsets are committed when the work is done.
        return dataclasses.replace(config, consumer_group_id=group, enable_auto_commit=False)

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
            await first_of(consumer.commit(positions), self._stop.overdue, within)
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
            "%s joined %s: %s; %d messages a turn (settings: %s)",
            self._name,
            self.group,
            names,
            self.turn_size(),
            self.config.source,
        )

    async def watch_heartbeats(self) -> None:
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
    def __init__(self, membership: StageMembership) -> None:
        self._membership = membership

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._membership.revoked()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._membership.assigned(assigned)
