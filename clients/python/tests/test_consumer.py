"""Which offsets the consumer commits by itself, with aiokafka's part played."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Callable

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from loom_common.kafka import OptimizedConsumer

from .fakes import record

AT = TopicPartition("in", 0)


def play(
    monkeypatch: pytest.MonkeyPatch, story: Callable[[OptimizedConsumer], Awaitable[None]], **options: Any
) -> list[Any]:
    """Runs the story with a consumer of ``in[0]``. Returns what was committed."""
    commits: list[Any] = []
    given: dict[str, Any] = {"group_id": "g", "auto_commit_interval_ms": 20, **options}

    async def nothing(*_: Any) -> None: ...

    async def playing() -> None:
        offsets = iter(range(100))

        async def one(*_: Any) -> Any:
            return record(next(offsets))

        async def many(*_: Any, **__: Any) -> Any:
            return {AT: [record(next(offsets)), record(next(offsets))]}

        async def commit(_: Any, positions: Any = None) -> None:
            commits.append("all" if positions is None else positions[AT])

        for name, fake in {"start": nothing, "getone": one, "getmany": many, "commit": commit}.items():
            monkeypatch.setattr(AIOKafkaConsumer, name, fake)
        monkeypatch.setattr(AIOKafkaConsumer, "assignment", lambda _: {AT})
        consumer = OptimizedConsumer("in", **given)
        await consumer.start()
        await consumer.start()
        await story(consumer)
        await consumer.stop()

    asyncio.run(asyncio.wait_for(playing(), 10))
    return commits


def test_the_message_in_hand_is_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(consumer: OptimizedConsumer) -> None:
        seen = 0
        async for _ in consumer:
            seen += 1
            await asyncio.sleep(0.05)
            if seen == 3:
                break

    assert play(monkeypatch, story) == [1, 2]


def test_the_turn_in_hand_is_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(consumer: OptimizedConsumer) -> None:
        await consumer.getmany()
        await asyncio.sleep(0.05)
        await consumer.getmany()

    assert play(monkeypatch, story) == [2]


def test_what_the_user_commits_is_not_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def all_of_it(consumer: OptimizedConsumer) -> None:
        await consumer.getmany()
        await consumer.getmany()
        await consumer.commit()
        await asyncio.sleep(0.05)

    async def some_of_it(consumer: OptimizedConsumer) -> None:
        await consumer.getmany()
        await consumer.getmany()
        await consumer.commit({AT: (3, "by hand")})
        await asyncio.sleep(0.05)

    assert play(monkeypatch, all_of_it) == ["all"]
    assert play(monkeypatch, some_of_it) == [(3, "by hand")]


def test_partitions_that_are_given_away_are_committed_first_and_then_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(consumer: OptimizedConsumer) -> None:
        await consumer.getone()
        await consumer.getone()
        await consumer._subscription.listener.on_partitions_revoked({AT})

    assert play(monkeypatch, story, auto_commit_interval_ms=60_000) == [1]


def test_without_auto_commit_nothing_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(consumer: OptimizedConsumer) -> None:
        await consumer.getone()
        await consumer.getone()
        await asyncio.sleep(0.05)

    assert play(monkeypatch, story, enable_auto_commit=False) == []


def test_each_consumer_has_a_sticky_memory_of_its_own() -> None:
    async def made() -> None:
        consumers = [OptimizedConsumer("in", partition_assignment_strategy=(StickyPartitionAssignor,)) for _ in "ab"]
        one, other = (consumer._partition_assignment_strategy[0] for consumer in consumers)
        one.member_assignment = [AT]
        assert one.name == "sticky"
        assert other.member_assignment is None
        assert StickyPartitionAssignor.member_assignment is None
        for consumer in consumers:
            await consumer.stop()

    asyncio.run(made())
