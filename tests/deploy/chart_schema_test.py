"""Values that cannot work are refused before anything reaches a cluster, and the message says which value and what to do."""

from __future__ import annotations

import pytest

from support import chart
from support.chart import Values

FIXED: Values = {"autoscaling": {"enabled": False}}
KEDA: Values = {"autoscaling": {"enabled": False}, "keda": {"enabled": True, "topics": ["device.audio.raw"]}}


def _limited(replicas: int, pool: int, connections: int, reserved: int | None = None) -> Values:
    """A fixed number of replicas at a database that bears so many connections."""
    database: Values = {"maxConnections": connections}
    if reserved is not None:
        database["reservedConnections"] = reserved
    return chart.merged(FIXED, {"replicaCount": replicas, "database": database,
                                "env": {"LOOM_DB_MIN_POOL_SIZE": "1", "LOOM_DB_MAX_POOL_SIZE": str(pool)}})


@pytest.mark.parametrize(("values", "named"), [
    ({"replicaCounts": 3}, "replicaCounts"),
    ({"autoscaling": {"maxReplica": 5}}, "maxReplica"),
    ({"database": {"max_connections": 100}}, "max_connections"),
    ({"kafka": {"topics": []}}, "topics"),
    ({"securityContext": {"readOnlyRootFileSystem": True}}, "readOnlyRootFileSystem"),
    ({"probes": {"startUp": {}}}, "startUp"),
])
def test_an_unknown_value_is_named(values: Values, named: str) -> None:
    assert named in chart.refusal(values)


@pytest.mark.parametrize(("values", "where"), [
    ({"replicaCount": "three"}, "replicaCount"),
    ({"replicaCount": -1}, "replicaCount"),
    ({"replicaCount": 2.5}, "replicaCount"),
    ({"autoscaling": {"enabled": "yes"}}, "autoscaling.enabled"),
    ({"autoscaling": {"targetCPUUtilizationPercentage": "70%"}}, "autoscaling.targetCPUUtilizationPercentage"),
    ({"env": {"LOOM_KAFKA_BATCH_SIZE": 200}}, "env.LOOM_KAFKA_BATCH_SIZE"),
    ({"env": ["LOOM_KAFKA_BATCH_SIZE=200"]}, "env"),
    ({"kafka": {"partitions": "39"}}, "kafka.partitions"),
    ({"kafka": {"bootstrapServers": ["kafka:9092"]}}, "kafka.bootstrapServers"),
    ({"kafka": {"security": {"protocol": "TLS"}}}, "kafka.security.protocol"),
    ({"database": {"maxConnections": 0}}, "database.maxConnections"),
    ({"database": {"existingSecret": "loom-database"}}, "database.existingSecret"),
    ({"image": {"pullPolicy": "Sometimes"}}, "image.pullPolicy"),
    ({"image": {"digest": "sha256:123"}}, "image.digest"),
    ({"topicMappings": {"topics": {}}}, "topicMappings"),
    ({"resources": {"limits": {"memory": "2 Gi"}}}, "resources.limits.memory"),
    ({"terminationGracePeriodSeconds": 5}, "terminationGracePeriodSeconds"),
    ({"service": {"port": 80000}}, "service.port"),
    ({"extraEnv": {"A": "b"}}, "extraEnv"),
])
def test_a_value_of_the_wrong_kind_is_named(values: Values, where: str) -> None:
    assert where in chart.refusal(values)


def test_a_chart_without_a_database_says_which_values_to_set() -> None:
    said = chart.refusal({}, base={})
    assert "database.url" in said and "database.existingSecret" in said


def test_two_databases_are_one_too_many() -> None:
    said = chart.refusal({"database": {"url": "postgresql://loom@db/loom"}})
    assert "database.url" in said and "database.existingSecret" in said


def test_two_autoscalers_are_refused() -> None:
    said = chart.refusal({"keda": {"enabled": True, "topics": ["device.audio.raw"]}})
    assert "autoscaling.enabled" in said and "keda.enabled" in said
    assert "autoscaling.enabled=false" in said  # the remedy


@pytest.mark.parametrize(("replicas", "pool", "reserved", "needed"), [
    (3, 100, None, 3 * 105 + 10),
    (1, 20, 0, 25),
    (4, 45, 3, 203),
])
def test_replicas_times_pool_may_reach_max_connections_and_not_pass_it(
        replicas: int, pool: int, reserved: int | None, needed: int) -> None:
    chart.render(_limited(replicas, pool, needed, reserved))
    said = chart.refusal(_limited(replicas, pool, needed - 1, reserved))
    for word in ("database.maxConnections", "LOOM_DB_MAX_POOL_SIZE", "replicaCount", str(needed), str(needed - 1)):
        assert word in said, said
    assert "smaller pool" in said or "larger max_connections" in said, said


