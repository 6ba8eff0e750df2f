#!/usr/bin/python3
"""What a pod of the chart gets, as the rendered YAML says, for tests that start the program without a cluster.

Usage: pod_environment.py --folder DIR [--set NAME=VALUE ...] [--values FILE ...]

Renders the chart with helm and prints one JSON object:

pod        the service's container: arguments, environment, probes, grace period
job        the containers of the migration Job in the order in which they run: arguments, environment
replicas   of the Deployment

The files of mounted ConfigMaps and Secrets are written below DIR at their mount paths, and an environment value that
names one of these paths leads there. A reference to a Secret or ConfigMap that the chart does not render is an error:
so is a Job that needs one which is not there when the Job runs.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHART = ROOT / "helm/kafka-to-db-consumer"
RELEASE = "replicas"
NAME = "kafka-to-db-consumer"
KUBERNETES = "1.32.5"  # helm built from its module alone takes a far older one for the cluster's
HOOK = "helm.sh/hook"

Manifest = dict[str, Any]


def helm() -> str:
    tools = ROOT / "scripts/kube-tools.sh"
    if tools.exists():
        found = subprocess.run([tools, "--path", "helm"], capture_output=True, text=True, check=False)
        if found.returncode == 0 and found.stdout.strip():
            return found.stdout.strip()
    on_path = shutil.which("helm")
    if on_path is None:
        sys.exit("helm is missing: scripts/kube-tools.sh")
    return on_path


def render(arguments: argparse.Namespace) -> list[Manifest]:
    command = [helm(), "template", RELEASE, str(CHART), "--namespace", "loom-dev", "--kube-version", KUBERNETES]
    for value in arguments.set:
        command += ["--set-string" if value.startswith("database.url=") else "--set", value]
    for file in arguments.values:
        command += ["--values", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def is_hook(manifest: Manifest) -> bool:
    return HOOK in (manifest["metadata"].get("annotations") or {})


def weight(manifest: Manifest) -> int:
    return int((manifest["metadata"].get("annotations") or {}).get("helm.sh/hook-weight", 0))


class Sources:
    """The ConfigMaps and Secrets that a pod can see: those of the release, or for a hook the hooks before it."""

    def __init__(self, manifests: list[Manifest]):
        self.data: dict[tuple[str, str], dict[str, str]] = {}
        for one in manifests:
            if one["kind"] not in ("ConfigMap", "Secret"):
                continue
            values = dict(one.get("stringData") or {})
            for key, value in (one.get("data") or {}).items():
                values[key] = value if one["kind"] == "ConfigMap" else base64.b64decode(value).decode()
            self.data[(one["kind"], one["metadata"]["name"])] = values

    def all_of(self, kind: str, name: str, optional: bool = False) -> dict[str, str]:
        if (kind, name) not in self.data and not optional:
            sys.exit(f"{kind} {name} is not there when the pod starts")
        return self.data.get((kind, name), {})

    def value(self, kind: str, reference: Manifest) -> str | None:
        values = self.all_of(kind, reference["name"], reference.get("optional", False))
        if reference["key"] not in values and not reference.get("optional", False):
            sys.exit(f"{kind} {reference['name']} has no {reference['key']}")
        return values.get(reference["key"])


def environment(container: Manifest, sources: Sources) -> dict[str, str]:
    out: dict[str, str] = {}
    for one in container.get("envFrom") or []:
        for kind, word in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if word in one:
                values = sources.all_of(kind, one[word]["name"], one[word].get("optional", False))
                out.update({one.get("prefix", "") + key: value for key, value in values.items()})
    for one in container.get("env") or []:
        wanted = one.get("valueFrom")
        if wanted is None:
            out[one["name"]] = str(one.get("value", ""))
            continue
        for kind, word in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            if word in wanted:
                value = sources.value(kind, wanted[word])
                if value is not None:
                    out[one["name"]] = value
    return out


def write_mounts(spec: Manifest, container: Manifest, sources: Sources, folder: pathlib.Path) -> list[str]:
    """Writes what the container finds mounted; returns the mount paths."""
    volumes = {one["name"]: one for one in spec.get("volumes") or []}
    paths = []
    for mount in container.get("volumeMounts") or []:
        volume = volumes[mount["name"]]
        at = folder / mount["mountPath"].lstrip("/")
        at.mkdir(parents=True, exist_ok=True)
        paths.append(mount["mountPath"])
        for kind, word, name in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            if word not in volume:
                continue
            source = volume[word]
            values = sources.all_of(kind, source[name], source.get("optional", False))
            items = source.get("items") or [{"key": key, "path": key} for key in values]
            for item in items:
                (at / item["path"]).write_text(values[item["key"]])
    return paths


def container_of(spec: Manifest, container: Manifest, sources: Sources, folder: pathlib.Path) -> Manifest:
    if "command" in container:
        sys.exit(f"container {container['name']} does not use the image's entrypoint")
    mounted = write_mounts(spec, container, sources, folder)
    values = environment(container, sources)
    for name, value in values.items():
        for path in mounted:
            if value == path or value.startswith(path.rstrip("/") + "/"):
                values[name] = str(folder) + value
    return {"arguments": container.get("args") or [], "environment": values}


def probe(container: Manifest, kind: str) -> Manifest:
    """With Kubernetes' own defaults for what is not said."""
    given = container[kind]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    port = given["httpGet"]["port"]
    return {"path": given["httpGet"]["path"], "port": ports.get(port, port),
            "initial_delay": given.get("initialDelaySeconds", 0), "period": given.get("periodSeconds", 10),
            "timeout": given.get("timeoutSeconds", 1), "failures": given.get("failureThreshold", 3),
            "successes": given.get("successThreshold", 1)}


def describe(manifests: list[Manifest], folder: pathlib.Path) -> Manifest:
    deployment = next(one for one in manifests if one["kind"] == "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    container = next(one for one in spec["containers"] if one["name"] == NAME)
    release = Sources([one for one in manifests if not is_hook(one)])
    pod = container_of(spec, container, release, folder / "pod")
    pod["probes"] = {kind: probe(container, kind + "Probe") for kind in ("startup", "liveness", "readiness")}
    pod["grace"] = spec.get("terminationGracePeriodSeconds", 30)
    job = []
    for one in manifests:
        if one["kind"] != "Job" or not is_hook(one) or "pre-install" not in one["metadata"]["annotations"][HOOK]:
            continue
        # Helm installs hooks before everything else of the release, those with the least weight first.
        seen = Sources([other for other in manifests if is_hook(other) and weight(other) <= weight(one)])
        inner = one["spec"]["template"]["spec"]
        for each in (inner.get("initContainers") or []) + inner["containers"]:
            job.append(container_of(inner, each, seen, folder / "job"))
    return {"pod": pod, "job": job, "replicas": deployment["spec"].get("replicas")}


def main() -> int:
    parser = argparse.ArgumentParser(description="What a pod of the chart gets.")
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--values", action="append", default=[])
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    json.dump(describe(render(arguments), arguments.folder), sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
