"""Points, circles and polygons on the earth. Pure; the same rules as the C++ stage's geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Union

EARTH_RADIUS_METERS = 6_371_008.8
# A ten-millionth of a degree is a centimetre.
TOLERANCE_DEGREES = 1e-7


@dataclass(frozen=True)
class Point:
    """In degrees: latitude -90 to 90, longitude -180 to 180."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Circle:
    """A circle on the sphere: wherever it lies, over a pole and over the date line, too."""

    center: Point
    radius_meters: float


@dataclass(frozen=True)
class Polygon:
    """A polygon by its corners, in either direction; the last is joined to the first.

    Its sides are straight lines on the plane of longitude and latitude, as maps draw them. It may cross the date line:
    from one corner to the next it goes the shorter way round the earth. A pole is in no polygon.
    """

    corners: tuple[Point, ...]


Shape = Union[Circle, Polygon]


def distance_meters(a: Point, b: Point) -> float:
    """Along the great circle, on a sphere of the earth's mean radius: wrong by 0.5 % at most."""
    half_latitude = math.sin(math.radians(b.latitude - a.latitude) / 2)
    half_longitude = math.sin(math.radians(b.longitude - a.longitude) / 2)
    cosines = math.cos(math.radians(a.latitude)) * math.cos(math.radians(b.latitude))
    h = half_latitude * half_latitude + cosines * half_longitude * half_longitude
    return 2 * EARTH_RADIUS_METERS * math.asin(math.sqrt(min(1.0, h)))


def contains(shape: Shape, point: Point) -> bool:
    """A point on a side or on a corner is inside."""
    if isinstance(shape, Circle):
        return distance_meters(shape.center, point) <= shape.radius_meters
    if len(shape.corners) < 3:
        return False
    corners = _unwrapped_corners(shape)
    longitudes = [corner.longitude for corner in corners]
    # The polygon may lie beyond 180 degrees now; the point has to be looked for on that side of the date line.
    middle = (min(longitudes) + max(longitudes)) / 2
    return _inside(corners, replace(point, longitude=_unwrapped(point.longitude, middle)))


def center_of(shape: Shape) -> Point:
    """The centre of its area; of its corners when it has no area."""
    if isinstance(shape, Circle):
        return shape.center
    corners = _unwrapped_corners(shape)
    if not corners:
        return Point(0.0, 0.0)
    origin = corners[0]  # near it the products below lose no digits
    area = sum_latitude = sum_longitude = mean_latitude = mean_longitude = 0.0
    for corner, following in zip(corners, corners[1:] + corners[:1]):
        a = Point(corner.latitude - origin.latitude, corner.longitude - origin.longitude)
        b = Point(following.latitude - origin.latitude, following.longitude - origin.longitude)
        twice = a.longitude * b.latitude - b.longitude * a.latitude
        area += twice
        sum_latitude += (a.latitude + b.latitude) * twice
        sum_longitude += (a.longitude + b.longitude) * twice
        mean_latitude += a.latitude / len(corners)
        mean_longitude += a.longitude / len(corners)
    flat = abs(area) < 1e-12
    latitude = origin.latitude + (mean_latitude if flat else sum_latitude / (3 * area))
    longitude = origin.longitude + (mean_longitude if flat else sum_longitude / (3 * area))
    return Point(latitude, _unwrapped(longitude, 0.0))


def _rounded(value: float) -> float:
    """Halves go away from zero."""
    whole = math.floor(abs(value))
    return math.copysign(whole + (1 if abs(value) - whole >= 0.5 else 0), value)


def _unwrapped(longitude: float, near: float) -> float:
    """The same meridian, at most 180 degrees from ``near``: 181 near 179 is what -179 is on a map."""
    return longitude - 360.0 * _rounded((longitude - near) / 360.0)


def _unwrapped_corners(polygon: Polygon) -> list[Point]:
    """The corners with longitudes that do not jump where a side crosses the date line."""
    corners = list(polygon.corners)
    for i in range(1, len(corners)):
        corners[i] = replace(corners[i], longitude=_unwrapped(corners[i].longitude, corners[i - 1].longitude))
    return corners


def _on_side(a: Point, b: Point, point: Point) -> bool:
    cross = (b.longitude - a.longitude) * (point.latitude - a.latitude) - (b.latitude - a.latitude) * (
        point.longitude - a.longitude
    )
    length = math.hypot(b.longitude - a.longitude, b.latitude - a.latitude)
    if abs(cross) > TOLERANCE_DEGREES * max(length, TOLERANCE_DEGREES):
        return False
    west, east = sorted((a.longitude, b.longitude))
    south, north = sorted((a.latitude, b.latitude))
    return (
        west - TOLERANCE_DEGREES <= point.longitude <= east + TOLERANCE_DEGREES
        and south - TOLERANCE_DEGREES <= point.latitude <= north + TOLERANCE_DEGREES
    )


def _inside(corners: list[Point], point: Point) -> bool:
    """Whether a ray from the point to the east meets an odd number of sides, or the point lies on one."""
    odd = False
    for a, b in zip(corners, corners[1:] + corners[:1]):
        if _on_side(a, b, point):
            return True
        # Half-open, so that a corner belongs to one of its two sides.
        if (a.latitude > point.latitude) == (b.latitude > point.latitude):
            continue
        share = (point.latitude - a.latitude) / (b.latitude - a.latitude)
        if a.longitude + share * (b.longitude - a.longitude) > point.longitude:
            odd = not odd
    return odd
