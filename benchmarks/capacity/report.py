"""What came out, as a page. The JSON has each run."""

from __future__ import annotations

import statistics
from typing import Any

from . import forecast

OTHERS_SHARE = 0.05
Entry = dict[str, Any]


def middle(runs: list[Entry]) -> Entry:
    """The median of each figure; of CPU the least, since other programs only ever add to it."""
    return {name: (min if name.endswith("_cpu") else statistics.median)(run[name] for run in runs) for name in runs[0]}


def is_valid(run: Entry) -> bool:
    return bool(run["others_share"] <= OTHERS_SHARE)


def _line(name: str, found: Entry) -> str:
    run = found["median"]
    mark = "" if is_valid(run) else f" NOT VALID ({100 * run['others_share']:.0f} % others)"
    return (f"| `{name}` | {found['title']} | {run['messages_per_second']:,.0f}{mark} | {run['consumer_cpu']:.2f} "
            f"| {run['postgres_cpu']:.2f} | {run['kafka_cpu']:.2f} | {100 * run['idle_share']:.0f} % | {run['row_bytes']:.0f} "
            f"| {run['wal_bytes']:.0f} | {run['table_bytes']:.0f} | {run['index_bytes']:.0f} | {run['stored_bytes']:.0f} |")  # fmt: skip


def cases(found: dict[str, Entry]) -> list[str]:
    return [
        "| case | messages | messages/s | CPU s per million: consumer | PostgreSQL | Kafka | CPUs idle | bytes of a row's values "
        "| WAL bytes a message | table bytes a row | index bytes a row | bytes of a message in Kafka |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *[_line(name, entry) for name, entry in found.items() if "median" in entry],
    ]


def _percent(forecast_value: float, measured: float) -> str:
    return "-" if not measured else f"{100 * (forecast_value / measured - 1):+.0f} %"


def forecasts(found: dict[str, Entry], use: str) -> list[str]:
    lines = ["| case | " + " | ".join(words for _, _, words in forecast.COMPARED) + " |", "| --- |" + " --- |" * len(forecast.COMPARED)]
    for name, entry in found.items():
        if entry["use"] == use and "forecast" in entry:
            cells = []
            for figure, _, _ in forecast.COMPARED:
                pair = entry["forecast"].get(figure)
                cells.append(f"{pair[0]:.2f} : {pair[1]:.2f}, {_percent(*pair)}" if pair else "-")
            lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return lines


def paces(found: dict[str, Entry]) -> list[str]:
    """What one partition reaches of what the slower side could with a core to itself."""
    lines = []
    for name, entry in found.items():
        if entry["use"] == "pace":
            run = entry["median"]
            most = 1e6 / max(run["consumer_cpu"], run["postgres_cpu"])
            lines.append(f"- `{name}`: {run['messages_per_second']:,.0f} messages/s, {100 * run['messages_per_second'] / most:.0f} % of "
                         f"{most:,.0f}, CPUs idle {100 * run['idle_share']:.0f} %")  # fmt: skip
    return lines


def large(found: Entry) -> list[str]:
    rows = [
        "| rows there | rows/s | CPU s per million: consumer | PostgreSQL | WAL bytes a row | table GB | index GB | CPUs idle | others |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for point in found["points"]:
        rows.append(
            f"| {point['rows'] / 1e6:,.0f} million | {point['messages_per_second']:,.0f} | {point['consumer_cpu']:.2f} "
            f"| {point['postgres_cpu']:.2f} | {point['wal_bytes']:.0f} | {point['table'] / 1e9:.2f} | {point['index'] / 1e9:.2f} "
            f"| {100 * point['idle_share']:.0f} % | {100 * point['others_share']:.0f} % |"
        )
    return rows


def page(results: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    lines = [f"# Capacity, {results['date']}", "", f"{results['machine']}; {versions}.", ""]
    if results["cases"]:
        lines += [*cases(results["cases"]), "", "Forecast : measured, of the cases that the model is made of:", ""]
        lines += [*forecasts(results["cases"], "fit"), "", "And of those that it is not:", "", *forecasts(results["cases"], "check"), ""]
        lines += ["One partition:", "", *paces(results["cases"]), ""]
    if results["coefficients"]:
        lines += ["Coefficients by least squares, CPU microseconds (src/capacity/coefficients.h):", ""]
        for part, values in results["coefficients"].items():
            lines += [f"- {part}: " + ", ".join(f"{name} {value:.5f}" for name, value in values.items())]
        lines.append("")
    if results.get("large"):
        lines += [f"One table, keys in no order, shared_buffers {results['large']['shared_buffers']}:", "", *large(results["large"]), ""]
    lines += [f"- FAILED: {error}" for error in results["errors"]]
    return "\n".join(lines) + "\n"
