"""A stage's work, turn by turn: take -> process -> delivered -> committed."""

from __future__ import annotations

import logging
import time

from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from .consumer import OptimizedConsumer
from .stage_delivery import StageDelivery
from .stage_membership import StageMembership
from .stage_message import MessageProcessor, TakeAgain
from .stage_stop import Overdue, StageStop, first_of
from .stage_turn import Record, Turn

__all__ = ["StageWork"]

_log = logging.getLogger("loom_common.kafka")

_POLL_MS = 200


class StageWork:
    """Threads: the stage's event loop, one task.  Blocks: ``turn()`` until its messages are delivered."""

    def __init__(
        self, membership: StageMembership, processor: MessageProcessor, delivery: StageDelivery, stop: StageStop
    ) -> None:
        self._membership = membership
        self._processor = processor
        self._delivery = delivery
        self._stop = stop

    async def turn(self) -> None:
        """Takes messages, if there are some, and does all for them that is to be done.

        Fails: with what does not pass by itself: no offset to begin from where ``auto_offset_reset`` is none.
        """
        membership = self._membership
        consumer = membership.consumer
        if consumer is None:
            return
        try:
            epoch, records = await first_of(self._fetch(consumer), self._stop.requested)
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
                await self._delivery.deliver(turn, membership.group)
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
        while turn.finished < len(turn.records) and not self._stop.wanted and epoch == membership.epoch:
            if time.monotonic() >= until:
                break
            record = turn.records[turn.finished]
            try:
                # The group hears of us between turns only.
                outputs = await self._processor.process(record, membership.group, interval / 4, membership.let_go)
            except TakeAgain:
                break
            for output in outputs:
                output.record = turn.finished
            turn.outputs += outputs
            ledger.finish(record)
            turn.finished += 1
            await self._delivery.send(outputs)
        if turn.finished < len(turn.records) and epoch == membership.epoch and not self._stop.wanted:
            for partition, offset in ledger.put_back_unfinished().items():
                consumer.seek(partition, offset)
