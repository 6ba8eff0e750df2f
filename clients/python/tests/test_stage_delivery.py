"""What becomes of outputs, with a producer that answers as it is told."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from loom_common.kafka.stage import delivery as delivery_module
from loom_common.kafka.stage import producer as producer_module
from loom_common.kafka.stage.dead_letters import DeadLetterTopics, dead_letter_of
from loom_common.kafka.stage.delivery import Delivery
from loom_common.kafka.stage.producer import Producer
from loom_common.kafka.stage.stop import Overdue, Stop
from loom_common.kafka.stage.turn import Output, Turn

from .fakes import record

Answer = Callable[[str, bytes, int], Any]


class Broker:
    """Answers the n-th try of each value: with nothing, an error, or never (``...``)."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.tries: dict[bytes, int] = {}
        self.taken: list[tuple[str, bytes]] = []
        self.producers = 0
        self.given_up = 0
        self.silent_starts = 0
        """So many producers never come up."""
        self.headers: list[Any] = []


class Client:
    """What a producer uses of aiokafka's."""

    broker: Broker

    def __init__(self, **options: Any) -> None:
        assert options["enable_idempotence"]
        assert options["acks"] == "all"
        self.broker.producers += 1
        self.client = None
        self.silent = self.broker.producers <= self.broker.silent_starts

    async def start(self) -> None:
        if self.silent:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        self.broker.given_up += 1

    async def send(self, topic: str, value: Any, key: Any, partition: Any, headers: Any) -> asyncio.Future[None]:
        loop, broker = asyncio.get_running_loop(), self.broker
        broker.tries[value] = broker.tries.get(value, 0) + 1
        answer = broker.answer(topic, value, broker.tries[value])
        future = loop.create_future()
        if answer is ...:
            return future
        if answer is None:
            broker.taken.append((topic, value))
            broker.headers.append(headers)
            loop.call_soon(future.set_result, None)
        else:
            loop.call_soon(future.set_exception, answer)
        return future


def deliver(
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    values: list[bytes],
    stop_after: float | None = None,
    silent_starts: int = 0,
) -> Broker:
    """A turn of one record per value, with an output each that has the value."""
    broker = Broker(answer)
    broker.silent_starts = silent_starts
    monkeypatch.setattr(Client, "broker", broker, raising=False)
    monkeypatch.setattr(producer_module, "AIOKafkaProducer", Client)
    monkeypatch.setattr(delivery_module, "_PAUSE_FIRST", 0.001)

    async def one_partition(*_: Any) -> int:
        return 1

    monkeypatch.setattr(DeadLetterTopics, "_made_topic", one_partition)

    async def delivering() -> None:
        stop = Stop()
        stop.attach()
        if stop_after is not None:
            asyncio.get_running_loop().call_later(stop_after, stop.expired.set_result, None)
        delivery = Delivery(Producer({}), DeadLetterTopics({}), ".dlq", stop)
        turn = Turn([record(i, b"in-" + value, partition=i) for i, value in enumerate(values)], len(values))
        turn.outputs = [Output("out", value, record=i) for i, value in enumerate(values)]
        await delivery.send(turn.outputs)
        await delivery.deliver(turn, "g")

    asyncio.run(asyncio.wait_for(delivering(), 10))
    return broker


def test_acknowledged_outputs_are_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = deliver(monkeypatch, lambda *_: None, [b"a", b"b"])
    assert broker.taken == [("out", b"a"), ("out", b"b")]
    assert broker.producers == 1


def test_what_failed_is_sent_again_by_a_new_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = deliver(
        monkeypatch, lambda _, value, tries: KafkaError("no") if value == b"b" and tries < 3 else None, [b"a", b"b"]
    )
    assert broker.taken == [("out", b"a"), ("out", b"b")]
    assert broker.tries == {b"a": 1, b"b": 3}
    assert broker.producers == 3


def test_what_was_refused_for_its_company_is_sent_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # Brokers refuse a batch as a whole: the first time all are too large.
    broker = deliver(
        monkeypatch, lambda _, value, tries: MessageSizeTooLargeError() if tries == 1 else None, [b"a", b"b"]
    )
    assert broker.taken == [("out", b"a"), ("out", b"b")]


def test_what_no_broker_takes_makes_its_message_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = deliver(
        monkeypatch, lambda _, value, tries: MessageSizeTooLargeError() if value == b"b" else None, [b"a", b"b", b"c"]
    )
    assert sorted(broker.taken) == [("in.dlq", b"in-b"), ("out", b"a"), ("out", b"c")]
    assert broker.tries[b"b"] == 2
    headers = dict(broker.headers[broker.taken.index(("in.dlq", b"in-b"))])
    assert headers["dlq.reason"] == b"output_refused"
    assert headers["dlq.offset"] == b"1"


def test_a_letter_that_is_too_large_goes_without_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = deliver(monkeypatch, lambda _, value, tries: MessageSizeTooLargeError() if value else None, [b"a"])
    assert broker.taken == [("in.dlq", b"")]
    assert "dlq.left_out" in dict(broker.headers[0])


def test_what_is_not_answered_in_time_is_sent_again_by_a_new_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer_module, "_SEND_MS", 50)
    broker = deliver(monkeypatch, lambda _, value, tries: ... if tries == 1 else None, [b"a"])
    assert broker.taken == [("out", b"a")]
    assert broker.producers == 2


def test_a_producer_that_never_comes_up_is_given_up_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer_module, "_SEND_MS", 50)
    broker = deliver(monkeypatch, lambda *_: None, [b"a", b"b"], silent_starts=2)
    assert broker.taken == [("out", b"a"), ("out", b"b")]
    assert (broker.producers, broker.given_up) == (3, 2)


def test_what_is_never_answered_is_given_up_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Overdue):
        deliver(monkeypatch, lambda *_: ..., [b"a"], stop_after=0.05)


def test_a_dead_letter_goes_to_its_records_partition_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two_partitions(*_: Any) -> int:
        return 2

    monkeypatch.setattr(DeadLetterTopics, "_made_topic", two_partitions)

    async def prepared(partition: int) -> int | None:
        letter = dead_letter_of(record(partition=partition), "in.dlq", "g", "r", "m")
        await DeadLetterTopics({}).prepare(letter, "in")
        return letter.partition

    assert asyncio.run(prepared(1)) == 1
    assert asyncio.run(prepared(2)) is None
