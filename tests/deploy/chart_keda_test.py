"""KEDA by seconds: whom it asks, for what, and what the answer makes of the number of replicas."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess

import pytest
import yaml

from support import chart
from support.chart import Values
from support.tools import ROOT

SECONDS: Values = {"autoscaling": {"enabled": False}, "keda": {"enabled": True, "by": "seconds", "seconds": {"target": 40}}}
PROMETHEUS = "http://prometheus-operated.monitoring:9090"
BY_PROMETHEUS = chart.merged(SECONDS, {"keda": {"seconds": {"serverAddress": PROMETHEUS}}})
SATURATION: Values = {"keda": {"poolSaturation": {"enabled": True, "serverAddress": PROMETHEUS}}}


def _scaled(values: Values) -> chart.Object:
    return chart.one(chart.render(values), "ScaledObject")["spec"]


def _metric(query: str) -> set[str]:
    return set(re.findall(r"\bkafka_[a-z_]+\b", re.sub(r"\{[^}]*\}", "", query)))


def test_off_by_default_and_by_messages_when_it_is_not_said() -> None:
    assert not chart.all_of(chart.render(), "ScaledObject")
    by_messages = chart.merged(SECONDS, {"keda": {"by": "messages", "topics": ["gps.raw"]}})
    assert [each["type"] for each in _scaled(by_messages)["triggers"]] == ["kafka"]


def test_it_takes_the_place_of_the_autoscaler_and_needs_no_topics() -> None:
    values = chart.merged(SECONDS, {"existingConfigMap": "theirs"})
    objects = chart.render(values)
    assert not chart.all_of(objects, "HorizontalPodAutoscaler")
    assert "replicas" not in chart.one(objects, "Deployment")["spec"]
    assert "keda.enabled" in chart.refusal(chart.merged(values, {"autoscaling": {"enabled": True}}))


def test_the_service_itself_is_asked() -> None:
    objects = chart.render(chart.merged(SECONDS, {"service": {"port": 9001}}))
    [trigger] = chart.one(objects, "ScaledObject")["spec"]["triggers"]
    service = chart.one(objects, "Service")
    assert (trigger["type"], trigger["metricType"]) == ("metrics-api", "Value")
    host = f'{service["metadata"]["name"]}.{service["metadata"]["namespace"]}.svc'
    assert trigger["metadata"]["url"] == f"http://{host}:9001/status"
    assert trigger["metadata"]["targetValue"] == "40"
    assert "advanced" in _scaled(SECONDS) and "scalingModifiers" not in _scaled(SECONDS)["advanced"]


def test_status_has_a_number_where_keda_looks() -> None:
    [trigger] = _scaled(SECONDS)["triggers"]
    [example] = re.findall(r"## `GET /status`.*?```json\n(.*?)```", (ROOT / "docs/http.md").read_text(), re.DOTALL)
    found = json.loads(example)
    for step in trigger["metadata"]["valueLocation"].split("."):
        found = found[step]
    assert isinstance(found, float)


def test_prometheus_is_asked_where_it_is_named() -> None:
    [trigger] = _scaled(BY_PROMETHEUS)["triggers"]
    metadata = trigger["metadata"]
    assert (trigger["type"], trigger["metricType"], metadata["serverAddress"]) == ("prometheus", "Value", PROMETHEUS)
    assert metadata["threshold"] == "40"
    assert metadata["ignoreNullValues"] == "false"  # else a group that nobody reports would shrink
    documented = (ROOT / "docs/metrics.md").read_text()
    names = _metric(metadata["query"])
    assert names and [name for name in names if f"`{name}`" not in documented] == []
    own = chart.merged(BY_PROMETHEUS, {"keda": {"seconds": {"query": "max(lag{release={{ .Release.Name | quote }}})"}}})
    assert _scaled(own)["triggers"][0]["metadata"]["query"] == f'max(lag{{release="{chart.RELEASE}"}})'


def test_the_query_takes_the_oldest_message_of_what_is_not_stopped(tmp_path: pathlib.Path) -> None:
    query = _scaled(chart.merged(BY_PROMETHEUS, {"kafka": {"groupId": "mine"}}))["triggers"][0]["metadata"]["query"]
    pods = f'namespace="{chart.NAMESPACE}",service="{chart.NAME}"'
    lag = "kafka_consumergroup_group_lag_seconds{%s,group=%s,topic=%s,partition=%s,pod=%s}"
    stopped = "kafka_to_db_topic_stopped{%s,topic=%s,pod=%s}"

    def series(of: str, values: str, *labels: str) -> dict[str, str]:
        return {"series": of % (pods, *(f'"{label}"' for label in labels)), "values": values}

    steps = [
        series(lag, "5 5 5 5 _", "mine", "orders", "0", "a"),
        series(lag, "7 7 7 7 _", "mine", "orders", "1", "a"),
        series(lag, "_ 9 9 9 _", "mine", "orders", "1", "b"),  # another replica takes over the reporting
        series(lag, "900 900 900 900 _", "mine", "gps", "0", "a"),
        series(lag, "99 99 99 99 99", "other", "orders", "0", "c"),
        series(stopped, "0 0 0 0 _", "orders", "a"),
        series(stopped, "1 1 0 0 _", "gps", "b"),
        series(stopped, "0 0 0 0 _", "gps", "a"),
    ]
    expected = [("0m", [7]), ("1m", [9]), ("2m", [900]), ("10m", [])]
    tests = [{"expr": query, "eval_time": time, "exp_samples": [{"labels": "{}", "value": value} for value in values]}
             for time, values in expected]
    file = tmp_path / "query.yml"
    file.write_text(yaml.safe_dump({"tests": [{"interval": "1m", "input_series": steps, "promql_expr_test": tests}]}))
    done = subprocess.run([ROOT / "scripts/promtool.sh", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("values", [SECONDS, BY_PROMETHEUS], ids=["service", "prometheus"])
def test_while_the_pool_is_saturated_the_number_does_not_grow(values: Values) -> None:
    scaled = _scaled(chart.merged(values, SATURATION))
    assert [each["name"] for each in scaled["triggers"]] == ["lag_seconds", "pool_saturated"]
    modifiers = scaled["advanced"]["scalingModifiers"]
    assert (modifiers["target"], modifiers["metricType"]) == ("40", "Value")
    condition, more, less = re.fullmatch(r"(.+) \? (.+) : (.+)", modifiers["formula"]).groups()

    def result(lag_seconds: float, pool_saturated: float) -> float:
        known = {"lag_seconds": lag_seconds, "pool_saturated": pool_saturated}
        return eval(more if eval(condition.replace("&&", "and"), known) else less, known)

    # Over the target is what the number of replicas is multiplied by.
    assert result(400, 0) == 400
    assert result(400, 1) == 40
    assert result(10, 1) == result(10, 0) == 10


def test_kafka_is_not_asked_and_needs_no_login() -> None:
    security = {"protocol": "SASL_SSL", "saslMechanism": "PLAIN", "existingSecret": "loom-kafka", "usernameKey": "u", "passwordKey": "p"}
    objects = chart.render(chart.merged(SECONDS, {"kafka": {"security": security}}))
    assert not chart.all_of(objects, "TriggerAuthentication")
    assert {each["type"] for each in chart.one(objects, "ScaledObject")["spec"]["triggers"]} == {"metrics-api"}


def test_a_network_policy_that_would_shut_keda_out_is_refused() -> None:
    closed = chart.merged(SECONDS, {"networkPolicy": {"enabled": True}})
    said = chart.refusal(closed)
    assert "networkPolicy.ingressFrom" in said and "keda.seconds.serverAddress" in said
    chart.render(chart.merged(closed, {"networkPolicy": {"ingressFrom": [{"namespaceSelector": {}}]}}))
    chart.render(chart.merged(BY_PROMETHEUS, {"networkPolicy": {"enabled": True}}))


@pytest.mark.parametrize(("values", "named"), [
    ({"keda": {"by": "hours"}}, "keda.by"),
    ({"keda": {"seconds": {"target": 0}}}, "keda.seconds.target"),
    ({"keda": {"seconds": {"query": "max(lag)"}}}, "keda.seconds.serverAddress"),
])
def test_values_that_cannot_work_are_refused(values: Values, named: str) -> None:
    assert named in chart.refusal(chart.merged(SECONDS, values))
