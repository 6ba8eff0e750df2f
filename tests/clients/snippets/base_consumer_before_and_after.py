# Before
class MyConsumer(BaseKafkaConsumer):
    def __init__(self, settings):
        super().__init__(
            settings=settings,
            topics=["my.input.topic"],
            group_id="my-consumer-group"
        )

# After
class MyConsumer(BaseKafkaConsumer):
    def __init__(self, settings, db_pool):
        super().__init__(
            settings=settings,
            topics=["my.input.topic"],
            group_id="my-consumer-group",
            db_pool=db_pool,  # Add database pool
            service_name="my-service"  # Add service name
        )
