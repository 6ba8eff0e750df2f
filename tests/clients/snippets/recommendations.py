from loom_common.kafka import KafkaConsumerConfigLoader

async def check_recommendations():
    loader = KafkaConsumerConfigLoader(db_pool)
    recommendations = await loader.get_processing_recommendations()

    for rec in recommendations:
        if rec.priority == "high":
            print(f"{rec.service_name}: {rec.recommended_config}")
            print(f"Reason: {rec.reason}")
