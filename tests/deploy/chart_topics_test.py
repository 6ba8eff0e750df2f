"""Several releases over one mapping file: what each consumes, under which group, and that they do not meet."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any

import pytest

from support import chart
from support.chart import Values
from support.tools import program

MAPPING = """\
schema_version: v1
topics:
  orders: {table: orders, field_mappings: {id: id}}
  payments: {table: payments, field_mappings: {id: id}}
  gps.raw: {table: gps, field_mappings: {id: id}}
"""
WITH_PATTERN = MAPPING + "  ^sensors[.]: {table: sensors, field_mappings: {id: id}}\n"
OWN: Values = {"kafka": {"groupId": "orders-storage"}}


def _with_topics(**lists: list[str]) -> Values:
    return chart.merged(OWN, {"topicMappings": WITH_PATTERN, "createTables": True, "topics": lists})


def _containers(objects: list[chart.Object]) -> dict[str, chart.Object]:
    specs = [item["spec"]["template"]["spec"] for item in objects if item["kind"] in ("Deployment", "Job")]
    return {each["name"]: each for spec in specs for each in spec.get("initContainers", []) + spec["containers"]}


def _topic_settings(container: chart.Object) -> dict[str, Any]:
    return {name: value for name, value in chart.environment(container).items() if name.startswith("LOOM_TOPICS")}


def test_without_topics_nothing_is_set_and_the_group_is_the_services_default() -> None:
    container = chart.service_container(chart.render())
    assert _topic_settings(container) == {}
    assert chart.environment(container)["LOOM_KAFKA_GROUP_ID"] == chart.NAME


def test_the_service_and_the_job_that_makes_tables_have_the_same_topics() -> None:
    containers = _containers(chart.render(_with_topics(include=["orders", "^sensors[.]"], exclude=["sensors.test"])))
    expected = {"LOOM_TOPICS": "orders,^sensors[.]", "LOOM_TOPICS_EXCLUDE": "sensors.test"}
    assert _topic_settings(containers[chart.NAME]) == expected
    assert _topic_settings(containers["create-tables"]) == expected
    assert _topic_settings(containers["migrate"]) == {}


@pytest.mark.parametrize(("lists", "said"), [
    ({"include": ["orders"]}, "1 topic of 4"),
    ({"include": ["^(gps|pay)[a-z.]{2,20}$", "orders"], "exclude": ["^pay"]}, "3 topics of 4"),
    ({"exclude": ["orders", "^sensors"]}, "2 topics of 4"),
])
def test_the_program_understands_the_lists(lists: dict[str, list[str]], said: str, tmp_path: pathlib.Path) -> None:
    """Also a pattern with commas of its own. One that begins with a group may mean topics of the mapping's pattern."""
    container = chart.service_container(chart.render(_with_topics(**lists)))
    file = tmp_path / "topic_mappings.yml"
    file.write_text(WITH_PATTERN)
    done = subprocess.run([program(), "validate", file], capture_output=True, text=True, check=False, timeout=60,
                          env={"PATH": os.environ["PATH"]} | _topic_settings(container))
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize("topics", [{"include": ["orders"]}, {"exclude": ["orders"]}])
def test_a_part_of_a_mapping_needs_a_group_of_its_own(topics: Values) -> None:
    """None is guessed: another name would begin every topic anew."""
    said = chart.refusal({"topicMappings": MAPPING, "topics": topics})
    assert "kafka.groupId" in said and "kafka-to-db-consumer" in said
    container = chart.service_container(chart.render(chart.merged(OWN, {"topicMappings": MAPPING, "topics": topics})))
    assert chart.environment(container)["LOOM_KAFKA_GROUP_ID"] == "orders-storage"


def test_a_name_that_the_mapping_does_not_have_is_refused_where_the_chart_knows() -> None:
    def refused(**values: Any) -> bool:
        return chart.template(chart.merged(chart.merged(chart.LEAST, OWN), values)).returncode != 0

    assert "names order," in chart.refusal(chart.merged(OWN, {"topicMappings": MAPPING, "topics": {"include": ["order"]}}))
    assert refused(topicMappings=MAPPING, topics={"exclude": ["order"]})
    assert not refused(topicMappings=MAPPING, topics={"include": ["orders", "^order$"]})
    assert not refused(topicMappings=WITH_PATTERN, topics={"include": ["sensors.gps"]})
    assert not refused(existingConfigMap="loom-topic-mappings", topics={"include": ["order"]})


@pytest.mark.parametrize("item", ["two words", "a,b", "", "orders\n"])
def test_what_can_be_neither_name_nor_pattern_is_refused(item: str) -> None:
    assert "topics.include" in chart.refusal(chart.merged(OWN, {"topicMappings": MAPPING, "topics": {"include": [item]}}))


def test_topics_cannot_be_set_behind_the_charts_back() -> None:
    said = chart.refusal({"env": {"LOOM_TOPICS": "orders"}})
    assert "LOOM_TOPICS" in said and "topics.include" in said


def test_releases_over_one_config_map_do_not_meet() -> None:
    def release(name: str, topics: Values) -> list[chart.Object]:
        values = chart.merged(chart.LEAST, {
            "existingConfigMap": "loom-topic-mappings", "createTables": True, "topics": topics, "kafka": {"groupId": name}})
        values["networkPolicy"] = {"enabled": True}
        done = chart.template(values, release=name)
        assert done.returncode == 0, done.stderr
        return chart.objects_of(done.stdout)

    releases = [release("loom-orders", {"include": ["orders"]}), release("loom-rest", {"exclude": ["orders"]})]
    names = [{(item["kind"], item["metadata"]["name"]) for item in objects} for objects in releases]
    assert not names[0] & names[1]
    selectors = [chart.one(objects, "Deployment")["spec"]["selector"]["matchLabels"] for objects in releases]
    assert selectors[0] != selectors[1]
    for objects in releases:
        assert not chart.all_of(objects, "ConfigMap")
        for kind in ("Deployment", "Job"):
            volumes = chart.one(objects, kind)["spec"]["template"]["spec"]["volumes"]
            assert [each["configMap"]["name"] for each in volumes if "configMap" in each] == ["loom-topic-mappings"]
    groups = {chart.environment(chart.service_container(objects))["LOOM_KAFKA_GROUP_ID"] for objects in releases}
    assert groups == {"loom-orders", "loom-rest"}


def _keda_topics(values: Values) -> list[str]:
    keda: Values = {"autoscaling": {"enabled": False}, "keda": {"enabled": True}}
    triggers = chart.one(chart.render(chart.merged(OWN, chart.merged(keda, values))), "ScaledObject")["spec"]["triggers"]
    return [each["metadata"]["topic"] for each in triggers if each["type"] == "kafka"]


def test_keda_asks_for_the_releases_own_topics() -> None:
    assert _keda_topics({"topicMappings": MAPPING}) == ["gps.raw", "orders", "payments"]
    assert _keda_topics({"topicMappings": MAPPING, "topics": {"exclude": ["^pay"]}}) == ["gps.raw", "orders"]
    assert _keda_topics({"topicMappings": WITH_PATTERN, "topics": {"include": ["sensors.gps", "orders"]}}) == ["orders", "sensors.gps"]
    # Whose mapping the chart does not know: those that topics.include names.
    assert _keda_topics({"existingConfigMap": "theirs", "topics": {"include": ["orders", "^gps"]}}) == ["orders"]
