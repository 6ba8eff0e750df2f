"""The topics that the cases read: each filled once, by capacity-fill."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from .cases import Case
from .drain import Setup


def fill(setup: Setup, case: Case, known: dict[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """The topic's name, and what is in it."""
    topic = f"capacity.{os.getpid()}.{case.shape}"
    if topic not in known:
        done = subprocess.run([setup.fill, "--bootstrap-servers", setup.bootstrap, "--topic", topic, *case.fill_arguments()],
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{case.name}: {done.stderr.strip()}")
        known[topic] = json.loads(done.stdout)
        known[topic]["stored_bytes"] = stored_bytes(setup, topic)
    return topic, known[topic]


def stored_bytes(setup: Setup, topic: str) -> int:
    """Of the topic's logs, as compressed as they also travel."""
    logs = setup.kafka_data.glob(f"**/{topic}-*/*.log")
    return sum(log.stat().st_blocks * 512 for log in logs)
