"""The report as one page that needs nothing else, and the plots as files beside it."""

from html import escape

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>End-to-end benchmarks</title><style>
:root{color-scheme:light dark;--ink:#1f2328;--dim:#656d76;--line:#d0d7de;--ground:#fff;--good:#1a7f37;--bad:#cf222e}
@media (prefers-color-scheme:dark){
:root{--ink:#e6edf3;--dim:#9198a1;--line:#3d444d;--ground:#0d1117;--good:#3fb950;--bad:#f85149}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:96rem;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}.dim{color:var(--dim)}.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}
thead th{white-space:normal;vertical-align:bottom}
th:first-child,td:first-child,.left{text-align:left}td.left{white-space:normal;min-width:16rem}
svg{max-width:52rem;width:100%;height:auto;display:block;margin:1rem 0}
.pass{color:var(--good);font-weight:600}.fail{color:var(--bad);font-weight:600}
</style></head><body>
"""


class Html(str):
    """Already escaped."""


def cell(value, kind=""):
    words = value if isinstance(value, Html) else escape(str(value))
    return f'<td class="{kind}">{words}</td>' if kind else f"<td>{words}</td>"


def table(head, rows):
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    out = [f'<div class="wide"><table><thead><tr>{names}</tr></thead><tbody>']
    for row in rows:
        out += ["<tr>", *row, "</tr>"]
    return "".join(out) + "</tbody></table></div>"


def percent(share):
    return f"{100 * share:.1f} %"


def name_of(entry):
    variant = entry.get("variant", "default")
    words = entry["title"] if variant == "default" else f"{entry['title']}: {variant}"
    return words + ("" if entry.get("valid", True) else " (NOT VALID)")


def failed_row(entry, columns):
    return [cell(entry["title"]), f'<td class="left fail" colspan="{columns - 1}">{escape(entry["error"])}</td>']


def targets(result):
    rows = []
    for one in result["targets"]:
        kind = one["verdict"] if one["verdict"] in ("pass", "fail") else "dim"
        rows.append([cell(one["what"]), cell(one["value"]), cell(one["wanted"]), cell(one["verdict"], kind),
                     cell(one["note"], "left")])
    return table(("target", "measured", "wanted", "", ""), rows)


DRAIN_HEAD = ("case", "messages", "messages/s", "of the ceiling", "ceiling, rows/s", "Kafka alone, messages/s",
              "consumer, CPU s per million", "PostgreSQL, CPU s", "Kafka, CPU s", "CPUs idle", "peak MB",
              "rows a transaction", "what bounds it")


def drain_row(entry):
    if "median" not in entry:
        return failed_row(entry, len(DRAIN_HEAD))
    now = entry["median"]
    millions = entry["messages"] / 1e6
    return [cell(name_of(entry)), cell(f"{entry['messages']:,}"), cell(f"{now['messages_per_second']:,.0f}"),
            cell(percent(entry["ratio"])),
            cell(f"{entry['ceiling']['rows_per_second']:,.0f} ({entry['ceiling']['way']})"),
            cell(f"{entry['kafka_only']['messages_per_second']:,.0f}"),
            cell(f"{entry['consumer_cpu_per_million']:.2f}"),
            cell(f"{now['postgres_cpu'] / millions:.2f}"), cell(f"{now['kafka_cpu'] / millions:.2f}"),
            cell(percent(now["idle_share"])), cell(f"{entry['peak_megabytes']:.0f}"),
            cell(f"{now['rows_a_transaction']:,.0f}"), cell(entry["bound"], "left")]


STEADY_HEAD = ("load", "sent/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "longest ms", "producer late, p99 ms",
               "consumer, CPU s per million", "consumer, % of a CPU", "PostgreSQL", "Kafka", "CPUs idle", "peak MB",
               "rows a transaction", "what bounds it")


def steady_row(entry):
    if "median" not in entry:
        return failed_row(entry, len(STEADY_HEAD))
    now = entry["median"]
    times = ("p50_ms", "p90_ms", "p99_ms", "p999_ms", "longest_ms", "producer_late_p99_ms")
    used = [f"{100 * now[f'{who}_cpu'] / now['seconds']:.1f} %" for who in ("consumer", "postgres", "kafka")]
    return [cell(name_of(entry)), cell(f"{now['sent_per_second']:,.0f}"), *(cell(f"{now[one]:.1f}") for one in times),
            cell(f"{entry['consumer_cpu_per_million']:.2f}"), *map(cell, used), cell(percent(now["idle_share"])),
            cell(f"{entry['peak_megabytes']:.0f}"), cell(f"{now['rows_a_transaction']:,.0f}"),
            cell(entry["bound"], "left")]


def section(title, words, plots, names, body):
    pictures = "".join(plots[name] for name in names if name in plots)
    return f"<h2>{escape(title)}</h2><p class=\"dim\">{escape(words)}</p>{pictures}{body}"


def sections(result, plots):
    groups = {}
    for entry in result["cases"]:
        groups.setdefault(entry["group"], []).append(entry)
    texts = {
        "drain": ("Draining a backlog", "Messages a second from the first row to the last; CPU seconds per million "
                  "messages. The ceiling writes the rows that the tables hold in the end, already encoded, by binary "
                  "COPY; the share is its time by the drain's time.", ("run-drain", "run-cpu")),
        "steady": ("Steady loads", "Milliseconds from being handed to the producer to the commit, of every message. CPU "
                   "in percent of one CPU.", ("run-latency", "run-steady-cpu")),
        "conflict": ("Repeated messages", "Copies of one of the 10,000 messages before, byte for byte. The ceiling "
                     "writes each row once.", ("run-conflict",)),
        "sweep": ("Sweeps", "One backlog, drained with different settings.", ("run-batch", "run-pool", "run-replicas")),
    }
    for group, (title, words, names) in texts.items():
        if group not in groups:
            continue
        if group == "steady":
            body = table(STEADY_HEAD, map(steady_row, groups[group]))
        else:
            body = table(DRAIN_HEAD, map(drain_row, groups[group]))
        yield section(title, words, plots, names, body)


def write_plots(folder, plots):
    """Each as a file that stands alone."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, plot in plots.items():
        written.append(folder / f"{name}.svg")
        written[-1].write_text('<?xml version="1.0" encoding="UTF-8"?>\n' + plot)
    return written


def write(result, path, plots):
    """The page, and each plot beside it; returns the names of the files."""
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    about = f"{result['date']}, {result['machine']}, profile {result['profile']}; {versions}"
    path.write_text(HEAD + f"<h1>End-to-end benchmarks</h1><p class=\"dim\">{escape(about)}</p>" +
                    "<h2>Targets</h2>" + targets(result) + "".join(sections(result, plots)) + "</body></html>\n")
    return [path, *write_plots(path.parent, plots)]
