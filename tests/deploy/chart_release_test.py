"""A release's life on a real Kubernetes API server: installed, upgraded, rolled back, uninstalled, and what is there after
each of these."""

from __future__ import annotations

import itertools
import json
import pathlib
import subprocess
from typing import Any

import pytest
import yaml

from support import chart
from support.job_controller import JobController
from support.kube_server import Cluster, cluster  # noqa: F401  (a fixture)

RELEASE = "loom-storage"
URL: chart.Values = {"database": {"url": "postgresql://loom:secret@timescaledb:5432/loom"}}
KINDS = ("deployments,services,configmaps,secrets,serviceaccounts,jobs,pods,horizontalpodautoscalers,poddisruptionbudgets,"
         "networkpolicies,servicemonitors,prometheusrules,scaledobjects,triggerauthentications,roles,rolebindings")
_numbers = itertools.count()


class Release:
    """helm's verbs in a namespace of its own. Each asks somebody to end the migration Jobs."""

    def __init__(self, cluster: Cluster, folder: pathlib.Path) -> None:  # noqa: F811
        self.cluster, self.folder = cluster, folder
        self.namespace = cluster.namespace(f"release-{next(_numbers)}")
        self.jobs: list[dict[str, Any]] = []

    def run(self, verb: str, values: chart.Values | pathlib.Path | None = None, *options: str,
            migrates: bool = True) -> subprocess.CompletedProcess[str]:
        arguments: list[str | pathlib.Path] = [verb, RELEASE]
        if verb in ("install", "upgrade"):
            arguments += [chart.CHART, "--values", self._file(values)]
        with JobController(self.cluster, self.namespace, succeeds=migrates).at_work() as controller:
            done = self.cluster.helm(*arguments, "--namespace", self.namespace, "--timeout", "60s", *options)
        self.jobs = controller.seen
        return done

    def must(self, verb: str, values: chart.Values | pathlib.Path | None = None, *options: str) -> str:
        done = self.run(verb, values, *options)
        assert done.returncode == 0, f"helm {verb}: {done.stdout}{done.stderr}\njobs: {[job['metadata']['name'] for job in self.jobs]}"
        return done.stdout

    def _file(self, values: chart.Values | pathlib.Path | None) -> pathlib.Path:
        if isinstance(values, pathlib.Path):
            return values
        file = self.folder / "values.yaml"
        file.write_text(json.dumps(values))
        return file

    def there(self) -> set[str]:
        """What exists, without helm's own records of the release."""
        names = self.cluster.kubectl("get", KINDS, "--namespace", self.namespace, "-o", "name", "--ignore-not-found").split()
        return {name for name in names if "sh.helm.release" not in name}

    def deployment(self) -> Any:
        [found] = self.cluster.get("deployments", "--namespace", self.namespace)["items"]
        return found

    def status(self) -> tuple[int, str]:
        told = json.loads(self.cluster.helm("status", RELEASE, "--namespace", self.namespace, "-o", "json").stdout)
        return told["version"], told["info"]["status"]


@pytest.fixture
def release(cluster: Cluster, tmp_path: pathlib.Path) -> Release:  # noqa: F811
    return Release(cluster, tmp_path)


def _image(release: Release) -> str:
    return release.deployment()["spec"]["template"]["spec"]["containers"][0]["image"]


def _tagged(tag: str) -> chart.Values:
    return chart.merged(URL, {"image": {"tag": tag}})


@pytest.mark.parametrize("file", chart.CI_FILES, ids=lambda file: file.stem)
def test_every_example_comes_and_goes(release: Release, file: pathlib.Path) -> None:
    before = release.there()
    told = release.must("install", file)
    assert release.status() == (1, "deployed"), told
    # The notes name what is really there.
    assert f'rollout status deployment/{release.deployment()["metadata"]["name"]}' in told
    release.must("uninstall")
    assert release.there() == before


def test_upgrade_to_other_values_rollback_and_uninstall_leave_nothing(release: Release) -> None:
    before = release.there()
    release.must("install", chart.CHART / "ci/default-with-url.yaml")
    first = (release.there(), release.deployment()["spec"]["template"])

    release.must("upgrade", chart.CHART / "ci/everything-on.yaml")
    assert release.status() == (2, "deployed")
    kinds = {name.split("/")[0] for name in release.there() - first[0]}
    assert {"networkpolicy.networking.k8s.io", "servicemonitor.monitoring.coreos.com", "prometheusrule.monitoring.coreos.com"} <= kinds

    release.must("rollback", None, "1")
    assert release.status() == (3, "deployed")
    assert (release.there(), release.deployment()["spec"]["template"]) == first

    release.must("upgrade", chart.CHART / "ci/keda.yaml")
    names = {name.split("/")[0] for name in release.there()}
    assert "scaledobject.keda.sh" in names and "horizontalpodautoscaler.autoscaling" not in names

    release.must("uninstall")
    assert release.there() == before


