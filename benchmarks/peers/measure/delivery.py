"""What becomes of rows when something is not as it should be, by trying it. Not timed.

Replay: 1 % of the rows are deleted, and the tool reads the topic again as a new group: is a row stored whose neighbours
are there already? So it is after a crash or a rebalance, when offsets lag behind the rows.
Bad message: one message more, which is neither JSON nor Avro, at the end of a partition; the table is empty. Are all
others stored?
"""

import subprocess
import time
from pathlib import Path

from . import database, machine, watch

ROOT = Path(__file__).resolve().parents[3]
TOPIC = "device.sensor.accelerometer.raw"
# A tool that used less of a core for so long has come to its end; one that tries again for ever is stopped.
IDLE_SECONDS = 4.0
IDLE_SHARE = 0.1
LEAST_SECONDS = 10.0
MOST_SECONDS = 60.0


def _until_idle(setup, session, process, progress):
    counter = database.RowCounter(session)
    started = time.monotonic()
    uses = []
    while process.poll() is None:
        now = time.monotonic()
        rows = counter.look()
        progress(f"{rows:,} rows")
        uses = [use for use in uses if use[0] > now - IDLE_SECONDS - 1]
        uses.append((now, machine.process_cpu(process.pid)))
        since, cpu = uses[0]
        idle = now - since >= IDLE_SECONDS and uses[-1][1] - cpu < IDLE_SHARE * (now - since)
        if rows >= setup.messages or now - started > MOST_SECONDS or (idle and now - started > LEAST_SECONDS):
            return
        time.sleep(0.5)


def _observe(setup, session, tool, name, progress):
    process, log = watch.start(setup, tool, name)
    try:
        _until_idle(setup, session, process, progress)
        ended = process.poll()
    finally:
        watch.stop(process)
    missing = setup.messages - database.number_of_rows(session)
    return {"missing": missing, "ended_with_status": ended, "log": log}


def replay(setup, session, tool, progress):
    database.fill_from_reference(session)
    session.ask(f"DELETE FROM {database.TABLE} WHERE abs(hashtext(trace_id) % 100) = 0")
    taken = setup.messages - database.number_of_rows(session)
    return {"deleted": taken, **_observe(setup, session, tool, f"{tool.name}-replay", progress)}


def bad_message(setup, session, tool, progress):
    database.start_clean(session)
    return _observe(setup, session, tool, f"{tool.name}-bad", progress)


def produce_bad_message(setup):
    subprocess.run(
        [str(ROOT / "scripts/kafka-tool.sh"), "console-producer", "--bootstrap-server",
         setup.common["PEER_BROKERS"], "--topic", TOPIC],
        input=b"this is no JSON\n",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip


def in_words(seen):
    """A line of the report for what the two gave; None when they were not tried."""
    if not seen:
        return None
    replayed, bad = seen["replay"], seen["bad_message"]
    words = "all rows were there again" if replayed["missing"] == 0 else (
        f"**{replayed['missing']:,} of {replayed['deleted']:,} deleted rows were not stored again**"
    )  # fmt: skip
    others = "all others stored" if bad["missing"] == 0 else f"**{bad['missing']:,} good rows not stored**"
    return f"replay: {words}{_ending(replayed)}; one bad message: {others}{_ending(bad)}"


def _ending(one):
    return "" if one["ended_with_status"] is None else f" (it ended with status {one['ended_with_status']})"
