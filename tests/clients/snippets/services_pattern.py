from loom_common.kafka_utils.consumer_config_loader import KafkaConsumerConfigLoader
import asyncpg

async def create_optimized_consumer():
    db_pool = await asyncpg.create_pool(os.getenv('DATABASE_URL'))
    loader = KafkaConsumerConfigLoader(db_pool)

    consumer = await loader.create_consumer(
        service_name='service-name',
        topics=['topic-name'],
        bootstrap_servers='kafka:9092'
    )

    return consumer, loader
