"""Answers support/broker.py: a JSON array [command, arguments] a line on stdin, an object with result or error a line
on stdout. Runs in the environment that the Python client is installed in, for its aiokafka."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, TopicAlreadyExistsError, for_code


def encoded(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def decoded(data: bytes | None) -> str | None:
    return None if data is None else data.decode(errors="replace")


class Worker:
    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.acknowledged = 0
        self.background: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Worker:
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=2)
        await self.admin.start()
        await self.producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.background:
            task.cancel()
        await self.producer.stop()
        await self.admin.close()

    async def answer(self, command: str, arguments: Any) -> Any:
        return (
            await getattr(self, f"do_{command}")(**arguments) if command != "create" else await self.create(arguments)
        )

    async def create(self, topics: dict[str, int]) -> None:
        new = [NewTopic(name, partitions, 1) for name, partitions in topics.items()]
        told = await self.admin.create_topics(new)
        for name, code, *rest in told.topic_errors:
            kind = for_code(code)
            if code != 0 and kind is not TopicAlreadyExistsError:
                raise RuntimeError(f"{name}: {kind.__name__} {rest}")

    async def send(self, topic: str, message: dict[str, Any]) -> asyncio.Future[Any]:
        headers = [(name, value.encode()) for name, value in message.get("headers", {}).items()]
        sent: asyncio.Future[Any] = await self.producer.send(
            topic,
            encoded(message["value"]),
            key=encoded(message.get("key")),
            partition=message.get("partition"),
            headers=headers,
        )
        return sent

    async def do_produce(self, topic: str, messages: list[dict[str, Any]]) -> None:
        await asyncio.gather(*[await self.send(topic, message) for message in messages])

    async def do_start(self, topic: str, messages: list[dict[str, Any]], per_second: float) -> None:
        self.background.append(asyncio.create_task(self.keep_producing(topic, messages, per_second)))

    async def keep_producing(self, topic: str, messages: list[dict[str, Any]], per_second: float) -> None:
        started, sent = time.monotonic(), 0
        while sent < len(messages):
            due = min(len(messages), int((time.monotonic() - started) * per_second) + 1)
            await asyncio.gather(*[await self.send(topic, message) for message in messages[sent:due]])
            self.acknowledged += due - sent
            sent = due
            await asyncio.sleep(0.02)

    async def do_progress(self) -> int:
        for task in self.background:
            if task.done():
                task.result()
        return self.acknowledged

    async def do_exists(self, topic: str) -> bool:
        return topic in await self.admin.list_topics()

    async def partitions(self, topic: str) -> list[TopicPartition]:
        [told] = await self.admin.describe_topics([topic])
        if told["error_code"] != 0:
            raise RuntimeError(f"{topic}: {for_code(told['error_code']).__name__}")
        return [TopicPartition(topic, number) for number in sorted(one["partition"] for one in told["partitions"])]

    async def do_ends(self, topic: str) -> dict[int, int]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            ends = await consumer.end_offsets(await self.partitions(topic))
            return {at.partition: end for at, end in ends.items()}
        finally:
            await consumer.stop()

    async def do_committed(self, group: str, topic: str) -> dict[int, int]:
        while True:  # a broker that has just started makes the topic of the offsets first; main() has a limit
            try:
                offsets = await self.admin.list_consumer_group_offsets(group)
                break
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(0.2)
        return {at.partition: found.offset for at, found in offsets.items() if at.topic == topic and found.offset >= 0}

    async def do_read(self, topic: str) -> list[dict[str, Any]]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, max_partition_fetch_bytes=8 << 20)
        await consumer.start()
        try:
            partitions = await self.partitions(topic)
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[dict[str, Any]] = []
            deadline = time.monotonic() + 30
            while True:
                behind = [at for at in partitions if await consumer.position(at) < ends[at]]
                if not behind:
                    return found
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{topic} could not be read to its end: {behind}")
                for records in (await consumer.getmany(*behind, timeout_ms=500)).values():
                    found += [
                        {
                            "topic": r.topic,
                            "partition": r.partition,
                            "offset": r.offset,
                            "key": decoded(r.key),
                            "value": decoded(r.value),
                            "headers": {k: v.decode(errors="replace") for k, v in r.headers},
                        }
                        for r in records
                    ]
        finally:
            await consumer.stop()


async def main() -> None:
    lines = asyncio.StreamReader(limit=1 << 30)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with Worker(sys.argv[1]) as worker:
        while line := await lines.readline():
            command, arguments = json.loads(line)
            try:
                told = {"result": await asyncio.wait_for(worker.answer(command, arguments), 60)}
            except Exception as error:  # noqa: BLE001 - told to the test, which fails with it
                told = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
