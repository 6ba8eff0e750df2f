"""A stage with a broker and a producer that are told what to do."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from typing import Any, Callable

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError

from loom_common.kafka import BaseKafkaConsumer, TryLater, default_config
from loom_common.kafka.stage import base_consumer, report
from loom_common.kafka.stage.stop import Overdue
from loom_common.kafka.stage.turn import Output, OutputState, Turn

from .fakes import record

AT = TopicPartition("in", 0)


class Consumer:
    """One partition, ``in[0]``."""

    def __init__(self, log: list[Any], values: list[bytes | None]) -> None:
        self.log = log
        self.values = values
        self.position_now = 0
        self.commit_error: Exception | None = None
        self.listener: Any = None

    def subscribe(self, topics: Any, listener: Any) -> None:
        self.listener = listener

    async def start(self) -> None:
        await self.listener.on_partitions_assigned({AT})

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        at, values = self.position_now, self.values[self.position_now : self.position_now + max_records]
        if not values:
            await asyncio.sleep(0.01)
            return {}
        self.position_now += len(values)
        return {AT: [record(at + i, value) for i, value in enumerate(values)]}

    async def commit(self, positions: dict[TopicPartition, int]) -> None:
        if self.commit_error is not None:
            raise self.commit_error
        self.log.append(("commit", positions[AT]))

    def seek(self, at: TopicPartition, offset: int) -> None:
        self.log.append(("seek", offset))
        self.position_now = offset

    async def stop(self) -> None:
        self.log.append(("left",))


class Delivery:
    """What a stage uses of its ``Delivery``."""

    broken: BaseException | None = None

    def __init__(self, log: list[Any]) -> None:
        self.log = log

    async def send(self, outputs: list[Output]) -> None:
        for output in outputs:
            output.state = OutputState.PENDING

    async def deliver(self, turn: Turn, group: str) -> None:
        if self.broken is not None:
            raise self.broken
        for output in turn.outputs:
            self.log.append((output.topic, json.loads(output.value or b"null") if not output.dead_letter else "letter"))

    async def close(self, within: float) -> None:
        pass


Body = Callable[["Stage", ConsumerRecord[Any, Any]], Any]


class Stage(BaseKafkaConsumer):
    def __init__(self, body: Body, monkeypatch: pytest.MonkeyPatch, values: list[Any], **settings: Any) -> None:
        super().__init__({"bootstrap_servers": "nowhere:1"}, topics=["in"], service_name="s", handle_signals=False)
        object.__setattr__(self.stage_settings, "retry_first", 0.001)
        config = dataclasses.replace(default_config("s"), **settings)
        monkeypatch.setattr(report, "default_config", lambda _: config)
        self.body = body
        self.log: list[Any] = []
        raw = [value if isinstance(value, bytes) or value is None else json.dumps(value).encode() for value in values]
        self.fake = Consumer(self.log, raw)
        monkeypatch.setattr(base_consumer, "make_consumer", lambda *_: self.fake)
        self.delivery = Delivery(self.log)
        monkeypatch.setattr(base_consumer, "Delivery", lambda *_: self.delivery)

    async def process_message(self, message: ConsumerRecord[Any, Any]) -> None:
        result = self.body(self, message)
        if asyncio.iscoroutine(result):
            await result

    def play(self, until: Callable[[], bool]) -> list[Any]:
        """Runs until that is so, then stops. Returns what happened."""

        async def playing() -> None:
            running = asyncio.ensure_future(self.run())
            for _ in range(500):
                if until() or running.done():
                    break
                await asyncio.sleep(0.01)
            await self.stop()
            await running

        asyncio.run(asyncio.wait_for(playing(), 10))
        return self.log


def echo(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
    of.send_to_topic("out", message.value)


def committed(of: Stage, offset: int) -> Callable[[], bool]:
    return lambda: ("commit", offset) in of.log


def test_offsets_are_committed_after_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Stage(echo, monkeypatch, [1, 2])
    assert one.play(committed(one, 2)) == [("out", 1), ("out", 2), ("commit", 2), ("left",)]


def test_a_message_that_fails_is_tried_again_and_its_outputs_are_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        echo(of, message)
        tries.append(message.value)
        if len(tries) < 4:
            raise RuntimeError("not yet")

    one = Stage(body, monkeypatch, [1])
    assert one.play(committed(one, 1)) == [("out", 1), ("commit", 1), ("left",)]
    assert tries == [1, 1, 1, 1]


def test_a_message_that_fails_for_good_is_a_dead_letter_and_the_next_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        echo(of, message)
        tries.append(message.value)
        if message.value == 1:
            raise RuntimeError("never")

    one = Stage(body, monkeypatch, [1, 2])
    assert one.play(committed(one, 2)) == [("in.dlq", "letter"), ("out", 2), ("commit", 2), ("left",)]
    assert tries == [1, 1, 1, 1, 2]


def test_what_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        tries.append(1)
        if len(tries) < 8:
            raise TryLater("the model is away")
        echo(of, message)

    one = Stage(body, monkeypatch, [1])
    assert one.play(committed(one, 1)) == [("out", 1), ("commit", 1), ("left",)]


@pytest.mark.parametrize("value", [b"no json", b"", None])
def test_a_message_that_is_no_json_is_a_dead_letter_at_once(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    seen: list[Any] = []
    one = Stage(lambda _, message: seen.append(message.value), monkeypatch, [value, {"a": 1}])
    assert one.play(committed(one, 2))[0] == ("in.dlq", "letter")
    assert seen == [{"a": 1}]


def test_half_of_the_poll_interval_ends_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        await asyncio.sleep(0.3)
        echo(of, message)

    one = Stage(slow, monkeypatch, [1, 2, 3], max_poll_interval_ms=1000, session_timeout_ms=500)
    log = one.play(committed(one, 3))
    assert log[:4] == [("seek", 2), ("out", 1), ("out", 2), ("commit", 2)]
    assert log[4:6] == [("out", 3), ("commit", 3)]


def test_a_rebalance_ends_the_turn_with_the_message_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []

    async def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        if message.value == 2 and not done:
            done.append(asyncio.ensure_future(moved(of)))
            await asyncio.sleep(0.05)
        echo(of, message)

    async def moved(of: Stage) -> None:
        await of.fake.listener.on_partitions_revoked({AT})
        of.log.append(("revoked",))
        of.fake.position_now = 2  # where the next one begins: what was committed
        await of.fake.listener.on_partitions_assigned({AT})

    one = Stage(body, monkeypatch, [1, 2, 3])
    assert one.play(committed(one, 3)) == [
        ("out", 1),
        ("out", 2),
        ("commit", 2),
        ("revoked",),
        ("out", 3),
        ("commit", 3),
        ("left",),
    ]


def test_a_commit_that_fails_is_made_up_for_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        of.fake.commit_error = CommitFailedError() if message.value == 1 else None
        echo(of, message)

    one = Stage(body, monkeypatch, [1, 2], max_poll_records=1)
    assert one.play(committed(one, 2)) == [("out", 1), ("out", 2), ("commit", 2), ("left",)]


@pytest.mark.parametrize("moved", [True, False])
@pytest.mark.parametrize("error", [Overdue(), asyncio.CancelledError(), RuntimeError("broken")])
def test_what_is_not_delivered_is_not_committed_by_a_rebalance_or_the_end(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, moved: bool
) -> None:
    background = set()

    def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        echo(of, message)
        of.delivery.broken = error
        of.stop()
        if moved:
            background.add(asyncio.ensure_future(of.fake.listener.on_partitions_revoked({AT})))

    one = Stage(body, monkeypatch, [1])
    try:
        one.play(lambda: ("left",) in one.log)
    except (RuntimeError, asyncio.CancelledError) as raised:
        assert type(raised) is type(error)
    assert one.log == [("left",)]


@pytest.mark.parametrize("topic", ["", "two words", "a" * 250, None])
def test_what_is_no_topic_fails_the_message(monkeypatch: pytest.MonkeyPatch, topic: Any) -> None:
    one = Stage(lambda of, message: of.send_to_topic(topic, 1), monkeypatch, [1])
    assert one.play(committed(one, 1))[0] == ("in.dlq", "letter")


def test_stop_lets_the_message_at_hand_end_and_takes_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        await of.stop()  # it cannot wait for itself
        await asyncio.sleep(0.05)
        echo(of, message)

    one = Stage(body, monkeypatch, [1, 2])
    assert one.play(lambda: False) == [("out", 1), ("commit", 1), ("left",)]


def test_a_plain_function_runs_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    class Plain(Stage):
        def process_message(self, message: ConsumerRecord[Any, Any]) -> None:  # type: ignore[override]
            threads.append(threading.current_thread())
            self.send_to_topic("out", message.value)

    one = Plain(echo, monkeypatch, [1])
    assert one.play(committed(one, 1))[0] == ("out", 1)
    assert threads[0] is not threading.main_thread()


def test_send_to_topic_is_for_process_message(monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[Any] = []

    async def too_late(of: Stage) -> None:
        await asyncio.sleep(0.05)
        try:
            of.send_to_topic("out", 0)
        except RuntimeError as error:
            late.append(error)

    def body(of: Stage, message: ConsumerRecord[Any, Any]) -> None:
        late.append(asyncio.ensure_future(too_late(of)))

    one = Stage(body, monkeypatch, [1])
    with pytest.raises(RuntimeError, match="process_message"):
        one.send_to_topic("out", 1)
    assert ("out", 0) not in one.play(lambda: len(late) > 1)
    assert isinstance(late[1], RuntimeError)
