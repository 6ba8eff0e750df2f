"""The built program, for scripts that drive it: found once, run with the caller's environment."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAME = "kafka-to-db-consumer"


class Failed(Exception):
    """A command of the program failed; its own words are in the message."""


def find(given=None):
    """`given`, else the release build beside these scripts, else the PATH's."""
    if given:
        return given
    built = Path(os.path.abspath(__file__)).parents[2] / "build" / "release" / NAME
    if os.access(built, os.X_OK):
        return str(built)
    found = shutil.which(NAME)
    if not found:
        sys.exit(f"error: no {NAME}: run `make build`, put it on the PATH, or name it with --program")
    return found


def run(program, *arguments):
    """Runs a command to its end, its output going where ours goes; returns its exit code."""
    return subprocess.run([program, *arguments], check=False).returncode


def ask(program, *arguments):
    """Runs a command that prints JSON, and returns that."""
    done = subprocess.run([program, *arguments], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"{' '.join(arguments)}: exit code {done.returncode}")
    return json.loads(done.stdout)
