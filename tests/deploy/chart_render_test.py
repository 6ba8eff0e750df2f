"""What the chart gives with its default values: the figures that the service was sized with, each by name."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest
import yaml

from support import chart
from support.tools import ROOT

STOPS_WITHIN_SECONDS = 10  # the service's promise after SIGTERM


@functools.cache
def _default() -> list[chart.Object]:
    return chart.render()


@functools.cache
def _monitored() -> list[chart.Object]:
    return chart.render({name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboard", "networkPolicy")})


def _pod() -> Any:
    return chart.one(_default(), "Deployment")["spec"]["template"]["spec"]


def test_three_replicas_when_nothing_scales() -> None:
    objects = chart.render({"autoscaling": {"enabled": False}})
    assert chart.one(objects, "Deployment")["spec"]["replicas"] == 3
    assert not chart.all_of(objects, "HorizontalPodAutoscaler")


def test_an_autoscaler_is_not_overruled_by_an_upgrade() -> None:
    assert "replicas" not in chart.one(_default(), "Deployment")["spec"]


def test_the_autoscaler_keeps_three_to_ten() -> None:
    scaler = chart.one(_default(), "HorizontalPodAutoscaler")
    assert scaler["apiVersion"] == "autoscaling/v2"
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (3, 10)
    assert scaler["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1", "kind": "Deployment", "name": chart.one(_default(), "Deployment")["metadata"]["name"]}


@pytest.mark.parametrize("resource", ["cpu", "memory"])
def test_the_autoscaler_aims_at_70_percent(resource: str) -> None:
    metrics = chart.one(_default(), "HorizontalPodAutoscaler")["spec"]["metrics"]
    assert {"type": "Resource", "resource": {"name": resource, "target": {"type": "Utilization", "averageUtilization": 70}}} in metrics
    assert len(metrics) == 2


def test_scaling_down_is_slower_than_scaling_up() -> None:
    behavior = chart.one(_default(), "HorizontalPodAutoscaler")["spec"]["behavior"]
    down, up = behavior["scaleDown"], behavior["scaleUp"]
    assert down["stabilizationWindowSeconds"] >= 300
    assert down["stabilizationWindowSeconds"] > up["stabilizationWindowSeconds"]
    assert [policy["type"] for policy in down["policies"]] == ["Pods"]
    assert down["policies"][0]["value"] == 1


def test_lag_is_a_further_metric_when_wanted() -> None:
    metrics = chart.one(chart.render({"autoscaling": {"lag": {"enabled": True}}}), "HorizontalPodAutoscaler")["spec"]["metrics"]
    assert [metric["type"] for metric in metrics] == ["Resource", "Resource", "External"]


@pytest.mark.parametrize(("kind", "expected"), [
    ("requests", {"cpu": "1000m", "memory": "1Gi"}),
    ("limits", {"cpu": "2000m", "memory": "2Gi"}),
])
def test_resources(kind: str, expected: dict[str, str]) -> None:
    assert chart.service_container(_default())["resources"][kind] == expected


@pytest.mark.parametrize(("name", "value"), [
    ("LOOM_KAFKA_BATCH_SIZE", "200"),
    ("LOOM_KAFKA_BATCH_TIMEOUT", "0.5"),
    ("LOOM_DB_MIN_POOL_SIZE", "20"),
    ("LOOM_DB_MAX_POOL_SIZE", "100"),
])
def test_environment(name: str, value: str) -> None:
    assert chart.environment(chart.service_container(_default()))[name] == value


def test_no_name_stands_twice_in_the_environment() -> None:
    names = [entry["name"] for entry in chart.service_container(_default())["env"]]
    assert sorted(names) == sorted(set(names))


def test_the_service_runs_and_does_not_migrate() -> None:
    container = chart.service_container(_default())
    assert container["args"] == ["run"]
    assert "command" not in container  # the image's entry point is the program
    switches = {name: value for name, value in chart.environment(container).items() if name.startswith("LOOM_AUTO_")}
    assert set(switches.values()) <= {"false"}, switches


@pytest.mark.parametrize(("probe", "path"), [
    ("startupProbe", "/healthz"),
    ("livenessProbe", "/healthz"),
    ("readinessProbe", "/readyz"),
])
def test_probes(probe: str, path: str) -> None:
    container = chart.service_container(_default())
    assert container[probe]["httpGet"]["path"] == path
    assert container[probe]["httpGet"]["port"] in ("http", 8001)


def test_the_port_is_8001_everywhere() -> None:
    container = chart.service_container(_default())
    assert [(port["name"], port["containerPort"]) for port in container["ports"]] == [("http", 8001)]
    assert chart.environment(container).get("LOOM_HTTP_PORT", "8001") == "8001"
    ports = chart.one(_default(), "Service")["spec"]["ports"]
    assert [(port["name"], port["port"], port["targetPort"]) for port in ports] == [("http", 8001, "http")]


def test_a_slow_start_is_not_taken_for_death() -> None:
    probe = chart.service_container(_default())["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 60


def test_the_grace_period_is_longer_than_the_drain() -> None:
    pod = _pod()
    sleeps = (chart.service_container(_default()).get("lifecycle") or {}).get("preStop")
    assert sleeps is None  # else its time has to be added here
    assert pod["terminationGracePeriodSeconds"] >= STOPS_WITHIN_SECONDS + 5


def _pod_specs() -> list[tuple[str, Any]]:
    objects = chart.render({"createTables": True})
    return [(item["kind"], item["spec"]["template"]["spec"]) for item in objects if item["kind"] in ("Deployment", "Job")] + [
        (item["kind"], item["spec"]) for item in chart.all_of(objects, "Pod")]


def test_every_pod_has_the_restricted_security_context() -> None:
    specs = _pod_specs()
    assert {"Deployment", "Job"} <= {kind for kind, _ in specs}
    for kind, spec in specs:
        assert spec["securityContext"]["runAsNonRoot"] is True, kind
        assert spec["securityContext"]["runAsUser"] == 10001, kind
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, kind
        assert spec["automountServiceAccountToken"] is False, kind
        for container in spec["containers"] + spec.get("initContainers", []):
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True, (kind, container["name"])
            assert context["allowPrivilegeEscalation"] is False, (kind, container["name"])
            assert context["capabilities"] == {"drop": ["ALL"]}, (kind, container["name"])


def test_nothing_is_writable() -> None:
    for kind, spec in _pod_specs():
        assert not [volume for volume in spec.get("volumes", []) if "emptyDir" in volume or "hostPath" in volume], kind


def test_the_config_map_is_the_projects_mapping() -> None:
    found = chart.mapping_config_map(_default())["data"]["topic_mappings.yml"]
    assert found == (ROOT / "topic_mappings.yml").read_text()


def test_the_mapping_is_mounted_as_a_folder_where_the_service_looks() -> None:
    volumes = [volume["name"] for volume in _pod()["volumes"]
               if (volume.get("configMap") or {}).get("name") == chart.mapping_config_map(_default())["metadata"]["name"]]
    container = chart.service_container(_default())
    mounts = [mount for mount in container["volumeMounts"] if mount["name"] in volumes]
    assert len(volumes) == len(mounts) == 1
    assert "subPath" not in mounts[0]  # such a file never changes in a running pod
    assert chart.environment(container)["LOOM_TOPIC_MAPPINGS"] == f'{mounts[0]["mountPath"]}/topic_mappings.yml'


@pytest.mark.parametrize("name", ["", "stores-it"])
def test_the_rules_are_the_projects_alerts_and_know_the_deployment_by_its_name(name: str) -> None:
    objects = chart.render({"fullnameOverride": name, "prometheusRule": {"enabled": True}})
    deployment = chart.one(objects, "Deployment")["metadata"]
    text = (ROOT / "monitoring/alerts.yml").read_text()
    some_name = 'deployment=~".*kafka-to-db-consumer.*"'
    assert text.count(some_name) == 2
    own_name = f'namespace="{deployment["namespace"]}", deployment="{deployment["name"]}"'
    expected = yaml.safe_load(text.replace(some_name, own_name))["groups"]
    assert chart.one(objects, "PrometheusRule")["spec"]["groups"] == expected


def test_the_rules_know_the_container_by_its_name() -> None:
    text = (ROOT / "monitoring/alerts.yml").read_text()
    assert set(re.findall(r'container="([^"]*)"', text)) == {chart.service_container(_default())["name"]}


def test_the_dashboard_is_the_projects_dashboard() -> None:
    data = chart.one(_monitored(), "ConfigMap", "dashboard")["data"]
    assert [yaml.load(text, Loader=chart.Loader) for text in data.values()] == [
        yaml.load((ROOT / "monitoring/grafana-dashboard.json").read_text(), Loader=chart.Loader)]


def test_prometheus_asks_every_pod_for_metrics() -> None:
    monitor = chart.one(_monitored(), "ServiceMonitor")["spec"]
    service = chart.one(_monitored(), "Service")
    assert [(endpoint["port"], endpoint["path"]) for endpoint in monitor["endpoints"]] == [("http", "/metrics")]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()


def test_selectors_find_the_service_pods_and_no_others() -> None:
    objects = chart.render({"networkPolicy": {"enabled": True}})
    deployment = chart.one(objects, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    name = deployment["metadata"]["name"]
    policy = next(item for item in chart.all_of(objects, "NetworkPolicy") if item["metadata"]["name"] == name)
    selectors = {
        "Deployment": deployment["spec"]["selector"]["matchLabels"],
        "Service": chart.one(objects, "Service")["spec"]["selector"],
        "PodDisruptionBudget": chart.one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": policy["spec"]["podSelector"]["matchLabels"],
        "spread": deployment["spec"]["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    }
    job = chart.one(objects, "Job")["spec"]["template"]["metadata"]["labels"]
    for kind, selector in selectors.items():
        assert selector.items() <= labels.items(), kind
        assert not selector.items() <= job.items(), f"{kind} also selects the Job's pods"


def test_one_pod_at_a_time_may_be_taken_away() -> None:
    assert chart.one(_default(), "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_what_is_off_by_default() -> None:
    kinds = {item["kind"] for item in _default()}
    assert not kinds & {"ServiceMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication"}
    assert not [item for item in chart.all_of(_default(), "ConfigMap") if "dashboard" in item["metadata"]["name"]]
