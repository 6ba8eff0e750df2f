"""Where things are, and how tests of packages and images run commands."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(os.environ.get("LOOM_SOURCE", pathlib.Path(__file__).resolve().parents[3]))
BUILD = pathlib.Path(os.environ.get("LOOM_BUILD", SOURCE / "build/release"))
PROGRAM = pathlib.Path(os.environ.get("LOOM_PROGRAM", BUILD / "kafka-to-db-consumer"))
NAME = "kafka-to-db-consumer"


def cache() -> pathlib.Path:
    """What is kept from one run of the tests to the next, as the scripts have it."""
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / NAME


def version() -> str:
    found = re.search(r"^project\(.* VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text(), re.M)
    assert found, "CMakeLists.txt names no version"
    return found[1]


def run(*command: object, ok: bool = True, env: dict[str, str] | None = None, cwd: pathlib.Path | None = None,
        timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """Runs it; with `ok` a failure fails the test with what it said."""
    words = [str(word) for word in command]
    done = subprocess.run(words, text=True, capture_output=True, timeout=timeout, cwd=cwd,
                          env={**os.environ, **(env or {})}, check=False)
    if ok and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done


def unknown_settings(settings: dict[str, str]) -> list[str]:
    """What the program itself says of these names: those that it does not know."""
    clean = {name: value for name, value in os.environ.items() if "LOOM_" not in name}
    done = subprocess.run([PROGRAM, "validate", SOURCE / "topic_mappings.yml"], text=True, capture_output=True,
                          env={**clean, **settings}, timeout=60, check=False)
    assert done.returncode == 0, f"the program refuses these settings: {done.stderr}"
    return [line for line in done.stderr.splitlines() if "unknown setting" in line]
