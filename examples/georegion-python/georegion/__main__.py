"""The stage: one class, one function."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import ConsumerRecord
from loom_common.kafka import BaseKafkaConsumer

from .detector import GeoregionDetector
from .models import GeocodedLocation
from .regions import Regions


def variable(name: str, otherwise: str) -> str:
    return os.environ.get(name) or otherwise


@dataclass(frozen=True)
class Settings:
    """What is not here is the stage's own affair: it reads the LOOM_* names."""

    database_url: str = field(default_factory=lambda: variable("LOOM_DATABASE_URL", ""), repr=False)
    input_topic: str = field(default_factory=lambda: variable("INPUT_TOPIC", "location.address.geocoded"))
    output_topic: str = field(default_factory=lambda: variable("OUTPUT_TOPIC", "location.georegion.detected"))
    reload_seconds: float = field(default_factory=lambda: float(variable("GEOREGION_RELOAD_SECONDS", "30")))


class GeoregionConsumer(BaseKafkaConsumer):
    def __init__(self, settings: Settings, db_pool: Any) -> None:
        super().__init__(
            settings=settings,
            topics=[settings.input_topic],
            db_pool=db_pool,
            service_name="georegion-detector",
        )
        self.output_topic = settings.output_topic
        self.detector = GeoregionDetector(Regions(db_pool, settings.reload_seconds))

    async def process_message(self, message: ConsumerRecord[Any, Any]) -> None:
        location = GeocodedLocation.model_validate(message.value)
        for detection in await self.detector.detect(location):
            # The device's detections stay in order.
            await self.send_to_topic(self.output_topic, detection.model_dump(), key=detection.device_id)


async def main() -> None:
    settings = Settings()
    if not settings.database_url:
        raise ValueError("set LOOM_DATABASE_URL: the regions are in a table")
    # min_size=0: connected when needed, so that a database that is away now holds up nothing.
    db_pool = await asyncpg.create_pool(settings.database_url, min_size=0, max_size=4)
    try:
        consumer = GeoregionConsumer(settings, db_pool)
        await consumer.start()
        await consumer.run()
    finally:
        try:
            await asyncio.wait_for(db_pool.close(), 1)
        except Exception:  # a database that does not answer is not waited for
            db_pool.terminate()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    try:
        asyncio.run(main())
    except ValueError as problem:
        sys.exit(f"georegion-detector: {problem}")
