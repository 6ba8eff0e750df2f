"""Runs the Python snippets of tests/clients/snippets on a real broker and a real database, in the environment that
clients/python is installed in.

Usage: run_snippet.py SCENARIO, with a JSON object on stdin (url, bootstrap, and what the scenario takes); prints
what it saw as one JSON object.

The snippets are run word for word, from files that hold nothing else: only the addresses in them are replaced. What
they take for granted, since they are pieces of services (self, settings, db_pool, asyncpg, os, ...), is given to them
as globals. Where a snippet leaves out a call's arguments (`...`), the object that it calls fills them in (`Completed`).
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import pathlib
import sys
import time
import types
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from aiokafka import TopicPartition
from loom_common.kafka import BaseKafkaConsumer, KafkaConsumerConfigLoader

SNIPPETS = pathlib.Path(__file__).resolve().parents[1] / "snippets"
GIVEN = json.load(sys.stdin)
ADDRESSES = {
    "postgresql://loom:loom@postgres:5432/loom": GIVEN["url"],
    "postgresql://loom:loom@localhost:5432/loom": GIVEN["url"],
    "localhost:9092": GIVEN["bootstrap"],
    "kafka:9092": GIVEN["bootstrap"],
}
WITHIN = 40.0


def text_of(name: str) -> str:
    text = (SNIPPETS / name).read_text()
    for there, here in ADDRESSES.items():
        text = text.replace(there, here)
    return text


def run_text(text: str, name: str, **taken_for_granted: Any) -> tuple[dict[str, Any], Awaitable[None]]:
    """Its globals, and what has to be awaited: some snippets are the inside of an async function."""
    names: dict[str, Any] = {"__name__": name.removesuffix(".py"), **taken_for_granted}
    result = eval(compile(text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)

    async def finished() -> None:
        if inspect.isawaitable(result):
            await result

    return names, finished()


async def run_snippet(name: str, **taken_for_granted: Any) -> dict[str, Any]:
    names, finished = run_text(text_of(name), name, **taken_for_granted)
    await finished
    return names


def before_and_after(name: str, **taken_for_granted: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A snippet that has what a service was and what it becomes, under the same name."""
    before, after = text_of(name).split("# After\n")
    halves = []
    for half in (before, after):
        names, finished = run_text(half, name, **taken_for_granted)
        finished.close()  # type: ignore[attr-defined]
        halves.append(names)
    return halves[0], halves[1]


async def consume(consumer: Any, count: int) -> tuple[list[str], int]:
    """The values of so many messages, and how many came at once at most."""
    values: list[str] = []
    most = 0

    async def all_of_them() -> None:
        nonlocal most
        while len(values) < count:
            turn = await consumer.getmany(timeout_ms=500)
            most = max(most, sum(len(records) for records in turn.values()))
            values.extend(record.value.decode() for records in turn.values() for record in records)

    await asyncio.wait_for(all_of_them(), WITHIN)
    return values, most


async def until(what: Callable[[], bool]) -> None:
    async def there() -> None:
        while not what():  # noqa: ASYNC110 - nothing here says when it changes
            await asyncio.sleep(0.05)

    await asyncio.wait_for(there(), WITHIN)


class Completed:
    """A loader whose record_* take `...` for arguments that stand elsewhere: a list of them for each name."""

    def __init__(self, loader: KafkaConsumerConfigLoader, **arguments: list[dict[str, Any]]) -> None:
        self._loader, self._arguments = loader, arguments
        self.results: list[bool] = []

    def __getattr__(self, name: str) -> Any:
        async def call(*elided: Any) -> Any:
            assert elided == (...,), f"{name} was called with {elided}"
            self.results.append(await getattr(self._loader, name)(**self._arguments[name].pop(0)))
            return self.results[-1]

        return call


async def initialization_and_metrics() -> dict[str, Any]:
    """A service's start, then its report: the three patterns of one service, one after the other."""
    settings = types.SimpleNamespace(
        **{
            name: value
            for name, value in (await run_snippet("database_settings.py")).items()
            if name.startswith("database_")
        }
    )
    settings.service_name, settings.kafka_input_topic = GIVEN["service"], GIVEN["topic"]
    settings.kafka_bootstrap_servers, settings.kafka_consumer_group = GIVEN["bootstrap"], GIVEN["group"]
    service = types.SimpleNamespace()
    await run_snippet(
        "consumer_initialization.py",
        self=service,
        settings=settings,
        asyncpg=asyncpg,
        KafkaConsumerConfigLoader=KafkaConsumerConfigLoader,
    )
    await service.consumer.start()
    values, most = await consume(service.consumer, GIVEN["count"])
    await service.consumer.commit()

    partitions = sorted(service.consumer.assignment(), key=lambda at: at.partition)
    ends = await service.consumer.end_offsets(partitions)
    lag = [
        {
            "service_name": settings.service_name,
            "topic": at.topic,
            "partition": at.partition,
            "current_offset": await service.consumer.position(at),
            "end_offset": ends[at] + at.partition,
            "consumer_group_id": settings.kafka_consumer_group,
        }
        for at in partitions
    ]
    metrics = [{"service_name": settings.service_name, "messages_processed": len(values), "processing_time_ms": 12.5}]
    service.config_loader = Completed(service.config_loader, record_processing_metrics=metrics, record_consumer_lag=lag)
    service._metrics_interval = 30
    names = await run_snippet("metrics_recording.py", time_since_last_metrics=31, partitions=partitions)
    await names["_maybe_record_metrics"](service)
    await service.consumer.stop()
    # The pool is the service's: the loader has left it open.
    still_open = await service.db_pool.fetchval("SELECT 1") == 1
    await service.db_pool.close()
    return {
        "values": values,
        "most_at_once": most,
        "recorded": service.config_loader.results,
        "pool_is_open": still_open,
        "partitions": [at.partition for at in partitions],
    }


