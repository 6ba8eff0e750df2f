# Example async wrapper for sync services
import asyncio
from loom_common.kafka import KafkaConsumerConfigLoader

class OptimizedSyncConsumer:
    def __init__(self, service_name: str):
        self.service_name = service_name
        self.config = None

    def load_config(self):
        """Load config synchronously"""
        async def _load():
            db_pool = await asyncpg.create_pool(DATABASE_URL)
            loader = KafkaConsumerConfigLoader(db_pool)
            config = await loader.load_config(self.service_name)
            await db_pool.close()
            return config

        self.config = asyncio.run(_load())

    def create_consumer(self):
        """Create consumer with loaded config"""
        if not self.config:
            self.load_config()

        from kafka import KafkaConsumer

        return KafkaConsumer(
            "my.topic",
            bootstrap_servers="localhost:9092",
            group_id=self.config.consumer_group_id if self.config else "default-group",
            max_poll_records=self.config.max_poll_records if self.config else 100,
            session_timeout_ms=self.config.session_timeout_ms if self.config else 30000,
            # ... other settings from config
        )
