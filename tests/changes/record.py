#!/usr/bin/env python3
"""Saves the events of a short random run of the source, as Debezium writes them: a JSON object for each, a line each.

    tests/changes/record.py --into DIR --modes "" --modes schemas --modes unwrapped

One file for each of the modes, all of the same changes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys
import tempfile
from typing import Any

import folders  # noqa: F401  # isort: skip
import environment

if __name__ == "__main__":
    environment.enter()

import psycopg

import special
from columns import TYPES
from debezium import Connector
from modes import Modes
from stack import Stack
from tables import tables
from topics import Topics
from workload import Workload


def record(
    stack: Stack, seed: int, count: int, transactions: int, wanted: dict[str, Modes], into: pathlib.Path
) -> None:
    connectors = {name: Connector(stack.connect, stack.source, f"rec{number}") for number, name in enumerate(wanted)}
    made = tables(seed, count, Modes())
    topics = Topics(stack.brokers)
    with psycopg.connect(stack.source, autocommit=True) as connection:
        run(connection, TYPES + "".join(table.source_ddl() for table in made))
        special.create(connection)
        workload = Workload(made, seed)
        workload.fill(connection, 3)
        special.before_the_snapshot(connection)
        for name, connector in connectors.items():
            topics.create({connector.topic(table.name): table.partitions for table in made})
            connector.create(made, wanted[name], **special.capture(made))
            connector.await_streaming()
        special.changes(connection)
        for number in range(transactions):
            if number % 40 == 20:
                workload.add_column(connection)
            if number % 90 == 60:
                workload.truncate(connection)
            workload.transaction(connection)
    print(dict(workload.done))
    into.mkdir(parents=True, exist_ok=True)
    for name, connector in connectors.items():
        connector.await_all_read()
        file = into / f"{name}.jsonl"
        found = topics.matching(f"{connector.prefix}.")
        with open(file, "w", encoding="utf-8") as out:
            for event in topics.read(found):
                out.write(json.dumps(dataclasses.asdict(event), ensure_ascii=False) + "\n")
        connector.delete()
        print(f"{file}: {sum(topics.ends(found).values())} events of {len(found)} topics")


def run(connection: psycopg.Connection[Any], statements: str) -> None:
    connection.execute(statements.encode())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=pathlib.Path, required=True, help="the folder of the files")
    parser.add_argument("--modes", action="append", help='such as "", "schemas" or "schemas,decimal=string" (modes.py)')
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=8)
    parser.add_argument("--transactions", type=int, default=300)
    given = parser.parse_args()
    wanted = {words.replace(",", "-").replace("=", "_") or "plain": Modes.of(words) for words in given.modes or [""]}
    with tempfile.TemporaryDirectory(prefix="loom-changes-") as folder, Stack(pathlib.Path(folder)) as stack:
        record(stack, given.seed, given.tables, given.transactions, wanted, given.into)
    return 0


if __name__ == "__main__":
    sys.exit(main())
