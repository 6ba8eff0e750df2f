"""How services consume: their settings, from the database by name, and in aiokafka's words."""

from .consumer_config import ConsumerConfig, default_config
from .translation import Translation, same_client, translate

__all__ = ["ConsumerConfig", "Translation", "default_config", "same_client", "translate"]
