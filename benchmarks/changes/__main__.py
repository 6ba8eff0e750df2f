"""Lets the service and Debezium's JDBC sink follow a stream of changes in turn. benchmarks/changes.sh starts it."""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from measure import database, machine, tools, watch
from measure.setup import Progress, make_setup

from . import cases, report


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, required=True, help="events of each topic")
    parser.add_argument("--repeat", type=int, required=True)
    parser.add_argument("--seconds-most", type=float, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--async-commit", action="store_true")
    parser.add_argument("--needs", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--version", action="append", default=[], metavar="NAME=VERSION")
    for name in ("work", "results", "database-url", "bootstrap-servers", "port"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("postgres-pid", "kafka-pid"):
        parser.add_argument(f"--{name}", type=int, required=True)
    # Each case has its own mapping, and nothing asks a registry.
    parser.set_defaults(mapping="", format="json", registry="")
    return parser.parse_args()


def chosen(only: str) -> list[cases.Case]:
    parts = [part for part in only.split(",") if part]
    unknown = set(parts) - {case.part for case in cases.CASES}
    if unknown:
        sys.exit(f"error: no such part: {', '.join(sorted(unknown))} (there are: stream, snapshot)")
    return [case for case in cases.CASES if not parts or case.part in parts]


def warm_up(setup: Any, session: database.Database) -> None:
    """Not measured: a broker that has just started is still compiling its own code."""
    case = next(case for case in cases.CASES if case.name == "snapshot-plain")
    progress = Progress("warming up")
    run = watch.drain(case.setup(setup), session, case.tool, "warm-up", progress, case.watching)
    progress.done(f"{run['rows_per_second']:,.0f} events/s")


def measure(setup: Any, session: database.Database, case: cases.Case, turn: int, found: dict[str, Any]) -> None:
    progress = Progress(f"{case.part}: {case.title}, {turn}")
    try:
        run = watch.drain(case.setup(setup), session, case.tool, f"{case.name}-{turn}", progress, case.watching)
    except RuntimeError as error:
        found["errors"].append(str(error))
        progress.done(f"FAILED: {error}")
        return
    run.update(cases.compare(session, case.expected))
    found["runs"].append(run)
    found["turns"][turn] = run
    state = "as its source" if report.is_right(run) else f"NOT as its source: {run['missing']:,} missing, {run['surplus']:,} too many"
    progress.done(f"{run['rows_per_second']:,.0f} events/s; the table is {state}")


def main() -> None:
    given = arguments()
    wanted = chosen(given.only)
    setup = make_setup(given)
    for folder in {case.tool.folder for case in wanted}:
        shutil.copytree(tools.FOLDER / folder, setup.copies / folder, dirs_exist_ok=True)
    for mapping in cases.FOLDER.glob("*.yml"):
        shutil.copy(mapping, setup.copies)
    results: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "machine": machine.machine_name(),
        "versions": dict(pair.split("=", 1) for pair in given.version),
        "events": given.messages,
        "repeat": given.repeat,
        "async_commit": given.async_commit,
        "topics": json.loads((Path(given.work) / "filled.json").read_text(encoding="utf-8")),
        "cases": {case.name: {"title": case.title, "runs": [], "turns": {}, "errors": []} for case in wanted},
    }
    session = database.Database(given.database_url)
    warm_up(setup, session)
    for turn in range(1, given.repeat + 1):
        for case in wanted:
            measure(setup, session, case, turn, results["cases"][case.name])
    session.close()
    results["ratios"] = report.ratios(results)
    Path(given.results).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    text = report.page(results)
    Path(given.results).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)
    if any(found["errors"] or not all(map(report.is_right, found["runs"])) for found in results["cases"].values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
