#!/usr/bin/env python3
"""The fault report's lines of JSON as a Markdown table.

fault_table.py RESULTS [--keep FILE] [--page FILE]

Prints the table of RESULTS. With --keep, FILE has the lines of earlier runs: those of tests that ran again are
replaced, and all of them make the table. With --page, the table goes between the two marker lines of that file, too.
"""

import argparse
import json
import pathlib

BEGIN = "<!-- fault-report: begin -->"
END = "<!-- fault-report: end -->"
HEAD = ("fault", "injected", "messages", "lost", "duplicated", "wrong", "dead letters", "recovery: median", "longest",
        "seed", "remarks")


def read(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def merged(old, new):
    """The old lines, those of tests that ran again replaced where they stood."""
    ran = {line["test"] for line in new}
    latest = {}
    for line in new:
        latest[line["fault"]] = line
    kept = []
    for line in old:
        if line["fault"] in latest:
            kept.append(latest.pop(line["fault"]))
        elif line["test"] not in ran:
            kept.append(line)
    return kept + list(latest.values())


def seconds(line, field):
    return f"{line[field] / 1000:.1f} s" if field in line else ""


def row(line):
    if not line["passed"]:
        return [f"**FAILED** {line['fault']}", line["injected"], *[""] * 7, line["seed"], line["test"]]
    dead = line["dead_letters"]
    due = f"{dead:,} of {line['bad']:,}" if dead or line["bad"] else "0"
    return [line["fault"], f"{line['injected']:,}", f"{line['messages']:,}", line["missing"], line["twice"],
            line["wrong"], due, seconds(line, "recovery_median_ms"), seconds(line, "recovery_longest_ms"),
            line["seed"], line.get("note", "")]


def table(lines):
    rows = [HEAD, ["---"] * 1 + ["---:"] * (len(HEAD) - 2) + ["---"], *map(row, lines)]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |" for cells in rows)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("results", type=pathlib.Path)
    arguments.add_argument("--keep", type=pathlib.Path)
    arguments.add_argument("--page", type=pathlib.Path)
    given = arguments.parse_args()

    lines = read(given.results)
    if given.keep:
        lines = merged(read(given.keep), lines)
        given.keep.write_text("".join(json.dumps(line) + "\n" for line in lines))
    text = table(lines)
    print(text)
    if given.page:
        page = given.page.read_text()
        before, rest = page.split(BEGIN, 1)
        after = rest.split(END, 1)[1]
        given.page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
