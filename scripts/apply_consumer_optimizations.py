#!/usr/bin/env python3
"""Applies what the recorded metrics advise, shows each setting before and after, and watches what becomes of the lag.

The database is LOOM_DATABASE_URL's, Kafka is at LOOM_KAFKA_BOOTSTRAP_SERVERS. Services take changed settings within the
time of their cache (5 minutes), so the watch is longer than that; Ctrl-C ends it. A group whose lag cannot be read is shown as
"-"."""

import argparse
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import program  # noqa: E402


def options_of_the_command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    parser.add_argument("--watch", type=float, default=600, metavar="SECONDS", help="for how long (default: 600; 0: not at all)")
    parser.add_argument("--every", type=float, default=15, metavar="SECONDS", help="between two looks (default: 15)")
    parser.add_argument("--program", help="the program (default: build/release's, else the PATH's)")
    return parser.parse_args()


def say(text=""):
    print(text, flush=True)


def show_table(header, rows):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        say("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())


def lag_of(binary, group):
    """How many messages the group is behind, or None where that cannot be read now."""
    try:
        return program.ask(binary, "lag", "--group", group, "--json")["total_lag"]
    except (program.Failed, KeyError, ValueError):
        return None


def groups_of(binary, services):
    return {name: program.ask(binary, "configs", "show", name, "--json")[0]["consumer_group_id"] for name in services}


def watch(binary, groups, before, options):
    """Prints each group's lag until the time is over; returns what it was last."""
    say(f"\nWatching the lag for {options.watch:g} s (Ctrl-C ends it)")
    until = time.monotonic() + options.watch
    now = dict(before)
    while time.monotonic() < until:
        time.sleep(max(0.0, min(options.every, until - time.monotonic())))
        for service, group in groups.items():
            now[service] = lag_of(binary, group)
        shown = "  ".join(f"{service} {text_of(now[service])}" for service in groups)
        say(f"  {time.strftime('%H:%M:%S')}  {shown}")
    return now


def text_of(lag):
    return "-" if lag is None else str(lag)


def verdict(before, after):
    if before is None or after is None:
        return "unknown"
    if after == before:
        return "the same"
    return "less" if after < before else "more"


def main():
    options = options_of_the_command_line()
    binary = program.find(options.program)
    try:
        advice = program.ask(binary, "configs", "recommend", "--json")
        for one in advice["recommendations"]:
            say(f"{one['priority']}: {one['service_name']}: {one['reason']}")
        if not advice["changes"]:
            say("nothing to change: the recorded metrics ask for no other settings")
            return 0
        services = sorted({change["service_name"] for change in advice["changes"]})
        groups = groups_of(binary, services)
        before = {} if options.dry_run else {service: lag_of(binary, group) for service, group in groups.items()}
        changes = advice["changes"]
        if not options.dry_run:
            changes = program.ask(binary, "configs", "recommend", "--apply", "--json")["changes"]
    except program.Failed as failure:
        sys.exit(f"error: {failure}")
    say("\nWould change:" if options.dry_run else "\nChanged:")
    show_table(["SERVICE", "SETTING", "BEFORE", "AFTER"],
               [[c["service_name"], c["setting"], c["before"], c["after"]] for c in changes])
    if options.dry_run or options.watch <= 0:
        return 0
    after = before
    try:
        after = watch(binary, groups, before, options)
    except KeyboardInterrupt:
        after = {service: lag_of(binary, group) for service, group in groups.items()}
    say("\nLag:")
    show_table(["SERVICE", "GROUP", "BEFORE", "AFTER", ""],
               [[s, groups[s], text_of(before[s]), text_of(after[s]), verdict(before[s], after[s])] for s in services])
    return 0


if __name__ == "__main__":
    sys.exit(main())
