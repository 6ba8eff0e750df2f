"""How a service consumes. Pure: neither Kafka nor a database is asked."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ConsumerConfig", "default_config"]


@dataclass(frozen=True)
class ConsumerConfig:
    """A row of ``effective_consumer_config()``; the attributes are its columns, in milliseconds and bytes.

    The names are those of Kafka's Java client, since that is what the database's rows speak. The values here are the
    defaults for when there is no database; they are those of an unknown service in the database.
    """

    service_name: str
    consumer_group_id: str
    service_type: str | None = None
    max_poll_records: int = 100
    session_timeout_ms: int = 30_000
    heartbeat_interval_ms: int = 10_000
    max_poll_interval_ms: int = 300_000
    request_timeout_ms: int = 305_000
    retry_backoff_ms: int = 100
    fetch_min_bytes: int = 1
    fetch_max_wait_ms: int = 500
    fetch_max_bytes: int = 52_428_800
    max_partition_fetch_bytes: int = 1_048_576
    auto_offset_reset: str = "earliest"
    enable_auto_commit: bool = True
    auto_commit_interval_ms: int = 5_000
    partition_assignment_strategy: str = "range"
    source: str = "default"
    """``row``: the service's own; ``profile``: of its kind; ``default``: neither, or no database."""


def default_config(service_name: str) -> ConsumerConfig:
    """What a service has that nobody has said anything about."""
    return ConsumerConfig(service_name=service_name, consumer_group_id=service_name)
