"""Runs one case by drain-benchmark, as a process of its own: what goes wrong there stays there."""

import json
import pathlib
import re
import subprocess
import time

TOPIC = "device.sensor.accelerometer.raw"
TABLE = "device_sensor_accelerometer_raw"


class Failed(Exception):
    """The case gave no figures; the words say why."""


def write_mapping(case, base, path, run_name):
    """The accelerometer topic's mapping for this case's topics. Cases of the same messages share their topics."""
    head, rest = base.read_text().split("topics:\n", 1)
    head = head.replace("conflict_strategy: ignore", f"conflict_strategy: {case.conflict}")
    shape = f"{case.messages}-{case.partitions}-{case.topics}-{case.duplicates}-{case.within}-{case.bad}-{case.by_key}"
    stem = f"{run_name}.{case.name.replace('/', '.')}" if case.rate else f"{run_name}.{shape}"
    topics = []
    for i in range(case.topics):
        topics.append(rest.replace(TOPIC, f"{stem}.{i}").replace(TABLE, f"bench_{i}"))
    path.write_text(head + "topics:\n" + "".join(topics))


def command_of(case, servers, mapping, work, results, warm_up):
    command = [servers.benchmark, "--consumer", servers.consumer, "--mapping", mapping, "--work-dir", work,
               "--results", results, "--database-url", servers.database_url,
               "--bootstrap-servers", servers.bootstrap_servers, "--postgres-pid", servers.postgres_pid,
               "--kafka-pid", servers.kafka_pid, "--partitions", case.partitions,
               "--with-key" if case.key else "--no-with-key"]
    if case.rate:
        command += ["--steady", case.rate, "--seconds", case.seconds, "--duplicates", case.duplicates]
    else:
        # Each topic gets the same number of them.
        command += ["--messages", case.messages // case.topics * case.topics, "--repeat", case.repeat,
                    "--duplicates", case.duplicates, "--repeat-within", case.within, "--bad-ratio", case.bad,
                    "--database-delay", case.delay_ms]
    if case.chunk:
        command += ["--chunk", case.chunk]
    if case.again:
        command.append("--read-again")
    if case.by_key:
        command.append("--by-key")
    if warm_up:
        command.append("--warm-up")
    for i, (_, settings) in enumerate(case.variants):
        command += ["--variant", f"{i};{settings}" if settings else str(i)]
    return [str(word) for word in command]


def last_step(log):
    """What the benchmark says that it does now."""
    steps = [line[5:].strip() for line in log.read_text(errors="replace").splitlines() if line.startswith("now: ")]
    return steps[-1] if steps else "starting"


def named(step, case):
    """Variants have numbers there, since their names become names of files."""
    if step.startswith("drain: ") and step[7:].isdigit():
        name = case.variants[int(step[7:])][0]
        return "draining" + ("" if name == "default" else f", {name}")
    return step


def end_of_log(error, lines=40):
    """The last lines of the log that an error names; nothing when there is none."""
    found = re.search(r"its log: (\S+)", error)
    if not found:
        return []
    try:
        return pathlib.Path(found[1]).read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        return []


def run(case, servers, base_mapping, work, progress, warm_up, run_name):
    """Figures of the case as drain-benchmark writes them. Fails: Failed, with the end of its log."""
    work.mkdir(parents=True, exist_ok=True)
    mapping, results, log = work / "topic_mappings.yml", work / "figures.json", work / "benchmark.log"
    write_mapping(case, base_mapping, mapping, run_name)
    patience = 300 + 10 * case.expected_seconds
    limit = time.monotonic() + patience
    with log.open("w") as out:
        # pylint: disable=consider-using-with  # ended in the finally below, with patience
        child = subprocess.Popen(command_of(case, servers, mapping, work, results, warm_up), stdout=out, stderr=out)
        try:
            while child.poll() is None:
                if time.monotonic() > limit:
                    raise Failed(f"no end within {patience:.0f} s; its log: {log}")
                progress.step(named(last_step(log), case))
                time.sleep(0.2)
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    if child.returncode != 0:
        errors = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("error: ")]
        words = errors[-1][7:] if errors else f"exit status {child.returncode}"
        raise Failed(words if "its log: " in words else f"{words}; its log: {log}")
    return json.loads(results.read_text())
