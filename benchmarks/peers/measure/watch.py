"""One drain by one tool: started, watched until the table has all rows, stopped, and its figures.

The clock runs from the last look that found the table empty (every 20 ms) to the first that found all rows. How many
there are is counted a quarter of the expected rest later each time, but at least once a second, so that it is looked at
often only near the end.
"""

import dataclasses
import os
import signal
import subprocess
import time

from . import database, machine

LOOK_SECONDS = 0.02
COUNT_SECONDS_MOST = 1.0
FIRST_ROW_SECONDS = 90
# Telegraf and Connect try again for up to 15 s before they give up.
SILENCE_SECONDS = 20
STOP_SECONDS = 30


@dataclasses.dataclass
class Snapshot:
    time: float
    busy: float
    idle: float
    tool: float
    postgres: float
    kafka: float
    watcher: float


class Watch:
    """Threads: one.  Fails: RuntimeError when the tool ends early or stores nothing."""

    table = database.TABLE

    def __init__(self, setup, session, process, log, progress):
        self._setup = setup
        self._database = session
        self._process = process
        self._log = log
        self._progress = progress
        self.rows = 0
        self.first = None
        self.last = None

    def _snapshot(self):
        busy, idle = machine.machine_cpu()
        return Snapshot(
            time=time.monotonic(),
            busy=busy,
            idle=idle,
            tool=machine.process_cpu(self._process.pid),
            postgres=machine.family_cpu(self._setup.postgres_pid),
            kafka=machine.process_cpu(self._setup.kafka_pid),
            watcher=machine.process_cpu(os.getpid()) + machine.process_cpu(self._database.pid),
        )

    def _must_run(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"it ended with status {self._process.returncode}; its log: {self._log}")

    def until_first_row(self):
        deadline = time.monotonic() + FIRST_ROW_SECONDS
        while True:
            self.first = self._snapshot()
            if not database.is_empty(self._database, self.table):
                return
            self._must_run()
            if time.monotonic() > deadline:
                raise RuntimeError(f"nothing stored after {FIRST_ROW_SECONDS} s; its log: {self._log}")
            self._progress("starting")
            time.sleep(LOOK_SECONDS)

    def until_drained(self):
        """All rows, or none more for a while, or the time that one tool gets is over."""
        counter = database.RowCounter(self._database, self.table)
        self.last = self.first
        while True:
            rows = counter.look()
            if rows > self.rows:
                self.rows, self.last = rows, self._snapshot()
            now = time.monotonic()
            spent = now - self.first.time
            self._progress(f"{self.rows:,} rows")
            if self.rows >= self._setup.messages or spent > self._setup.seconds_most:
                return
            if now - self.last.time > SILENCE_SECONDS:
                rows = counter.recount()
                if rows == self.rows:
                    return
                self.rows = rows
            self._must_run()
            rest = spent * (self._setup.messages - self.rows) / max(1, self.rows)
            time.sleep(min(COUNT_SECONDS_MOST, max(LOOK_SECONDS, rest / 4)))

    def figures(self, started):
        first, last = self.first, self.last
        seconds = last.time - first.time
        all_cpus = last.busy - first.busy + last.idle - first.idle
        known = sum(getattr(last, part) - getattr(first, part) for part in ("tool", "postgres", "kafka", "watcher"))
        million = self.rows / 1e6
        return {
            "rows_per_second": self.rows / seconds,
            "seconds": seconds,
            "seconds_to_first_row": first.time - started,
            "tool_cpu_per_million": (last.tool - first.tool) / million,
            "tool_start_cpu": first.tool,
            "postgres_cpu_per_million": (last.postgres - first.postgres) / million,
            "kafka_cpu_per_million": (last.kafka - first.kafka) / million,
            # What looking cost, of all CPUs' time.
            "watcher_share": (last.watcher - first.watcher) / all_cpus if all_cpus else 0,
            "idle_share": (last.idle - first.idle) / all_cpus if all_cpus else 0,
            "others_share": max(0.0, last.busy - first.busy - known) / all_cpus if all_cpus else 0,
            "peak_megabytes": machine.peak_megabytes(self._process.pid),
            "rows_seen": self.rows,
        }


def stop(process):
    """SIGTERM, and what a tool does that does not answer: be killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def start(setup, tool, name):
    """The tool as a process of its own, as a new consumer group; and its log."""
    common = {**setup.common, "PEER_GROUP": f"peers-{name}-{os.getpid()}", "PEER_WORK": f"{setup.work}/{name}"}
    os.makedirs(common["PEER_WORK"], exist_ok=True)
    log = f"{setup.work}/{name}.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            tool.command(setup.paths, setup.configuration(tool)),
            env={**os.environ, **common, **tool.environment(setup.paths, common)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    return process, log


def drain(setup, session, tool, name, progress, watching=Watch):
    """Empties the table, lets the tool fill it, and returns the figures. `name` is part of the group's and the log's."""
    database.start_clean(session, watching.table)
    started = time.monotonic()
    process, log = start(setup, tool, name)
    try:
        watch = watching(setup, session, process, log, progress)
        watch.until_first_row()
        watch.until_drained()
        run = watch.figures(started)
    finally:
        status = stop(process)
    run["exit_status"] = status
    run["cut_short"] = watch.rows < setup.messages and run["seconds"] > 0.9 * setup.seconds_most
    return run
