"""Messages as process_message() has them: parsed, and what it sends as bytes. JSON as other languages read it: UTF-8,
without NaN.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Union

__all__ = ["HeadersLike", "TryLater", "bytes_of", "headers_of", "json_of", "parsed"]

HeadersLike = Union[Mapping[str, Any], Iterable[tuple[str, Any]], None]
"""Names with text or bytes."""


class TryLater(Exception):
    """Raised by ``process_message()`` when not the message is to blame but something that it needs is away (a database,
    a model): it is tried again until it works, and never becomes a dead letter.
    """


def parsed(value: bytes | None) -> Any:
    """Fails: ``ValueError`` for what is no JSON."""
    if value is None:
        raise ValueError("the message has no value")
    try:
        return json.loads(value.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("no JSON: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error


def json_of(value: Any) -> bytes:
    """Fails: ``TypeError`` and ``ValueError`` for what JSON does not have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()


def bytes_of(value: Any) -> bytes:
    """Bytes and text as they are, all else as JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    return value.encode() if isinstance(value, str) else json_of(value)


def headers_of(headers: HeadersLike) -> list[tuple[str, bytes]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return [(str(name), bytes_of(value)) for name, value in pairs]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _plain(value: Any) -> Any:
    """What pydantic's model_dump() leaves as objects, and models themselves."""
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (uuid.UUID, pathlib.PurePath, decimal.Decimal)):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
