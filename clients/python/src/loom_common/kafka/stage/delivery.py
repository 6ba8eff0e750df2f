"""Brings a turn's outputs to Kafka: all acknowledged, or the turn's offsets are not committed."""

from __future__ import annotations

import asyncio
import logging

from aiokafka.errors import KafkaError

from .dead_letters import DeadLetterTopics, bare_dead_letter_of, dead_letter_of, is_bare
from .producer import Producer
from .stop import Stop, first_of
from .turn import Output, OutputState, Turn

__all__ = ["Delivery"]

_log = logging.getLogger("loom_common.kafka")

_PAUSE_FIRST, _PAUSE_CAP = 0.05, 2.0


class Delivery:
    """Sends a turn's outputs until each is acknowledged, or its message's dead letter is.

    Args:
        producer: is closed by ``close()``.
        topics: where dead letters go to.
        suffix: of a dead-letter topic's name.

    Threads: one task at a time.  Owns: the producer.
    Blocks: ``deliver()`` until Kafka has it all. Fails: ``Overdue`` when the stage is to end and 4 s are over.
    """

    def __init__(self, producer: Producer, topics: DeadLetterTopics, suffix: str, stop: Stop) -> None:
        self._producer = producer
        self._topics = topics
        self._suffix = suffix
        self._stop = stop
        self._pauses = 0

    async def send(self, outputs: list[Output]) -> None:
        """Sends those that are not dead letters, whose topic may have to be made first. What fails is sent again by
        ``deliver()``.
        """
        plain = [output for output in outputs if not output.dead_letter]
        if plain:
            await first_of(self._producer.send(plain), self._stop.expired)

    async def deliver(self, turn: Turn, group: str) -> None:
        """Returns when each output of the turn is acknowledged, or its record's dead letter is."""
        while True:
            await first_of(self._producer.settle(), self._stop.expired)
            left = [output for output in turn.outputs if not output.dropped]
            failed = any(output.state is OutputState.FAILED for output in left)
            refused = any(output.state is OutputState.REFUSED for output in left)
            if failed or refused:
                # The brokers miss the numbers of a batch that failed, and take none that follow it.
                await self._producer.give_up()
            hopeless = refused and not self._blame_refused(turn, group)
            if failed or hopeless:
                await self._pause(self._producer.last_error)
            elif not refused and all(output.state is OutputState.ACKNOWLEDGED for output in left):
                self._pauses = 0
                return
            why = await first_of(self._send_rest(turn), self._stop.expired)
            if why:
                await self._pause(why)

    async def close(self, within: float) -> None:
        await self._producer.close(within)

    async def _send_rest(self, turn: Turn) -> str:
        """Sends what Kafka does not have, up to what fails. Returns why a dead letter has no topic, or nothing."""
        for output in list(turn.outputs):
            if output.dropped or output.state in (OutputState.ACKNOWLEDGED, OutputState.PENDING):
                continue
            if output.dead_letter:
                try:
                    await self._topics.prepare(output, turn.records[output.record].topic)
                except (KafkaError, OSError, asyncio.TimeoutError) as error:
                    return f"the dead-letter topic {output.topic} cannot be looked after: {error!r}"
            if output.suspect:
                await self._producer.settle()
            await self._producer.send([output])
            if output.suspect:
                await self._producer.settle()
            if output.state in (OutputState.FAILED, OutputState.REFUSED):
                break
        return ""

    def _blame_refused(self, turn: Turn, group: str) -> bool:
        """A record with an output that no broker takes, also alone, becomes a dead letter, and its other outputs are
        left out. Returns whether there is something else to send.
        """
        anything = False
        for output in list(turn.outputs):
            if output.dropped or output.state is not OutputState.REFUSED:
                continue
            anything = anything or not is_bare(output) or not output.suspect
            output.state = OutputState.UNSENT
            # Brokers refuse the messages of a batch all together.
            if not output.suspect:
                output.suspect = True
            elif not is_bare(output):  # with nothing left to leave out it is that topic's own fault, and tried again
                self._replace(turn, output, group)
        return anything

    def _replace(self, turn: Turn, refused: Output, group: str) -> None:
        record = turn.records[refused.record]
        for output in turn.outputs:
            output.dropped = output.dropped or output.record == refused.record
        at = f"{record.topic}[{record.partition}]@{record.offset}"
        if refused.dead_letter:
            _log.error("%s: its dead letter goes without its content: %s", at, self._producer.last_error)
            turn.outputs.append(bare_dead_letter_of(refused, self._producer.last_error))
            return
        why = f"an output for {refused.topic} was refused: {self._producer.last_error}"
        _log.error("%s became a dead letter: %s", at, why)
        dead_letter = dead_letter_of(record, record.topic + self._suffix, group, "output_refused", why)
        dead_letter.record = refused.record
        turn.outputs.append(dead_letter)

    async def _pause(self, why: str) -> None:
        _log.warning("a stage's results are tried again: %s", why)
        pause = min(_PAUSE_CAP, _PAUSE_FIRST * 2.0**self._pauses)
        self._pauses = min(self._pauses + 1, 16)
        await first_of(asyncio.sleep(pause), self._stop.expired)
