#!/usr/bin/env python3
"""Runs a program of this folder in a virtual environment that has the libraries which others write messages with:

    tests/formats/environment.py -m pytest tests/formats/producers_test.py

The environment is kept outside of the source tree, by what is in it, and made when it is not there (half a minute).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

PACKAGES = (
    "confluent-kafka[avro,json,protobuf,schemaregistry]==2.16.1",
    "fastavro==1.13.1",
    "protobuf==7.36.2",
    "grpcio-tools==1.85.1",
    "psycopg[binary]==3.3.9",
    "pytest==9.2.0",
)


def folder() -> pathlib.Path:
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    name = hashlib.sha256(f"{sys.version_info[:2]} {PACKAGES}".encode()).hexdigest()[:12]
    return pathlib.Path(home) / "kafka-to-db-consumer/tools" / f"formats-{name}"


def make(environment: pathlib.Path) -> None:
    """One at a time on a machine; what was not finished is not there."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    with open(environment.parent / ".formats.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (environment / ".complete").exists():
            return
        print(f"making {environment}", file=sys.stderr)
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", *PACKAGES]
        subprocess.run([str(environment / "bin/python"), *install], check=True)
        (environment / ".complete").touch()


def run(environment: pathlib.Path, arguments: list[str]) -> None:
    # Python finds its environment by the name that it is started with.
    python = str(environment / "bin/python")
    os.execv(python, [python, "-B", *arguments])


def enter() -> None:
    """Goes on in that environment with the same program and arguments."""
    environment = folder()
    if pathlib.Path(sys.prefix).resolve() != environment.resolve():
        make(environment)
        run(environment, sys.argv)


if __name__ == "__main__":
    make(folder())
    run(folder(), sys.argv[1:])
