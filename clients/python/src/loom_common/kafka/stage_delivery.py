"""Brings a turn's outputs to Kafka: all acknowledged, or the turn's offsets are not committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidMessageError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAlreadyExistsError,
    for_code,
)

from .stage_stop import StageStop, first_of
from .stage_turn import Delivery, Output, Turn, bare_letter_of, dead_letter_of

__all__ = ["StageDelivery"]

_log = logging.getLogger("loom_common.kafka")

# No broker will ever take these.
_REFUSALS = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidMessageError)
# The brokers know what is too large, up to what they take as a request at all (socket.request.max.bytes).
_REQUEST_MAX = 100_000_000
_SEND_MS = 20_000
_ADMIN_SECONDS = 5.0
_PAUSE_FIRST, _PAUSE_CAP = 0.05, 2.0


class StageDelivery:
    """An idempotent producer that knows of each output what became of it, and the dead-letter topics' existence.

    Threads: one task at a time.  Owns: the producer; a new one is made after one failed.
    Blocks: ``deliver()`` until Kafka has it all. Fails: ``Overdue`` when the stage is to end and 4 s are over.
    """

    def __init__(self, servers: Any, client_id: str, suffix: str, options: Mapping[str, Any], stop: StageStop) -> None:
        self._clients: dict[str, Any] = {"bootstrap_servers": servers, "client_id": client_id, **options}
        self._suffix = suffix
        self._stop = stop
        self._producer: AIOKafkaProducer | None = None
        self._pending: dict[asyncio.Future[Any], Output] = {}
        self._partitions: dict[str, int] = {}
        self._pauses = 0
        self._last_error = ""

    async def send(self, outputs: list[Output]) -> None:
        """Sends those that are not dead letters, whose topic may have to be made first. What fails is sent again by
        ``deliver()``.
        """
        plain = [output for output in outputs if not output.dead_letter]
        if plain:
            await first_of(self._send_all(plain), self._stop.overdue)

    async def deliver(self, turn: Turn, group: str) -> None:
        """Returns when each output of the turn is acknowledged, or its record's dead letter is."""
        while True:
            await first_of(self._settle(), self._stop.overdue)
            left = [output for output in turn.outputs if not output.dropped]
            failed = any(output.delivery is Delivery.FAILED for output in left)
            refused = any(output.delivery is Delivery.REFUSED for output in left)
            if failed or refused:
                # The brokers miss the numbers of a batch that failed, and take none that follow it.
                await self._give_producer_up()
            hopeless = refused and not self._blame_refused(turn, group)
            if failed or hopeless:
                await self._pause(self._last_error)
            elif not refused and all(output.delivery is Delivery.ACKNOWLEDGED for output in left):
                self._pauses = 0
                return
            why = await first_of(self._send_rest(turn), self._stop.overdue)
            if why:
                await self._pause(why)

    async def close(self, within: float) -> None:
        producer, self._producer = self._producer, None
        self._pending.clear()
        if producer is not None:
            await _closed(producer, within)

    async def _send_all(self, outputs: list[Output]) -> None:
        for output in outputs:
            try:
                producer = await self._open_producer()
                value = output.value if output.value is not None or output.key is not None else b""
                future = await producer.send(
                    output.topic, value, key=output.key, partition=output.partition, headers=output.headers
                )
            except (KafkaError, OSError, AssertionError, asyncio.TimeoutError) as error:
                self._note(output, error)
                return  # the others would only wait as long for the same; they are sent by deliver()
            output.delivery = Delivery.PENDING
            self._pending[future] = output
            future.add_done_callback(self._answered)

    def _answered(self, future: asyncio.Future[Any]) -> None:
        output = self._pending.pop(future, None)
        if output is None or output.delivery is not Delivery.PENDING:
            if not future.cancelled():
                future.exception()
            return
        error = KafkaError("it was cancelled") if future.cancelled() else future.exception()
        if error is None:
            output.delivery = Delivery.ACKNOWLEDGED
        else:
            self._note(output, error)

    def _note(self, output: Output, error: BaseException) -> None:
        output.delivery = Delivery.REFUSED if isinstance(error, _REFUSALS) else Delivery.FAILED
        self._last_error = f"{output.topic}: {error!r}"

    async def _send_rest(self, turn: Turn) -> str:
        """Sends what Kafka does not have, up to what fails. Returns why a dead letter has no topic, or nothing."""
        for output in list(turn.outputs):
            if output.dropped or output.delivery in (Delivery.ACKNOWLEDGED, Delivery.PENDING):
                continue
            if output.dead_letter:
                try:
                    await asyncio.wait_for(self._prepare(output, turn.records[output.record].topic), 2 * _ADMIN_SECONDS)
                except (KafkaError, OSError, asyncio.TimeoutError) as error:
                    return f"the dead-letter topic {output.topic} cannot be looked after: {error!r}"
            if output.suspect:
                await self._settle()
            await self._send_all([output])
            if output.suspect:
                await self._settle()
            if output.delivery in (Delivery.FAILED, Delivery.REFUSED):
                break
        return ""

    async def _settle(self) -> None:
        while self._pending:
            done, _ = await asyncio.wait(set(self._pending), timeout=_SEND_MS / 1000)
            await asyncio.sleep(0)  # their callbacks come after us
            if not done:
                self._last_error = f"nothing was acknowledged within {_SEND_MS} ms"
                for output in self._pending.values():
                    output.delivery = Delivery.FAILED
                self._pending.clear()

    def _blame_refused(self, turn: Turn, group: str) -> bool:
        """A record with an output that no broker takes, also alone, becomes a dead letter, and its other outputs are
        left out. Returns whether there is something else to send.
        """
        anything = False
        for output in list(turn.outputs):
            if output.dropped or output.delivery is not Delivery.REFUSED:
                continue
            anything = anything or not output.is_bare or not output.suspect
            output.delivery = Delivery.UNSENT
            # Brokers refuse the messages of a batch all together.
            if not output.suspect:
                output.suspect = True
            elif not output.is_bare:  # a letter with nothing left to leave out: that topic's own fault, tried again
                self._replace(turn, output, group)
        return anything

    def _replace(self, turn: Turn, refused: Output, group: str) -> None:
        record = turn.records[refused.record]
        for output in turn.outputs:
            output.dropped = output.dropped or output.record == refused.record
        at = f"{record.topic}[{record.partition}]@{record.offset}"
        if refused.dead_letter:
            _log.error("%s: its dead letter goes without its content: %s", at, self._last_error)
            turn.outputs.append(bare_letter_of(refused, self._last_error))
            return
        why = f"an output for {refused.topic} was refused: {self._last_error}"
        _log.error("%s became a dead letter: %s", at, why)
        letter = dead_letter_of(record, record.topic + self._suffix, group, "output_refused", why)
        letter.record = refused.record
        turn.outputs.append(letter)

    async def _prepare(self, letter: Output, origin: str) -> None:
        """Makes sure that the dead letter's topic is there, and that the partition which it names is."""
        if letter.topic not in self._partitions:
            self._partitions[letter.topic] = await self._made_topic(letter.topic, origin)
        if letter.partition is not None and letter.partition >= self._partitions[letter.topic]:
            letter.partition = None

    async def _made_topic(self, topic: str, origin: str) -> int:
        options = {**self._clients, "request_timeout_ms": int(_ADMIN_SECONDS * 1000)}
        admin = AIOKafkaAdminClient(**options)
        try:
            await admin.start()
            # To describe a topic may make it, with the brokers' own number of partitions.
            known = sorted({topic, origin} & set(await admin.list_topics()))
            parts = {one["topic"]: one["partitions"] for one in await admin.describe_topics(known)} if known else {}
            if parts.get(topic):
                return len(parts[topic])
            wanted = max(1, len(parts.get(origin, ())))
            replicas = max([1, *(len(one["replicas"]) for one in parts.get(origin, ()))])
            response = await admin.create_topics([NewTopic(topic, wanted, replicas)])
            for answer in response.topic_errors:  # type: ignore[attr-defined]
                error = for_code(answer[1])
                if answer[1] != 0 and error is not TopicAlreadyExistsError:
                    raise error(f"{topic}: {answer[2] if len(answer) > 2 else ''}")
            _log.info("%s was created with %d partitions, for dead letters", topic, wanted)
            return wanted
        finally:
            await admin.close()

    async def _open_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                enable_idempotence=True,
                acks="all",
                linger_ms=5,
                compression_type="lz4",
                max_batch_size=1_000_000,
                max_request_size=_REQUEST_MAX,
                request_timeout_ms=_SEND_MS,
                **self._clients,
            )
            try:
                # A client whose first metadata named no broker (one that comes back says so) never asks again.
                await asyncio.wait_for(producer.start(), _SEND_MS / 1000)
            except BaseException:
                await _closed(producer, 1)
                raise
            self._producer = producer
        return self._producer

    async def _give_producer_up(self) -> None:
        producer, self._producer = self._producer, None
        for output in self._pending.values():
            output.delivery = Delivery.FAILED
        self._pending.clear()
        if producer is not None:
            await _closed(producer, 2)

    async def _pause(self, why: str) -> None:
        _log.warning("a stage's results are tried again: %s", why)
        pause = min(_PAUSE_CAP, _PAUSE_FIRST * 2.0**self._pauses)
        self._pauses = min(self._pauses + 1, 16)
        await first_of(asyncio.sleep(pause), self._stop.overdue)


async def _closed(producer: AIOKafkaProducer, within: float) -> None:
    """Its tasks end, whatever becomes of what it still has."""
    try:
        await asyncio.wait_for(producer.stop(), within)
    except Exception as error:
        _log.debug("the producer was not closed properly: %r", error)
        # Else its sender would go on trying for ever.
        for part in (getattr(producer, "_sender", None), producer.client):
            if part is not None:
                await asyncio.wait({asyncio.ensure_future(part.close())}, timeout=0.5)
