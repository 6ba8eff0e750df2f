import datetime
import enum
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from loom_common.kafka.stage.message import bytes_of, headers_of, parsed


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Place:
    latitude: float


class Model:
    def model_dump(self, mode: str) -> dict[str, str]:
        return {"mode": mode}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\x00", b"\x00"),
        ("as it is", b"as it is"),
        ({"a": [1, 2.5, None, True]}, b'{"a":[1,2.5,null,true]}'),
        ({"a": "ü"}, '{"a":"ü"}'.encode()),
        ({"t": datetime.datetime(2025, 6, 1, tzinfo=datetime.timezone.utc)}, b'{"t":"2025-06-01T00:00:00+00:00"}'),
        ({"u": uuid.UUID(int=0)}, b'{"u":"00000000-0000-0000-0000-000000000000"}'),
        ({"e": Colour.RED, "d": Place(1.5)}, b'{"e":"red","d":{"latitude":1.5}}'),
        (Model(), b'{"mode":"json"}'),
    ],
)
def test_values_as_bytes(value: Any, expected: bytes) -> None:
    assert bytes_of(value) == expected


@pytest.mark.parametrize("value", [{"a": float("nan")}, {"a": object()}, {"a": b"bytes"}])
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        bytes_of(value)


@pytest.mark.parametrize("value", [None, b"", b"{", b"NaN", b'{"a": Infinity}', b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON|no value"):
        parsed(value)


def test_json_is_parsed() -> None:
    assert parsed('{"a": ["ü", 1]}'.encode()) == {"a": ["ü", 1]}


def test_headers_are_pairs_or_a_mapping() -> None:
    assert headers_of({"a": "1", "b": b"2"}) == [("a", b"1"), ("b", b"2")]
    assert headers_of([("a", "1"), ("a", "2")]) == [("a", b"1"), ("a", b"2")]
    assert headers_of(None) == []
