from loom_common.kafka.stage.dead_letters import bare_dead_letter_of, dead_letter_of, is_bare

from .fakes import record


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
    bare = bare_dead_letter_of(letter, "too large")
    assert is_bare(bare)
    assert not is_bare(letter)
    assert (bare.value, bare.key) == (None, None)
    assert sum(len(value) for _, value in bare.headers) < 1200
