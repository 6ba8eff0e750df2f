"""The known places: the rows of ``georegions``, read again now and then."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from loom_common.kafka import TryLater

from .geometry import Circle, Point, Polygon, Shape

_log = logging.getLogger("georegion")

_QUERY = """
    SELECT id, name, type, center_latitude, center_longitude, radius_meters, polygon::text AS polygon
      FROM georegions WHERE active ORDER BY id
"""
_TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class KnownRegion:
    id: str
    name: str
    type: str
    shape: Shape


def parse_polygon(text: str) -> Polygon:
    """The corners from JSON: [[latitude, longitude], ...]. Fails: ``ValueError`` that says what is wrong."""
    corners = json.loads(text)
    if not isinstance(corners, list) or len(corners) < 3:
        raise ValueError("a polygon needs three corners")
    for corner in corners:
        numbers = isinstance(corner, list) and all(type(value) in (int, float) for value in corner)
        if not numbers or len(corner) != 2:
            raise ValueError("a corner is [latitude, longitude]")
    return Polygon(tuple(Point(float(latitude), float(longitude)) for latitude, longitude in corners))


class Regions:
    """Blocks: up to 5 s to get a connection and 5 s for the rows, where they are due.

    Fails: ``TryLater`` when they were never read.
    """

    def __init__(self, db_pool: Any, reload_seconds: float = 30) -> None:
        self._pool = db_pool
        self._reload_seconds = reload_seconds
        self._regions: list[KnownRegion] = []
        self._known = False
        self._next = 0.0

    async def current(self) -> list[KnownRegion]:
        """As they were at most ``reload_seconds`` ago; older when the database is away."""
        if time.monotonic() >= self._next:
            await self._reload()
        return self._regions

    async def _reload(self) -> None:
        try:
            async with self._pool.acquire(timeout=_TIMEOUT_SECONDS) as connection:
                rows = await connection.fetch(_QUERY, timeout=_TIMEOUT_SECONDS)
        except Exception as error:
            if not self._known:
                raise TryLater(f"the regions cannot be read: {error!r}") from error
            _log.warning("the regions stay as they were: %r", error)
        else:
            self._regions = [region for row in rows if (region := _region_of(row)) is not None]
        self._known = True
        self._next = time.monotonic() + self._reload_seconds


def _region_of(row: Any) -> KnownRegion | None:
    try:
        shape: Shape
        if row["polygon"] is None:
            shape = Circle(Point(row["center_latitude"], row["center_longitude"]), row["radius_meters"])
        else:
            shape = parse_polygon(row["polygon"])
        return KnownRegion(row["id"], row["name"], row["type"] or "", shape)
    except ValueError as error:
        _log.warning("region %s is left out: %s", row["id"], error)
        return None
