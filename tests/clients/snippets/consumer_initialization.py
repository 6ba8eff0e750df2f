# Create database pool
self.db_pool = await asyncpg.create_pool(
    settings.database_url,
    min_size=settings.database_pool_min_size,
    max_size=settings.database_pool_max_size,
)

# Create config loader
self.config_loader = KafkaConsumerConfigLoader(self.db_pool)

# Create optimized consumer
self.consumer = await self.config_loader.create_consumer(
    service_name=settings.service_name,
    topics=[settings.kafka_input_topic],
    kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
    group_id=settings.kafka_consumer_group,
)
