"""The base class of a pipeline's stages."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Coroutine, Generator, Iterable, Mapping
from typing import Any, Callable

from aiokafka import ConsumerRecord

from ..config.config_loader import KafkaConsumerConfigLoader, make_consumer
from ..config.consumer_config import ConsumerConfig
from ..consumer.consumer import OptimizedConsumer
from .dead_letters import DeadLetterTopics
from .delivery import Delivery
from .loop import Loop, LoopParts
from .membership import Membership
from .message import HeadersLike
from .processor import Processor, keep_output
from .producer import Producer
from .report import Reporter, Tally
from .settings import StageSettings, stage_settings
from .signals import Signals
from .stop import Stop

__all__ = ["BaseKafkaConsumer"]

_log = logging.getLogger("loom_common.kafka")

# With Stop's patience and leaving the group it has to be below 10 s.
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
        self._stop = Stop()
        self._signals = Signals(self._stop) if handle_signals else None
        self._parts: LoopParts | None = None
        self._runner: asyncio.Task[Any] | None = None
        self._ended: asyncio.Future[None] | None = None

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
        if self._ended is not None:
            return
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        self._stop.attach()
        if self._signals is not None:
            self._signals.take(loop)
        try:
            await self.on_start()
            self._parts = await self._wired()
            await self._parts.membership.join()
        except BaseException:
            await self._shut()
            raise

    async def run(self) -> None:
        """Consumes until ``stop()``; then ends the message at hand, delivers, commits and leaves the group, which takes
        less than 10 s beyond the message itself.

        Fails: with what does not pass by itself: no offset to begin from where ``auto_offset_reset`` is none.
        """
        await self.start()
        if self._parts is None:
            return  # start() has failed before
        self._runner = asyncio.current_task()
        try:
            await Loop(self._parts).run()
        finally:
            await self._shut()

    def stop(self) -> Awaitable[None]:
        """Asks for the end; ``await`` it to wait for that, too. By any thread, also more than once."""
        self._stop.request()
        return _WhenAwaited(self._until_the_end)

    @property
    def consumer(self) -> OptimizedConsumer | None:
        """aiokafka's consumer while the stage is a member of its group."""
        return None if self._parts is None else self._parts.membership.consumer

    # Its beginning and its end

    async def _wired(self) -> LoopParts:
        """The parts, those first that others take from."""
        settings = self.stage_settings
        stop, tally = self._stop, Tally(time.monotonic())
        reporter = Reporter(_loader_of(settings, self._db_pool), settings.service_name)
        await reporter.open()
        servers = _servers_of(settings)
        clients = {"bootstrap_servers": servers, "client_id": settings.service_name, **self._client_options}

        def new_consumer(config: ConsumerConfig) -> OptimizedConsumer:
            # Its topics come with the membership's listener.
            return make_consumer(
                config, (), servers, None, lambda _, text: _log.warning("%s", text), self._client_options
            )

        return LoopParts(
            reporter=reporter,
            membership=Membership(settings, reporter.config, new_consumer, stop, tally),
            processor=Processor(settings, self.process_message, stop, tally),
            delivery=Delivery(Producer(clients), DeadLetterTopics(clients), settings.dead_letter_suffix, stop),
            tally=tally,
            stop=stop,
            report_every=settings.report_every,
        )

    async def _shut(self) -> None:
        """The reports first: they ask the consumer for its lag."""
        self._stop.requested = True
        parts = self._parts
        try:
            self._stop.busy(False)
            if parts is not None:
                await parts.reporter.finish(_LAST_REPORT_SECONDS)
                await parts.membership.leave()
                await parts.delivery.close(_LAST_DELIVERY_SECONDS)
                await parts.reporter.close()
            await self.on_stop()
        finally:
            if self._signals is not None:
                self._signals.give_back()
            if parts is not None:
                parts.membership.abandon()
            if self._ended is not None and not self._ended.done():
                self._ended.set_result(None)

    async def _until_the_end(self) -> None:
        if self._ended is None:
            return
        if self._runner is None:
            await self._shut()  # started, but never run
        elif asyncio.current_task() is not self._runner:  # process_message() would wait for itself
            await asyncio.shield(self._ended)


class _WhenAwaited(Awaitable[None]):
    """Work that is done only if somebody awaits it, which nobody has to."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, None, None]:
        return self._work().__await__()


def _loader_of(settings: StageSettings, db_pool: Any | None) -> KafkaConsumerConfigLoader | None:
    """None: there is no database."""
    if db_pool is None and not settings.database_url:
        return None
    return KafkaConsumerConfigLoader(db_pool, database_url=settings.database_url, cache_seconds=settings.config_cache)


def _servers_of(settings: StageSettings) -> str | list[str]:
    servers = settings.bootstrap_servers
    return servers if isinstance(servers, str) else list(servers)
