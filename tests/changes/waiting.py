"""Waiting for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def await_that(what: str, condition: Callable[[], Seen], seconds: float, state: Callable[[], object] = str) -> Seen:
    """The condition's value as soon as it is true; `state` tells what was there instead."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}; {state()}"
        time.sleep(0.1)
    return value
