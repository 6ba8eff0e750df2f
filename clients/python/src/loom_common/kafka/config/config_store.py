"""The SQL of the loader: a statement for each question, in a transaction with limits of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from .consumer_config import ConsumerConfig

SILENCE_SECONDS = 5.0
"""How long a database that does not answer is waited for."""

# In the statement's own transaction, so that it holds behind a PgBouncer in transaction mode, and does not outlast us
# on a caller's connection. Compiling the views takes seconds where reading them takes milliseconds.
_LIMITS = "SET LOCAL statement_timeout = 4500; SET LOCAL jit = off"
# No such table, function, column or schema, or no privilege.
_NOT_SET_UP = frozenset({"42P01", "42883", "42703", "3F000", "42501"})
# libpq takes these in an address; asyncpg would hand them to the server as settings that it does not know.
_ONLY_LIBPQ = frozenset(
    {
        "connect_timeout",
        "application_name",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "channel_binding",
        "fallback_application_name",
    }
)


class StoreError(Exception):
    """The database could not be asked. The text has no password in it."""


@dataclass(frozen=True)
class Recommendation:
    """Advice that the recorded metrics give: a row of ``consumer_recommendations()``."""

    service_name: str
    priority: str
    """``critical``, ``high``, ``medium`` or ``low``."""
    recommended_config: dict[str, Any]
    """Columns of ``pipeline_consumer_configs`` with the values that would fit better."""
    reason: str


@dataclass(frozen=True)
class LagRecord:
    """How far a member of a group is behind in one partition. Offsets are those of the next message."""

    topic: str
    partition: int
    current_offset: int
    end_offset: int


def without_libpq_words(url: str) -> str:
    """The address without what only libpq understands."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in _ONLY_LIBPQ]
    return urlunsplit(parts._replace(query=urlencode(kept)))


async def _within(seconds: float, work: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    """Its result. Unlike ``asyncio.wait_for()`` it does not wait for a cancelled one to clean up: it may hang, too."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if done:
        return task.result()
    task.cancel()
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    raise asyncio.TimeoutError


class ConfigStore:
    """Asks a pool, which stays its caller's, or a connection of its own, opened when first needed.

    Blocks: each call up to 5 s. Fails: ``StoreError``, whatever went wrong.
    """

    def __init__(self, pool: Any | None = None, url: str | None = None) -> None:
        self._pool = pool
        self._url = url or None
        self._own: Any | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn: asyncio.Lock | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a database at all."""
        return self._pool is not None or self._url is not None

    async def effective(self, service_name: str) -> ConsumerConfig:
        row = await self._ask("SELECT * FROM effective_consumer_config($1)", service_name)
        if not row:
            raise StoreError(f"effective_consumer_config() has no row for {service_name}")
        given = {one.name: row[0].get(one.name) for one in fields(ConsumerConfig)}
        given["service_name"] = service_name
        return ConsumerConfig(**{name: value for name, value in given.items() if value is not None})

    async def insert_metrics(
        self,
        service_name: str,
        messages_processed: int,
        messages_per_second: float,
        processing_time_ms: float,
        memory_usage_mb: float,
        errors: int,
        rebalances: int,
    ) -> None:
        await self._ask(
            "SELECT record_consumer_metrics($1, $2, $3, $4, $5, $6, $7)",
            service_name,
            int(messages_processed),
            float(messages_per_second),
            float(processing_time_ms),
            float(memory_usage_mb),
            int(errors),
            int(rebalances),
        )

    async def insert_lag(self, service_name: str, consumer_group_id: str, lag: Sequence[LagRecord]) -> None:
        await self._ask(
            "SELECT record_consumer_lag($1, $2, $3::text[], $4::integer[], $5::bigint[], $6::bigint[])",
            service_name,
            consumer_group_id,
            [at.topic for at in lag],
            [at.partition for at in lag],
            [at.current_offset for at in lag],
            [at.end_offset for at in lag],
        )

    async def maintain(self) -> None:
        await self._ask("SELECT maintain_consumer_metrics()")

    async def recommendations(self) -> list[Recommendation]:
        rows = await self._ask(
            "SELECT service_name, priority, recommended_config::text AS config, reason FROM consumer_recommendations()"
        )
        return [
            Recommendation(row["service_name"], row["priority"], json.loads(row["config"] or "{}"), row["reason"])
            for row in rows
        ]

    async def close(self) -> None:
        """Closes the connection of its own, if there is one."""
        own, self._own = self._own, None
        if own is None or own.is_closed():
            return
        try:
            await own.close(timeout=1)
        except Exception:
            own.terminate()

    async def _ask(self, statement: str, *arguments: Any) -> list[Any]:
        try:
            return await _within(SILENCE_SECONDS, self._ask_without_limit(statement, arguments))
        except asyncpg.PostgresError as error:
            why = self._without_password(str(error))
            if error.sqlstate in _NOT_SET_UP:
                why = f"the database is not set up for this: {why} (run `kafka-to-db-consumer migrate`)"
            else:
                why = f"the database refused: {why}"
            raise StoreError(why) from None
        except asyncio.TimeoutError:
            self._drop()
            raise StoreError(f"the database did not answer within {SILENCE_SECONDS:g} s") from None
        except StoreError:
            raise
        except Exception as error:
            self._drop()
            why = self._without_password(f"{type(error).__name__}: {error}")
            raise StoreError(f"no connection to the database: {why}") from None

    async def _ask_without_limit(self, statement: str, arguments: tuple[Any, ...]) -> list[Any]:
        async with self._connection() as connection, connection.transaction():
            await connection.execute(_LIMITS)
            return list(await connection.fetch(statement, *arguments))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        if self._pool is not None:
            async with self._pool.acquire(timeout=SILENCE_SECONDS) as connection:
                yield connection
            return
        if self._url is None:
            raise StoreError("there is no database: neither a pool nor an address was given")
        loop = asyncio.get_running_loop()
        if self._turn is None or self._loop is not loop:
            # A loop's end, as of asyncio.run(), is also its connections' end.
            self._turn, self._loop, self._own = asyncio.Lock(), loop, None
        async with self._turn:
            if self._own is None or self._own.is_closed():
                self._own = await asyncpg.connect(
                    without_libpq_words(self._url),
                    timeout=SILENCE_SECONDS,
                    statement_cache_size=0,  # PgBouncer in transaction mode knows no prepared statements
                    server_settings={"application_name": "loom-kafka-config"},
                )
            yield self._own

    def _without_password(self, text: str) -> str:
        try:
            password = urlsplit(self._url or "").password
        except ValueError:
            return "its address is none"
        return text.replace(password, "***") if password else text

    def _drop(self) -> None:
        own, self._own = self._own, None
        if own is not None and self._loop is not None and not self._loop.is_closed():
            own.terminate()
