"""Lets each tool drain the topic in turn. benchmarks/peers.sh starts it."""

import argparse
import datetime
import json
import shutil
import sys
from pathlib import Path

from . import database, delivery, machine, registry, report, tools, watch
from .setup import Progress, make_setup


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--format", choices=("json", "avro"), default="json", help="of the messages")
    parser.add_argument("--seconds-most", type=float, default=60)
    parser.add_argument("--async-commit", action="store_true")
    parser.add_argument("--delivery", action="store_true")
    parser.add_argument("--list-needs", action="store_true", help="only print what has to be fetched")
    parser.add_argument("--needs", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--version", action="append", default=[], metavar="NAME=VERSION")
    for name in ("work", "results", "database-url", "bootstrap-servers", "mapping", "port", "registry", "schema"):
        parser.add_argument(f"--{name}", default="")
    for name in ("postgres-pid", "kafka-pid"):
        parser.add_argument(f"--{name}", type=int, default=0)
    return parser.parse_args()


def warm_up(setup, session, ours):
    """Not measured: the broker compiles its own code meanwhile, and the rows are what all others have to store."""
    progress = Progress("warming up")
    run = watch.drain(setup, session, ours, "warm-up", progress)
    if run["rows_seen"] != setup.messages:
        sys.exit(f"error: the warm-up stored {run['rows_seen']:,} rows of {setup.messages:,} messages")
    database.keep_reference(session)
    progress.done(f"{run['rows_per_second']:,.0f} rows/s")


def measure(setup, session, tool, turn, found):
    progress = Progress(f"{tool.title}, {turn}")
    try:
        run = watch.drain(setup, session, tool, f"{tool.name}-{turn}", progress)
    except RuntimeError as error:
        found["errors"].append(str(error))
        progress.done(f"FAILED: {error}")
        return
    run.update(database.compare(session))
    found["runs"].append(run)
    progress.done(f"{run['rows_per_second']:,.0f} rows/s; stored: {report.storing(run, setup.messages)}")


def try_delivery(setup, session, wanted, found):
    """After all that is timed: the bad message stays in the topic."""
    for name, attempt in (("replay", delivery.replay), ("bad_message", delivery.bad_message)):
        if attempt is delivery.bad_message:
            delivery.produce_bad_message(setup)
        for tool in wanted:
            progress = Progress(f"{tool.title}, {name.replace('_', ' ')}")
            seen = attempt(setup, session, tool, progress)
            found[tool.name].setdefault("delivery_seen", {})[name] = seen
            progress.done(f"{seen['missing']:,} rows missing")


def main():
    given = arguments()
    wanted = tools.chosen([name for name in given.only.split(",") if name], given.format)
    ours = next(tools.in_format(tool, given.format) for tool in tools.TOOLS if tool.name == tools.OURS)
    if given.list_needs:
        print("\n".join(sorted({tool.needs for tool in wanted} - {"consumer"})))
        return
    setup = make_setup(given)
    for tool in {tool.folder: tool for tool in [*wanted, ours]}.values():
        shutil.copytree(tools.FOLDER / tool.folder, setup.copies / tool.folder, dirs_exist_ok=True)
    results = {
        "date": datetime.date.today().isoformat(),
        "machine": machine.machine_name(),
        "versions": dict(pair.split("=", 1) for pair in given.version),
        "messages": given.messages,
        "format": given.format,
        "repeat": given.repeat,
        "async_commit": given.async_commit,
        "left_out": {tool.name: tool.without_avro for tool in tools.left_out(given.format)},
        "tools": {tool.name: {"delivery": tool.delivery, "runs": [], "errors": []} for tool in wanted},
    }
    if given.format == "avro":
        registry.register(given.registry, delivery.TOPIC, given.schema)
    session = database.Database(given.database_url)
    warm_up(setup, session, ours)
    for turn in range(1, given.repeat + 1):
        for tool in wanted:
            measure(setup, session, tool, turn, results["tools"][tool.name])
    if given.delivery:
        quick = [tool for tool in wanted if tool.name != "python-rows"]
        try_delivery(setup, session, quick, results["tools"])
    session.close()
    results["times_the_bar"] = report.ratios(results)
    Path(given.results).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    text = report.page(results)
    Path(given.results).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)
    if any(found["errors"] for found in results["tools"].values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
