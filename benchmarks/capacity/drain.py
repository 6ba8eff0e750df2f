"""One drain by the service: started, watched by its stored offsets until all is there, stopped, and its figures.

The clock runs from the last look that found nothing stored to the first that found everything. The service's CPU counts
from its start, without what a start costs. Rows are counted before a figure is believed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import database, machine

from . import tables
from .cases import Case

LOOK_SECONDS = 0.02
SILENCE_SECONDS = 60
STOP_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class Setup:
    """What all runs share."""

    consumer: str
    fill: str
    database_url: str
    bootstrap: str
    postgres_pid: int
    kafka_pid: int
    kafka_data: Path
    work: Path


@dataclasses.dataclass(frozen=True)
class Look:
    """The machine at one moment."""

    time: float
    stored: int
    busy: float
    idle: float
    consumer: float
    postgres: float
    kafka: float
    watcher: float
    wal: int
    table: int = 0
    index: int = 0


class Watch:
    """Threads: one.  Fails: RuntimeError when the service ends early or stores nothing for a minute."""

    def __init__(self, setup: Setup, session: database.Database, group: str) -> None:
        self._setup = setup
        self._session = session
        self._group = group

    def look(self, process: subprocess.Popen[bytes], sizes: bool = False) -> Look:
        # The service's CPU before the offsets: what is stored is never more than what was paid for.
        busy, idle = machine.machine_cpu()
        paid = (machine.process_cpu(process.pid), machine.family_cpu(self._setup.postgres_pid), machine.process_cpu(self._setup.kafka_pid))
        now = time.monotonic()
        size = f", pg_table_size('{tables.TABLE}'), pg_indexes_size('{tables.TABLE}')" if sizes else ", 0, 0"
        line = self._session.ask(
            f"SELECT coalesce(sum(next_offset), 0), pg_current_wal_insert_lsn() - '0/0'::pg_lsn{size} "
            f"FROM kafka_consumer_offsets WHERE consumer_group = '{self._group}'"
        )[0]
        stored, wal, table, index = (int(float(part)) for part in line.split("|"))
        watcher = machine.process_cpu(os.getpid()) + machine.process_cpu(self._session.pid)
        return Look(now, stored, busy, idle, *paid, watcher, wal, table, index)

    def until_stored(
        self, process: subprocess.Popen[bytes], log: Path, messages: int, every: float, seen: Callable[[Look], None]
    ) -> tuple[Look, Look]:
        first = last = self.look(process, sizes=True)
        changed = time.monotonic()
        while last.stored < messages:
            time.sleep(every if last.stored else LOOK_SECONDS)
            now = self.look(process, sizes=every > LOOK_SECONDS)
            if now.stored == 0:
                first = now
            if now.stored != last.stored:
                changed = time.monotonic()
                seen(now)
            last = now
            if process.poll() is not None:
                raise RuntimeError(f"the service ended with status {process.returncode}; its log: {log}")
            if time.monotonic() - changed > SILENCE_SECONDS:
                raise RuntimeError(f"nothing was stored for {SILENCE_SECONDS} s after {now.stored:,} messages; its log: {log}")
        return first, last


@contextlib.contextmanager
def service(setup: Setup, mapping: Path, group: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        "LOOM_DATABASE_URL": setup.database_url,
        "LOOM_KAFKA_BOOTSTRAP_SERVERS": setup.bootstrap,
        "LOOM_KAFKA_GROUP_ID": group,
        "LOOM_TOPIC_MAPPINGS": str(mapping),
        "LOOM_HTTP_HOST": "127.0.0.1",
        "LOOM_HTTP_PORT": "0",
    }
    with log.open("wb") as out:
        process = subprocess.Popen([setup.consumer, "run"], env={**os.environ, **settings}, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def figures(first: Look, last: Look) -> dict[str, Any]:
    """What happened between two looks, a million messages each."""
    seconds = last.time - first.time
    cpus = last.busy - first.busy + last.idle - first.idle
    spent = {name: getattr(last, name) - getattr(first, name) for name in ("consumer", "postgres", "kafka", "watcher")}
    messages = last.stored - first.stored
    others = max(0.0, last.busy - first.busy - sum(spent.values()))
    return {
        "messages": messages,
        "seconds": seconds,
        "messages_per_second": messages / seconds,
        **{f"{name}_cpu": 1e6 * spent[name] / messages for name in ("consumer", "postgres", "kafka")},
        "wal_bytes": (last.wal - first.wal) / messages,
        "idle_share": (last.idle - first.idle) / cpus if cpus else 0.0,
        "others_share": others / cpus if cpus else 0.0,
    }


def must_be_right(session: database.Database, case: Case, filled: dict[str, Any], group: str) -> int:
    """The rows that are there; RuntimeError when they are not those of the messages."""
    rows = session.number(f"SELECT count(*) FROM {tables.TABLE}")
    wanted = (filled["different_keys"] if case.keyed else filled["messages"]) * case.rows
    refused = session.number(f"SELECT count(*) FROM kafka_dead_letters WHERE consumer_group = '{group}'")
    if rows != wanted or refused:
        raise RuntimeError(f"{rows:,} rows where {wanted:,} have to be, {refused:,} dead letters")
    return int(rows)


def drain(setup: Setup, session: database.Database, case: Case, topic: str, filled: dict[str, Any], name: str,
          start_cpu: float = 0.0) -> dict[str, Any]:  # fmt: skip
    session.ask(f"DROP TABLE IF EXISTS {tables.TABLE}")
    session.ask(tables.create(case))
    session.ask("CHECKPOINT")
    mapping = setup.work / f"{name}.yml"
    mapping.write_text(tables.mapping(case, topic), encoding="utf-8")
    group, log = f"capacity-{name}-{os.getpid()}", setup.work / f"{name}.log"
    watch = Watch(setup, session, group)
    with service(setup, mapping, group, log) as process:
        first, last = watch.until_stored(process, log, filled["messages"], LOOK_SECONDS, lambda _: None)
        peak = machine.peak_megabytes(process.pid)
    rows = must_be_right(session, case, filled, group)
    sizes = watch.look(process, sizes=True)
    return {
        **figures(dataclasses.replace(first, consumer=start_cpu), last),
        "row_bytes": filled["row_bytes"],
        "table_bytes": sizes.table / rows,
        "index_bytes": sizes.index / rows,
        "rows": rows,
        "repeated": 1 - rows / (filled["messages"] * case.rows),
        "peak_megabytes": peak,
    }
