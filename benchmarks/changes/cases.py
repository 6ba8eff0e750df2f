"""What is measured: which tool reads which topic, how it is seen that it is done, and what the table then has to hold."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

from measure import database, tools, watch

FOLDER = Path(__file__).resolve().parent
TABLE = "readings"
PARTITIONS = 6


class RowsWatch(watch.Watch):
    """A table that only grows, as a snapshot makes it: peers' own way."""

    table = TABLE


class StreamWatch(watch.Watch):
    """A table that changes: it is complete once each partition's last row is there and the rows are as many as they must be.

    Within a batch a tool may insert before it deletes; so the last row alone is not the end. Rows are counted only
    once the last rows are there, which costs next to nothing before.
    """

    table = TABLE
    expected = "stream_expected"

    def _written(self) -> int:
        """How many rows were ever written there, as PostgreSQL's statistics have it a second later."""
        return self._database.number(
            f"SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relid = '{TABLE}'::regclass"
        )

    def until_drained(self) -> None:
        """It raises where that does not come about: nothing written for a while, or the time of one tool is over."""
        wanted = database.number_of_rows(self._database, self.expected)
        written, silent_since, next_look = 0, time.monotonic(), 0.0
        while True:
            ends = self._database.number(f"SELECT count(*) FROM {TABLE} WHERE id < 0")
            rows = database.number_of_rows(self._database, TABLE) if ends == PARTITIONS else 0
            self.last = self._snapshot()
            if (ends, rows) == (PARTITIONS, wanted):
                self.rows = self._setup.messages
                return
            now, spent = self.last.time, self.last.time - self.first.time
            if now >= next_look:
                next_look, before, written = now + 1, written, self._written()
                silent_since = silent_since if written == before else now
                self._progress(f"{ends} of {PARTITIONS} partitions, {spent:.0f} s")
            if spent > self._setup.seconds_most or now - silent_since > watch.SILENCE_SECONDS:
                stored = database.number_of_rows(self._database, TABLE)
                raise RuntimeError(
                    f"not complete after {spent:.0f} s: {ends} of {PARTITIONS} partitions, {stored:,} rows where {wanted:,} "
                    f"have to be; its log: {self._log}"
                )
            self._must_run()
            time.sleep(watch.LOOK_SECONDS)


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    part: str  # of the report, within which cases are compared
    topic: str
    tool: tools.Tool
    watching: type[watch.Watch]
    expected: str

    def setup(self, setup: Any) -> Any:
        """What the tool is told, with this case's mapping and topic."""
        mapping = str(setup.copies / f"{self.topic.rpartition('.')[2]}.yml")
        return dataclasses.replace(setup, common={**setup.common, "PEER_MAPPING": mapping, "PEER_TOPIC": self.topic})


SERVICE = next(tool for tool in tools.TOOLS if tool.name == tools.OURS)
SINK = tools.Tool(
    "debezium-upsert", "Debezium JDBC sink", "debezium", "changes/debezium-upsert",
    "at least once: offsets are committed after the rows, apart from them; what comes twice overwrites itself",
)  # fmt: skip

CASES = [
    Case("stream-service", "kafka-to-db-consumer", "stream", "bench.public.stream", SERVICE, StreamWatch, "stream_expected"),
    Case("stream-debezium", "Debezium JDBC sink, upsert and delete", "stream", "bench.public.stream", SINK, StreamWatch,
         "stream_expected"),
    Case("snapshot-events", "events of op r", "snapshot", "bench.public.snapshot", SERVICE, RowsWatch, "snapshot_expected"),
    Case("snapshot-plain", "plain messages", "snapshot", "bench.public.plain", SERVICE, RowsWatch, "snapshot_expected"),
]  # fmt: skip


def compare(session: database.Database, expected: str) -> dict[str, Any]:
    """How many rows are there, how many of the expected ones are not, and how many others are; in which columns."""
    missing = session.number(f"SELECT count(*) FROM (TABLE {expected} EXCEPT TABLE {TABLE}) AS rows")
    surplus = session.number(f"SELECT count(*) FROM (TABLE {TABLE} EXCEPT TABLE {expected}) AS rows")
    columns: list[str] = []
    if missing or surplus:
        names = session.ask(f"SELECT attname FROM pg_attribute WHERE attrelid = '{TABLE}'::regclass AND attnum > 0")
        counts = ", ".join(f"count(*) FILTER (WHERE t.{name} IS DISTINCT FROM e.{name})" for name in names)
        answer = session.ask(f"SELECT {counts} FROM {TABLE} t JOIN {expected} e USING (id)")[0].split("|")
        columns = [name for name, count in zip(names, answer) if int(count) > 0]
    rows = database.number_of_rows(session, TABLE)
    return {"stored": rows, "missing": missing, "surplus": surplus, "other_columns": columns}
