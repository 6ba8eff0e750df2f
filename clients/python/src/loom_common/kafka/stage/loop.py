"""A stage's work, turn after turn."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from ..consumer.consumer import OptimizedConsumer
from .delivery import Delivery
from .membership import Membership
from .processor import Processor, TakeAgain
from .report import Report, Reporter, Tally
from .stop import Overdue, Stop, first_of
from .turn import Record, Turn

__all__ = ["Loop", "LoopParts"]

_log = logging.getLogger("loom_common.kafka")

_POLL_MS = 200


@dataclass(frozen=True)
class LoopParts:
    """What a loop brings together."""

    reporter: Reporter
    membership: Membership
    processor: Processor
    delivery: Delivery
    tally: Tally
    stop: Stop
    report_every: float


class Loop:
    """A stage's work until it is to end.

    ::

        follow changed settings -> take records -> process each -> deliver what they became -> offsets committed
        -> report

    Threads: the stage's event loop, one task.  Blocks: ``run()`` until the end is wished for.
    """

    def __init__(self, parts: LoopParts) -> None:
        self._parts = parts
        self._membership = parts.membership
        self._stop = parts.stop

    async def run(self) -> None:
        """Fails: with what does not pass by itself: no offset to begin from where ``auto_offset_reset`` is none."""
        parts = self._parts
        while not self._stop.requested:
            await self._membership.follow(parts.reporter.config)
            await self._take_turn()
            if parts.tally.due(time.monotonic(), parts.report_every):
                self._report()
        self._stop.busy(False)
        self._report()

    async def _take_turn(self) -> None:
        """Takes messages, if there are some, and does all for them that is to be done."""
        membership = self._membership
        consumer = membership.consumer
        if consumer is None:
            return
        try:
            epoch, records = await first_of(self._fetch(consumer), self._stop.ending)
        except Overdue:
            return
        except (NoOffsetForPartitionError, OffsetOutOfRangeError) as error:
            if membership.config.auto_offset_reset == "none":
                raise
            await membership.begin_anew(error)
            return
        except KafkaError as error:
            await membership.begin_anew(error)
            return
        if epoch != membership.epoch or not records:
            return
        turn = Turn([record for record in records if membership.ledger.take(record)])
        with membership.turn():
            try:
                await self._process(turn, consumer, epoch)
                await self._parts.delivery.deliver(turn, membership.group)
                await membership.delivered()
            except Overdue:
                _log.warning("what was processed last is not delivered in time; it will be done again")

    async def _fetch(self, consumer: OptimizedConsumer) -> tuple[int, list[Record]]:
        """The epoch is that in which the records were ours: nothing is awaited between the two."""
        fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=self._membership.turn_size())
        return self._membership.epoch, [record for of_one in fetched.values() for record in of_one]

    async def _process(self, turn: Turn, consumer: OptimizedConsumer, epoch: int) -> None:
        """As many as there is time for; what is left is read again, by this member or another."""
        membership, ledger = self._membership, self._membership.ledger
        interval = membership.config.max_poll_interval_ms / 1000
        # A turn that takes longer would cost the membership, and all of it would be done again, for ever.
        until = time.monotonic() + interval / 2
        while turn.finished < len(turn.records) and not self._stop.requested and epoch == membership.epoch:
            if time.monotonic() >= until:
                break
            record = turn.records[turn.finished]
            try:
                # The group hears of us between turns only.
                outputs = await self._parts.processor.process(record, membership.group, interval / 4, membership.let_go)
            except TakeAgain:
                break
            for output in outputs:
                output.record = turn.finished
            turn.outputs += outputs
            ledger.finish(record)
            turn.finished += 1
            await self._parts.delivery.send(outputs)
        if turn.finished < len(turn.records) and epoch == membership.epoch and not self._stop.requested:
            for partition, offset in ledger.put_back_unfinished().items():
                consumer.seek(partition, offset)

    def _report(self) -> None:
        membership = self._membership
        self._parts.reporter.post(Report(self._parts.tally.take(time.monotonic()), membership.group, membership.lag()))
