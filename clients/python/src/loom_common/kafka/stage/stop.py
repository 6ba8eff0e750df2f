"""A stage's wish to end, and how long it may still take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

__all__ = ["Overdue", "Stop", "first_of"]

T = TypeVar("T")

PATIENCE_SECONDS = 4.0
"""Leaving the group comes after it, and all together must fit into 10 s."""


class Overdue(Exception):
    """It is the end's time: what is in hand has had its chance."""


class Stop:
    """A stage's wish to end.

    ::

        requested -> the message at hand ends, however long it takes -> 4 s for delivering what is done -> expired

    Threads: ``request()`` by any and from signal handlers; the rest on the stage's event loop.
    """

    def __init__(self) -> None:
        self.requested = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Future[None] | None = None
        self._expired: asyncio.Future[None] | None = None
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def attach(self) -> None:
        """Once, on the loop that the stage runs on."""
        self._loop = asyncio.get_running_loop()
        self._ending = self._loop.create_future()
        self._expired = self._loop.create_future()
        if self.requested:
            self._tell()

    def request(self) -> None:
        self.requested = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    @property
    def ending(self) -> asyncio.Future[None]:
        """Done when the end is wished for."""
        assert self._ending is not None, "a stage is started before it works"
        return self._ending

    @property
    def expired(self) -> asyncio.Future[None]:
        """Done when what is in hand has had its time."""
        assert self._expired is not None, "a stage is started before it works"
        return self._expired

    def busy(self, with_a_message: bool) -> None:
        """Notes whether a message is being processed. It may take its time; the patience begins after it."""
        self._busy = with_a_message
        self._begin_patience()

    async def wait(self, seconds: float, *wakers: asyncio.Future[Any]) -> bool:
        """False, and at once, when the end is wished for, or a waker is done."""
        done, _ = await asyncio.wait({self.ending, *wakers}, timeout=seconds)
        return not done

    def _tell(self) -> None:
        if not self.ending.done():
            self.ending.set_result(None)
        self._begin_patience()

    def _begin_patience(self) -> None:
        if self.requested and not self._busy and self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(PATIENCE_SECONDS, self._over)

    def _over(self) -> None:
        if not self.expired.done():
            self.expired.set_result(None)


async def first_of(work: Awaitable[T], end: asyncio.Future[Any], timeout: float | None = None) -> T:
    """The work's result. Fails: ``Overdue`` when ``end`` is done or the time is over first; the work is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task, end}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if task.done():
        return task.result()
    task.cancel()
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    raise Overdue