def test_the_pool_counts_by_the_services_default_when_it_is_not_set() -> None:
    values: Values = {"replicaCount": 2, "env": {"LOOM_DB_MIN_POOL_SIZE": None, "LOOM_DB_MAX_POOL_SIZE": None}}
    needed = 2 * (50 + 5) + 10
    chart.render(chart.merged(FIXED, chart.merged(values, {"database": {"maxConnections": needed}})))
    assert str(needed) in chart.refusal(chart.merged(FIXED, chart.merged(values, {"database": {"maxConnections": needed - 1}})))


def test_the_pool_counts_wherever_it_is_set() -> None:
    values: Values = {"replicaCount": 1, "env": {"LOOM_DB_MIN_POOL_SIZE": None, "LOOM_DB_MAX_POOL_SIZE": None},
                      "extraEnv": [{"name": "LOOM_DB_MAX_POOL_SIZE", "value": "70"}]}
    chart.render(chart.merged(FIXED, chart.merged(values, {"database": {"maxConnections": 85}})))
    chart.refusal(chart.merged(FIXED, chart.merged(values, {"database": {"maxConnections": 84}})))


@pytest.mark.parametrize(("values", "name"), [
    ({}, "autoscaling.maxReplicas"),
    (KEDA, "keda.maxReplicas"),
])
def test_with_an_autoscaler_its_maximum_counts(values: Values, name: str) -> None:
    needed = 10 * 105 + 10
    chart.render(chart.merged(values, {"database": {"maxConnections": needed}}))
    said = chart.refusal(chart.merged(values, {"database": {"maxConnections": needed - 1}}))
    assert name in said and str(needed) in said


def test_pods_of_a_surge_hold_connections_too() -> None:
    surge: Values = {"strategy": {"rollingUpdate": {"maxSurge": 1}}}
    chart.render(chart.merged(_limited(3, 45, 4 * 50 + 10), surge))
    chart.refusal(chart.merged(_limited(3, 45, 4 * 50 + 9), surge))


@pytest.mark.parametrize(("values", "name"), [
    ({}, "autoscaling.maxReplicas"),
    (KEDA, "keda.maxReplicas"),
    (chart.merged(FIXED, {"replicaCount": 10}), "replicaCount"),
])
def test_there_may_be_as_many_replicas_as_partitions_and_no_more(values: Values, name: str) -> None:
    chart.render(chart.merged(values, {"kafka": {"partitions": 10}}))
    said = chart.refusal(chart.merged(values, {"kafka": {"partitions": 9}}))
    assert name in said and "kafka.partitions" in said and "10" in said and "9" in said


def test_a_minimum_above_the_maximum_is_refused() -> None:
    said = chart.refusal({"autoscaling": {"minReplicas": 11}})
    assert "autoscaling.minReplicas" in said and "autoscaling.maxReplicas" in said


def test_a_smallest_pool_above_the_largest_is_refused() -> None:
    said = chart.refusal({"env": {"LOOM_DB_MIN_POOL_SIZE": "101"}})
    assert "LOOM_DB_MIN_POOL_SIZE" in said and "LOOM_DB_MAX_POOL_SIZE" in said


def test_a_setting_of_the_chart_cannot_be_set_behind_its_back() -> None:
    said = chart.refusal({"env": {"LOOM_KAFKA_GROUP_ID": "another"}})
    assert "LOOM_KAFKA_GROUP_ID" in said and "kafka.groupId" in said


def test_a_mapping_that_is_no_yaml_is_refused() -> None:
    said = chart.refusal({"topicMappings": "topics: [unclosed"})
    assert "topic mappings" in said


def test_the_name_of_a_mapping_file_is_not_taken_for_its_text() -> None:
    assert "--set-file" in chart.refusal({"topicMappings": "my-mappings.yml"})


def test_two_mappings_are_one_too_many() -> None:
    said = chart.refusal({"topicMappings": "topics: {}", "existingConfigMap": "loom-mappings"})
    assert "topicMappings" in said and "existingConfigMap" in said


def test_every_problem_is_told_at_once() -> None:
    said = chart.refusal({"keda": {"enabled": True}, "kafka": {"partitions": 2}, "env": {"LOOM_KAFKA_GROUP_ID": "another"}}, base={})
    for word in ("database.url", "keda.enabled", "kafka.partitions", "LOOM_KAFKA_GROUP_ID"):
        assert word in said, said
