"""The report for people."""

from verdict import duration, plural

SHOWN = 15  # rows of a long table; --json has all
COLOURS = {"ok": "32", "warning": "33", "critical": "31", "unknown": "35"}


def render(report, colour):
    def bold(text, code="1"):
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    lines = [bold(f"Consumer lag  {report['time']}  group {report['lag'].get('group') or '?'}  ({report['where']})"), ""]
    for title, body in (("Lag", lag(report["lag"])), ("Connections to the database", pool(report["pool"])),
                        ("Performance", performance(report["performance"])), ("Alerts", alerts(report["alerts"])),
                        ("Pods", pods(report["pods"]))):
        lines += [bold(title), *(("  " + line).rstrip() for line in body), ""]
    lines.append(bold(report["verdict"].upper(), "1;" + COLOURS[report["verdict"]]))
    lines += [f"  {reason['level']}: {reason['text']}" for reason in report["reasons"]]
    return "\n".join(lines) + "\n"


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def table(headings, rows):
    """Text to the left, numbers to the right."""
    cells = [headings] + [[cell if isinstance(cell, str) else number(cell) for cell in row] for row in rows]
    left = [all(isinstance(row[i], str) and not row[i][:1].isdigit() and row[i] != "-" for row in rows) for i in range(len(headings))]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]
    return ["  ".join(cell.ljust(width) if to_left else cell.rjust(width) for cell, width, to_left in zip(row, widths, left)).rstrip()
            for row in cells]


def shortened(rows, what):
    return [] if len(rows) <= SHOWN else [f"... and {plural(len(rows) - SHOWN, 'more ' + what)}"]


def lag(found):
    if not found["known"]:
        return ["cannot tell: " + found["why"]]
    trend = {"falling": f"falls by {number(found['drain_rate'])}/s", "growing": f"grows by {number(-(found['drain_rate'] or 0))}/s",
             "steady": "does not change", "none": "nothing waits"}.get(found["trend"], "trend not known")
    catch_up = f", caught up in {duration(found['catch_up_seconds'])}" if found["catch_up_seconds"] else ""
    lines = [f"{plural(found['total'], 'message')} in {plural(len(found['partitions']), 'partition')} of "
             f"{plural(len(found['topics']), 'topic')}, the oldest waits for {duration(found['seconds'])}: {trend}{catch_up}"]
    behind = [topic for topic in found["topics"] if topic["lag"] or topic["state"] not in ("ok", "unknown")]
    if behind:
        lines += table(["TOPIC", "PARTITIONS", "LAG", "BEHIND", "STATE"],
                       [[t["topic"], t["partitions"], t["lag"], duration(t["seconds"]), state(t)] for t in behind[:SHOWN]])
        lines += [*shortened(behind, "topic"), ""]
        rows = sorted((p for p in found["partitions"] if p["lag"]), key=lambda p: -p["lag"])
        lines += table(["PARTITION", "COMMITTED", "END", "LAG", "BEHIND", "STATE", "CONSUMED/S", "PRODUCED/S", "RETENTION"],
                       [[f"{p['topic']}/{p['partition']}", p["committed"], p["end"], p["lag"], duration(p["seconds"]), state(p),
                         p["consumed_per_second"], p["produced_per_second"],
                         "-" if p["retention_ratio"] is None else f"{p['retention_ratio']:.0%}"] for p in rows[:SHOWN]])
        lines += shortened(rows, "partition")
    return lines + [f"note: {note}" for note in found["notes"]]


def state(of):
    return "-" if of["state"] in (None, "unknown") else of["state"]


def pool(found):
    if not found["known"]:
        lines = ["cannot tell: " + found["why"]]
    else:
        lines = [f"{found['connections']} of this application; of the server {found['server_connections']} of {found['usable']} "
                 f"({found['reserved']} more are reserved)"]
        if found["applications"]:
            lines += table(["APPLICATION", "STATE", "CONNECTIONS", "WAIT FOR LOCKS", "OLDEST TRANSACTION"],
                           [[a["application"], a["state"], a["connections"], a["waiting_for_locks"],
                             duration(a["oldest_transaction_seconds"])]
                            for a in found["applications"]])
    if found["replicas"]:
        lines += table(["REPLICA", "OPEN", "BUSY", "BATCHES WAITING", "MOST"],
                       [[r["replica"], r["connections"], r["busy"], r["waiting"], r["max"]] for r in found["replicas"]])
    return lines


def performance(found):
    if not found["known"]:
        return ["cannot tell: " + found["why"]]
    if not found["services"]:
        return ["nothing was reported (the service reports with LOOM_USE_DATABASE_CONFIG=true)"]
    lines = table(["SERVICE", "LAG NOW", "LAG MOST", "MESSAGES", "MESSAGES/S", "MS A MESSAGE", "MEMORY MB", "ERRORS", "REBALANCES"],
                  [[s["service_name"], s["current_lag"], s["max_lag"], s["messages_processed"], number(s["avg_messages_per_second"], 1),
                    number(s["avg_processing_time_ms"], 3), number(s["peak_memory_mb"]), s["errors"], s["rebalances"]]
                   for s in found["services"][:SHOWN]])
    if found["history"]:
        lines += ["", "the last hour (UTC), ten minutes a line:"]
        lines += table(["FROM", "MESSAGES", "MESSAGES/S", "MEMORY MB", "ERRORS", "LAG MOST"],
                       [[h["minute"], h["messages"], h["messages_per_second"], h["memory_mb"], h["errors"], h["max_lag"]]
                        for h in found["history"]])
    return lines


def alerts(found):
    if not found["known"]:
        return ["cannot tell: " + found["why"]]
    lines = [f"{a['priority']}: {a['service_name']}: {a['alert']}: {a['reason']}. {a['recommendation']}" for a in found["alerts"][:SHOWN]]
    lines += shortened(found["alerts"], "alert")
    lines += [f"{a['alert_level']}: {a['service_name']}: {a['topic']}: lag of {plural(a['total_lag'], 'message')}"
              for a in found["lag_alerts"][:SHOWN]]
    return lines or ["none"]


def pods(found):
    if not found["known"]:
        return [found["why"]]
    hpa = found["hpa"]
    scaled = f", scaled by {hpa['name']} between {hpa['min']} and {hpa['max']}" if hpa else ""
    lines = [f"{found['ready']} of {found['desired']} ready{scaled}"]
    if found["pods"]:
        lines += table(["POD", "STATE", "RESTARTS", "CPU", "MEMORY", "NODE"],
                       [[p["name"], pod_state(p), p["restarts"], p["cpu"] or "-", p["memory"] or "-", p["node"] or "-"]
                        for p in found["pods"]])
    return lines + ([f"note: {found['why']}"] if found["why"] else [])


def pod_state(pod):
    if pod["going"]:
        return "ending"
    return pod["trouble"] or ("ready" if pod["ready"] else f"{pod['phase']}, not ready")
