"""SIGTERM and SIGINT as a stage's wish to end."""

from __future__ import annotations

import asyncio
import signal

from .stop import Stop

__all__ = ["Signals"]


class Signals:
    """SIGTERM and SIGINT as the wish to end, where the event loop's thread is the main one."""

    def __init__(self, stop: Stop) -> None:
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
