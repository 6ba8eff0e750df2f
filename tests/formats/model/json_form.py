"""Values as JSON, the way that the service writes them where a value of another format becomes JSON."""

from __future__ import annotations

import base64
import decimal
import json
import math
import re
import uuid
from typing import Any

from model.calendar import END_DAY, END_TIMESTAMP_DAY, FIRST_DAY, written_date, written_time
from model.types import Field, Type, is_default
from model.values import single

# A number would count as seconds, or milliseconds, or whatever it has the size of.
BEYOND_ALL_TIMES = '"9999999-01-01T00:00:00Z"'


def json_of_record(type_: Type, value: dict[str, Any], whole: bool) -> str:
    """`whole`: as it is stored as one value. Then Protobuf's defaults that were not sent are not in it."""
    parts = []
    for field in type_.fields:
        item = value[field.name]
        # A google.protobuf.Value may be there and null.
        may_be_null = field.presence and (field.type.kind == "dynamic" and not field.optional)
        if item is None and not may_be_null and (field.oneof or not field.presence or (whole and _is_protobuf(type_))):
            continue
        if whole and not field.presence and is_default(field.type, item):
            continue
        parts.append(f"{json.dumps(field.name)}:{json_of_field(field, item, whole)}")
    return "{" + ",".join(parts) + "}"


def _is_protobuf(type_: Type) -> bool:
    return type_.wire == "message"


def json_of_field(field: Field, value: Any, whole: bool) -> str:
    if value is None:
        return "null"
    whole = whole or field.whole
    if whole:
        return json_of(field.type, value, whole)
    if field.json_as not in ("number", "text") and field.type.kind in ("date", "instant", "local"):
        if time_text(field.type, value) is None:
            return BEYOND_ALL_TIMES
    return json_as(field.type, value, field.json_as)


def json_of(type_: Type, value: Any, whole: bool) -> str:
    kind = type_.kind
    if kind == "record":
        return json_of_record(type_, value, whole)
    if kind == "list":
        below = not type_.exploded
        return "[" + ",".join("null" if one is None else json_of(type_.of(), one, below) for one in value) + "]"
    if kind == "map":
        parts = [
            f"{text(key_text(key))}:{'null' if one is None else json_of(type_.of(), one, True)}"
            for key, one in value.items()
        ]
        return "{" + ",".join(parts) + "}"
    if kind == "choice":
        branch, inner = value
        return "null" if inner is None else json_of(type_.branches[branch], inner, True)
    if kind == "dynamic":
        return dynamic(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        written = shortest_single(value) if kind == "float32" else shortest(value)
        return written if written[-1].isdigit() else text(written)
    if kind == "decimal":
        return decimal_text(value, type_.scale)
    if kind in ("date", "time", "instant", "local"):
        written = time_text(type_, value)
        return str(value) if written is None else text(written)
    if kind == "duration":
        return text(duration_text(type_, value))
    if kind == "bytes":
        return text(base64.b64encode(value).decode())
    if kind == "uuid":
        return text(str(uuid.UUID(bytes=value)))
    return str(value) if isinstance(value, int) else text(value)


def json_as(type_: Type, value: Any, form: str) -> str:
    """For a column that asks for another form than that of json_of()."""
    if form == "number":
        return micros_number(value) if in_micros(type_) else str(value)
    if form == "double":
        written = shortest(value)
        return written if written[-1].isdigit() else text(written)
    if form == "micros":
        # What is less than a microsecond is cut off, towards 1970.
        cut = abs(value) // 1000 * 1000
        return json_of(type_, cut if value > 0 else -cut, False)
    return json_of(type_, value, False)


def in_micros(type_: Type) -> bool:
    """Nobody sends a unit with a google.protobuf.Timestamp: as a number it counts microseconds."""
    return type_.wire == "google.protobuf.Timestamp" and type_.digits == 9


def micros_number(nanos: int) -> str:
    micros, below = divmod(abs(nanos), 1000)
    return ("-" if nanos < 0 else "") + str(micros) + (f".{below:03}" if below else "")


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def key_text(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)


def dynamic(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{text(key)}:{dynamic(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(dynamic(one) for one in value) + "]"
    return shortest(value) if isinstance(value, float) else text(value) if isinstance(value, str) else json.dumps(value)


def named(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def shortest(value: float) -> str:
    return fewest_letters(value, repr(value)) if math.isfinite(value) else named(value)


def shortest_single(value: float) -> str:
    if not math.isfinite(value):
        return named(value)
    for digits in range(1, 10):
        written = f"{value:.{digits}g}"
        # Rounded up, the largest one is beyond what fits.
        if abs(float(written)) < 3.4028235677973366e38 and single(float(written)) == value:
            break
    return fewest_letters(value, written)


def fewest_letters(value: float, written: str) -> str:
    """A large number with all of its digits, where that is no longer than with an exponent."""
    written = re.sub(r"\.0$", "", written)
    sign, digits, exponent = decimal.Decimal(written).normalize().as_tuple()
    assert isinstance(exponent, int)
    if exponent <= 0:
        return written
    power = f"{exponent + len(digits) - 1:02}"
    with_exponent = len(digits) + (len(digits) > 1) + len("e+") + len(power)
    exact = f"{abs(value):.0f}"
    return ("-" if sign else "") + exact if len(exact) <= with_exponent else written


def decimal_text(unscaled: int, scale: int) -> str:
    digits = f"{abs(unscaled):0{scale + 1}}"
    whole, part = (digits[:-scale], digits[-scale:]) if scale else (digits, "")
    return ("-" if unscaled < 0 else "") + whole + (f".{part}" if part else "")


def time_text(type_: Type, value: int) -> str | None:
    """Nothing for what no column of the kind can hold."""
    if type_.kind == "date":
        day, era = written_date(value)
        return day + era if FIRST_DAY <= value < END_DAY else None
    unit = 10**type_.digits
    if type_.kind == "time":
        return written_time(value * 10**6 // unit) if 0 <= value <= 86400 * unit else None
    days, below = divmod(value, 86400 * unit)
    if not FIRST_DAY <= days < END_TIMESTAMP_DAY:
        return None
    micros, nanos = divmod(below * 10 ** (9 - type_.digits), 1000)
    day, era = written_date(days)
    return f"{day}T{written_time(micros, nanos)}{'Z' if type_.kind == 'instant' else ''}{era}"


def duration_text(type_: Type, value: Any) -> str:
    if type_.wire:
        seconds, nanos = divmod(abs(value), 10**9)
        below = f".{nanos:09}".rstrip("0") if nanos else ""
        return f"PT{'-' if value < 0 else ''}{seconds}{below}S"
    months, days, millis = value
    written = "P" + (f"{months}M" if months else "") + (f"{days}D" if days else "")
    if millis or written == "P":
        seconds, below = divmod(millis, 1000)
        written += f"T{seconds}" + (f".{below:03}" if below else "") + "S"
    return written
