"""A container of an API server's pod, run on this machine: its environment, and the files of the Secrets and ConfigMaps that it mounts."""

from __future__ import annotations

import base64
import os
import pathlib
import subprocess
from typing import Any

from support.kube_server import Cluster
from support.tools import program


def _mounted(cluster: Cluster, namespace: str, volume: dict[str, Any]) -> dict[str, str]:
    """Name of the file to its content."""
    if "secret" in volume:
        source, reference = cluster.get("secret", volume["secret"]["secretName"], "--namespace", namespace), volume["secret"]
        data = {key: base64.b64decode(value).decode() for key, value in source["data"].items()}
    else:
        source, reference = cluster.get("configmap", volume["configMap"]["name"], "--namespace", namespace), volume["configMap"]
        data = source["data"]
    return {item["path"]: data[item["key"]] for item in reference["items"]}


class PodFiles:
    """One container of a pod, with its files below a folder. Reads the cluster once."""

    def __init__(self, cluster: Cluster, namespace: str, pod: dict[str, Any], container: dict[str, Any], folder: pathlib.Path) -> None:
        self.environment = {"PATH": os.environ["PATH"]}
        self.args: list[str] = container.get("args", [])
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        places = {}
        for mount in container.get("volumeMounts", []):
            places[mount["mountPath"]] = place = folder / mount["mountPath"].lstrip("/")
            place.mkdir(parents=True, exist_ok=True)
            for name, text in _mounted(cluster, namespace, volumes[mount["name"]]).items():
                (place / name).write_text(text)
                (place / name).chmod(0o600)
        for entry in container.get("env", []):
            value = entry["value"]
            for path, place in places.items():
                if value.startswith(f"{path}/"):
                    value = str(place) + value.removeprefix(path)
            self.environment[entry["name"]] = value

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """The program with the container's arguments, or these instead, and `more` of an environment."""
        return subprocess.run([program(), *(arguments or self.args)], capture_output=True, text=True, check=False, timeout=120,
                              env=self.environment | more, cwd="/")
