"""The project's targets against what was measured."""

MILLION = 1_000_000


def line(what, wanted, value=None, good=None, entry=None, note=""):
    if entry is None:
        verdict = "not measured"
    elif "error" in entry or value is None:
        verdict, note = "fail", entry.get("error", note)
    elif not entry["valid"]:
        verdict, note = "not valid", "other programs took more than 5 % of the CPUs"
    else:
        verdict = "pass" if good else "fail"
    return {"what": what, "wanted": wanted, "value": value or "", "verdict": verdict, "note": note}


def drain_lines(found, name, words, ratio_wanted, idle_wanted=None, cpu_wanted=None):
    entry = found.get(name)
    ready = entry is not None and "ratio" in entry
    note = "" if not ready or entry["messages"] >= MILLION else f"with {entry['messages']:,} messages only"
    out = []

    def add(what, wanted, value, good):
        out.append(line(f"drain {words}: {what}", wanted, value if ready else None, good, entry, note))

    ratio = entry["ratio"] if ready else 0
    add("share of the ceiling", f">= {100 * ratio_wanted:.0f} %", f"{100 * ratio:.1f} %", ratio >= ratio_wanted)
    if idle_wanted is not None:
        idle = entry["median"]["idle_share"] if ready else 0
        add("CPUs idle", f"<= {100 * idle_wanted:.0f} %", f"{100 * idle:.1f} %", idle <= idle_wanted)
    if cpu_wanted is not None:
        cpu = entry["consumer_cpu_per_million"] if ready else 0
        add("consumer CPU per million rows", f"< {cpu_wanted} s", f"{cpu:.2f} s", cpu < cpu_wanted)
    return out


def steady_line(found, name, words, limit_ms, strict):
    entry = found.get(name)
    if entry is None or "median" not in entry:
        return line(words, f"{'<' if strict else '<='} {limit_ms:.0f} ms", entry=entry)
    p99 = entry["median"]["p99_ms"]
    good = p99 < limit_ms if strict else p99 <= limit_ms
    return line(words, f"{'<' if strict else '<='} {limit_ms:.0f} ms", f"{p99:.1f} ms", good, entry)


def memory_line(entries):
    measured = [entry for entry in entries if "peak_megabytes" in entry]
    if not measured:
        return line("peak memory in every case", "< 300 MB")
    most = max(measured, key=lambda entry: entry["peak_megabytes"])
    # How busy the machine was does not matter here.
    return line("peak memory in every case", "< 300 MB", f"{most['peak_megabytes']:.0f} MB",
                most["peak_megabytes"] < 300, {"valid": True}, most["name"])


def judge(entries):
    found = {}
    for entry in entries:
        found.setdefault(entry["name"], entry)
    plain = found.get("steady/10000", {})
    timeout_ms = 1000 * plain.get("timeout", 0.5)
    return [
        *drain_lines(found, "drain/key", "with the key", 0.78, 0.05, 1.0),
        *drain_lines(found, "drain/no-key", "without a key", 0.55),
        steady_line(found, "steady/10000", "10,000 a second: p99, batch timeout + 50 ms", timeout_ms + 50, False),
        steady_line(found, "steady/10000-timeout-0.02", "10,000 a second, batch timeout 0.02 s: p99", 60, True),
        memory_line(entries),
        failures_line(entries),
    ]


def failures_line(entries):
    failed = [entry["name"] for entry in entries if "error" in entry]
    return line("every case gave right rows", "no failure", f"{len(failed)} failed" if failed else "all",
                not failed, {"valid": True}, ", ".join(failed))


def render(lines):
    out = []
    for one in lines:
        note = f" ({one['note']})" if one["note"] else ""
        out.append(f"{one['verdict'].upper():<12} {one['what']}: {one['value'] or '-'}, wanted {one['wanted']}{note}")
    return "\n".join(out)
