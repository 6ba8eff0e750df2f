from aiokafka import TopicPartition

from loom_common.kafka.stage.ledger import Ledger

from .fakes import record

AT = TopicPartition("in", 0)


def ledger(*partitions: TopicPartition) -> Ledger:
    made = Ledger()
    made.reassign(partitions or (AT,))
    return made


def test_what_is_finished_and_not_delivered_is_to_be_committed() -> None:
    positions = ledger()
    assert positions.take(record(5))
    assert positions.take(record(6))
    assert positions.finished() == {}
    positions.finish(record(5))
    assert positions.finished() == {AT: 6}
    positions.delivered({AT: 6})
    assert positions.finished() == {}


def test_a_record_of_another_partition_is_not_taken() -> None:
    assert not ledger().take(record(5, partition=1))


def test_a_record_is_taken_once_unless_it_is_put_back() -> None:
    positions = ledger()
    assert positions.take(record(5))
    assert positions.take(record(8))  # a gap is lawful
    assert not positions.take(record(8))
    positions.finish(record(5))
    assert positions.put_back_unfinished() == {AT: 6}
    assert positions.put_back_unfinished() == {}
    assert positions.take(record(8))


def test_a_lost_partition_is_forgotten() -> None:
    positions = ledger()
    positions.take(record(5))
    positions.finish(record(5))
    positions.reassign([TopicPartition("in", 1)])
    positions.finish(record(5))
    positions.delivered({AT: 6})
    assert positions.finished() == {}
