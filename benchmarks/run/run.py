#!/usr/bin/env python3
"""Measures the matrix; benchmarks/run.sh starts it, with servers that run."""

import argparse
import datetime
import json
import os
import pathlib
import sys

import figures
import judge
import matrix
import measure
import page
import plots
from progress import Progress, clock


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=("quick", "default", "full", "hypertables"), default="default")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--messages", type=int, help="of each backlog, instead of what the profile has")
    parser.add_argument("--baseline", help="another build of the program, drained with in turns")
    parser.add_argument("--pairs", type=int, default=5, help="how many turns")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path)
    parser.add_argument("--mapping", type=pathlib.Path)
    for name in ("benchmark", "consumer", "database-url", "bootstrap-servers", "postgres-pid", "kafka-pid"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--version", action="append", default=[], metavar="NAME=VERSION")
    return parser.parse_args()


def listing(cases):
    for case in cases:
        print(f"{case.name:<28} {case.title}")
    print(f"about {clock(sum(case.expected_seconds for case in cases))}")


def measure_all(cases, given):
    """All entries, whatever fails; and what the machine is."""
    progress = Progress(cases)
    entries, about = [], {}
    # Topics stay from case to case; servers that are used again have those of another run.
    run_name = f"run-{os.getpid()}"
    warm_up = True
    for index, case in enumerate(cases):
        progress.begin(index)
        try:
            work = given.work / case.name.replace("/", "-")
            raw = measure.run(case, given, given.mapping, work, progress, warm_up and not case.rate, run_name)
            warm_up = warm_up and bool(case.rate)
            about = {name: raw[name] for name in ("machine", "librdkafka")}
            found = figures.entries_of(case, raw, os.cpu_count())
        except (measure.Failed, OSError, KeyError, ValueError) as error:
            found = [figures.failure(case, error if isinstance(error, measure.Failed) else repr(error))]
        for entry in found:
            if "error" in entry:
                entry["log"] = measure.end_of_log(entry["error"])
        entries += found
        progress.end(figures.summary(found))
    return entries, about


def main():
    given = arguments()
    cases = matrix.cases(given.profile, given.only, given.messages)
    if given.baseline:
        cases = matrix.against(cases, given.baseline, given.pairs)
    if not cases:
        sys.exit(f"error: no case is called {' or '.join(given.only)}; --list shows them")
    if given.list:
        listing(cases)
        return
    began = datetime.datetime.now(datetime.timezone.utc)
    entries, about = measure_all(cases, given)
    versions = dict(one.split("=", 1) for one in given.version)
    if "librdkafka" in about:
        versions["librdkafka"] = about["librdkafka"]
    result = {
        "date": began.isoformat(timespec="seconds"),
        "profile": given.profile, "only": given.only,
        "seconds": round((datetime.datetime.now(datetime.timezone.utc) - began).total_seconds()),
        "machine": about.get("machine", "unknown"),
        "cpus": os.cpu_count(), "versions": versions, "targets": judge.judge(entries), "cases": entries,
    }
    given.results.parent.mkdir(parents=True, exist_ok=True)
    given.results.write_text(json.dumps(result, indent=1) + "\n")
    all_of_them = plots.all_plots(result)
    written = page.write(result, given.results.with_suffix(".html"), all_of_them)
    if given.images:
        page.write_plots(given.images, all_of_them)
    print(judge.render(result["targets"]))
    print("figures:", given.results, *written, sep="\n  ")
    if any("error" in entry for entry in entries):
        sys.exit(1)


if __name__ == "__main__":
    main()
