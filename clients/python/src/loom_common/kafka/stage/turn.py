"""What a stage takes and makes: its turn of messages, and their outputs. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from aiokafka import ConsumerRecord

__all__ = ["Headers", "Output", "OutputState", "Record", "Turn"]

Record = ConsumerRecord[Any, Any]
Headers = list[tuple[str, bytes]]


class OutputState(enum.Enum):
    """What became of an output."""

    UNSENT = enum.auto()
    PENDING = enum.auto()
    ACKNOWLEDGED = enum.auto()
    REFUSED = enum.auto()
    """No broker will ever take it: too large."""
    FAILED = enum.auto()
    """It may be sent again."""


@dataclass
class Output:
    """A message that a stage makes of another one."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: Headers = field(default_factory=list)
    partition: int | None = None
    """None: by key, or any."""
    record: int = 0
    """Of which record of the turn."""
    dead_letter: bool = False
    suspect: bool = False
    """Refused, perhaps only for the company that it travelled in: to be sent alone."""
    dropped: bool = False
    """Not to be sent: its record has become a dead letter after all."""
    state: OutputState = OutputState.UNSENT


@dataclass
class Turn:
    """The records that are taken, processed and delivered together, as they were in the log."""

    records: list[Record] = field(default_factory=list)
    finished: int = 0
    """The first so many are processed."""
    outputs: list[Output] = field(default_factory=list)
