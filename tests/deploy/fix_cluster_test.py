"""scripts/fix-consumer-lag.sh with the real helm, kubectl, chart and Kubernetes API server.

No pods run there: a thread plays the Deployment controller, and makes ready what has a good image.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from support.kube_server import Cluster, cluster  # noqa: F401  (a fixture)
from support.tools import CHART, ROOT, tool

NAME = "kafka-to-db-consumer"
_numbers = itertools.count()


class Namespace:
    def __init__(self, cluster: Cluster, folder: pathlib.Path) -> None:  # noqa: F811
        self.cluster, self.folder, self.good = cluster, folder, {"good"}
        self.name = cluster.namespace(f"fix-{next(_numbers)}")
        for program in ("kubectl", "helm"):
            (folder / program).symlink_to(tool(program))

    def helm(self, *arguments: str) -> str:
        done = self.cluster.helm(*arguments, "--namespace", self.name)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def install(self, *sets: str) -> None:
        self.helm("install", NAME, str(CHART), "--set", "database.url=postgresql://loom:secret@db/loom",
                  "--set", "migrations.enabled=false",
                  *itertools.chain.from_iterable(("--set", one) for one in sets))

    def fix(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}:{os.environ['PATH']}"
        command = [str(ROOT / "scripts/fix-consumer-lag.sh"), "--yes", "--skip-build", "-n", self.name,
                   "--timeout", "8", "--lag-timeout", "0"]
        return subprocess.run([*command, *arguments], env=self.cluster.environment | {"PATH": path}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=120)

    def deployment(self) -> Any:
        return self.cluster.get("deployment", NAME, "--namespace", self.name)

    def revisions(self) -> list[tuple[int, str]]:
        return [(one["revision"], one["status"]) for one in json.loads(self.helm("history", NAME, "-o", "json"))]

    @contextlib.contextmanager
    def controller(self) -> Iterator[None]:
        stop, problems = threading.Event(), []

        def run() -> None:
            try:
                while not stop.wait(0.2):
                    for one in self.cluster.get("deployments", "--namespace", self.name)["items"]:
                        self.control(one)
            except Exception as error:  # noqa: BLE001  (told below)
                problems.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)
        assert not problems, problems

    def control(self, found: Any) -> None:
        """All or none of the replicas; as many as the HPA's least, for there is no HPA controller either."""
        tag = found["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]
        wanted = max(3, found["spec"].get("replicas", 1))
        ready = wanted if tag in self.good else 0
        status = {"observedGeneration": found["metadata"]["generation"], "replicas": wanted, "updatedReplicas": wanted,
                  "readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": wanted - ready}
        if found.get("status", {}).get("observedGeneration") != status["observedGeneration"]:
            self.cluster.kubectl("patch", "deployment", found["metadata"]["name"], "--namespace", self.name, "--subresource=status",
                                 "--type=merge", "--patch", json.dumps({"status": status}))


@pytest.fixture
def namespace(cluster: Cluster, tmp_path: pathlib.Path) -> Namespace:  # noqa: F811
    return Namespace(cluster, tmp_path)


def image_of(deployment: Any) -> str:
    return deployment["spec"]["template"]["spec"]["containers"][0]["image"]


def test_an_upgrade_keeps_what_was_set_before_and_becomes_ready(namespace: Namespace) -> None:
    namespace.install("image.tag=good", "autoscaling.minReplicas=1", "autoscaling.maxReplicas=4")
    with namespace.controller():
        done = namespace.fix("--set", "podAnnotations.fixed=yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert namespace.revisions() == [(1, "superseded"), (2, "deployed")]
    assert image_of(namespace.deployment()).endswith(":good")
    assert namespace.deployment()["spec"]["template"]["metadata"]["annotations"]["fixed"] == "yes"
    [scaler] = namespace.cluster.get("hpa", "--namespace", namespace.name)["items"]
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (3, 4)
    assert "scale deployment" not in done.stdout, "the HPA scales"


def test_readiness_that_does_not_come_is_rolled_back_for_real(namespace: Namespace) -> None:
    namespace.install("image.tag=good")
    with namespace.controller():
        done = namespace.fix("--set", "image.tag=broken")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "rolled back to revision 1" in done.stderr
    assert "deployment.apps/" + NAME in done.stderr, "the evidence"
    assert namespace.revisions()[-1] == (3, "deployed")
    assert image_of(namespace.deployment()).endswith(":good")


def test_a_first_installation_that_does_not_become_ready_is_removed(namespace: Namespace) -> None:
    with namespace.controller():
        done = namespace.fix("--set", "image.tag=broken", "--set", "database.url=postgresql://loom:secret@db/loom",
                             "--set", "migrations.enabled=false")
    assert done.returncode == 1 and "removed; the evidence is above" in done.stderr, done.stdout + done.stderr
    assert namespace.cluster.get("deployments", "--namespace", namespace.name)["items"] == []


def test_values_that_the_chart_refuses_change_nothing(namespace: Namespace) -> None:
    namespace.install("image.tag=good")
    done = namespace.fix("--set", "replicaCount=many")
    assert done.returncode == 1 and "refused it before anything was changed" in done.stderr, done.stdout + done.stderr
    assert namespace.revisions() == [(1, "deployed")]


def test_what_was_scaled_to_0_is_woken_although_there_is_an_hpa(namespace: Namespace) -> None:
    namespace.install("image.tag=good")
    namespace.cluster.kubectl("scale", f"deployment/{NAME}", "--replicas=0", "--namespace", namespace.name)
    with namespace.controller():
        done = namespace.fix()
    assert done.returncode == 0, done.stdout + done.stderr
    assert namespace.deployment()["spec"]["replicas"] == 3
    assert f"scale deployment/{NAME} --replicas=3" in done.stdout


def test_without_an_hpa_what_was_scaled_by_hand_is_scaled_up(namespace: Namespace) -> None:
    namespace.install("image.tag=good", "autoscaling.enabled=false")
    namespace.cluster.kubectl("scale", f"deployment/{NAME}", "--replicas=1", "--namespace", namespace.name)
    with namespace.controller():
        done = namespace.fix()
    assert done.returncode == 0, done.stdout + done.stderr
    assert namespace.deployment()["spec"]["replicas"] == 3
