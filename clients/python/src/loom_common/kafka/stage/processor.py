"""One message of a stage: tried until it is processed, or is a dead letter; and what it sends meanwhile."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import inspect
import logging
import re
import time
from collections.abc import Awaitable, Generator
from typing import Any, Callable

from aiokafka import ConsumerRecord

from .dead_letters import dead_letter_of
from .message import HeadersLike, TryLater, bytes_of, headers_of, parsed
from .report import Tally
from .settings import StageSettings
from .stop import Stop
from .turn import Output, Record

__all__ = ["Processor", "TakeAgain", "keep_output"]

_log = logging.getLogger("loom_common.kafka")

_TOLD_MAX = 2000
# What brokers take; any other name would be tried for ever.
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")

# By context: what process_message() awaits, and the thread that it may run in, see the try that they belong to.
_growing: contextvars.ContextVar[_Growing] = contextvars.ContextVar("loom_stage_outputs")


class _Growing:
    """The outputs of one try at one message."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.closed = False


class TakeAgain(Exception):
    """The message is to be taken again: something that it needs is away, or the stage is to let go of it."""


class _Done(Awaitable[None]):
    """What need not be awaited, but may be."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


def keep_output(topic: str, value: Any, key: str | bytes | None, headers: HeadersLike) -> Awaitable[None]:
    """Adds to the outputs of the message at hand; see ``BaseKafkaConsumer.send_to_topic()``."""
    growing = _growing.get(None)
    if growing is None or growing.closed:
        raise RuntimeError("send_to_topic() is for process_message(), while it works on a message")
    if not isinstance(topic, str) or not _TOPIC.fullmatch(topic):
        raise ValueError(f"send_to_topic() needs a topic's name, not {topic!r}")
    output = Output(topic, bytes_of(value), None if key is None else bytes_of(key), headers_of(headers))
    growing.outputs.append(output)
    return _Done()


class Processor:
    """Gives a message to ``process_message``, again with growing pauses when it raises.

    Threads: the stage's event loop; a ``process_message`` that is not ``async`` runs in a thread by itself.
    """

    def __init__(
        self,
        settings: StageSettings,
        process_message: Callable[[ConsumerRecord[Any, Any]], Any],
        stop: Stop,
        tally: Tally,
    ) -> None:
        self._settings = settings
        self._process_message = process_message
        self._stop = stop
        self._tally = tally

    async def process(self, record: Record, group: str, patience: float, let_go: asyncio.Future[None]) -> list[Output]:
        """The message's outputs, or its dead letter.

        Args:
            group: named in a dead letter.
            patience: seconds that it is tried for while something that it needs is away.
            let_go: done when the message is to be left to another member, if it does not work now.

        Fails: ``TakeAgain``.
        """
        begun = time.monotonic()
        self._stop.busy(True)
        try:
            outputs, failed = await self._attempt(record, group, begun + patience, let_go)
        finally:
            self._stop.busy(False)
        self._tally.processed(time.monotonic() - begun, failed)
        return outputs

    async def _attempt(
        self, record: Record, group: str, until: float, let_go: asyncio.Future[None]
    ) -> tuple[list[Output], bool]:
        """The outputs, and whether it did not work at once."""
        at = f"{record.topic}[{record.partition}]@{record.offset}"
        try:
            message = dataclasses.replace(record, value=parsed(record.value))
        except ValueError as error:
            return [self._dead_letter(record, group, str(error))], True
        settings = self._settings
        tries = pauses = 0
        while True:
            try:
                return await self._try(message), tries + pauses > 0
            except TryLater as away:
                _log.warning("%s waits: %s", at, away)
                if time.monotonic() > until:
                    raise TakeAgain from None
            except Exception as error:
                tries += 1
                _log.warning("%s: try %d of %d failed: %s", at, tries, settings.retries + 1, _told(error))
                if tries > settings.retries:
                    return [self._dead_letter(record, group, _told(error))], True
            pause = min(settings.retry_cap, settings.retry_first * 2.0 ** min(pauses, 16))
            pauses += 1
            if not await self._stop.wait(pause, let_go):
                raise TakeAgain

    async def _try(self, message: Record) -> list[Output]:
        growing = _Growing()
        token = _growing.set(growing)
        try:
            if inspect.iscoroutinefunction(self._process_message):
                await self._process_message(message)
            else:
                result = await asyncio.to_thread(self._process_message, message)
                if inspect.isawaitable(result):
                    await result
        finally:
            # A task that it left behind must not add to what is on its way already.
            growing.closed = True
            _growing.reset(token)
        return growing.outputs

    def _dead_letter(self, record: Record, group: str, why: str) -> Output:
        _log.error("%s[%d]@%d became a dead letter: %s", record.topic, record.partition, record.offset, why)
        topic = record.topic + self._settings.dead_letter_suffix
        return dead_letter_of(record, topic, group, "processing_failed", why)


def _told(error: Exception) -> str:
    """In one line, and not without end: it becomes a header, too."""
    text = " ".join(str(error).split())[:_TOLD_MAX]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
