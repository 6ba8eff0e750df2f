"""What is wrong, in reasons; and the worst of them."""

CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
ABOUT_LAG = {"lag", "more_records"}  # alerts whose numbers are up to a minute old, when we have them from this moment


def judge(report, options):
    reasons = []

    def add(level, about, text):
        if all(reason["text"] != text for reason in reasons):
            reasons.append({"level": level, "about": about, "text": text})

    servers(report, add)
    if report["lag"]["known"]:
        lag(report["lag"], options, add)
    elif not any(reason["about"] == "kafka" for reason in reasons):
        add("unknown", "lag", "the lag could not be read: " + report["lag"]["why"])
    service(report, add)
    connections(report, reasons, add)
    pods(report["pods"], add)
    alerts(report, options, add)
    order = {"critical": 0, "unknown": 1, "warning": 2}
    reasons.sort(key=lambda reason: order[reason["level"]])
    worst = reasons[0]["level"] if reasons else "ok"
    return worst, reasons


def servers(report, add):
    """Kafka and the database, each named once: whoever says first that it is away."""
    found = report["lag"]
    if not found["known"] and found["away"]:
        add("critical", "kafka", "Kafka does not answer: " + found["why"])
    else:
        for replica in report["service"]:
            if not replica["kafka"]["reachable"]:
                add("critical", "kafka", f"Kafka does not answer {replica['replica']}: {replica['kafka']['error']}")
                break
    pool = report["pool"]
    unknown_offsets = [note for note in found.get("notes", []) if "no connection to the database" in note]
    away = [replica for replica in report["service"] if not replica["database"]["reachable"]]
    if pool["full"]:
        add("critical", "database", "the database has no connection left: " + pool["why"])
    elif pool["away"]:
        add("critical", "database", "the database does not answer: " + pool["why"])
    elif away:
        add("critical", "database", f"the database does not answer {away[0]['replica']}: {away[0]['database']['error']}")
    elif pool["refused"]:
        add("unknown", "database", "the database could not be looked into: " + pool["why"])
    elif unknown_offsets:
        add("critical", "database", unknown_offsets[0])


def lag(found, options, add):
    if not found["partitions"]:
        add("unknown", "lag", f"the group {found['group']} has no offsets: is that its name, and has it ever run?")
        return
    moves = {"falling": "it falls", "growing": "it grows", "steady": "it does not fall", "unknown": "its trend is not known"}
    goes = moves.get(found["trend"], "")
    if found["catch_up_seconds"]:
        goes += f", caught up in {duration(found['catch_up_seconds'])}"
    exceeded(found["total"], options.lag_warning, options.lag_critical,
             lambda limit: f"a lag of {plural(found['total'], 'message')} is over {limit:,.0f}; {goes}", add)
    exceeded(found["seconds"], options.seconds_warning, options.seconds_critical,
             lambda limit: f"the oldest message waits for {duration(found['seconds'])}, over {duration(limit)}; {goes}", add)
    words = {"stop": ("critical", "has messages, and no replica owns it"),
             "stall": ("critical", "stands still: owned, and nothing is stored"), "rewind": ("warning", "went back"),
             "warn": ("warning", "has a lag that only grows")}
    for state, (level, text) in words.items():
        these = [p for p in found["partitions"] if p["state"] == state]
        if these:
            more = f" (and {plural(len(these) - 1, 'more partition')})" if len(these) > 1 else ""
            add(level, "lag", f"{these[0]['topic']}/{these[0]['partition']} {text}{more}")
    for p in found["partitions"]:
        near = options.retention and (p["retention_ratio"] or 0) > options.retention
        if near and p["lag"] and options.seconds_warning and (p["seconds"] or 0) > options.seconds_warning:
            add("critical", "lag", f"{p['topic']}/{p['partition']} is near retention: "
                                   f"its lag is {p['retention_ratio']:.0%} of what the log holds")
    for note in found["notes"]:
        if note.startswith("Kafka does not answer everything"):
            add("warning", "kafka", note)


def exceeded(value, warning, critical, text, add):
    if value is None:
        return
    if critical and value > critical:
        add("critical", "lag", text(critical))
    elif warning and value > warning:
        add("warning", "lag", text(warning))


def service(report, add):
    for replica in report["service"]:
        # What is away or stops a topic is told by those who look for it.
        for trouble in replica["troubles"]:
            if trouble["for_seconds"] >= 1 and trouble["cause"] not in ("away", "schema"):
                add("critical", "database", f"{trouble['title'].lower()}, says {replica['replica']}: {trouble['says']}")
        for topic in replica["stopped_topics"]:
            add("critical", "topics", f"topic {topic['topic']} is stopped: {topic['reason']}")
        if not replica["ready"]:
            add("warning", "pods", f"{replica['replica']} is not ready ({replica['state']})")


def connections(report, reasons, add):
    pool = report["pool"]
    behind = any(reason["about"] == "lag" and reason["level"] != "unknown" for reason in reasons)
    waiting = [r for r in pool["replicas"] if r["waiting"] > 0 and r["busy"] >= r["max"]]
    pool["saturated"] = pool["full"] or bool(waiting)
    if pool["known"]:
        share = pool["server_connections"] / pool["usable"]
        words = f"{pool['server_connections']} of {pool['usable']} connections of the database are taken"
        pool["saturated"] = pool["saturated"] or share >= 0.95
        if share >= 1:
            add("critical", "pool", words)
        elif share >= 0.9:
            add("warning", "pool", words)
    # While it keeps up, a busy pool is only a pool that is used.
    if waiting and behind:
        add("warning", "pool", f"the pool of {waiting[0]['replica']} is exhausted ({waiting[0]['busy']} of {waiting[0]['max']} busy, "
                               f"{plural(waiting[0]['waiting'], 'batch waits', 'batches wait')}): the database is the limit, "
                               "more replicas would not help")


def pods(found, add):
    if not found["known"]:
        return
    if found["ready"] == 0:
        add("critical", "pods", f"no pod of {found['deployment']} is ready ({found['desired']} wanted)")
    elif found["ready"] < found["desired"]:
        add("warning", "pods", f"{found['ready']} of {found['desired']} pods are ready")
    for pod in found["pods"]:
        if pod["trouble"] and not pod["going"]:
            add("warning", "pods", f"{pod['name']}: {pod['trouble']}" + (f" (ended before: {pod['last_end']})" if pod["last_end"] else ""))


def alerts(report, options, add):
    levels = {"critical": "critical", "high": "warning", "medium": "warning"}
    for alert in report["alerts"]["alerts"]:
        ours = alert["service_name"] == options.service
        if ours and alert["priority"] in levels and not (report["lag"]["known"] and alert["alert"] in ABOUT_LAG):
            add(levels[alert["priority"]], "alerts", f"alert {alert['alert']}: {alert['reason']}. {alert['recommendation']}")
    if not report["lag"]["known"]:
        for alert in report["alerts"]["lag_alerts"]:
            add(alert["alert_level"], "alerts",
                f"alert lag: {plural(alert['total_lag'], 'message')} in {alert['topic']} at {alert['timestamp']}")


def plural(count, one, many=None):
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds):
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
