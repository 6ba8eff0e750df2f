"""The programs that the chart is tested with; scripts/kube-tools.sh makes those that this machine does not have yet."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(os.environ.get("LOOM_SOURCE") or pathlib.Path(__file__).resolve().parents[3])
CHART = ROOT / "helm/kafka-to-db-consumer"


@functools.cache
def tool(name: str) -> str:
    """Its path. That it cannot be had is a failure, never a reason to leave tests out."""
    done = subprocess.run([ROOT / "scripts/kube-tools.sh", "--path", name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name} is missing, and scripts/kube-tools.sh could not make it:\n{done.stderr}"
    return done.stdout.strip()


def debian(name: str, package: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: apt-get install {package} (scripts/install-packages.sh --with deploy)"
    return found


def program() -> str:
    """The built kafka-to-db-consumer."""
    built = pathlib.Path(os.environ.get("LOOM_PROGRAM") or ROOT / "build/release/kafka-to-db-consumer")
    assert os.access(built, os.X_OK), f"{built} is missing: make build"
    return str(built)
