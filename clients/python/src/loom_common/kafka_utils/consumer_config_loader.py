"""The loader under the name that services import it by; it lives in ``loom_common.kafka``."""

from ..kafka import ConsumerConfig, KafkaConsumerConfigLoader, LagRecord, Recommendation, create_optimized_consumer

__all__ = [
    "ConsumerConfig",
    "KafkaConsumerConfigLoader",
    "LagRecord",
    "Recommendation",
    "create_optimized_consumer",
]
