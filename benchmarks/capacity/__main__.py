"""Measures what messages cost by their shape, beside the capacity model's forecast. benchmarks/capacity.sh starts it."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import Any

from measure import database, machine
from measure.setup import Progress

from . import cases, drain, fit, forecast, large, report, topics


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--repeat", type=int, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--large", type=int, default=0, metavar="ROWS")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--version", action="append", default=[], metavar="NAME=VERSION")
    for name in ("consumer", "fill", "database-url", "bootstrap-servers", "kafka-data", "work", "results"):
        parser.add_argument(f"--{name}", default="")
    for name in ("postgres-pid", "kafka-pid"):
        parser.add_argument(f"--{name}", type=int, default=0)
    return parser.parse_args()


def warm_up(setup: drain.Setup, session: database.Database, known: dict[str, dict[str, Any]]) -> float:
    """A broker that has just started is still compiling its own code. Returns what the service's start costs, in CPU seconds."""
    case = cases.Case("warm-up", "", messages=100_000)
    topic, filled = topics.fill(setup, case, known)
    drain.drain(setup, session, case, topic, filled, case.name)
    few = cases.Case("start", "", messages=1000)
    topic, filled = topics.fill(setup, few, known)
    starts = [drain.drain(setup, session, few, topic, filled, f"{few.name}-{turn}") for turn in range(3)]
    return float(min(run["consumer_cpu"] * run["messages"] / 1e6 for run in starts))


def measure(setup: drain.Setup, session: database.Database, case: cases.Case, repeat: int,
            start_cpu: float, known: dict[str, dict[str, Any]]) -> dict[str, Any]:  # fmt: skip
    progress = Progress(f"{case.name}: {case.title}")
    progress("producing")
    topic, filled = topics.fill(setup, case, known)
    runs = []
    for turn in range(1, repeat + 1):
        progress(f"draining, {turn}")
        run = drain.drain(setup, session, case, topic, filled, f"{case.name}-{turn}", start_cpu)
        runs.append({**run, "stored_bytes": filled["stored_bytes"] / filled["messages"]})
    middle = report.middle(runs)
    progress.done(f"{middle['messages_per_second']:,.0f}/s; CPU s per million: consumer {middle['consumer_cpu']:.2f}, PostgreSQL "
                  f"{middle['postgres_cpu']:.2f}; others {100 * middle['others_share']:.0f} %")  # fmt: skip
    return {"title": case.title, "use": case.use, "runs": runs, "median": middle,
            "forecast": forecast.compare(setup.consumer, case, middle)}  # fmt: skip


def main() -> None:
    given = arguments()
    wanted = cases.chosen(given.only, given.messages)
    if given.list:
        print("\n".join(f"{case.name:<18} {case.use:<6} {case.title}" for case in wanted))
        return
    if not wanted and not given.large:
        sys.exit(f"error: no case is called {' or '.join(given.only)}; --list shows them")
    setup = drain.Setup(given.consumer, given.fill, given.database_url, given.bootstrap_servers, given.postgres_pid,
                        given.kafka_pid, Path(given.kafka_data), Path(given.work))  # fmt: skip
    results: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "machine": machine.machine_name(),
        "versions": dict(pair.split("=", 1) for pair in given.version),
        "repeat": given.repeat,
        "cases": {},
        "errors": [],
    }
    session = database.Database(given.database_url)
    known: dict[str, dict[str, Any]] = {}
    results["start_cpu"] = start_cpu = warm_up(setup, session, known)
    measured = []
    for case in [] if given.large else wanted:
        try:
            results["cases"][case.name] = found = measure(setup, session, case, given.repeat, start_cpu, known)
            measured.append((case, found["median"]))
        except RuntimeError as error:
            results["errors"].append(f"{case.name}: {error}")
            Progress(case.name).done(f"FAILED: {error}")
    if given.large:
        progress = Progress("large")
        try:
            results["large"] = large.measure(setup, session, given.large, progress)
            progress.done(f"{results['large']['whole']['messages_per_second']:,.0f} rows/s")
        except RuntimeError as error:
            results["errors"].append(f"large: {error}")
            progress.done(f"FAILED: {error}")
    session.close()
    results["coefficients"] = fit.coefficients(measured)
    Path(given.results).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = report.page(results)
    Path(given.results).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)
    if results["errors"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