async def base_consumer() -> dict[str, Any]:
    """MyConsumer as it was (settings, topics, group), or as it is then (a pool and a name as well)."""
    before, after = before_and_after("base_consumer_before_and_after.py", BaseKafkaConsumer=BaseKafkaConsumer)
    settings = types.SimpleNamespace(kafka_bootstrap_servers=GIVEN["bootstrap"])
    seen: list[Any] = []

    async def run(my_consumer: Any, *arguments: Any) -> None:
        class Working(my_consumer):  # type: ignore[misc]
            async def process_message(self, message: Any) -> None:
                seen.append(message.value)

        consumer = Working(settings, *arguments)
        await consumer.start()
        running = asyncio.ensure_future(consumer.run())
        await until(lambda: len(seen) >= GIVEN["count"] or running.done())
        await stopped(consumer)
        await asyncio.wait_for(running, WITHIN)

    if GIVEN["half"] == "before":
        await run(before["MyConsumer"])
        return {"seen": seen}
    async with asyncpg.create_pool(GIVEN["url"], min_size=1, max_size=3) as pool:
        await run(after["MyConsumer"], pool)
        return {"seen": seen, "pool_is_open": await pool.fetchval("SELECT 1") == 1}


async def stopped(consumer: BaseKafkaConsumer) -> None:
    told: Any = consumer.stop()
    if inspect.isawaitable(told):
        await told


async def aiokafka_directly() -> dict[str, Any]:
    before, after = before_and_after("aiokafka_before_and_after.py")
    told: dict[str, Any] = {}
    for when, names in (("before", before), ("after", after)):
        consumer = await names["create_consumer"]()
        await consumer.seek_to_beginning()  # the one half of the snippet and the other, each all of them
        told[when], told[f"most_{when}"] = await consume(consumer, GIVEN["count"])
        await consumer.stop()
    return told


def synchronous_wrapper() -> dict[str, Any]:
    """With kafka-python, and no event loop around it."""
    names, finished = run_text(
        text_of("synchronous_wrapper.py"), "synchronous_wrapper.py", asyncpg=asyncpg, DATABASE_URL=GIVEN["url"]
    )
    finished.close()  # type: ignore[attr-defined]
    wrapper = names["OptimizedSyncConsumer"](GIVEN["service"])
    consumer = wrapper.create_consumer()
    values: dict[tuple[int, int], str] = {}
    most = 0
    until = time.monotonic() + WITHIN
    while not consumer.assignment() and time.monotonic() < until:
        consumer.poll(timeout_ms=100)
    # It leaves kafka-python to begin at the end of what its group has not read yet.
    consumer.seek_to_beginning()
    while sum(GIVEN["prefix"] in value for value in values.values()) < GIVEN["count"] and time.monotonic() < until:
        turn = consumer.poll(timeout_ms=500)
        values |= {(r.partition, r.offset): r.value.decode() for records in turn.values() for r in records}
        most = max(most, sum(len(records) for records in turn.values()))
    told = {
        "values": list(values.values()),
        "most_at_once": most,
        "session_timeout_ms": consumer.config["session_timeout_ms"],
        "group": consumer.config["group_id"],
    }
    consumer.close()
    return told


async def recommendations() -> dict[str, Any]:
    async with asyncpg.create_pool(GIVEN["url"], min_size=1, max_size=2) as db_pool:
        names = await run_snippet("recommendations.py", db_pool=db_pool)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            await names["check_recommendations"]()
    return {"printed": printed.getvalue()}


class GeocodedLocation:
    """What a service makes of a message's fields."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields


class Detection:
    def __init__(self, location: GeocodedLocation, region: str) -> None:
        self.location, self.region = location, region

    def model_dump(self) -> dict[str, Any]:
        return {"id": self.location.fields["id"], "region": self.region}


class GeoregionDetector:
    """Two regions around those in the north, none around the others."""

    async def detect(self, location: GeocodedLocation) -> list[Detection]:
        await asyncio.sleep(0)
        return [Detection(location, region) for region in ("home", "town") if location.fields["latitude"] > 0]


async def complete_migration() -> dict[str, Any]:
    """Runs until SIGTERM, as a service does."""
    settings = types.SimpleNamespace(database_url=GIVEN["url"], kafka_bootstrap_servers=GIVEN["bootstrap"])
    names = await run_snippet(
        "complete_migration.py",
        settings=settings,
        GeoregionDetector=GeoregionDetector,
        GeocodedLocation=GeocodedLocation,
    )
    await names["main"]()
    return {"ended": "well"}


async def services_pattern() -> dict[str, Any]:
    os.environ["DATABASE_URL"] = GIVEN["url"]
    names = await run_snippet("services_pattern.py", os=os)
    consumer, loader = await names["create_optimized_consumer"]()
    await consumer.start()
    await consumer.seek_to_beginning()
    values, most = await consume(consumer, GIVEN["count"])
    config = await loader.load_config("service-name")
    at = TopicPartition("topic-name", 0)
    position = await consumer.position(at)
    recorded = await loader.record_consumer_lag(
        service_name="service-name", topic="topic-name", partition=0, current_offset=position, end_offset=position + 7
    )
    await consumer.stop()
    return {"values": values, "most_at_once": most, "source": config.source, "recorded": recorded}


def main() -> None:
    scenario = globals()[sys.argv[1]]
    told = scenario()
    if inspect.isawaitable(told):
        told = asyncio.run(told)  # type: ignore[arg-type]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
