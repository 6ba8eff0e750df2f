from dataclasses import replace
from typing import Any

import pytest
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from loom_common.kafka import default_config, same_client, translate

DEFAULTS = default_config("a-service")


def changed(**settings: Any) -> dict[str, Any]:
    """What differs from the defaults' options, and whether there was a warning."""
    translation = translate(replace(DEFAULTS, **settings))
    before = translate(DEFAULTS).options
    different = {name: value for name, value in translation.options.items() if value != before[name]}
    return {**different, "warned": len(translation.warnings)}


def test_the_defaults_are_taken_as_they_are() -> None:
    translation = translate(DEFAULTS)
    assert translation.warnings == ()
    assert translation.options["max_poll_records"] == 100
    assert translation.options["request_timeout_ms"] == 305_000
    assert translation.options["rebalance_timeout_ms"] == 300_000
    assert DEFAULTS.consumer_group_id == "a-service"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"max_poll_records": 0}, {"max_poll_records": 1, "warned": 1}),
        ({"max_poll_records": 6_000}, {"max_poll_records": 5_000, "warned": 1}),
        ({"heartbeat_interval_ms": 20_000}, {"warned": 1}),  # a third of the session, which is the default
        (
            {"session_timeout_ms": 400_000, "request_timeout_ms": 500_000},
            {
                "session_timeout_ms": 400_000,
                "max_poll_interval_ms": 400_000,
                "rebalance_timeout_ms": 400_000,
                "request_timeout_ms": 500_000,
                "warned": 1,
            },
        ),
        ({"request_timeout_ms": 40_000}, {"warned": 1}),  # joining may take the poll interval
        (
            {"max_poll_interval_ms": 60_000, "request_timeout_ms": 65_000},
            {
                "max_poll_interval_ms": 60_000,
                "rebalance_timeout_ms": 60_000,
                "request_timeout_ms": 65_000,
                "warned": 0,
            },
        ),
        ({"retry_backoff_ms": 0}, {"retry_backoff_ms": 1, "warned": 1}),
        ({"fetch_max_wait_ms": 305_000}, {"fetch_max_wait_ms": 304_000, "warned": 1}),
        ({"auto_offset_reset": "latest"}, {"auto_offset_reset": "latest", "warned": 0}),
        ({"auto_offset_reset": "none"}, {"auto_offset_reset": "none", "warned": 0}),
        ({"auto_offset_reset": "begin"}, {"warned": 1}),
        ({"partition_assignment_strategy": "whatever"}, {"warned": 1}),
        (
            {"partition_assignment_strategy": "sticky"},
            {"partition_assignment_strategy": (StickyPartitionAssignor,), "warned": 0},
        ),
        (
            {"partition_assignment_strategy": "cooperative-sticky"},
            {"partition_assignment_strategy": (StickyPartitionAssignor,), "warned": 1},
        ),
    ],
)
def test_what_does_not_fit_is_changed_with_a_warning(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    assert changed(**settings) == expected


def test_a_client_serves_as_long_as_only_the_turn_changes() -> None:
    assert same_client(DEFAULTS, replace(DEFAULTS, max_poll_records=3, source="row"))
    assert not same_client(DEFAULTS, replace(DEFAULTS, session_timeout_ms=20_000))
    assert not same_client(DEFAULTS, replace(DEFAULTS, consumer_group_id="another"))
    assert not same_client(DEFAULTS, replace(DEFAULTS, partition_assignment_strategy="sticky"))
