"""Random values as PostgreSQL's text input takes them. What a type's range ends with comes as often as what is common."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable

Value = Callable[[random.Random], str]

LETTERS = "abc XYZ 019 \"'\\,;{}()<>&\n\tµß漢🙂\u00a0"
WORDS = ("", "a", "null", "NULL", "true", "0", "-1", "{}", "[1]", '"quoted"', "\\N", "\\.", "line\nbreak", "漢字", "🙂")


def one_of(*values: str) -> Value:
    return lambda rng: rng.choice(values)


def whole(low: int, high: int) -> Value:
    def value(rng: random.Random) -> str:
        return str(rng.choice((low, high, 0, -1, 1, rng.randint(low, high), rng.randint(-1000, 1000))))

    return value


def decimal(digits: int, scale: int) -> Value:
    """Of numeric(digits, scale)."""

    def value(rng: random.Random) -> str:
        most = 10**digits - 1
        number = rng.choice((0, 1, -1, most, -most, rng.randint(-most, most), rng.randint(-100000, 100000)))
        whole_part, fraction = divmod(abs(number), 10**scale)
        sign = "-" if number < 0 else ""
        return f"{sign}{whole_part}.{fraction:0{scale}}" if scale else f"{sign}{whole_part}"

    return value


def any_decimal(rng: random.Random) -> str:
    scale = rng.randint(0, 30)
    return decimal(scale + rng.randint(1, 30), scale)(rng)


def floating(rng: random.Random) -> str:
    near = rng.uniform(-1e6, 1e6)
    return rng.choice(
        ("0", "-0", "1.5", "0.1", "NaN", "Infinity", "-Infinity", "1e300", "5e-324", repr(near), f"{near:.2f}")
    )


def small_floating(rng: random.Random) -> str:
    near = rng.uniform(-1e6, 1e6)
    return rng.choice(("0", "-0", "1.5", "0.1", "NaN", "Infinity", "-Infinity", "3.4e38", "1e-45", f"{near:.3f}"))


def text(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return rng.choice(WORDS)
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, 60)))


def short_text(rng: random.Random) -> str:
    return text(rng)[:20]


def padded(rng: random.Random) -> str:
    return "".join(rng.choice("abcxyz") for _ in range(rng.randint(0, 5)))


def large_text(rng: random.Random) -> str:
    """Too large for a page and not to be compressed: PostgreSQL puts it aside (TOAST)."""
    return rng.randbytes(rng.randint(1500, 6000)).hex()


def binary(rng: random.Random) -> str:
    return "\\x" + rng.randbytes(rng.choice((0, 1, 3, 20))).hex()


def large_binary(rng: random.Random) -> str:
    return "\\x" + rng.randbytes(rng.randint(3000, 9000)).hex()


def unique(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128)))


def tree(rng: random.Random, depth: int = 2) -> object:
    leaf = rng.choice((None, True, False, rng.randint(-(2**53), 2**53), rng.randint(0, 99) / 8, text(rng)))
    if depth == 0 or rng.random() < 0.3:
        return leaf
    if rng.random() < 0.5:
        return [tree(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    return {text(rng)[:8]: tree(rng, depth - 1) for _ in range(rng.randint(0, 3))}


def document(rng: random.Random) -> str:
    spaced = rng.choice(((",", ":"), (", ", ": "), (" , ", " :")))
    return json.dumps(tree(rng), ensure_ascii=rng.random() < 0.5, separators=spaced)


def large_document(rng: random.Random) -> str:
    return json.dumps({"large": large_text(rng), "more": tree(rng)})


def day(rng: random.Random) -> str:
    if rng.random() < 0.1:
        return rng.choice(("0001-01-01", "1582-10-04", "1582-10-15", "1970-01-01", "9999-12-31"))
    return f"{rng.randint(1900, 2100)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def clock(digits: int) -> Value:
    """A time of the day with so many digits after the seconds."""

    def value(rng: random.Random) -> str:
        fraction = f".{rng.randrange(10**digits):0{digits}}" if digits and rng.random() < 0.7 else ""
        return f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}{fraction}"

    return value


def clock_or_midnight(rng: random.Random) -> str:
    return "24:00:00" if rng.random() < 0.1 else clock(6)(rng)


def offset(rng: random.Random) -> str:
    return rng.choice(("+00", "+02", "-05", "+05:30", "-11", "+14"))


def clock_with_zone(rng: random.Random) -> str:
    return clock(6)(rng) + offset(rng)


def moment(digits: int) -> Value:
    return lambda rng: f"{day(rng)} {clock(digits)(rng)}"


def moment_with_zone(rng: random.Random) -> str:
    return "infinity" if rng.random() < 0.05 else moment(6)(rng) + offset(rng)


def length(rng: random.Random) -> str:
    """Of days and less: what months are as a number of microseconds is a matter of opinion. Fractions that are exact as
    binary numbers: of others Debezium's number is at times a microsecond too small."""
    fraction = f".{15625 * rng.randrange(64):06}"
    return f"{rng.randint(-400, 400)} days {rng.choice('+-')}{clock(0)(rng)}{fraction}"


def any_length(rng: random.Random) -> str:
    return f"{rng.randint(-20, 20)} years {rng.randint(-11, 11)} mons {length(rng)}"


def bits(count: int) -> Value:
    return lambda rng: f"{rng.choice((0, 1, 2**count - 1, rng.getrandbits(count))):0{count}b}"


def some_bits(most: int) -> Value:
    """The first is set: Debezium tells no zeros that lead."""
    return lambda rng: f"{rng.getrandbits(rng.randint(0, most)):b}".lstrip("0")


def quoted(value: str) -> str:
    """As an element of an array, or a part of hstore's text."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def array_of(value: Value, low: int = 0, high: int = 4, null: float = 0.1) -> Value:
    def made(rng: random.Random) -> str:
        parts = ["NULL" if rng.random() < null else quoted(value(rng)) for _ in range(rng.randint(low, high))]
        return "{" + ",".join(parts) + "}"

    return made


def pairs(low: int, high: int) -> Value:
    """Of hstore."""

    def made(rng: random.Random) -> str:
        keys = {f"{text(rng)[:6]}{number}" for number in range(rng.randint(low, high))}
        values = ("NULL" if rng.random() < 0.1 else quoted(text(rng)) for _ in keys)
        return ", ".join(f"{quoted(key)}=>{value}" for key, value in zip(sorted(keys), values))

    return made


def whole_range(rng: random.Random) -> str:
    low = rng.randint(-1000, 1000)
    return rng.choice(("empty", f"[{low},)", f"(,{low}]", f"[{low},{low + rng.randint(1, 99)})"))


def moment_range(rng: random.Random) -> str:
    return f'["2026-01-0{rng.randint(1, 9)} {clock(3)(rng)}+00","2027-01-01 00:00:00+02")'


def address(rng: random.Random) -> str:
    return rng.choice((f"10.{rng.randrange(256)}.0.1", "10.0.0.1/8", "::1", "2001:db8::1/64"))


def network(rng: random.Random) -> str:
    return rng.choice((f"10.{rng.randrange(256)}.0.0/16", "0.0.0.0/0", "2001:db8::/32"))


def hardware_address(rng: random.Random) -> str:
    return ":".join(f"{part:02x}" for part in rng.randbytes(6))


def place(rng: random.Random) -> str:
    return f"({rng.randint(-800, 800) / 8},{rng.randint(-800, 800) / 8})"
