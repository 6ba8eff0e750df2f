"""From what drain-benchmark wrote to the figures of the report: medians, ratios, and what bounds each case."""

import statistics

# With more than this taken by other programs, drain and ceiling did not have the same machine.
OTHERS_SHARE = 0.05
# From here on the CPUs are what it waits for.
BUSY_IDLE_SHARE = 0.10


def median(runs, name):
    return statistics.median(run[name] for run in runs)


def best(ceiling):
    return min(ceiling, key=lambda way: way["seconds"])


def shares(figures, cpus):
    """Of all CPUs' time in the measured seconds, who took how much."""
    whole = figures["seconds"] * cpus
    out = {who: figures[f"{who}_cpu"] / whole for who in ("consumer", "postgres", "kafka")}
    if "producer_cpu" in figures:
        out["producer"] = figures["producer_cpu"] / whole
    out["idle"] = figures["idle_share"]
    out["disk"] = figures["disk_wait_share"]
    out["others"] = figures["others_share"] + figures["stolen_share"]
    return out


NAMES = {"consumer": "consumer", "postgres": "PostgreSQL", "kafka": "Kafka", "producer": "producer"}


def who_is_busy(parts):
    busy = sorted(((parts[who], name) for who, name in NAMES.items() if who in parts), reverse=True)
    return ", ".join(f"{name} {100 * share:.0f} %" for share, name in busy if share >= 0.005)


def disturbed(now, parts):
    return f"unknown: other programs took {100 * now['others_share']:.0f} % of the CPUs; {who_is_busy(parts)}"


def bound_of_drain(case, entry, cpus):
    """In words, from the figures alone."""
    now, parts = entry["median"], entry["shares"]
    if now["others_share"] > OTHERS_SHARE:
        return disturbed(now, parts)
    idle = f"CPUs idle {100 * now['idle_share']:.0f} %"
    if now["disk_wait_share"] > BUSY_IDLE_SHARE:
        return f"the disk: CPUs wait for it {100 * now['disk_wait_share']:.0f} % of the time"
    if now["idle_share"] <= BUSY_IDLE_SHARE:
        return f"the CPUs: {who_is_busy(parts)}"
    if case.delay_ms and entry["ratio"] < 1:
        return f"round trips to the database; {idle}"
    kafka = entry["kafka_only"]["messages_per_second"]
    if now["messages_per_second"] > 0.8 * kafka:
        return f"Kafka: alone it gives {kafka:,.0f} messages/s; {idle}"
    if case.partitions * case.topics == 1 and parts["consumer"] * cpus > 0.7:
        return f"one worker, since one partition is read by one; {idle}"
    if parts["postgres"] * cpus > 0.7 and parts["postgres"] > parts["consumer"]:
        return f"the database: PostgreSQL uses {parts['postgres'] * cpus:.1f} CPUs; {idle}"
    return f"waiting between consumer and database (batches, start, end); {idle}; {who_is_busy(parts)}"


def bound_of_steady(entry):
    now, parts = entry["median"], entry["shares"]
    if now["others_share"] > OTHERS_SHARE:
        return disturbed(now, parts)
    if now["sent_per_second"] < 0.97 * entry["rate"]:
        return f"the producer, which sent {now['sent_per_second']:,.0f} a second; {who_is_busy(parts)}"
    if now["idle_share"] <= BUSY_IDLE_SHARE:
        return f"the CPUs: {who_is_busy(parts)}"
    return f"the load itself: CPUs idle {100 * now['idle_share']:.0f} %; latency is waiting for a batch to be due"


def description(case):
    names = ("name", "title", "group", "partitions", "topics", "key", "conflict", "duplicates", "within", "again", "bad", "by_key",
             "delay_ms", "repeat")
    return {name: getattr(case, name) for name in names}


