"""What the three languages say, side by side."""

from __future__ import annotations

import json
from typing import Any

LANGUAGES = ("C++", "Python", "TypeScript")
FIELDS = (
    "service_name",
    "consumer_group_id",
    "max_poll_records",
    "session_timeout_ms",
    "heartbeat_interval_ms",
    "max_poll_interval_ms",
    "request_timeout_ms",
    "retry_backoff_ms",
    "fetch_min_bytes",
    "fetch_max_wait_ms",
    "fetch_max_bytes",
    "max_partition_fetch_bytes",
    "auto_offset_reset",
    "enable_auto_commit",
    "auto_commit_interval_ms",
    "partition_assignment_strategy",
    "source",
)

# What kind of service it is: not a setting, and so not in every language's configuration.
NOT_IN_ALL = {"service_type"}

Config = dict[str, Any]


def shown(value: Any) -> str:
    """As JSON, so that true is not 1 and 1 is not "1"; the order in which an object has its names says nothing."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def config_differences(services: list[str], told: dict[str, dict[str, Config]]) -> list[str]:
    """A line for each field that is not the same in all; `told` is by who says it, then by service."""
    found = []
    for service in services:
        for field in FIELDS:
            values = {language: shown(said.get(service, {}).get(field, "(missing)")) for language, said in told.items()}
            if len(set(values.values())) > 1:
                found.append(
                    f"{service}: {field}: " + ", ".join(f"{language} {value}" for language, value in values.items())
                )
        for language, said in told.items():
            more = set(said.get(service, {})) - set(FIELDS) - NOT_IN_ALL
            if more:
                found.append(f"{service}: {language} has what is not compared: {', '.join(sorted(more))}")
    return found


def recommendation_differences(told: dict[str, list[dict[str, Any]]]) -> list[str]:
    """A line for each place of the list where not all say the same."""
    found = []
    for place in range(max(len(advice) for advice in told.values())):
        said = {
            language: shown(advice[place]) if place < len(advice) else "(none)" for language, advice in told.items()
        }
        if len(set(said.values())) > 1:
            found.append(
                f"recommendation {place + 1}: " + ", ".join(f"{language} {words}" for language, words in said.items())
            )
    return found
