"""Random rows of services' settings, and reports of them that give rise to advice."""

from __future__ import annotations

import json
import random
from typing import Any

from support.database import Database

TYPES = ("vision", "speech", "llm", "audio", "sensor", "network", "database", "of-its-own")
INTEGER_MOST = 2147483647
# What a name may hold that is easily taken for something else on the way.
SUFFIXES = (
    "",
    "",
    "",
    "",
    " with blanks",
    "-o'clock",
    '-"quoted"',
    "-straße",
    "-音声",
    "-back\\slash",
    "-$1",
    "-%s",
    "-{a,b}",
)


def random_row(draw: random.Random) -> dict[str, Any]:
    """A random subset of the columns. It may break the table's checks."""

    def milliseconds(least: int, most: int) -> int:
        return draw.choice([draw.randint(least, most), draw.randint(least, most) // 1000 * 1000 or least])

    every = {
        "max_poll_records": draw.choice([1, 5000, draw.randint(1, 5000), draw.randint(1, 50)]),
        "session_timeout_ms": milliseconds(1000, 150_000),
        "heartbeat_interval_ms": milliseconds(1, 60_000),
        "max_poll_interval_ms": draw.choice([milliseconds(1000, 2_000_000), INTEGER_MOST]),
        "request_timeout_ms": draw.choice([milliseconds(1, 700_000), INTEGER_MOST]),
        "retry_backoff_ms": draw.choice([0, draw.randint(1, 10_000)]),
        "fetch_min_bytes": draw.choice([0, 1, draw.randint(2, 1 << 20)]),
        "fetch_max_wait_ms": draw.choice([0, draw.randint(1, 30_000)]),
        "fetch_max_bytes": draw.choice([1, draw.randint(1, 1 << 27), INTEGER_MOST]),
        "max_partition_fetch_bytes": draw.choice([1, draw.randint(1, 1 << 26), INTEGER_MOST]),
        "auto_offset_reset": draw.choice(["earliest", "latest", "none"]),
        "enable_auto_commit": draw.choice([True, False]),
        "auto_commit_interval_ms": milliseconds(1, 60_000),
        "partition_assignment_strategy": draw.choice(["range", "roundrobin", "sticky", "cooperative-sticky"]),
        "consumer_group_id": f"group {draw.randint(1, 99)}{draw.choice(SUFFIXES)}",
        "service_type": draw.choice(TYPES),
    }
    share = draw.choice([0.0, 0.15, 0.4, 0.7, 1.0])
    return {name: value for name, value in every.items() if draw.random() < share}


def literal(value: Any) -> str:
    if isinstance(value, (bool, int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def insert(table: str, row: dict[str, Any], minutes_ago: int | None = None) -> str:
    """The statement; `minutes_ago` for tables whose rows have a timestamp."""
    columns = {name: literal(value) for name, value in row.items()}
    if minutes_ago is not None:
        columns["timestamp"] = f"now() - interval '{minutes_ago} minutes'"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def insert_random_rows(database: Database, draw: random.Random, count: int) -> tuple[list[str], int]:
    """The services that have a row then, and how many rows were refused by the table's checks and drawn again."""
    services = [f"service-{number:03}{draw.choice(SUFFIXES)}" for number in range(count)]
    pending, refused = services, 0
    while pending:
        rows = {name: {"service_name": name, **random_row(draw)} for name in pending}
        attempts = ", ".join(
            f"({literal(name)}, {literal(insert('pipeline_consumer_configs', row))})" for name, row in rows.items()
        )
        # The trigger completes what a row leaves out; where that cannot make it right, the checks say so.
        told = database.sql(
            "CREATE FUNCTION pg_temp.refused(statement text) RETURNS boolean LANGUAGE plpgsql AS "
            "$f$ BEGIN EXECUTE statement; RETURN false; EXCEPTION WHEN check_violation THEN RETURN true; END $f$;"
            f"SELECT coalesce(json_agg(name), '[]') FROM (VALUES {attempts}) AS attempts (name, statement) "
            "WHERE pg_temp.refused(statement)"
        )
        pending = json.loads(told)
        refused += len(pending)
    return services, refused


def insert_random_reports(database: Database, draw: random.Random, with_row: list[str], without_row: list[str]) -> None:
    """Reports of the last 40 minutes of some of the services, so that each rule of the advice has some to fire for."""
    # Only what came after the last change of a row counts.
    statements = ["UPDATE pipeline_consumer_configs SET updated_at = now() - interval '50 minutes'"]
    for service in draw.sample(with_row, len(with_row) * 9 // 10) + without_row:
        takes = 10 ** draw.uniform(-1, 6)
        memory = draw.uniform(50, 2000)
        rise = draw.choice([0, 0, 20, 100, 400])
        # Without a row the reason names the minute an hour ago, which may pass between two languages' questions.
        rebalances = draw.choice([0, 0, 0, 1, 4]) if service in with_row else 0
        for minute in range(draw.choice([1, 3, 6, 12])):
            report = {
                "service_name": service,
                "messages_processed": draw.randint(0, 10_000),
                "messages_per_second": draw.uniform(0, 500),
                "processing_time_ms": takes * draw.uniform(0.5, 1.5),
                "memory_usage_mb": memory + rise * minute,
                "errors": draw.choice([0, 0, 7]),
                "rebalances": rebalances,
            }
            statements.append(insert("consumer_processing_metrics", report, minutes_ago=40 - minute))
        lag = draw.choice([0, 3, 50, 2_000, 30_000])
        for partition in range(draw.randint(1, 4)):
            look = {"service_name": service, "consumer_group_id": "a group", "topic": "a topic", "partition": partition}
            look |= {"current_offset": 1000, "end_offset": 1000 + lag, "lag": lag}
            statements.append(insert("consumer_lag_history", look, minutes_ago=1))
    database.sql(";".join(statements))
