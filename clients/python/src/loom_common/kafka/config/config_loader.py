"""Consumer settings by service name from the database, and what services report back to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable, Union

import psutil

from ..consumer.consumer import OptimizedConsumer
from .config_store import ConfigStore, LagRecord, Recommendation, StoreError
from .consumer_config import ConsumerConfig, default_config
from .translation import translate

__all__ = ["KafkaConsumerConfigLoader", "create_optimized_consumer"]

_log = logging.getLogger("loom_common.kafka")

_AGAIN_AFTER_SECONDS = 10.0
"""Until the database is asked again that did not answer."""

Servers = Union[str, Sequence[str]]


@dataclass
class _Known:
    config: ConsumerConfig
    until: float
    from_database: bool


def memory_usage_mb() -> float:
    """This process's resident memory in MiB."""
    return float(psutil.Process().memory_info().rss) / (1024 * 1024)


class KafkaConsumerConfigLoader:
    """Loads and reports through ``db_pool`` (of asyncpg; it stays the caller's), or through one connection of its own.

    Args:
        db_pool: an ``asyncpg.Pool``. None: ``database_url`` is used; without that defaults, and nothing is recorded.
        database_url: where there is no pool; ``postgresql://...``.
        cache_seconds: how old loaded settings may be.
        warn: told once for each reason why something else is used (no row, no database). None: to the log
            ``loom_common.kafka``.
        clock: seconds that only grow; for tests.

    Blocks: up to 5 s where the database is asked. A database that does not answer is asked again after 10 s.
    Fails: ``load_config`` never: it falls back to the row loaded before, else to the defaults. ``record_*`` return
    False and warn.
    """

    def __init__(
        self,
        db_pool: Any | None = None,
        *,
        database_url: str | None = None,
        cache_seconds: float = 300.0,
        warn: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = ConfigStore(db_pool, database_url)
        self._cache_seconds = cache_seconds
        self._warn = warn or _log.warning
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._told: set[str] = set()
        self._reported: dict[str, float] = {}
        self._made = clock()

    async def load_config(self, service_name: str) -> ConsumerConfig:
        """The service's row, else what its profile says, else the defaults; at most ``cache_seconds`` old."""
        known = self._known.get(service_name)
        if known is not None and self._clock() < known.until:
            return known.config
        try:
            return self._remember(await self._store.effective(service_name))
        except StoreError as error:
            return self._fall_back(service_name, str(error))

    def forget(self, service_name: str) -> None:
        """The next ``load_config`` of it asks the database."""
        known = self._known.get(service_name)
        if known is not None:
            known.until = float("-inf")

    async def create_consumer(
        self,
        service_name: str,
        topics: str | Iterable[str],
        kafka_bootstrap_servers: Servers | None = None,
        group_id: str | None = None,
        *,
        bootstrap_servers: Servers | None = None,
        **options: Any,
    ) -> OptimizedConsumer:
        """An ``AIOKafkaConsumer`` by the service's settings that is not started yet: ``await consumer.start()``.

        Args:
            service_name: whose settings they are.
            topics: one topic, or several.
            kafka_bootstrap_servers: or ``bootstrap_servers``: ``host:port``, several with commas between them or in a
                list. Default: localhost:9092.
            group_id: None for the one that the settings name.
            options: of ``AIOKafkaConsumer``; they win over the settings.

        Fails: ``ValueError`` and ``TypeError`` for arguments that make no consumer; never for the database.
        """
        servers = kafka_bootstrap_servers if kafka_bootstrap_servers is not None else bootstrap_servers
        config = await self.load_config(service_name)
        names = [topics] if isinstance(topics, str) else list(topics)
        if not names:
            raise ValueError(f"{service_name}: a consumer needs a topic")
        return make_consumer(config, names, servers or "localhost:9092", group_id, self._warn_once, options)

    async def record_processing_metrics(
        self,
        service_name: str,
        messages_processed: int,
        processing_time_ms: float,
        messages_per_second: float | None = None,
        memory_usage_mb: float | None = None,
        errors: int = 0,
        rebalances: int = 0,
    ) -> bool:
        """What a service did since its last report, as a row of ``consumer_processing_metrics``.

        Args:
            messages_processed: since the last report.
            processing_time_ms: of a message, on average.
            messages_per_second: None: by the time since this loader's last report of the service, or since the loader
                was made.
            memory_usage_mb: None: this process's resident memory.
            errors: how many of the messages failed at first.
            rebalances: how often the group shared its partitions out.

        Returns: whether it was recorded; a warning says why not.
        """
        now = self._clock()
        seconds = now - self._reported.get(service_name, self._made)
        self._reported[service_name] = now
        if messages_per_second is None:
            messages_per_second = messages_processed / seconds if seconds > 0 else 0.0
        if memory_usage_mb is None:
            memory_usage_mb = _memory_usage_mb()
        try:
            await self._store.insert_metrics(
                service_name,
                messages_processed,
                messages_per_second,
                processing_time_ms,
                memory_usage_mb,
                errors,
                rebalances,
            )
        except (StoreError, TypeError, ValueError) as error:
            return self._not_done("processing metrics", "recorded", error)
        return self._done("processing metrics")

    async def record_consumer_lag(
        self,
        service_name: str,
        topic: str,
        partition: int,
        current_offset: int,
        end_offset: int,
        consumer_group_id: str | None = None,
    ) -> bool:
        """How far the service is behind in one partition, as a row of ``consumer_lag_history``.

        Args:
            current_offset: of the next message to be processed.
            end_offset: of the next message that will be written.
            consumer_group_id: None: by the service's settings.

        Returns: whether it was recorded; a warning says why not.
        """
        record = LagRecord(topic, partition, current_offset, end_offset)
        return await self.record_consumer_lags(service_name, [record], consumer_group_id)

    async def record_consumer_lags(
        self, service_name: str, lag: Sequence[LagRecord], consumer_group_id: str | None = None
    ) -> bool:
        """The same for many partitions, in one statement."""
        if not lag:
            return True
        if consumer_group_id is None:
            consumer_group_id = (await self.load_config(service_name)).consumer_group_id
        try:
            await self._store.insert_lag(service_name, consumer_group_id, lag)
        except (StoreError, TypeError, ValueError) as error:
            return self._not_done("consumer lags", "recorded", error)
        return self._done("consumer lags")

    async def maintain_metrics(self) -> bool:
        """Makes room for the coming days' reports and drops those older than 30 days; once a day or more often, by any
        of the replicas. Returns: False when it could not be done now, which the next call makes up for.
        """
        try:
            await self._store.maintain()
        except StoreError as error:
            return self._not_done("the tables of metrics and lags", "looked after", error)
        return self._done("the tables of metrics and lags")

    async def get_processing_recommendations(self) -> list[Recommendation]:
        """Settings that would fit better, by what was recorded; the most urgent first.

        Fails: ``StoreError``, since an empty list would mean that all is well.
        """
        return await self._store.recommendations()

    async def close(self) -> None:
        """Closes the connection of its own. A pool stays as it is."""
        await self._store.close()

    def _remember(self, config: ConsumerConfig) -> ConsumerConfig:
        if config.source == "default":
            self._warn_once(
                f"no settings {config.service_name}",
                f"no settings for {config.service_name} in the database, neither a row in pipeline_consumer_configs "
                f"nor a profile: defaults are used",
            )
        self._told.discard("database")
        self._known[config.service_name] = _Known(config, self._clock() + self._cache_seconds, True)
        return config

    def _fall_back(self, service_name: str, why: str) -> ConsumerConfig:
        known = self._known.setdefault(service_name, _Known(default_config(service_name), 0.0, False))
        known.until = self._clock() + min(_AGAIN_AFTER_SECONDS, self._cache_seconds)
        used = "those read before" if known.from_database else "defaults"
        self._warn_once("database", f"no consumer settings from the database; {used} are used. {why}")
        return known.config

    def _warn_once(self, reason: str, text: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            self._warn(text)

    def _not_done(self, what: str, done: str, error: Exception) -> bool:
        self._warn_once(what, f"{what} are not {done}: {error}")
        return False

    def _done(self, what: str) -> bool:
        self._told.discard(what)
        return True


# record_processing_metrics() has an argument of this name.
_memory_usage_mb = memory_usage_mb


def make_consumer(
    config: ConsumerConfig,
    topics: Sequence[str],
    servers: Servers,
    group_id: str | None,
    warn_once: Callable[[str, str], None],
    options: dict[str, Any],
) -> OptimizedConsumer:
    """A consumer by these settings; ``options`` of ``AIOKafkaConsumer`` win."""
    if group_id:
        config = replace(config, consumer_group_id=group_id)
    translation = translate(config)
    for text in translation.warnings:
        warn_once(f"{config.service_name}: {text}", f"{config.service_name}: {text}")
    given: dict[str, Any] = {
        **translation.options,
        "group_id": config.consumer_group_id,
        "bootstrap_servers": servers if isinstance(servers, str) else list(servers),
        "client_id": config.service_name,
        # As other languages' clients do: a stage before this one may write in transactions.
        "isolation_level": "read_committed",
        **options,
    }
    if "session_timeout_ms" in options or "max_poll_interval_ms" in options:
        # What the settings' translation has made of the old values is not what was asked for.
        given["rebalance_timeout_ms"] = options.get("rebalance_timeout_ms", given["max_poll_interval_ms"])
    return OptimizedConsumer(*topics, **given)


async def create_optimized_consumer(
    db_pool: Any | None = None,
    service_name: str | None = None,
    topics: str | Iterable[str] = (),
    kafka_bootstrap_servers: Servers | None = None,
    group_id: str | None = None,
    *,
    bootstrap_servers: Servers | None = None,
    **options: Any,
) -> OptimizedConsumer:
    """A loader and a consumer of it in one call; see :meth:`KafkaConsumerConfigLoader.create_consumer`.

    Args:
        db_pool: an ``asyncpg.Pool``, which stays the caller's. None: defaults.
    """
    if not service_name:
        raise ValueError("create_optimized_consumer() needs a service_name")
    loader = KafkaConsumerConfigLoader(db_pool)
    return await loader.create_consumer(
        service_name, topics, kafka_bootstrap_servers, group_id, bootstrap_servers=bootstrap_servers, **options
    )
