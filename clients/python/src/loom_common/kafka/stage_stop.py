"""A stage's wish to end, and how long it may still take."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable
from typing import Any, TypeVar

__all__ = ["Overdue", "StageStop", "StopSignals", "first_of"]

T = TypeVar("T")

PATIENCE_SECONDS = 4.0
"""Leaving the group comes after it, and all together must fit into 10 s."""


class Overdue(Exception):
    """It is the end's time: what is in hand has had its chance."""


class StageStop:
    """Threads: ``request()`` by any and from signal handlers; the rest on the stage's event loop."""

    def __init__(self) -> None:
        self.wanted = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._requested: asyncio.Future[None] | None = None
        self._overdue: asyncio.Future[None] | None = None
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def attach(self) -> None:
        """Once, on the loop that the stage runs on."""
        self._loop = asyncio.get_running_loop()
        self._requested = self._loop.create_future()
        self._overdue = self._loop.create_future()
        if self.wanted:
            self._tell()

    def request(self) -> None:
        self.wanted = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    @property
    def requested(self) -> asyncio.Future[None]:
        """Done when the end is wished for."""
        assert self._requested is not None, "a stage is started before it works"
        return self._requested

    @property
    def overdue(self) -> asyncio.Future[None]:
        """Done when what is in hand has had its time."""
        assert self._overdue is not None, "a stage is started before it works"
        return self._overdue

    def busy(self, with_a_message: bool) -> None:
        """The message at hand may take its time; patience begins after it."""
        self._busy = with_a_message
        self._begin_patience()

    async def sleep(self, seconds: float, *wakers: asyncio.Future[Any]) -> bool:
        """False, and at once, when the end is wished for, or a waker is done."""
        done, _ = await asyncio.wait({self.requested, *wakers}, timeout=seconds)
        return not done

    def _tell(self) -> None:
        if not self.requested.done():
            self.requested.set_result(None)
        self._begin_patience()

    def _begin_patience(self) -> None:
        if self.wanted and not self._busy and self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(PATIENCE_SECONDS, self._over)

    def _over(self) -> None:
        if not self.overdue.done():
            self.overdue.set_result(None)


class StopSignals:
    """SIGTERM and SIGINT as the wish to end, where the event loop's thread is the main one."""

    def __init__(self, stop: StageStop) -> None:
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taken: list[signal.Signals] = []

    def take(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, self._stop.request)
            except (NotImplementedError, RuntimeError, ValueError):
                return  # not the main thread, or not on this system: stop() is up to the caller
            self._taken.append(number)

    def give_back(self) -> None:
        for number in self._taken:
            if self._loop is not None:
                self._loop.remove_signal_handler(number)
        self._taken.clear()


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
