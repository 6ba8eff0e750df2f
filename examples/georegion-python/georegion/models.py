"""The messages. What is not named here travels on as it is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictStr

# JSON numbers; neither their text nor true and false.
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180)]


class Address(BaseModel):
    model_config = ConfigDict(extra="allow")

    latitude: Latitude
    longitude: Longitude
    confidence: Any = 1.0
    """How sure the place is, a number; looked at only where a region holds it."""


class GeocodedLocation(BaseModel):
    """A message of ``location.address.geocoded``."""

    model_config = ConfigDict(extra="allow")

    device_id: StrictStr
    timestamp: Any
    data: Address


class Region(BaseModel):
    georegion_id: str
    georegion_name: str
    georegion_type: str
    latitude: float
    longitude: float
    distance_to_center_meters: float
    confidence_score: Annotated[float, Field(strict=True)]


class Detection(BaseModel):
    """A message of ``location.georegion.detected``: the address's own envelope with other data."""

    model_config = ConfigDict(extra="allow")

    device_id: str
    timestamp: Any
    metadata: dict[str, Any]
    data: Region
