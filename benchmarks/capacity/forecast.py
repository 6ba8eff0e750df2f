"""What the program itself forecasts for a case: `kafka-to-db-consumer size --json`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from .cases import Case

# Name in a measurement, in the answer, and what it is.
COMPARED = (
    ("consumer_cpu", "consumer_cpu_us", "CPU of the consumer"),
    ("postgres_cpu", "database_cpu_us", "CPU of PostgreSQL"),
    ("wal_bytes", "wal_bytes", "WAL"),
    ("table_bytes", "table_bytes", "table"),
    ("index_bytes", "index_bytes", "index"),
)


def ask(consumer: str, case: Case, run: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run([consumer, "size", "--rate", "10000", *case.size_arguments(run["row_bytes"], run["repeated"]), "--json"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{case.name}: size refuses it: {done.stderr.strip()}")
    return dict(json.loads(done.stdout)["message"])


def compare(consumer: str, case: Case, run: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Forecast and measured of each figure; table and index by row, the others by message."""
    said = ask(consumer, case, run)
    grown = run["rows"] / run["messages"]
    out = {}
    for name, asked, _ in COMPARED:
        forecast = said[asked]
        if name in ("table_bytes", "index_bytes"):
            # What stays of a message, over the rows that stay; rows that changed leave dead ones until a vacuum.
            if case.key == "update" and name == "table_bytes":
                continue
            forecast = forecast / grown
        if forecast or run[name]:
            out[name] = (forecast, run[name])
    return out
