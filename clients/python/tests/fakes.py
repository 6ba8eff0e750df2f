"""A database and a clock that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import ConsumerRecord


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Connection:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def execute(self, statement: str) -> None:
        self.pool.limits.append(statement)

    async def fetch(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        self.pool.asked.append((statement, arguments))
        if self.pool.hangs:
            await asyncio.sleep(3600)
        if self.pool.error is not None:
            raise self.pool.error
        return self.pool.rows


class Pool:
    """What a loader uses of ``asyncpg.Pool``."""

    def __init__(self, rows: list[dict[str, Any]] | None = None) -> None:
        self.rows = rows if rows is not None else []
        self.error: Exception | None = None
        self.hangs = False
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.limits: list[str] = []
        self.closed = False

    @asynccontextmanager
    async def acquire(self, *, timeout: float) -> AsyncIterator[Connection]:
        yield Connection(self)

    async def close(self) -> None:
        self.closed = True


def row(**changed: Any) -> dict[str, Any]:
    """As ``effective_consumer_config()`` gives it."""
    return {
        "service_name": "s",
        "consumer_group_id": "the-group",
        "service_type": None,
        "max_poll_records": 7,
        "session_timeout_ms": 30_000,
        "heartbeat_interval_ms": 10_000,
        "max_poll_interval_ms": 300_000,
        "request_timeout_ms": 305_000,
        "retry_backoff_ms": 100,
        "fetch_min_bytes": 1,
        "fetch_max_wait_ms": 500,
        "fetch_max_bytes": 52_428_800,
        "max_partition_fetch_bytes": 1_048_576,
        "auto_offset_reset": "earliest",
        "enable_auto_commit": True,
        "auto_commit_interval_ms": 5_000,
        "partition_assignment_strategy": "range",
        "source": "row",
        **changed,
    }


def record(
    offset: int = 0,
    value: bytes | None = b"{}",
    partition: int = 0,
    topic: str = "in",
    key: bytes | None = None,
    headers: tuple[tuple[str, bytes], ...] = (),
) -> ConsumerRecord[Any, Any]:
    return ConsumerRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=1_700_000_000_000,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=headers,
    )
