"""The stages of a pipeline: a base class, and a file for each of its parts."""

from .base_consumer import BaseKafkaConsumer
from .message import TryLater
from .settings import StageSettings

__all__ = ["BaseKafkaConsumer", "StageSettings", "TryLater"]
