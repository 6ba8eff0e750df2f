"""A geocoded address and regions -> messages."""

from __future__ import annotations

from collections.abc import Iterable

from .geometry import Point, center_of, contains, distance_meters
from .models import Detection, GeocodedLocation, Region
from .regions import KnownRegion, Regions


class GeoregionDetector:
    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    async def detect(self, location: GeocodedLocation) -> list[Detection]:
        """The regions that hold the place, a message each."""
        return detections_of(location, await self._regions.current())


def detections_of(location: GeocodedLocation, regions: Iterable[KnownRegion]) -> list[Detection]:
    """Pure."""
    point = Point(location.data.latitude, location.data.longitude)
    return [_detection_of(location, region, point) for region in regions if contains(region.shape, point)]


def _detection_of(location: GeocodedLocation, region: KnownRegion, point: Point) -> Detection:
    # What is not about the address itself travels on: ids, time, hints for the next stages, and all metadata.
    envelope = location.model_dump(exclude={"data"})
    metadata = envelope.get("metadata")
    envelope["metadata"] = {
        **(metadata if isinstance(metadata, dict) else {}),
        "trigger_source": "location.address.geocoded",
    }
    data = Region(
        georegion_id=region.id,
        georegion_name=region.name,
        georegion_type=region.type,
        latitude=point.latitude,
        longitude=point.longitude,
        distance_to_center_meters=distance_meters(center_of(region.shape), point),
        confidence_score=location.data.confidence,
    )
    return Detection(**envelope, data=data)
