"""aiokafka's consumer, with an auto-commit that loses nothing."""

from .consumer import OptimizedConsumer

__all__ = ["OptimizedConsumer"]