def drain_entry(case, raw, drains, cpus):
    variant = case.variants[int(drains["name"])][0]
    entry = {**description(case), "variant": variant, "replicas": drains["replicas"],
             "environment": drains["environment"], "messages": raw["messages"], "rows": raw["rows"],
             "kafka_only": raw["kafka_only"], "ceilings": raw["ceilings"], "runs": drains["runs"]}
    if "error" in drains:
        entry["error"] = drains["error"]
    if not drains["runs"]:
        return entry
    runs = drains["runs"]
    entry["median"] = {name: median(runs, name) for name in runs[0]}
    ceilings = [best(one) for one in raw["ceilings"]]
    entry["ceiling"] = {name: statistics.median(one[name] for one in ceilings)
                        for name in ("seconds", "rows_per_second", "postgres_cpu", "others_share")}
    entry["ceiling"]["way"] = f"{ceilings[0]['connections']} x {ceilings[0]['rows_each']:,}"
    # In time, not in rows: where messages are repeated or bad, what the tables hold in the end is what both must do.
    ratios = [way["seconds"] / run["seconds"] for way, run in zip(ceilings, runs)]
    entry["ratio"] = statistics.median(ratios)
    entry["ratio_range"] = [min(ratios), max(ratios)]
    millions = raw["messages"] / 1e6
    entry["consumer_cpu_per_million"] = entry["median"]["consumer_cpu"] / millions
    entry["peak_megabytes"] = max(run["peak_megabytes"] for run in runs)
    entry["shares"] = shares(entry["median"], cpus)
    entry["valid"] = max(entry["median"]["others_share"], entry["ceiling"]["others_share"]) <= OTHERS_SHARE
    entry["bound"] = bound_of_drain(case, entry, cpus)
    return entry


def compare(entries):
    """What the first way does by what the other build does, pair by pair."""
    ours, other = entries
    pairs = list(zip(ours["runs"], other["runs"]))
    if not pairs:
        return
    for name, figure in (("faster", lambda run: run["messages_per_second"]), ("cpu", lambda run: run["consumer_cpu"]),
                         ("postgres_cpu", lambda run: run["postgres_cpu"])):
        ratios = [figure(a) / figure(b) for a, b in pairs if figure(b)]
        if ratios:
            ours[f"by_baseline_{name}"] = [statistics.median(ratios), min(ratios), max(ratios)]


def steady_entry(case, raw, cpus):
    now = raw["steady"]
    timeout = float(now["environment"].get("LOOM_KAFKA_BATCH_TIMEOUT", 0.5))
    entry = {**description(case), "rate": case.rate, "timeout": timeout, "environment": now["environment"],
             "messages": now["messages"], "median": now, "peak_megabytes": now["peak_megabytes"]}
    entry["consumer_cpu_per_million"] = now["consumer_cpu"] / (now["messages"] / 1e6)
    entry["shares"] = shares(now, cpus)
    entry["valid"] = now["others_share"] <= OTHERS_SHARE
    entry["bound"] = bound_of_steady(entry)
    return entry


def entries_of(case, raw, cpus):
    """One entry for a steady load, one for each way to drain a backlog."""
    if case.rate:
        return [steady_entry(case, raw, cpus)]
    entries = [drain_entry(case, raw, drains, cpus) for drains in raw["drains"]]
    if case.variants[-1][0] == "baseline":
        compare(entries)
    return entries


def failure(case, error):
    entry = {**description(case), "error": str(error)}
    if case.rate:
        entry["rate"] = case.rate
    return entry


def summary(entries):
    """A line for whoever looks on."""
    pieces = []
    for entry in entries:
        if "median" not in entry:
            pieces.append(f"FAILED: {entry['error']}")
            continue
        name = entry.get("variant", "default")
        text = "" if name == "default" else f"{name}: "
        if "rate" in entry:
            now = entry["median"]
            text += f"p50 {now['p50_ms']:.1f}, p99 {now['p99_ms']:.1f}, p99.9 {now['p999_ms']:.1f} ms"
        else:
            text += f"{entry['median']['messages_per_second']:,.0f}/s, {100 * entry['ratio']:.0f} % of the ceiling"
            if "by_baseline_faster" in entry:
                text += ", {:.2f} times ({:.2f} to {:.2f}) the baseline".format(*entry["by_baseline_faster"])
                text += ", its CPU {:.2f} ({:.2f} to {:.2f})".format(*entry["by_baseline_cpu"])
        if "error" in entry:
            text += f", then FAILED: {entry['error']}"
        pieces.append(text + ("" if entry["valid"] else " (NOT VALID)"))
    return "; ".join(pieces)
