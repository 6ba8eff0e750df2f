"""The chart as helm renders it, and what a rendered chart consists of."""

from __future__ import annotations

import copy
import json
import pathlib
import subprocess
import tempfile
from typing import Any

import yaml

from support.tools import CHART, tool

Values = dict[str, Any]
Object = dict[str, Any]

NAME = "kafka-to-db-consumer"
RELEASE = NAME
NAMESPACE = "loom-dev"

# The least that must be said: where the database is.
LEAST: Values = {"database": {"existingSecret": {"name": "loom-database"}}}

CI_FILES = sorted((CHART / "ci").glob("*.yaml"))

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def merged(base: Values, more: Values | None) -> Values:
    """As helm merges values files: maps key by key, all else replaced."""
    result = copy.deepcopy(base)
    for key, value in (more or {}).items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def helm(*arguments: str | pathlib.Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool("helm"), *map(str, arguments)], capture_output=True, text=True, check=False, **options)


def template(values: Values, *arguments: str | pathlib.Path, release: str = RELEASE) -> subprocess.CompletedProcess[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(values, file)  # JSON is YAML
        file.flush()
        return helm("template", release, CHART, "--namespace", NAMESPACE, "--values", file.name, *arguments)


def objects_of(text: str) -> list[Object]:
    return [document for document in yaml.load_all(text, Loader=Loader) if document]


def render(more: Values | None = None, *arguments: str | pathlib.Path) -> list[Object]:
    """The objects that the least values and `more` give."""
    done = template(merged(LEAST, more), *arguments)
    assert done.returncode == 0, f"helm template refused {more}:\n{done.stderr}"
    return objects_of(done.stdout)


def refusal(more: Values, base: Values | None = None) -> str:
    """What helm says to values that it must refuse."""
    values = merged(LEAST if base is None else base, more)
    done = template(values)
    assert done.returncode != 0, f"helm template took {values}"
    assert not done.stdout.strip(), f"helm template refused {values} and printed objects all the same"
    return done.stderr


def all_of(objects: list[Object], kind: str) -> list[Object]:
    return [item for item in objects if item["kind"] == kind]


def one(objects: list[Object], kind: str, name_has: str = "") -> Object:
    found = [item for item in all_of(objects, kind) if name_has in item["metadata"]["name"]]
    names = [f'{item["kind"]} {item["metadata"]["name"]}' for item in objects]
    assert len(found) == 1, f"not one {kind} {name_has}, but {len(found)} among {names}"
    return found[0]


def is_hook(item: Object) -> bool:
    return "helm.sh/hook" in (item["metadata"].get("annotations") or {})


def service_container(objects: list[Object]) -> Object:
    containers = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == [NAME], containers
    return containers[0]


def environment(container: Object) -> dict[str, Any]:
    """Name to value, or to what the value is taken from."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container.get("env", [])}


def mapping_config_map(objects: list[Object]) -> Object:
    """The one that the service mounts."""
    found = [item for item in all_of(objects, "ConfigMap") if "topic_mappings.yml" in item["data"] and not is_hook(item)]
    assert len(found) == 1, [item["metadata"]["name"] for item in all_of(objects, "ConfigMap")]
    return found[0]
