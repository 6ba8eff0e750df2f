"""Kafka consumers that are configured by the database, and a base class for a pipeline's stages."""

from .config import ConsumerConfig, Translation, default_config, same_client, translate
from .consumer import OptimizedConsumer
from .loader import KafkaConsumerConfigLoader, create_optimized_consumer
from .stage import BaseKafkaConsumer
from .stage_settings import StageSettings
from .stage_turn import TryLater
from .store import LagRecord, Recommendation, StoreError

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
