"""What came out, as JSON and as a table."""

import statistics

from . import delivery, tools

VALID_OTHERS = 0.05
TIMES_WANTED = 3.0
FORMATS = {
    "json": "of 300 bytes, JSON that does not carry its schema,",
    "avro": "of 130 bytes, Avro with a schema registry's framing,",
}


def middle(runs, figure):
    return statistics.median(run[figure] for run in runs)


def ratios(results):
    """Our rows a second to the bar's, of each repetition in which both ran."""
    ours, bar = (results["tools"].get(name, {}).get("runs", []) for name in (tools.OURS, tools.BAR))
    return [a["rows_per_second"] / b["rows_per_second"] for a, b in zip(ours, bar)]


def is_valid(runs):
    return all(run["others_share"] <= VALID_OTHERS for run in runs)


def storing(run, messages):
    """What became of the messages, in words."""
    if run["cut_short"]:
        text = f"stopped after {run['seconds']:.0f} s at {run['rows_seen']:,}"
    elif run["stored"] < messages:
        text = f"**{messages - run['stored']:,} of {messages:,} lost**"
    else:
        text = "all"
    if run["other_values"]:
        text += f"; {run['other_values']:,} with other values in {', '.join(run['other_columns'])}"
    return text


def table(results):
    messages = results["messages"]
    lines = [
        "| tool | rows/s | s to the first row | CPU s per million rows: tool, PostgreSQL, Kafka | CPUs idle | peak MB "
        "| rows stored |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for tool in tools.TOOLS:
        runs = results["tools"].get(tool.name, {}).get("runs", [])
        if not runs:
            continue
        rates = [run["rows_per_second"] for run in runs]
        spread = f" ({min(rates):,.0f} to {max(rates):,.0f})" if len(rates) > 1 else ""
        worst = max(runs, key=lambda run: (not run["cut_short"], messages - run["stored"] + run["other_values"]))
        mark = "" if is_valid(runs) else " NOT VALID"
        lines.append(
            f"| {tool.title}{'' if tool.synchronous else ' (1)'} "
            f"| {statistics.median(rates):,.0f}{spread}{mark} "
            f"| {middle(runs, 'seconds_to_first_row'):.1f} "
            f"| {middle(runs, 'tool_cpu_per_million'):.2f}, {middle(runs, 'postgres_cpu_per_million'):.2f}, "
            f"{middle(runs, 'kafka_cpu_per_million'):.2f} "
            f"| {100 * middle(runs, 'idle_share'):.0f} % "
            f"| {middle(runs, 'peak_megabytes'):.0f} | {storing(worst, messages)} |"
        )
    return lines


def verdict(results):
    lines = []
    times = ratios(results)
    if times:
        seen = statistics.median(times)
        both = [run for name in (tools.OURS, tools.BAR) for run in results["tools"][name]["runs"]]
        judged = "met" if seen >= TIMES_WANTED else "NOT met"
        if not is_valid(both):
            judged = "not judged: other programs took more than 5 % of the CPUs, so the two had different machines"
        lines.append(
            f"kafka-to-db-consumer / Benthos sql_raw: {seen:.2f} times ({min(times):.2f} to {max(times):.2f}); "
            f"wanted: at least {TIMES_WANTED:.0f}: {judged}"
        )
    for tool in tools.TOOLS:
        for error in results["tools"].get(tool.name, {}).get("errors", []):
            lines.append(f"{tool.title}: FAILED: {error}")
        runs = results["tools"].get(tool.name, {}).get("runs", [])
        if runs and not is_valid(runs):
            lines.append(f"{tool.title}: NOT VALID: other programs took {100 * middle(runs, 'others_share'):.1f} % of the CPUs")
    return lines


def delivery_seen(results):
    seen = [(tool, delivery.in_words(results["tools"].get(tool.name, {}).get("delivery_seen"))) for tool in tools.TOOLS]
    lines = [f"- {tool.title}: {words}." for tool, words in seen if words]
    return ["What was seen (measure/delivery.py says how it was tried):", "", *lines, ""] if lines else []


def left_out(results):
    return [(tool, results["left_out"][tool.name]) for tool in tools.TOOLS if tool.name in results["left_out"]]


def page(results):
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    run = [tool for tool in tools.TOOLS if results["tools"].get(tool.name, {}).get("runs")]
    return "\n".join(
        [
            f"# Peers, {results['date']}",
            "",
            f"{results['machine']}; {versions}.",
            f"{results['messages']:,} messages {FORMATS[results['format']]} in 6 uneven partitions, the same topic for "
            "every tool (none needs a flattened copy), into the same table with its primary key; medians of "
            f"{results['repeat']}. Tool, broker and database on the same CPUs.",
            "",
            *table(results),
            "",
            "(1) commits with synchronous_commit off; the others wait for the disk"
            + (", but PostgreSQL was told not to make anyone wait." if results["async_commit"] else "."),
            "",
            *[f"- {line}" for line in verdict(results)],
            *[f"- {tool.title}: left out: {why}" for tool, why in left_out(results)],
            "",
            "What they promise:",
            "",
            *[f"- {tool.title}: {tool.delivery}." for tool in run],
            "",
            *delivery_seen(results),
        ]
    )
