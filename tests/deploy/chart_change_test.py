"""What a changed value changes, and what it must leave alone."""

from __future__ import annotations

import hashlib

import yaml

from support import chart
from support.chart import Values

MAPPING = """\
schema_version: v1
topics:
  gps.raw:
    table: gps_raw
    field_mappings: {device_id: device_id, timestamp: timestamp}
"""
OTHER = MAPPING.replace("gps_raw", "gps_positions")


def _template(values: Values) -> str:
    """The pod template as text: any difference restarts the pods."""
    return yaml.safe_dump(chart.one(chart.render(values), "Deployment")["spec"]["template"])


def test_a_changed_mapping_leaves_the_pods_alone() -> None:
    before, after = {"topicMappings": MAPPING}, {"topicMappings": OTHER}
    assert _template(before) == _template(after)
    assert _template({}) == _template(after)  # also from the project's own mapping to another
    assert chart.mapping_config_map(chart.render(after))["data"]["topic_mappings.yml"] == OTHER


def test_a_changed_mapping_shows_in_the_checksums() -> None:
    for kind in ("ConfigMap", "Deployment"):
        sums = []
        for text in (MAPPING, OTHER):
            objects = chart.render({"topicMappings": text})
            item = chart.mapping_config_map(objects) if kind == "ConfigMap" else chart.one(objects, kind)
            found = {name: value for name, value in item["metadata"]["annotations"].items() if name.startswith("checksum/")}
            assert len(found) == 1, (kind, found)
            sums.append(found)
        assert sums[0] != sums[1], kind


def test_the_checksum_is_that_of_the_text() -> None:
    annotations = chart.mapping_config_map(chart.render({"topicMappings": MAPPING}))["metadata"]["annotations"]
    assert hashlib.sha256(MAPPING.encode()).hexdigest() in annotations.values()


def test_pods_are_replaced_on_a_changed_mapping_when_that_is_wanted() -> None:
    wanted: Values = {"rolloutOnMappingChange": True}
    assert _template(wanted | {"topicMappings": MAPPING}) != _template(wanted | {"topicMappings": OTHER})
    assert _template(wanted | {"topicMappings": MAPPING}) == _template(wanted | {"topicMappings": MAPPING})


def test_another_number_of_replicas_leaves_the_pods_alone() -> None:
    fixed: Values = {"autoscaling": {"enabled": False}}
    assert _template(fixed | {"replicaCount": 3}) == _template(fixed | {"replicaCount": 5})
    assert _template({"autoscaling": {"maxReplicas": 6}}) == _template({})


def test_another_database_url_replaces_the_pods() -> None:
    def with_url(url: str) -> str:
        return _template({"database": {"url": url, "existingSecret": {"name": ""}}})

    assert with_url("postgresql://loom@one/loom") != with_url("postgresql://loom@two/loom")


def test_the_password_is_in_secrets_only() -> None:
    password = "correct-horse"
    objects = chart.render({"database": {"url": f"postgresql://loom:{password}@db/loom", "existingSecret": {"name": ""}}})
    assert chart.all_of(objects, "Secret")
    for item in objects:
        assert item["kind"] == "Secret" or password not in yaml.safe_dump(item), item["kind"]


def test_an_existing_secret_is_used_and_none_is_made() -> None:
    objects = chart.render({"database": {"existingSecret": {"name": "loom-database", "key": "uri"}}})
    assert not chart.all_of(objects, "Secret")
    text = yaml.safe_dump(chart.one(objects, "Deployment"))
    assert "loom-database" in text and "uri" in text


def test_an_image_by_digest_needs_no_tag() -> None:
    digest = "sha256:" + "ab" * 32
    image = chart.service_container(chart.render({"image": {"repository": "registry.example/loom", "digest": digest}}))["image"]
    assert image == f"registry.example/loom@{digest}"
    image = chart.service_container(chart.render({"image": {"repository": "registry.example/loom", "tag": "1.2"}}))["image"]
    assert image == "registry.example/loom:1.2"


def test_keda_takes_the_place_of_the_autoscaler() -> None:
    objects = chart.render({"autoscaling": {"enabled": False}, "keda": {"enabled": True, "topics": ["device.audio.raw"]}})
    assert not chart.all_of(objects, "HorizontalPodAutoscaler")
    assert "replicas" not in chart.one(objects, "Deployment")["spec"]
    scaled = chart.one(objects, "ScaledObject")["spec"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (3, 10)
    assert scaled["scaleTargetRef"]["name"] == chart.one(objects, "Deployment")["metadata"]["name"]
    trigger = next(each for each in scaled["triggers"] if each["type"] == "kafka")["metadata"]
    assert trigger["consumerGroup"] == "kafka-to-db-consumer"
    assert trigger["limitToPartitionsWithLag"] == "true"
    assert trigger["allowIdleConsumers"] == "false"
    behavior = scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= 300


def test_the_job_before_install_reads_only_what_is_there_by_then() -> None:
    objects = chart.render({"createTables": True,
                            "database": {"url": "postgresql://loom@db/loom", "existingSecret": {"name": ""}}})
    job = chart.one(objects, "Job")
    annotations = job["metadata"]["annotations"]
    assert set(annotations["helm.sh/hook"].split(",")) == {"pre-install", "pre-upgrade"}
    pod = job["spec"]["template"]["spec"]
    needed = {("Secret", volume["secret"]["secretName"]) for volume in pod["volumes"] if "secret" in volume}
    needed |= {("ConfigMap", volume["configMap"]["name"]) for volume in pod["volumes"] if "configMap" in volume}
    assert needed
    for kind, name in needed:
        made = next(item for item in chart.all_of(objects, kind) if item["metadata"]["name"] == name)
        assert chart.is_hook(made), f"{kind} {name} is made after the Job needs it"
        weight = int(made["metadata"]["annotations"]["helm.sh/hook-weight"])
        assert weight < int(annotations["helm.sh/hook-weight"]), (kind, name)
    assert pod["serviceAccountName"] == "default"  # the chart's own is made later
    steps = [container["args"] for container in pod.get("initContainers", []) + pod["containers"]]
    assert steps == [["migrate"], ["create-tables"]]


def test_without_migrations_there_is_no_job() -> None:
    assert not chart.all_of(chart.render({"migrations": {"enabled": False}}), "Job")
