"""Kafka consumers that are configured by the database, and a base class for a pipeline's stages."""

from .config import ConsumerConfig, Translation, default_config, same_client, translate
from .config.config_loader import KafkaConsumerConfigLoader, create_optimized_consumer
from .config.config_store import LagRecord, Recommendation, StoreError
from .consumer import OptimizedConsumer
from .stage import BaseKafkaConsumer, StageSettings, TryLater

__all__ = [
    "BaseKafkaConsumer",
    "ConsumerConfig",
    "KafkaConsumerConfigLoader",
    "LagRecord",
    "OptimizedConsumer",
    "Recommendation",
    "StageSettings",
    "StoreError",
    "Translation",
    "TryLater",
    "create_optimized_consumer",
    "default_config",
    "same_client",
    "translate",
]
