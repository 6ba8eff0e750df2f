"""A producer of which it is known what became of each output."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidMessageError, KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from .turn import Output, OutputState

__all__ = ["Producer"]

_log = logging.getLogger("loom_common.kafka")

# No broker will ever take these.
_REFUSALS = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidMessageError)
# The brokers know what is too large, up to what they take as a request at all (socket.request.max.bytes).
_REQUEST_MAX = 100_000_000
_SEND_MS = 20_000


class Producer:
    """An idempotent producer that notes in each output what became of it.

    Args:
        clients: options of aiokafka's clients.

    Threads: one task at a time.  Owns: aiokafka's producer; a new one is made after give_up().
    Blocks: ``send()`` while there is no room or no broker, ``settle()`` until all is answered, each for 20 s.
    """

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients
        self._client: AIOKafkaProducer | None = None
        self._pending: dict[asyncio.Future[Any], Output] = {}
        self.last_error = ""
        """Why the last output failed or was refused."""

    async def send(self, outputs: list[Output]) -> None:
        """Sends them, up to the first that fails at once."""
        for output in outputs:
            try:
                producer = await self._open()
                value = output.value if output.value is not None or output.key is not None else b""
                future = await producer.send(
                    output.topic, value, key=output.key, partition=output.partition, headers=output.headers
                )
            except (KafkaError, OSError, AssertionError, asyncio.TimeoutError) as error:
                self._note(output, error)
                return  # the others would only wait as long for the same; they are sent by a later call
            output.state = OutputState.PENDING
            self._pending[future] = output
            future.add_done_callback(self._answered)

    async def settle(self) -> None:
        """Until all that was sent is answered, or too old for that."""
        while self._pending:
            done, _ = await asyncio.wait(set(self._pending), timeout=_SEND_MS / 1000)
            await asyncio.sleep(0)  # their callbacks come after us
            if not done:
                self.last_error = f"nothing was acknowledged within {_SEND_MS} ms"
                for output in self._pending.values():
                    output.state = OutputState.FAILED
                self._pending.clear()

    async def give_up(self) -> None:
        """The next output goes out by a new client."""
        for output in self._pending.values():
            output.state = OutputState.FAILED
        await self.close(2)

    async def close(self, within: float) -> None:
        client, self._client = self._client, None
        self._pending.clear()
        if client is not None:
            await _closed(client, within)

    def _answered(self, future: asyncio.Future[Any]) -> None:
        output = self._pending.pop(future, None)
        if output is None or output.state is not OutputState.PENDING:
            if not future.cancelled():
                future.exception()
            return
        error = KafkaError("it was cancelled") if future.cancelled() else future.exception()
        if error is None:
            output.state = OutputState.ACKNOWLEDGED
        else:
            self._note(output, error)

    def _note(self, output: Output, error: BaseException) -> None:
        output.state = OutputState.REFUSED if isinstance(error, _REFUSALS) else OutputState.FAILED
        self.last_error = f"{output.topic}: {error!r}"

    async def _open(self) -> AIOKafkaProducer:
        if self._client is None:
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
            self._client = producer
        return self._client


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
