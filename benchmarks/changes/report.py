"""What came out, as a page. The JSON has each run."""

from __future__ import annotations

import statistics
from typing import Any

from measure import report as peers

from .cases import CASES, Case

Runs = list[dict[str, Any]]
RATIOS = (
    ("stream", "kafka-to-db-consumer / Debezium JDBC sink", "stream-service", "stream-debezium"),
    ("snapshot", "events of op r / plain messages of the same bytes", "snapshot-events", "snapshot-plain"),
)
FIGURES = (("events/s", "rows_per_second"), ("CPU of the tool", "tool_cpu_per_million"), ("CPU of PostgreSQL", "postgres_cpu_per_million"))


def is_right(run: dict[str, Any]) -> bool:
    return not run["missing"] and not run["surplus"]


def faults(found: dict[str, Any]) -> list[str]:
    """Why the line of a case is not to be believed."""
    runs: Runs = found["runs"]
    lines = [f"failed: {error}" for error in found["errors"]]
    wrong = [run for run in runs if not is_right(run)]
    if wrong:
        worst = max(wrong, key=lambda run: run["missing"] + run["surplus"])
        columns = f" (other values in {', '.join(worst['other_columns'])})" if worst["other_columns"] else ""
        lines.append(
            f"the table is not as its source in {len(wrong)} of {len(runs)} runs: {worst['missing']:,} rows missing or "
            f"otherwise, {worst['surplus']:,} that are not in the source{columns}"
        )
    if runs and not peers.is_valid(runs):
        lines.append(f"other programs took {100 * peers.middle(runs, 'others_share'):.1f} % of the CPUs")
    return lines


def _line(case: Case, found: dict[str, Any]) -> str:
    runs: Runs = found["runs"]
    mark = " NOT VALID" if faults(found) else ""
    if not runs:
        return f"| {case.title}{mark} | - | - | - | - | - | - | - |"
    rates = [run["rows_per_second"] for run in runs]
    spread = f" ({min(rates):,.0f} to {max(rates):,.0f})" if len(rates) > 1 else ""
    state = "as its source" if all(map(is_right, runs)) else "**otherwise**"
    return (
        f"| {case.title} | {statistics.median(rates):,.0f}{spread}{mark} | {peers.middle(runs, 'seconds'):.2f} "
        f"| {peers.middle(runs, 'seconds_to_first_row'):.1f} "
        f"| {peers.middle(runs, 'tool_cpu_per_million'):.2f}, {peers.middle(runs, 'postgres_cpu_per_million'):.2f}, "
        f"{peers.middle(runs, 'kafka_cpu_per_million'):.2f} | {100 * peers.middle(runs, 'idle_share'):.0f} % "
        f"| {peers.middle(runs, 'peak_megabytes'):.0f} | {state} |"
    )


def _table(results: dict[str, Any], part: str) -> list[str]:
    return [
        "| | events/s | s | s to the first row | CPU s per million: tool, PostgreSQL, Kafka | CPUs idle | peak MB | the table |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *[_line(case, results["cases"][case.name]) for case in CASES if case.part == part and case.name in results["cases"]],
    ]


def ratios(results: dict[str, Any]) -> dict[str, dict[str, list[float]]]:
    """Of each comparison and figure, one ratio for each turn in which both ran."""
    out = {}
    for part, _, one, other in RATIOS:
        pairs = [
            (results["cases"].get(one, {"turns": {}})["turns"].get(turn), results["cases"].get(other, {"turns": {}})["turns"].get(turn))
            for turn in range(1, results["repeat"] + 1)
        ]
        out[part] = {name: [a[key] / b[key] for a, b in pairs if a and b and b[key]] for name, key in FIGURES}
    return out


def _comparison(results: dict[str, Any], part: str) -> list[str]:
    title, one, other = next(ratio[1:] for ratio in RATIOS if ratio[0] == part)
    lines = []
    for name, values in results["ratios"][part].items():
        if values:
            spread = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
            lines.append(f"- {title}, {name}: {statistics.median(values):.2f} times{spread}")
    broken = False
    for case in CASES:
        if case.name in (one, other) and case.name in results["cases"]:
            for fault in faults(results["cases"][case.name]):
                broken = True
                lines.append(f"- {case.title}: NOT VALID: {fault}")
    if broken:
        lines.append("- The ratios above are NOT VALID.")
    return lines


def _section(results: dict[str, Any], part: str, title: str, text: str) -> list[str]:
    if not any(case.part == part and case.name in results["cases"] for case in CASES):
        return []
    return [f"## {title}", "", text, "", *_table(results, part), "", *_comparison(results, part), ""]


def _stream(results: dict[str, Any]) -> list[str]:
    topics = results["topics"]
    text = (
        f"{results['events']:,} events of {topics['bytes']['bench.public.stream']:,} bytes (lz4, with their schemas): "
        f"{topics['inserts']:,} inserts, {topics['updates']:,} updates, {topics['deletes']:,} deletes, each of these with a "
        f"tombstone behind it that is not counted; {topics['rows']:,} rows are left."
    )
    return _section(results, "stream", "A stream of changes", text)


def _snapshot(results: dict[str, Any]) -> list[str]:
    size = results["topics"]["bytes"]["bench.public.snapshot"]
    text = f"{results['events']:,} rows, messages of {size:,} bytes in both topics, the service alone."
    return _section(results, "snapshot", "A snapshot, and plain messages of the same bytes", text)


def page(results: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return "\n".join(
        [
            f"# Change streams, {results['date']}",
            "",
            f"{results['machine']}; {versions}. Medians of {results['repeat']}, in turns. Tool, broker and database on the same "
            "CPUs. The service commits with synchronous_commit off, the sink waits for the disk"
            + (", but PostgreSQL was told not to make anyone wait." if results["async_commit"] else "."),
            "",
            *_stream(results),
            *_snapshot(results),
        ]
    )
