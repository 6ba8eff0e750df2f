"""The values that `kafka-to-db-consumer size` prints, by the chart's schema and by helm: small loads, large ones, and odd ones."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest
import yaml

from support import chart
from support.tools import CHART, program

LOADS = [
    ("--rate", "1", "--bytes", "100"),
    ("--rate", "900", "--bytes", "300", "--topics", "45"),
    ("--rate", "50k", "--bytes", "300", "--key", "none"),
    ("--rate", "50k", "--bytes", "300", "--replicas-max", "1"),
    ("--rate", "100k", "--bytes", "1000", "--topics", "10", "--key", "update", "--replica-cores", "4"),
    ("--rate", "1M", "--bytes", "300", "--topics", "40"),
    ("--rate", "1M", "--bytes", "4000", "--random-keys", "--headroom", "0.3"),
    ("--rate", "1000", "--bytes", "15000", "--rows", "200", "--replica-cores", "1"),
]


def _size(*arguments: str) -> str:
    done = subprocess.run([program(), "size", *arguments], capture_output=True, text=True, check=False, env={}, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _rendered(folder: pathlib.Path, text: str) -> list[chart.Object]:
    """As a user gives the file to helm, beside what is his own."""
    values = folder / "values.yaml"
    values.write_text(text, encoding="utf-8")
    done = chart.helm("template", chart.RELEASE, CHART, "--values", values, "--set", "database.existingSecret.name=loom-database")
    assert done.returncode == 0, f"helm refused:\n{text}\n{done.stderr}"
    return chart.objects_of(done.stdout)


def _replicas(objects: list[chart.Object]) -> tuple[int, int]:
    scalers = chart.all_of(objects, "HorizontalPodAutoscaler")
    if not scalers:
        fixed = chart.one(objects, "Deployment")["spec"]["replicas"]
        return fixed, fixed
    return scalers[0]["spec"]["minReplicas"], scalers[0]["spec"]["maxReplicas"]


@pytest.mark.parametrize("load", LOADS, ids=" ".join)
def test_helm_takes_the_values(load: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    objects = _rendered(tmp_path, _size(*load, "--values"))
    plan: dict[str, Any] = json.loads(_size(*load, "--json"))
    each = plan["deployment"]
    assert _replicas(objects) == (each["replicas"], each["replicas_max"])
    container = chart.service_container(objects)
    assert chart.environment(container)["LOOM_DB_MAX_POOL_SIZE"] == str(each["pool"])
    assert container["resources"]["limits"]["cpu"] == f"{1000 * each['replica_cores']}m"
    assert yaml.safe_load(plan["values"]) == yaml.safe_load(_size(*load, "--values"))


@pytest.mark.parametrize("load", LOADS, ids=" ".join)
def test_the_chart_reckons_the_same_connections(load: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    """One connection less is refused by the chart's own formula, so none is asked for that nobody needs."""
    values = yaml.safe_load(_size(*load, "--values"))
    values["database"]["maxConnections"] -= 1
    said = chart.refusal(values)
    assert "database.maxConnections" in said and str(values["database"]["maxConnections"]) in said


def test_the_program_knows_the_settings(tmp_path: pathlib.Path) -> None:
    objects = _rendered(tmp_path, _size(*LOADS[0], "--values"))
    names = {name for name in chart.environment(chart.service_container(objects)) if name.startswith("LOOM_DB_")}
    known = subprocess.run([program(), "settings"], capture_output=True, text=True, check=True, env={}, timeout=60).stdout
    assert [name for name in names if name not in known] == []
