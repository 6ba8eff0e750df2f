"""A table that changes: which rows come, change and go, and what is left of them. The same seed makes the same changes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

START_MICROS = 1_767_225_600_000_000  # 2026-01-01
WORDS = ("north", "gate", "pump", "slow", "checked", "by", "hand", "after", "rain", "level", "low", "again")


class Row(NamedTuple):
    id: int
    note: str | None
    value: float
    taken_at: int  # microseconds since 1970
    cents: int
    active: bool


class Change(NamedTuple):
    op: str
    id: int
    after: Row | None


class Rows:
    """Makes a row's values. Their texts need no escapes in JSON nor in COPY."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._made = 0

    def make(self, identity: int) -> Row:
        number = self._random.getrandbits(62)
        self._made += 1
        note = None if number % 10 == 0 else f"{WORDS[number % 12]} {WORDS[number // 12 % 12]} {number % 99_991}"
        return Row(
            id=identity,
            note=note,
            value=(number % 2_000_003 - 1_000_000) / 1000,
            taken_at=START_MICROS + self._made * 1_000 + number % 1_000,
            cents=number % 100_000_007 - 10_000_000,
            active=number & 64 != 0,
        )


class Table:
    """The rows that live, so that one of them can be drawn, and the ids that are free."""

    def __init__(self, ids: int, seed: int) -> None:
        self.rows: dict[int, Row] = {}
        self._random = random.Random(seed)
        self._values = Rows(seed + 1)
        self._living: list[int] = []
        self._free = list(range(1, ids + 1))
        self._random.shuffle(self._free)

    def _draw(self, identities: list[int], take: bool) -> int:
        place = self._random.randrange(len(identities))
        drawn = identities[place]
        if take:
            identities[place] = identities[-1]
            identities.pop()
        return drawn

    def _insert(self) -> Change:
        identity = self._draw(self._free, take=True)
        self._living.append(identity)
        self.rows[identity] = row = self._values.make(identity)
        return Change("c", identity, row)

    def _update(self) -> Change:
        identity = self._draw(self._living, take=False)
        self.rows[identity] = row = self._values.make(identity)
        return Change("u", identity, row)

    def _delete(self) -> Change:
        identity = self._draw(self._living, take=True)
        self._free.append(identity)
        del self.rows[identity]
        return Change("d", identity, None)

    def changes(self, events: int) -> Iterator[Change]:
        """60 % updates, 30 % inserts and 10 % deletes, mixed: what is drawn goes by how many of each are left."""
        updates, deletes = events * 6 // 10, events // 10
        inserts = events - updates - deletes
        while inserts + updates + deletes:
            drawn = self._random.randrange(inserts + updates + deletes)
            if (drawn < inserts and self._free) or not self._living:
                inserts -= 1
                yield self._insert()
            elif (drawn < inserts + updates and updates) or not deletes:
                updates -= 1
                yield self._update()
            else:
                deletes -= 1
                yield self._delete()

    def close(self, partition: int) -> Change:
        """The last event of a partition: once its row is there, so is all before it."""
        row = self._values.make(-1 - partition)
        self.rows[row.id] = row
        return Change("c", row.id, row)
