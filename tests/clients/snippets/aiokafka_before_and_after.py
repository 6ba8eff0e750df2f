# Before
from aiokafka import AIOKafkaConsumer

async def create_consumer():
    consumer = AIOKafkaConsumer(
        "my.topic",
        bootstrap_servers="localhost:9092",
        group_id="my-group",
        max_poll_records=100,
        session_timeout_ms=30000
    )
    await consumer.start()
    return consumer

# After
from loom_common.kafka import create_optimized_consumer
import asyncpg

async def create_consumer():
    # Create database pool
    db_pool = await asyncpg.create_pool(
        "postgresql://loom:loom@localhost:5432/loom"
    )

    # Create optimized consumer
    consumer = await create_optimized_consumer(
        db_pool=db_pool,
        service_name="my-service",
        topics=["my.topic"],
        kafka_bootstrap_servers="localhost:9092"
    )
    await consumer.start()
    return consumer
