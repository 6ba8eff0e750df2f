"""monitor-consumer-lag.sh: look, judge, tell. One look at each part for each report; nothing is changed anywhere."""

import json
import signal
import sys
import time
from datetime import datetime, timezone

import database
import lag
import options as wanted
import text
import verdict
import ways


class Stopped(Exception):
    """Ctrl-C or SIGTERM."""


def stop(_signal, _frame):
    raise Stopped


def gather(way, options, looks):
    """Everything that is known now. `looks` has what was seen of the lag before, and gets what is seen now."""
    pods = way.pods()
    statuses, problems = way.statuses(pods)
    found = ask_service(statuses, options)
    started = time.monotonic()
    failed = None
    if found is None:
        try:
            looks.append(way.look(pods))
        except lag.NotRead as problem:
            failed = problem
    pool, performance, alerts = database.read(way.sql())
    if found is None and failed is None:
        # Without lag there is no trend to be seen.
        if len(looks) == 1 and not options.watch and looks[0]["total"]:
            time.sleep(max(0.0, options.sample - (time.monotonic() - started)))
            try:
                looks.append(way.look(pods))
            except lag.NotRead as problem:
                looks[0]["notes"].append(f"it could not be looked at again: {problem}")
        found = lag.with_rates(looks)
        forget_old(looks)
    if found is None:
        found = {"known": False, "why": str(failed), "away": failed.away, "group": options.group, "notes": []}
    found["notes"] += problems
    # A probe's state says why a replica is not ready; the rest of its account would only repeat the other sections.
    service = [{"replica": s["replica"], "ready": s["ready"], "state": s["group"]["state"], "version": s["version"],
                "database": s["database"], "kafka": {key: s["kafka"][key] for key in ("reachable", "error")},
                "stopped_topics": s["stopped_topics"], "troubles": s.get("troubles", [])} for s in statuses]
    pool["replicas"] = [{"replica": s["replica"], **s["pool"]} for s in statuses]
    return {"time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "way": way.name, "where": way.where, "lag": found,
            "pool": pool, "performance": performance, "alerts": alerts, "pods": pods, "service": service}


def ask_service(statuses, options):
    """The lag as the freshest replica of that group tells it; None: nobody can."""
    told = []
    for status in statuses:
        try:
            if options.group in (None, status["group"]["id"]):
                told.append(lag.from_status(status, time.time()))
        except lag.NotRead:
            continue
    return max(told, key=lambda one: one["at"], default=None)


def forget_old(looks):
    """As many as the longest window takes: the first is the youngest that is old enough."""
    while len(looks) > 2 and looks[-1]["at"] - looks[1]["at"] >= lag.STALL_AFTER:
        del looks[0]


def report(way, options, looks):
    found = gather(way, options, looks)
    worst, reasons = verdict.judge(found, options)
    return {**found, "verdict": worst, "exit_code": verdict.CODES[worst], "reasons": reasons}


def show(found, options, in_place):
    if options.json:
        out = json.dumps(found) + "\n"
    else:
        # Home, and clear what is below: in place, and without the flicker of a screen that is empty for a moment.
        out = ("\x1b[H\x1b[J" if in_place else "") + text.render(found, sys.stdout.isatty())
        out += "\n" if options.watch and not in_place else ""
    sys.stdout.write(out)
    sys.stdout.flush()


def watch(way, options):
    in_place = sys.stdout.isatty() and not options.json
    looks = []
    try:
        if in_place:
            sys.stdout.write("\x1b[2J")
        while True:
            began = time.monotonic()
            show(report(way, options, looks), options, in_place)
            time.sleep(max(0.1, options.watch - (time.monotonic() - began)))
    except Stopped:
        return 0


def wait(way, options):
    deadline = time.monotonic() + options.wait
    looks = []
    while True:
        found = report(way, options, looks)
        below = found["lag"]["known"] and not any(reason["about"] == "lag" for reason in found["reasons"])
        if below or time.monotonic() >= deadline:
            show(found, options, False)
            return 0 if below else found["exit_code"]
        told = found["lag"]
        sys.stderr.write(f"  {found['time']}  " + (f"lag {told['total']:,}, {told['trend']}" if told["known"] else told["why"]) + "\n")
        time.sleep(min(2.0, max(0.0, deadline - time.monotonic())))


def main():
    options = wanted.parse()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        way = ways.choose(options)
        if options.watch:
            return watch(way, options)
        if options.wait:
            return wait(way, options)
        found = report(way, options, [])
        show(found, options, False)
        return found["exit_code"]
    except Stopped:
        return 0 if options.watch else 130
    except BrokenPipeError:
        sys.stderr.close()
        return wanted.CANNOT_TELL


if __name__ == "__main__":
    sys.exit(main())
