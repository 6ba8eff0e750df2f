"""Every object of every example before a real Kubernetes API server: known fields, valid values, and pods that a namespace
of the restricted profile takes."""

from __future__ import annotations

import copy
import pathlib

import pytest

from support import chart
from support.kube_server import Cluster, cluster  # noqa: F401  (a fixture)

NAMESPACE = "loom-restricted"


@pytest.fixture(scope="session", autouse=True)
def namespace(cluster: Cluster) -> str:  # noqa: F811
    return cluster.namespace(NAMESPACE)


def _rendered(file: pathlib.Path) -> list[chart.Object]:
    done = chart.helm("template", chart.RELEASE, chart.CHART, "--namespace", NAMESPACE, "--values", file)
    assert done.returncode == 0, done.stderr
    return chart.objects_of(done.stdout)


def _pods(objects: list[chart.Object]) -> list[chart.Object]:
    """What a controller would make of the templates."""
    pods = [item for item in objects if item["kind"] == "Pod"]
    for item in objects:
        if item["kind"] in ("Deployment", "Job"):
            template = copy.deepcopy(item["spec"]["template"])
            template["metadata"]["name"] = f'{item["metadata"]["name"]}-0'
            template["metadata"]["namespace"] = NAMESPACE
            pods.append({"apiVersion": "v1", "kind": "Pod", **template})
    return pods


def _accepted(cluster: Cluster, objects: list[chart.Object]) -> None:  # noqa: F811
    done = cluster.try_apply(NAMESPACE, objects)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(objects), done.stdout


@pytest.mark.parametrize("file", chart.CI_FILES, ids=lambda file: file.stem)
def test_the_server_takes_every_object(cluster: Cluster, file: pathlib.Path) -> None:  # noqa: F811
    _accepted(cluster, _rendered(file))


@pytest.mark.parametrize("file", chart.CI_FILES, ids=lambda file: file.stem)
def test_a_restricted_namespace_takes_the_pods(cluster: Cluster, file: pathlib.Path) -> None:  # noqa: F811
    pods = _pods(_rendered(file))
    assert pods
    _accepted(cluster, pods)


def test_the_examples_show_every_kind_of_the_chart() -> None:
    shown = {item["kind"] for file in chart.CI_FILES for item in _rendered(file)}
    assert shown >= {
        "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Job", "NetworkPolicy", "PodDisruptionBudget", "PrometheusRule",
        "ScaledObject", "Secret", "Service", "ServiceAccount", "ServiceMonitor", "TriggerAuthentication"}, shown


def _objects() -> list[chart.Object]:
    """The richest of the examples, and KEDA's objects."""
    objects = _rendered(chart.CHART / "ci/everything-on.yaml")
    return objects + [item for item in _rendered(chart.CHART / "ci/keda.yaml") if item["apiVersion"].startswith("keda.sh")]


@pytest.mark.parametrize("kind", ["Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "PrometheusRule",
                                  "ScaledObject", "Service", "ServiceMonitor"])
def test_an_unknown_field_is_refused(cluster: Cluster, kind: str) -> None:  # noqa: F811
    """That the checks above can fail: also for the kinds that are not Kubernetes' own."""
    planted = copy.deepcopy(next(item for item in _objects() if item["kind"] == kind))
    _accepted(cluster, [planted])
    planted["spec"]["plantedField"] = "x"
    done = cluster.try_apply(NAMESPACE, [planted])
    assert done.returncode != 0, done.stdout
    assert 'unknown field "spec.plantedField"' in done.stderr


def test_a_pod_with_more_rights_is_refused(cluster: Cluster) -> None:  # noqa: F811
    pod = _pods(_rendered(chart.CHART / "ci/minimal.yaml"))[0]
    pod["spec"]["containers"][0]["securityContext"]["capabilities"] = {"drop": []}
    done = cluster.try_apply(NAMESPACE, [pod])
    assert done.returncode != 0, done.stdout
    assert 'violates PodSecurity "restricted' in done.stderr