def test_the_migration_job_finds_its_inputs_before_anything_else_is_there(release: Release) -> None:
    release.must("install", chart.merged(URL, {"createTables": True}))
    [job] = release.jobs
    pod = job["spec"]["template"]["spec"]
    for volume in pod["volumes"]:
        if "secret" in volume:
            assert f'secret/{volume["secret"]["secretName"]}' in job["inputs"], volume
        if "configMap" in volume:
            assert f'configmap/{volume["configMap"]["name"]}' in job["inputs"], volume
    # Every namespace has this one; the chart's own comes after the hooks.
    assert pod["serviceAccountName"] == "default"


def test_what_the_hooks_made_is_gone_when_they_succeeded(release: Release) -> None:
    release.must("install", chart.merged(URL, {"createTables": True}))
    assert len(release.jobs) == 1
    assert not [name for name in release.there() if "migration" in name]


def test_every_upgrade_migrates_and_a_rollback_does_not(release: Release) -> None:
    release.must("install", _tagged("1"))
    release.must("upgrade", _tagged("2"))
    assert [job["spec"]["template"]["spec"]["containers"][0]["image"] for job in release.jobs] == ["kafka-to-db-consumer:2"]
    release.must("rollback", None, "1")
    assert release.jobs == []
    assert _image(release) == "kafka-to-db-consumer:1"


def test_a_failed_migration_stops_the_install_before_any_pod(release: Release) -> None:
    done = release.run("install", URL, migrates=False)
    assert done.returncode != 0
    assert "pre-install" in done.stderr and "-migration failed" in done.stderr, done.stderr
    assert not [name for name in release.there() if name.startswith("deployment")]


def test_a_failed_migration_leaves_the_old_release_at_work(release: Release) -> None:
    release.must("install", _tagged("1"))
    old = release.deployment()["spec"]
    done = release.run("upgrade", _tagged("2"), migrates=False)
    assert done.returncode != 0
    assert "pre-upgrade hooks failed" in done.stderr, done.stderr
    assert release.status() == (2, "failed")
    assert release.deployment()["spec"] == old

    # Mended, the same upgrade goes through: nothing of the failed attempt is in its way.
    release.must("upgrade", _tagged("3"))
    assert release.status() == (3, "deployed")
    assert _image(release) == "kafka-to-db-consumer:3"


def test_an_uninstall_after_a_failed_install_leaves_nothing_of_the_release(release: Release) -> None:
    before = release.there()
    release.run("install", URL, migrates=False)
    release.must("uninstall")
    left = release.there() - before
    # Hooks are not part of a release: a failed Job stays for whoever wants to know why, until it expires.
    assert all("migration" in name for name in left), left


def test_a_changed_mapping_reaches_the_config_map_and_no_pod(release: Release) -> None:
    text = "schema_version: v1\ntopics:\n  gps.raw:\n    table: gps_raw\n    field_mappings: {device_id: device_id}\n"
    release.must("install", chart.merged(URL, {"topicMappings": text}))
    pods = release.deployment()["spec"]
    release.must("upgrade", chart.merged(URL, {"topicMappings": text.replace("gps_raw", "gps_positions")}))
    assert release.deployment()["spec"] == pods
    stored = release.cluster.get("configmaps", "--namespace", release.namespace)["items"]
    assert [item for item in stored if "gps_positions" in item["data"].get("topic_mappings.yml", "")]


def test_the_notes_say_what_the_values_left_out(release: Release) -> None:
    """An image that no node can pull, and the project's own topics, are rarely meant."""
    told = release.must("install", URL)
    topics = yaml.safe_load((chart.CHART / "files/topic_mappings.yml").read_text())["topics"]
    assert "has no registry in its name" in told and "build/image-values.yaml" in told, told
    assert f"the project's own, with {len(topics)} topics" in told, told
    text = "schema_version: v1\ntopics:\n  gps.raw:\n    table: gps_raw\n    field_mappings: {device_id: device_id}\n"
    said = chart.merged(URL, {"image": {"repository": "registry.example.org/team/consumer"}, "topicMappings": text})
    told = release.must("upgrade", said)
    assert "registry" not in told and "project's own" not in told, told


def test_what_an_autoscaler_decided_survives_an_upgrade(release: Release) -> None:
    release.must("install", _tagged("1"))
    release.cluster.kubectl("scale", "deployment", release.deployment()["metadata"]["name"],
                            "--namespace", release.namespace, "--replicas=7")
    release.must("upgrade", _tagged("2"))
    assert release.deployment()["spec"]["replicas"] == 7


def test_an_upgrade_with_wrong_values_changes_nothing(release: Release) -> None:
    release.must("install", _tagged("1"))
    done = release.run("upgrade", chart.merged(_tagged("2"), {"kafka": {"partitions": 2}}))
    assert done.returncode != 0 and "kafka.partitions" in done.stderr
    assert release.jobs == []
    assert release.status() == (1, "deployed")
    assert _image(release) == "kafka-to-db-consumer:1"
