#!/usr/bin/env python3
"""Source equals copy: Debezium captures a PostgreSQL that random transactions change, and the program writes what comes
into another one, while replicas are killed, frozen, started and stopped, and the databases and Kafka Connect restarted.
In the end each table of the copy has to equal the source's.

    tests/changes/source_equals_copy.py --seconds 1800 --tables 20
    tests/changes/source_equals_copy.py --seed 7 --modes schemas --faults kill,freeze

The same seed gives the same tables, and the same transactions and faults in the same order, but not at the same time.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import sys
import tempfile
import time
from typing import Any

import folders  # isort: skip
import environment

if __name__ == "__main__":
    environment.enter()

import psycopg

from columns import TYPES
from copier import Copier, DeadLetter
from debezium import Connector
from faults import Faults
from history import history
from judge import Judge
from mapping import mapping
from modes import Modes
from stack import Stack
from tables import Table, tables
from topics import Topics
from workload import Workload

PREFIX = "shop"
SNAPSHOT_ROWS = 20  # of a table, when the connector comes


class Run:
    """One run, from empty databases to the verdict."""

    def __init__(self, given: argparse.Namespace, stack: Stack, folder: pathlib.Path) -> None:
        self._given, self._stack, self._folder = given, stack, folder
        self._modes: Modes = given.modes
        self._tables = tables(given.seed, given.tables, self._modes)
        self._connector = Connector(stack.connect, stack.source, PREFIX)
        self._topics = Topics(stack.brokers)
        self._workload = Workload(self._tables, given.seed)
        self._started = time.monotonic()

    def wrong(self) -> list[str]:
        """What is not as it has to be."""
        by_topic = {self._connector.topic(table.name): table for table in self._tables}
        self._execute(self._stack.source, TYPES + "".join(table.source_ddl() for table in self._tables))
        self._execute(self._stack.copy, TYPES + "".join(table.copy_ddl(self._given.evolve) for table in self._tables))
        with psycopg.connect(self._stack.source, autocommit=True) as source:
            self._workload.fill(source, SNAPSHOT_ROWS)
        self._topics.create({topic: table.partitions for topic, table in by_topic.items()})
        self._connector.create(self._tables, self._modes)
        with Copier(self._given.program, self._folder, self._stack.brokers, self._stack.copy) as copier:
            copier.prepare(mapping(by_topic, self._modes, self._given.evolve))
            copier.add()
            self._connector.await_streaming()
            # Killed before it has stored its first offset, Debezium takes another snapshot: of what was deleted between
            # the two nobody tells anything.
            self._connector.await_all_read()
            self._tell("the snapshot is over")
            with Faults(self._given.faults, self._given.seed, copier, self._stack) as faults:
                self._change(faults)
            self._tell(dict(faults.done))
            self._add_the_rest()
            self._connector.await_all_read()
            ends = self._topics.ends(list(by_topic))
            self._tell(f"{sum(ends.values())} events are in Kafka")
            copier.await_stored(ends, self._given.patience)
            self._tell("all of them are stored")
            return [*map(str, self._not_sent_again(copier.dead_letters())), *self._compared(by_topic)]

    def _change(self, faults: Faults) -> None:
        """Transactions at the rate that was asked for, until the time is over."""
        rng = random.Random(f"rate {self._given.seed}")
        started = time.monotonic()
        # All columns have come when two thirds of the time are over.
        every = self._given.seconds / 1.5 / (self._workload.columns_to_come + 1)
        columns = number = 0
        source: psycopg.Connection[Any] | None = None
        while (passed := time.monotonic() - started) < self._given.seconds:
            faults.check()
            try:
                if source is None:
                    source = psycopg.connect(self._stack.source, autocommit=True)
                    self._workload.reload(source)
                if passed > every * (columns + 1):
                    self._workload.add_column(source)
                    columns += 1
                if rng.random() < 0.004:
                    self._workload.truncate(source)
                self._workload.transaction(source)
                number += 1
            except psycopg.OperationalError:
                source = None  # the database is being restarted
                self._workload.done["connection lost"] += 1
            time.sleep(
                max(0.0, 1 / self._given.per_second if source is None else number / self._given.per_second - passed)
            )
        self._tell(f"{number} transactions: {dict(self._workload.done)}")

    def _add_the_rest(self) -> None:
        """The columns that a slow machine had no time for."""
        with psycopg.connect(self._stack.source, autocommit=True) as source:
            self._workload.reload(source)
            while self._workload.columns_to_come:
                self._workload.add_column(source)

    def _not_sent_again(self, dead_letters: list[DeadLetter]) -> list[DeadLetter]:
        """Without updates that Debezium sent a second time, when their row was deleted already, and that do not tell all
        of it: of these nothing is missing. Debezium, killed, begins again where it last stored its offset."""
        wanted = {(one.topic, one.partition, one.offset): one for one in dead_letters if "not there" in one.message}
        first: dict[tuple[str, int, str | None, int], int] = {}
        for event in self._topics.read(sorted({one.topic for one in wanted.values()})) if wanted else ():
            if event.value is None:
                continue
            said = json.loads(event.value)
            source = said.get("payload", said)["source"]
            before = first.setdefault((event.topic, event.partition, event.key, source["lsn"]), event.offset)
            if before < event.offset:
                wanted.pop((event.topic, event.partition, event.offset), None)
        again = len(dead_letters) - len(wanted) - sum("not there" not in one.message for one in dead_letters)
        self._tell(f"{len(dead_letters)} dead letters, {again} of them updates of deleted rows that were sent twice")
        return [one for one in dead_letters if "not there" not in one.message or one in wanted.values()]

    def _compared(self, by_topic: dict[str, Table]) -> list[str]:
        judge = Judge(self._stack.source, self._stack.copy)
        found = judge.differences(self._tables)
        self._tell(f"{judge.rows} rows of {len(self._tables)} tables compared, {len(found)} differences shown")
        if found:
            self._tell("reading the events of the rows that differ")
        past = history(self._topics, by_topic, found)
        return [f"{one}\n{past[one.table, one.key]}" for one in found]

    def _execute(self, url: str, statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statements.encode())

    def _tell(self, what: object) -> None:
        print(f"{time.monotonic() - self._started:6.1f} s: {what}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time; it is printed")
    parser.add_argument("--seconds", type=float, default=60, help="for how long changes are made (default: 60)")
    parser.add_argument("--tables", type=int, default=20, help="default: 20")
    parser.add_argument("--per-second", type=float, default=60, help="transactions (default: 60)")
    parser.add_argument("--modes", type=Modes.of, default=Modes(), help='such as "schemas,decimal=string" (modes.py)')
    parser.add_argument(
        "--faults", "--kill", default=",".join(Faults.known()), help="default: all: %(default)s; an empty text: none"
    )
    parser.add_argument("--evolve", action="store_true", help="the copy adds the columns that have no default")
    parser.add_argument("--patience", type=float, default=180, help="seconds until all must be stored (default: 180)")
    parser.add_argument("--program", type=pathlib.Path, help="default: that of the build")
    parser.add_argument(
        "--folder", type=pathlib.Path, help="for servers and logs, which stay there (default: a new one)"
    )
    parser.add_argument("--print-mapping", action="store_true", help="only prints the mapping of the run")
    given = parser.parse_args()
    given.faults = [name for name in given.faults.split(",") if name]
    given.seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    built = os.environ.get("LOOM_PROGRAM") or folders.SOURCE / "build/release/kafka-to-db-consumer"
    given.program = (given.program or pathlib.Path(built)).resolve()
    return given


def main() -> int:
    given = arguments()
    if given.print_mapping:
        made = tables(given.seed, given.tables, given.modes)
        print(json.dumps(mapping({f"{PREFIX}.public.{table.name}": table for table in made}, given.modes), indent=1))
        return 0
    print(f"--seed {given.seed} --tables {given.tables} {given.modes}", flush=True)
    with tempfile.TemporaryDirectory(prefix="loom-changes-") as made_here:
        folder = (given.folder or pathlib.Path(made_here)).resolve()
        with Stack(folder) as stack:
            wrong = Run(given, stack, folder).wrong()
    for one in wrong:
        print(one)
    print(f"--seed {given.seed}: the copy {'differs' if wrong else 'equals the source'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
