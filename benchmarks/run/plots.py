"""The report's plots as SVG, made by hand: no library, readable on a light and on a dark ground."""

from html import escape

WIDTH = 850
LEFT = 260
RIGHT = 190
ROW = 26

STYLE = """<style>
.plot{--ink:#1f2328;--dim:#656d76;--line:#d0d7de;--a:#0a66c2;--b:#b9c4cf;--c:#2e8b57;--d:#c77700;--e:#8250df;--f:#eceff2;
--g:#cf222e;font:13px system-ui,sans-serif}
@media (prefers-color-scheme:dark){.plot{--ink:#e6edf3;--dim:#9198a1;--line:#3d444d;--a:#4493f8;--b:#56606b;--c:#3fb96f;
--d:#e0a030;--e:#ab7df8;--f:#262c33;--g:#f85149}}
.plot text{fill:var(--ink)}.plot .dim{fill:var(--dim)}.plot line{stroke:var(--line)}.plot .title{font-weight:600;font-size:15px}
.plot .a{fill:var(--a)}.plot .b{fill:var(--b)}.plot .c{fill:var(--c)}.plot .d{fill:var(--d)}.plot .e{fill:var(--e)}
.plot .f{fill:var(--f)}.plot .g{fill:var(--g)}
</style>"""


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def rect(x, y, width, height, kind, words=""):
    tip = f"<title>{escape(words)}</title>" if words else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}" class="{kind}">{tip}</rect>'


def legend(y, names):
    out, x = [], LEFT
    for kind, name in names:
        out += [rect(x, y - 10, 12, 12, kind), text(x + 17, y, name, "dim")]
        x += 32 + 7.2 * len(name)
    return out


def svg(title, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-label="{escape(title)}">{STYLE}{text(0, 18, title, "title")}{"".join(parts)}</svg>\n')


def bars(title, names, rows):
    """rows: label, [(kind, value, words)...] drawn above each other, words at the right."""
    most = max(value for _, values, _ in rows for _, value, _ in values) or 1
    space = WIDTH - LEFT - RIGHT
    parts, y = legend(42, names), 58
    for label, values, words in rows:
        each = (ROW - 6) / len(values)
        for i, (kind, value, tip) in enumerate(values):
            parts.append(rect(LEFT, y + i * each, space * value / most, each - 1, kind, tip))
        parts += [text(LEFT - 8, y + 15, label, "", "end"), text(LEFT + space + 8, y + 15, words, "dim")]
        y += ROW
    return svg(title, y + 6, parts)


def stacked(title, names, rows):
    """rows: label, [(kind, share)...] that make about 1."""
    space = WIDTH - LEFT - 20
    words = dict(names)
    parts, y = legend(42, names), 58
    for label, values in rows:
        x = LEFT
        whole = max(1.0, sum(share for _, share in values))
        for kind, share in values:
            width = space * share / whole
            parts.append(rect(x, y, width, ROW - 8, kind, f"{words[kind]} {100 * share:.1f} %"))
            x += width
        parts.append(text(LEFT - 8, y + 14, label, "", "end"))
        y += ROW
    return svg(title, y + 6, parts)


def drained(entry):
    return "ratio" in entry


def label_of(entry):
    return entry["title"] if entry.get("variant", "default") == "default" else entry["variant"]


def against_ceiling(title, entries):
    rows = []
    for entry in entries:
        rate = entry["median"]["messages_per_second"]
        # The ceiling in the same unit: messages whose rows it would have written in that time.
        top = rate / entry["ratio"]
        rows.append((label_of(entry), [("b", top, f"ceiling {top:,.0f}"), ("a", rate, f"drain {rate:,.0f}")],
                     f"{rate:,.0f}/s, {100 * entry['ratio']:.0f} %"))
    return bars(title, (("a", "drain, messages/s"), ("b", "ceiling of the same run")), rows)


def cpu_shares(title, entries):
    names = (("a", "consumer"), ("c", "PostgreSQL"), ("d", "Kafka"), ("e", "producer"), ("g", "others"), ("f", "idle"))
    rows = []
    for entry in entries:
        parts = entry["shares"]
        rows.append((label_of(entry), [("a", parts["consumer"]), ("c", parts["postgres"]), ("d", parts["kafka"]),
                                       ("e", parts.get("producer", 0)), ("g", parts["others"]),
                                       ("f", parts["idle"] + parts["disk"])]))
    return stacked(title, names, rows)


def latency(title, entries):
    rows = []
    for entry in entries:
        now = entry["median"]
        values = [(kind, now[name], f"{words} {now[name]:.1f} ms")
                  for kind, name, words in (("a", "p50_ms", "p50"), ("c", "p99_ms", "p99"), ("d", "p999_ms", "p99.9"))]
        rows.append((label_of(entry), values, f"{now['p50_ms']:.0f} / {now['p99_ms']:.0f} / {now['p999_ms']:.0f} ms"))
    return bars(title, (("a", "p50"), ("c", "p99"), ("d", "p99.9")), rows)


def all_plots(result):
    """Name and SVG of each plot that there are figures for."""
    entries = [entry for entry in result["cases"] if "median" in entry]
    by_group = {}
    for entry in entries:
        by_group.setdefault(entry["name"] if entry["group"] == "sweep" else entry["group"], []).append(entry)
    titles = {
        "drain": "Drain of a backlog, and the ceiling", "conflict": "Repeated messages",
        "sweep/batch": "Rows of a batch at most", "sweep/pool": "Connections to the database",
        "sweep/replicas": "Replicas on the same machine",
    }
    out = {}
    for group, title in titles.items():
        if group in by_group:
            out[f"run-{group.split('/')[-1]}"] = against_ceiling(title, by_group[group])
    steady = by_group.get("steady")
    if steady:
        out["run-latency"] = latency("From the producer to the commit, milliseconds", steady)
    backlogs = [entry for entry in entries if entry["group"] in ("drain", "conflict")]
    if backlogs:
        out["run-cpu"] = cpu_shares("Who uses the CPUs during a drain", backlogs)
    if steady:
        out["run-steady-cpu"] = cpu_shares("Who uses the CPUs under a steady load", steady)
    return out
