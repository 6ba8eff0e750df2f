"""What a stage tells the database, and what the database tells the stage, besides its work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from ..config.config_loader import KafkaConsumerConfigLoader, memory_usage_mb
from ..config.config_store import LagRecord
from ..config.consumer_config import default_config
from ..consumer.consumer import OptimizedConsumer

__all__ = ["Report", "Reporter", "Tallied", "Tally", "lag_of"]

_log = logging.getLogger("loom_common.kafka")

_LOOK_SECONDS = 1.0
"""How often the loader is asked for the settings; how old they may be is its own affair."""
_END_OFFSETS_SECONDS = 3.0
_POSITION_SECONDS = 1.0


@dataclass(frozen=True)
class Tallied:
    """What a stage did since its last report."""

    messages: int
    per_second: float
    mean_ms: float
    errors: int
    rebalances: int


class Tally:
    """Counts. Pure; ``now`` is in seconds that only grow."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._messages = self._errors = self._rebalances = 0
        self._busy = 0.0

    def processed(self, seconds: float, failed: bool) -> None:
        """A message is done with; ``failed``: not at the first try."""
        self._messages += 1
        self._errors += int(failed)
        self._busy += seconds

    def rebalanced(self) -> None:
        self._rebalances += 1

    def due(self, now: float, every: float) -> bool:
        return now - self._since >= every

    def take(self, now: float) -> Tallied:
        """The report; counts anew from now on."""
        seconds = now - self._since
        tallied = Tallied(
            self._messages,
            self._messages / seconds if seconds > 0 else 0.0,
            self._busy * 1000 / self._messages if self._messages else 0.0,
            self._errors,
            self._rebalances,
        )
        self.__init__(now)  # type: ignore[misc]
        return tallied


@dataclass(frozen=True)
class Report:
    """What is written down at a time. The lag is asked for when the metrics are written."""

    tallied: Tallied
    group: str
    lag: Callable[[], Awaitable[Sequence[LagRecord]]]


class Reporter:
    """Writes a stage's reports and looks at its settings in a task of its own, so that the stage never waits for the
    database.

    Args:
        loader: None for no database, which means the defaults, and that nothing is written.

    Owns: that task, and the loader. Fails: never: the loader says why something was not written.
    """

    def __init__(self, loader: KafkaConsumerConfigLoader | None, service: str) -> None:
        self.config = default_config(service)
        """The settings as they were last known."""
        self._loader = loader
        self._service = service
        self._report: Report | None = None
        self._something = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Asks for the settings, once, and then now and then."""
        if self._loader is None:
            return
        try:
            self.config = await self._loader.load_config(self._service)
        except asyncio.CancelledError:
            await self.close()
            raise
        self._task = asyncio.ensure_future(self._run(self._loader))

    def post(self, report: Report) -> None:
        """Writes this down. When the database is so slow that one is waiting already, that one is lost."""
        self._report = report
        self._something.set()

    async def finish(self, within: float) -> None:
        """Writes what was posted, in so much time, and nothing more."""
        if self._task is None:
            return
        self._stopping = True
        self._something.set()
        await asyncio.wait({self._task}, timeout=within)
        self._task.cancel()
        self._task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def close(self) -> None:
        """After ``finish()``: the loader's own connection goes."""
        if self._loader is not None:
            await self._loader.close()

    async def _run(self, loader: KafkaConsumerConfigLoader) -> None:
        while True:
            try:
                await asyncio.wait_for(self._something.wait(), _LOOK_SECONDS)
            except asyncio.TimeoutError:
                pass
            self._something.clear()
            report, self._report = self._report, None
            if report is not None:
                try:
                    await self._write(loader, report)
                except Exception:
                    _log.warning("%s: a report could not be made", self._service, exc_info=True)
            if self._stopping and self._report is None:
                return
            self.config = await loader.load_config(self._service)

    async def _write(self, loader: KafkaConsumerConfigLoader, report: Report) -> None:
        tallied = report.tallied
        recorded = await loader.record_processing_metrics(
            self._service,
            tallied.messages,
            tallied.mean_ms,
            tallied.per_second,
            memory_usage_mb(),
            tallied.errors,
            tallied.rebalances,
        )
        if recorded:
            await loader.record_consumer_lags(self._service, await report.lag(), report.group)


async def lag_of(consumer: OptimizedConsumer, standing: Mapping[TopicPartition, int | None]) -> list[LagRecord]:
    """Of each assigned partition, for ``standing``: the next offset to process; None: the consumer's position.

    The brokers are asked for the ends: what the client last heard is old when it does not fetch.
    """
    assigned = [at for at in standing if at in consumer.assignment()]
    if not assigned:
        return []
    ends: Mapping[TopicPartition, int | None]
    try:
        ends = await asyncio.wait_for(consumer.end_offsets(assigned), _END_OFFSETS_SECONDS)
    except (KafkaError, asyncio.TimeoutError):
        ends = {at: consumer.highwater(at) for at in assigned if at in consumer.assignment()}
    lag = []
    for at, end in ends.items():
        position = standing[at]
        if position is None:
            try:
                position = int(await asyncio.wait_for(consumer.position(at), _POSITION_SECONDS))
            except (KafkaError, asyncio.TimeoutError):
                continue
        if end is None:
            continue
        lag.append(LagRecord(at.topic, at.partition, position, end))
    return lag
