# georegion_consumer.py
import asyncio
import asyncpg
from loom_common.kafka import BaseKafkaConsumer
from aiokafka import ConsumerRecord

class GeoregionConsumer(BaseKafkaConsumer):
    def __init__(self, settings, db_pool):
        super().__init__(
            settings=settings,
            topics=["location.address.geocoded"],
            group_id="loom-georegion",
            db_pool=db_pool,
            service_name="georegion-detector"
        )
        self.detector = GeoregionDetector()

    async def process_message(self, message: ConsumerRecord):
        """Process geocoded location"""
        location = GeocodedLocation(**message.value)

        # Detect georegions
        detections = await self.detector.detect(location)

        # Send results
        for detection in detections:
            await self.send_to_topic(
                "location.georegion.detected",
                detection.model_dump()
            )

        # Metrics are automatically recorded by base class

# main.py
async def main():
    # Create database pool
    db_pool = await asyncpg.create_pool(settings.database_url)

    # Create consumer with optimization
    consumer = GeoregionConsumer(settings, db_pool)

    # Start and run
    await consumer.start()
    await consumer.run()
