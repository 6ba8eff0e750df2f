from aiokafka import TopicPartition

from loom_common.kafka.stage_turn import Ledger, bare_letter_of, dead_letter_of

from .fakes import record

AT = TopicPartition("in", 0)


def ledger(*partitions: TopicPartition) -> Ledger:
    made = Ledger()
    made.reassign(partitions or (AT,))
    return made


def test_what_is_finished_and_not_delivered_is_to_be_committed() -> None:
    book = ledger()
    assert book.take(record(5))
    assert book.take(record(6))
    assert book.finished() == {}
    book.finish(record(5))
    assert book.finished() == {AT: 6}
    book.delivered({AT: 6})
    assert book.finished() == {}


def test_a_record_of_another_partition_is_not_taken() -> None:
    assert not ledger().take(record(5, partition=1))


def test_a_record_is_taken_once_unless_it_is_put_back() -> None:
    book = ledger()
    assert book.take(record(5))
    assert book.take(record(8))  # a gap is lawful
    assert not book.take(record(8))
    book.finish(record(5))
    assert book.put_back_unfinished() == {AT: 6}
    assert book.put_back_unfinished() == {}
    assert book.take(record(8))


def test_a_lost_partition_is_forgotten() -> None:
    book = ledger()
    book.take(record(5))
    book.finish(record(5))
    book.reassign([TopicPartition("in", 1)])
    book.finish(record(5))
    book.delivered({AT: 6})
    assert book.finished() == {}


def test_a_dead_letter_keeps_the_message_and_says_where_it_was() -> None:
    letter = dead_letter_of(
        record(42, b"not json", 3, key=b"k", headers=(("trace", b"1"),)), "in.dlq", "g", "processing_failed", "no JSON"
    )
    assert (letter.topic, letter.value, letter.key, letter.partition) == ("in.dlq", b"not json", b"k", 3)
    assert letter.headers == [
        ("trace", b"1"),
        ("dlq.topic", b"in"),
        ("dlq.partition", b"3"),
        ("dlq.offset", b"42"),
        ("dlq.timestamp", b"1700000000000"),
        ("dlq.group", b"g"),
        ("dlq.reason", b"processing_failed"),
        ("dlq.message", b"no JSON"),
    ]


def test_a_bare_letter_has_no_content() -> None:
    letter = dead_letter_of(record(1, b"x" * 5000, headers=(("h", b"y" * 5000),)), "in.dlq", "g", "r", "m" * 5000)
    bare = bare_letter_of(letter, "too large")
    assert bare.is_bare
    assert not letter.is_bare
    assert (bare.value, bare.key) == (None, None)
    assert sum(len(value) for _, value in bare.headers) < 1200
