"""The base class of a pipeline's stages."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Generator, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import ConsumerRecord

from .config import ConsumerConfig, default_config
from .consumer import OptimizedConsumer
from .json_text import HeadersLike
from .loader import KafkaConsumerConfigLoader, make_consumer
from .stage_delivery import StageDelivery
from .stage_membership import StageMembership
from .stage_message import MessageProcessor, keep_output
from .stage_report import StageReporter, StageTally, lag_of
from .stage_settings import StageSettings, stage_settings
from .stage_stop import StageStop, StopSignals
from .stage_work import StageWork
from .store import LagRecord

__all__ = ["BaseKafkaConsumer"]

_log = logging.getLogger("loom_common.kafka")

# With StageStop's patience and leaving the group it has to be below 10 s.
_LAST_REPORT_SECONDS = 2.0
_LAST_DELIVERY_SECONDS = 0.5


class BaseKafkaConsumer:
    """A stage of a pipeline: derive, implement ``process_message()``, call ``send_to_topic()`` in it, then
    ``await start()`` and ``await run()``.

    ::

        take a turn of messages -> process each (again with backoff when it raises; then to <topic>.dlq)
        -> outputs acknowledged -> offsets committed

    Every message is processed at least once, whatever happens to the process or the group.

    Args:
        settings: an object or mapping with ``kafka_bootstrap_servers`` or ``bootstrap_servers``; ``database_url``,
            ``service_name`` and ``kafka_consumer_group`` or ``group_id`` are taken from it, too. None, and what it does
            not have: the environment's LOOM_* names.
        topics: to consume.
        group_id: None for the one of the settings, the environment or the database, in this order.
        db_pool: an ``asyncpg.Pool``, which stays the caller's. None: a connection of its own to ``database_url``.
        service_name: whose settings in the database they are, and the name of what is reported. None: ``group_id``.
        report_every: seconds between two reports. None: LOOM_STAGE_REPORT_EVERY, else 30.
        client_options: of aiokafka's consumer, producer and admin client alike (``security_protocol``,
            ``ssl_context``, ``sasl_...``).
        handle_signals: SIGTERM and SIGINT are ``stop()`` while it runs, where the event loop's thread is the main one.

    Threads: an event loop's; ``stop()`` by any. A ``process_message`` that is ``async`` runs on that event loop, as the
    group's heartbeats do: what computes or waits without ``await`` for long has to go to ``asyncio.to_thread()``. One
    that is a plain ``def`` is run in a thread by itself.
    Owns: consumer, producer, and a task that writes metrics.
    Fails: ``ValueError`` from the constructor for settings that make no stage.
    """

    def __init__(
        self,
        settings: Any = None,
        topics: str | Iterable[str] = (),
        group_id: str | None = None,
        db_pool: Any | None = None,
        service_name: str | None = None,
        *,
        report_every: float | None = None,
        client_options: Mapping[str, Any] | None = None,
        handle_signals: bool = True,
    ) -> None:
        self.settings = settings
        self.stage_settings: StageSettings = stage_settings(settings, topics, group_id, service_name, report_every)
        self._db_pool = db_pool
        self._client_options = dict(client_options or {})
        its_own = {"bootstrap_servers", "client_id", "enable_auto_commit", "group_id"} & set(self._client_options)
        if its_own:
            raise ValueError(f"client_options are not for what a stage sees to itself: {', '.join(sorted(its_own))}")
        self._stop = StageStop()
        self._signals = StopSignals(self._stop) if handle_signals else None
        self._tally = StageTally(time.monotonic())
        config = default_config(self.stage_settings.service_name)
        self._membership = StageMembership(self.stage_settings, config, self._new_consumer, self._stop, self._tally)
        self._loader: KafkaConsumerConfigLoader | None = None
        self._reporter: StageReporter | None = None
        self._delivery: StageDelivery | None = None
        self._work: StageWork
        self._watcher: asyncio.Task[None] | None = None
        self._runner: asyncio.Task[Any] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._started = False

    # For the derived class

    def process_message(self, message: ConsumerRecord[Any, Any]) -> Any:
        """One message, ``async`` or not; its ``value`` is the parsed JSON, key and headers are as they were in the log.

        An exception means that it failed: it is tried again (LOOM_STAGE_RETRIES), then it is a dead letter.
        ``TryLater``: it is tried until it works.
        """
        raise NotImplementedError("a stage implements process_message()")

    async def on_start(self) -> None:
        """Called by ``start()``, before anything is consumed."""

    async def on_stop(self) -> None:
        """Called at the end of ``run()``, also when it fails."""

    def send_to_topic(
        self,
        topic: str,
        value: Any,
        key: str | bytes | None = None,
        headers: HeadersLike = None,
    ) -> Awaitable[None]:
        """Sends a message when the one at hand is done; nothing of a message that failed is sent.

        Args:
            value: bytes and text as they are; all else as JSON (dates as ISO 8601, models as their fields).
            key: a message without one goes to any partition.
            headers: name -> text or bytes, or pairs of them.

        Only from ``process_message()``, and from what it awaits. It may be awaited, but need not.
        Fails: ``TypeError`` and ``ValueError`` for a value that JSON does not have, ``RuntimeError`` out of place.
        """
        return keep_output(topic, value, key, headers)

    # For its user

    async def start(self) -> None:
        """Loads the settings and joins the group; waits for the brokers, if need be. Again: nothing."""
        if self._started:
            return
        self._started = True
        loop = asyncio.get_running_loop()
        self._stop.attach()
        self._membership.attach()
        self._ended = loop.create_future()
        if self._signals is not None:
            self._signals.take(loop)
        self._watcher = asyncio.ensure_future(self._membership.watch_heartbeats())
        try:
            await self.on_start()
            self._work = await self._open()
            await self._membership.join()
        except BaseException:
            await self._shut()
            raise

    async def run(self) -> None:
        """Consumes until ``stop()``; then ends the message at hand, delivers, commits and leaves the group, which takes
        less than 10 s beyond the message itself.

        Fails: with what does not pass by itself: no offset to begin from where ``auto_offset_reset`` is none.
        """
        await self.start()
        self._runner = asyncio.current_task()
        try:
            while not self._stop.wanted:
                await self._follow_config()
                await self._work.turn()
                self._report(False)
            self._stop.busy(False)
            self._report(True)
        finally:
            await self._shut()

    def stop(self) -> Awaitable[None]:
        """Asks for the end; ``await`` it to wait for that, too. By any thread, also more than once."""
        self._stop.request()
        return _Ended(self)

    @property
    def consumer(self) -> OptimizedConsumer | None:
        """aiokafka's consumer while the stage is a member of its group."""
        return self._membership.consumer

    # Its parts

    async def _open(self) -> StageWork:
        settings = self.stage_settings
        config = default_config(settings.service_name)
        if self._db_pool is not None or settings.database_url:
            self._loader = KafkaConsumerConfigLoader(
                self._db_pool, database_url=settings.database_url, cache_seconds=settings.config_cache
            )
            config = await self._loader.load_config(settings.service_name)
            self._reporter = StageReporter(self._loader, settings.service_name, config)
        self._membership.configure(config)
        self._delivery = StageDelivery(
            self._servers(), settings.service_name, settings.dead_letter_suffix, self._client_options, self._stop
        )
        processor = MessageProcessor(settings, self.process_message, self._stop, self._tally)
        return StageWork(self._membership, processor, self._delivery, self._stop)

    def _new_consumer(self, config: ConsumerConfig) -> OptimizedConsumer:
        # Its topics come with the membership's listener.
        return make_consumer(
            config, (), self._servers(), None, lambda _, text: _log.warning("%s", text), self._client_options
        )

    def _servers(self) -> str | list[str]:
        servers = self.stage_settings.bootstrap_servers
        return servers if isinstance(servers, str) else list(servers)

    # Between turns

    async def _follow_config(self) -> None:
        if self._membership.consumer is None:
            await self._membership.join()
        if self._reporter is not None:
            await self._membership.follow(self._reporter.config)

    def _report(self, now: bool) -> None:
        moment = time.monotonic()
        if self._reporter is None or not (now or self._tally.due(moment, self.stage_settings.report_every)):
            return
        consumer, standing = self._membership.consumer, self._membership.ledger.standing()

        async def lag() -> Sequence[LagRecord]:
            return [] if consumer is None else await lag_of(consumer, standing)

        self._reporter.post(self._tally.take(moment), self._membership.group, lag)

    async def _shut(self) -> None:
        """The reports first: they ask the consumer for its lag."""
        self._stop.wanted = True
        try:
            self._stop.busy(False)
            if self._reporter is not None:
                await self._reporter.close(_LAST_REPORT_SECONDS)
            await self._membership.leave()
            if self._delivery is not None:
                await self._delivery.close(_LAST_DELIVERY_SECONDS)
            if self._loader is not None:
                await self._loader.close()
            await self.on_stop()
        finally:
            if self._signals is not None:
                self._signals.give_back()
            self._membership.abandon()
            if self._watcher is not None:
                self._watcher.cancel()
            if self._ended is not None and not self._ended.done():
                self._ended.set_result(None)


class _Ended(Awaitable[None]):
    """The end of a stage."""

    def __init__(self, stage: BaseKafkaConsumer) -> None:
        self._stage = stage

    def __await__(self) -> Generator[Any, None, None]:
        return self._wait().__await__()

    async def _wait(self) -> None:
        stage = self._stage
        if not stage._started or stage._ended is None:
            return
        if stage._runner is None:
            await stage._shut()  # started, but never run
        elif asyncio.current_task() is not stage._runner:  # process_message() would wait for itself
            await asyncio.shield(stage._ended)
