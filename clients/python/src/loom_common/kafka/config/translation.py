"""A service's settings in aiokafka's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from .consumer_config import ConsumerConfig

__all__ = ["Translation", "same_client", "translate"]

_INT32_MAX = 2_147_483_647
_RECORDS_MAX = 5_000
_DAY_MS = 86_400_000
# The brokers' own limit unless theirs is changed (group.max.session.timeout.ms).
_SESSION_MAX_MS = 1_800_000
# A request to join a group is answered when the slowest member has joined: so much later it is given up.
_JOIN_MARGIN_MS = 5_000
_FETCH_WAIT_MARGIN_MS = 1_000

_ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
}


@dataclass(frozen=True)
class Translation:
    """What aiokafka is told."""

    options: Mapping[str, Any]
    """Keyword arguments of ``AIOKafkaConsumer``, but for the group and the servers."""
    warnings: tuple[str, ...] = field(default=())
    """What had to be changed, and why."""


class _Translator:
    def __init__(self, config: ConsumerConfig) -> None:
        self.config = config
        self.options: dict[str, Any] = {}
        self.warnings: list[str] = []

    def translate(self) -> Translation:
        config = self.config
        self.options["max_poll_records"] = self.within("max_poll_records", config.max_poll_records, 1, _RECORDS_MAX)
        self.group()
        self.network()
        self.fetching()
        self.offsets()
        self.options["partition_assignment_strategy"] = (self.assignor(),)
        return Translation(self.options, tuple(self.warnings))

    def within(self, setting: str, value: int, low: int, high: int) -> int:
        taken = min(max(value, low), high)
        if taken != value:
            self.warnings.append(f"{setting} is {value}, taken as {taken}: {low} to {high} is what can be had")
        return taken

    def group(self) -> None:
        config = self.config
        session = self.within("session_timeout_ms", config.session_timeout_ms, 1, _SESSION_MAX_MS)
        heartbeat = self.within("heartbeat_interval_ms", config.heartbeat_interval_ms, 1, _SESSION_MAX_MS)
        if heartbeat > session // 2 and heartbeat > 1:
            third = max(1, session // 3)
            self.warnings.append(
                f"heartbeat_interval_ms is {heartbeat}, taken as {third}: at least two have to fit into the session "
                f"timeout of {session} ms"
            )
            heartbeat = third
        interval = self.within("max_poll_interval_ms", config.max_poll_interval_ms, 1, _DAY_MS)
        if interval < session:
            self.warnings.append(
                f"max_poll_interval_ms is {interval}, taken as {session}: it must not be less than the session timeout"
            )
            interval = session
        self.options["session_timeout_ms"] = session
        self.options["heartbeat_interval_ms"] = heartbeat
        self.options["max_poll_interval_ms"] = interval
        # aiokafka's own default is the session: a member that works on a message for longer would be left out of the
        # group, where Kafka's Java client is waited for as long as it may take between two polls.
        self.options["rebalance_timeout_ms"] = interval

    def network(self) -> None:
        config = self.config
        request = self.within("request_timeout_ms", config.request_timeout_ms, 10, _INT32_MAX)
        # aiokafka has one timeout for all requests, that to join a group among them.
        longest = min(int(self.options["rebalance_timeout_ms"]) + _JOIN_MARGIN_MS, _INT32_MAX)
        if request < longest:
            self.warnings.append(
                f"request_timeout_ms is {request}, taken as {longest}: a request to join the group is answered as late "
                f"as the poll interval of the slowest member is over"
            )
            request = longest
        self.options["request_timeout_ms"] = request
        wait = self.within("fetch_max_wait_ms", config.fetch_max_wait_ms, 0, _INT32_MAX)
        if wait > request - _FETCH_WAIT_MARGIN_MS:
            shorter = max(0, request - _FETCH_WAIT_MARGIN_MS)
            self.warnings.append(
                f"fetch_max_wait_ms is {wait}, taken as {shorter}: it has to end before the request timeout of "
                f"{request} ms"
            )
            wait = shorter
        self.options["fetch_max_wait_ms"] = wait
        # 0 would be a busy loop while no broker answers.
        self.options["retry_backoff_ms"] = self.within("retry_backoff_ms", config.retry_backoff_ms, 1, _INT32_MAX)

    def fetching(self) -> None:
        config = self.config
        for setting in ("fetch_min_bytes", "fetch_max_bytes", "max_partition_fetch_bytes"):
            self.options[setting] = self.within(setting, getattr(config, setting), 1, _INT32_MAX)

    def offsets(self) -> None:
        config = self.config
        reset = config.auto_offset_reset
        if reset not in ("earliest", "latest", "none"):
            self.warnings.append(
                f'auto_offset_reset is "{reset}", taken as earliest: there are earliest, latest and none'
            )
            reset = "earliest"
        self.options["auto_offset_reset"] = reset
        self.options["enable_auto_commit"] = config.enable_auto_commit
        self.options["auto_commit_interval_ms"] = self.within(
            "auto_commit_interval_ms", config.auto_commit_interval_ms, 1, _DAY_MS
        )

    def assignor(self) -> type:
        wanted = self.config.partition_assignment_strategy
        if wanted == "cooperative-sticky":
            self.warnings.append(
                "partition_assignment_strategy is cooperative-sticky, taken as sticky: aiokafka has no cooperative one"
            )
            wanted = "sticky"
        elif wanted not in _ASSIGNORS:
            self.warnings.append(
                f'partition_assignment_strategy is "{wanted}", taken as range: there are range, roundrobin and sticky'
            )
            wanted = "range"
        return _ASSIGNORS[wanted]


def translate(config: ConsumerConfig) -> Translation:
    """What aiokafka is to be told for this configuration.

    It takes the options of any configuration, however wrong: what does not fit is changed, with a warning.
    """
    return _Translator(config).translate()


def same_client(before: ConsumerConfig, after: ConsumerConfig) -> bool:
    """Whether a client made for ``before`` does for ``after``: nothing differs, or only how many records a turn has."""
    turn = before.max_poll_records
    return before.consumer_group_id == after.consumer_group_id and (
        translate(before).options == translate(replace(after, max_poll_records=turn)).options
    )
