"""Lag as every source tells it, in one shape; and what two or more looks say that a single one cannot."""

import json
from datetime import datetime, timezone

STALL_AFTER = 24.0  # as long as the service itself waits before it speaks of a stall
FRESH_WITHIN = 15.0  # the service looks every 2 s, and keeps its last values when it cannot


class NotRead(Exception):
    """No lag from there; the message says why. `away`: because Kafka does not answer."""

    def __init__(self, why, away=False):
        super().__init__(why)
        self.away = away


def seconds_of(instant):
    """Seconds since 1970 of an ISO 8601 instant; fractions may have any number of digits."""
    text = instant.rstrip("Z")
    whole, _, fraction = text.partition(".")
    at = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return at + (float("0." + fraction) if fraction else 0.0)


def from_program(answer):
    """One look, by `kafka-to-db-consumer lag --json`."""
    if not answer.good:
        raise NotRead(answer.why, away="(Kafka at" in answer.err)
    try:
        said = json.loads(answer.out)
    except ValueError:
        raise NotRead("kafka-to-db-consumer lag --json said no JSON: " + answer.out[:100]) from None
    partitions = [{**p, "committed": p["committed_offset"], "begin": p["begin_offset"], "end": p["end_offset"],
                   "seconds": p["lag_seconds"]} for p in said["partitions"]]
    return make("program", said["group"], seconds_of(said["time"]), partitions, said["notes"])


def from_status(status, now):
    """The service's own account; it has watched for the last 24 s."""
    lag = status["lag"]
    if not lag.get("sampled_at"):
        raise NotRead("the service has not looked yet")
    age = now - seconds_of(lag["sampled_at"])
    if age > FRESH_WITHIN:
        raise NotRead(f"the service's own look is {age:.0f} s old")
    if lag.get("drain_rate") is None:
        raise NotRead("the service has looked only once")
    found = make("service", status["group"]["id"], seconds_of(lag["sampled_at"]), lag["partitions"], lag["notes"])
    found.update(drain_rate=lag["drain_rate"], catch_up_seconds=lag["catch_up_seconds"], trend=trend(found["total"], lag["drain_rate"]))
    return found


def from_kafka_tool(answer, group, now):
    """Kafka's own `kafka-consumer-groups.sh --describe`: the copy of the offsets that the group has in Kafka."""
    if not answer.good:
        raise NotRead(answer.why)
    partitions, columns = [], []
    for line in answer.out.splitlines():
        words = line.split()
        if words[:2] == ["GROUP", "TOPIC"]:
            columns = words
        elif columns and len(words) >= len(columns) and words[0] == group:
            row = dict(zip(columns, words))
            number = {name: None if row[name] == "-" else int(row[name]) for name in ("CURRENT-OFFSET", "LOG-END-OFFSET", "LAG")}
            owned = row["CONSUMER-ID"] != "-"
            partitions.append({"topic": row["TOPIC"], "partition": int(row["PARTITION"]), "committed": number["CURRENT-OFFSET"],
                               "end": number["LOG-END-OFFSET"], "lag": number["LAG"], "assigned": owned, "from": "kafka",
                               "state": "ok" if number["LAG"] == 0 else "unknown" if owned else "stop"})
    if not columns:
        raise NotRead(f"Kafka knows no offsets of the group {group}")
    return make("kafka-consumer-groups.sh", group, now, partitions, [])


def make(source, group, at, partitions, notes):
    keys = ("topic", "partition", "committed", "begin", "end", "lag", "seconds", "state", "assigned", "retention_ratio",
            "consumed_per_second", "produced_per_second", "from")
    partitions = [{key: p.get(key) for key in keys} for p in partitions]
    found = {"known": True, "source": source, "group": group, "at": at, "drain_rate": None, "catch_up_seconds": None,
             "trend": "unknown", "partitions": partitions, "notes": list(notes)}
    return summed(found)


def summed(found):
    """The sums, of all and by topic."""
    topics = {}
    for p in found["partitions"]:
        topic = topics.setdefault(p["topic"], {"topic": p["topic"], "partitions": 0, "lag": 0, "seconds": None, "state": "ok"})
        topic["partitions"] += 1
        topic["lag"] += p["lag"] or 0
        topic["seconds"] = longest([topic["seconds"], p["seconds"]])
        topic["state"] = worse(topic["state"], p["state"])
    found["topics"] = sorted(topics.values(), key=lambda topic: (-topic["lag"], topic["topic"]))
    found["total"] = sum(topic["lag"] for topic in topics.values())
    found["seconds"] = longest([topic["seconds"] for topic in topics.values()])
    if found["total"] == 0 and found["partitions"]:
        found.update(catch_up_seconds=0.0, trend="none")
    return found


def longest(values):
    known = [value for value in values if value is not None]
    return max(known) if known else None


SEVERITY = ["ok", "unknown", "warn", "rewind", "stall", "stop"]


def worse(one, other):
    return max(one, other, key=lambda state: SEVERITY.index(state) if state in SEVERITY else 1)


def trend(total, drain_rate):
    if total == 0:
        return "none"
    if drain_rate is None:
        return "unknown"
    return "falling" if drain_rate > 0.5 else "growing" if drain_rate < -0.5 else "steady"


def with_rates(looks):
    """The last of several looks (oldest first), with rates since the first, and states that hold over all of them."""
    first, last = looks[0], looks[-1]
    took = last["at"] - first["at"]
    if len(looks) < 2 or took <= 0:
        return last
    seen = {}
    for look in looks:
        for p in look["partitions"]:
            seen.setdefault((p["topic"], p["partition"]), []).append(p)
    drain = 0.0
    for p in last["partitions"]:
        samples = seen[p["topic"], p["partition"]]
        before = samples[0]
        if len(samples) > 1 and None not in (before["end"], p["end"]):
            p["produced_per_second"] = max(0, p["end"] - before["end"]) / took
            p["consumed_per_second"] = max(0, (p["committed"] or 0) - (before["committed"] or 0)) / took
            drain += p["consumed_per_second"] - p["produced_per_second"]
        p["state"] = judge(samples, took)
    last = summed(last)
    standing = any(p["lag"] and not p["consumed_per_second"] for p in last["partitions"])
    last.update(drain_rate=drain, trend=trend(last["total"], drain))
    if last["total"] and drain > 0.5 and not standing:
        last["catch_up_seconds"] = last["total"] / drain
    return last


def judge(samples, took):
    last = samples[-1]
    if last["state"] not in ("unknown", "stop") or not last["lag"]:
        return last["state"]
    if any((b["committed"] or 0) < (a["committed"] or 0) for a, b in zip(samples, samples[1:])):
        return "rewind"
    still = all(p["lag"] and p["committed"] == last["committed"] for p in samples)
    if last["assigned"] is False:
        # In all looks, and not moving: in the middle of a rebalance nobody owns what will have an owner in a moment.
        return "stop" if still and all(p["assigned"] is False for p in samples) else "ok"
    if took < STALL_AFTER:
        return "ok" if not still else "unknown"
    return "stall" if still and all(p["assigned"] for p in samples) else "ok"
