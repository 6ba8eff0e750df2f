"""The events behind a row, for whoever looks for what went wrong with it."""

from __future__ import annotations

import collections
import datetime
import json
from typing import Any

from judge import Difference
from tables import Table
from topics import Event, Topics

SHOWN = 12  # events of a row, the last ones
Key = tuple[str, ...]


def history(topics: Topics, by_topic: dict[str, Table], differences: list[Difference]) -> dict[tuple[str, Key], str]:
    """What came of these rows, by table and key: a line for each event. Truncates belong to every row."""
    wanted = {(one.table, one.key): one.columns for one in differences}
    found: dict[tuple[str, Key], list[str]] = collections.defaultdict(list)
    concerned = [topic for topic, table in by_topic.items() if any(table.name == name for name, _ in wanted)]
    for event in topics.read(concerned):
        table = by_topic[event.topic]
        key = _key(table, event.key)
        for (name, row), columns in wanted.items():
            if name == table.name and key in (None, row):
                found[name, row].append(_line(event, columns))
    return {one: "\n".join(found[one][-SHOWN:] or ["  no event has its key"]) for one in wanted}


def _key(table: Table, text: str | None) -> Key | None:
    """As PostgreSQL has it in text; None where there is none."""
    if text is None:
        return None
    fields = _payload(json.loads(text))
    days = datetime.date(1970, 1, 1).toordinal()
    return tuple(
        str(datetime.date.fromordinal(days + fields[kind.name])) if kind.type == "date" else str(fields[kind.name])
        for kind in table.key
    )


def _line(event: Event, columns: list[str]) -> str:
    headers = [f"{name}={value} " for name, value in event.headers if not name.startswith("__debezium.context")]
    at = f"  {event.topic} partition {event.partition} offset {event.offset}: {''.join(headers)}"
    if event.value is None:
        return f"{at}tombstone"
    told = _payload(json.loads(event.value))
    row = (told["after"] if "after" in told else told) or {}
    fields = {name: _short(row[name]) for name in columns if name in row}
    return f"{at}op {told.get('op') or told.get('__op')} {json.dumps(fields, ensure_ascii=False)}"


def _payload(told: dict[str, Any]) -> dict[str, Any]:
    return dict(told["payload"]) if told.keys() == {"schema", "payload"} else told


def _short(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) < 60 else f"{text[:40]}... ({len(text)} characters)"
