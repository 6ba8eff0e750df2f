"""docs/deploy.md, "From an empty namespace", as a person would type it: on a real Kubernetes API server and a PostgreSQL that
demands TLS and passwords. docker writes down what it is asked; nobody runs pods there, so the migration Job's containers are run
here with the environment and the files that the Job gives them. And: every helm command of the documents asks for the
image that was pushed."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support import chart
from support.documents import commands, lines, section, shell_blocks
from support.job_controller import JobController
from support.kube_server import Cluster, cluster  # noqa: F401  (a fixture)
from support.pod_files import PodFiles
from support.tls_postgres import TlsPostgres, tls_postgres
from support.tools import ROOT, program, tool

HEADING = "From an empty namespace"
NAMESPACE = "shop"
NAME = chart.NAME
# What the commands need of the project; the documents' folder is a repository with a commit of its own.
NEEDED = ("CMakeLists.txt", "Dockerfile", "Makefile", "helm", "monitoring", "scripts", "topic_mappings.yml")
DOCUMENTS = ("README.md", "docs/deploy.md", "helm/kafka-to-db-consumer/README.md")
# These look into pods, and there are none.
NEEDS_PODS = ("kubectl -n shop exec", "kubectl -n shop port-forward")


class Desk:
    """A copy of the project in which somebody types, with the real kubectl, helm and psql, and a docker that writes down."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str], *more_tools: str) -> None:
        self.project, self.calls = folder / "project", folder / "docker-calls"
        self.project.mkdir(parents=True)
        for name in NEEDED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.project / name, symlinks=True)
            else:
                shutil.copy(ROOT / name, self.project / name)
        (self.project / ".gitignore").write_text("/build/\n")
        (self.project / "build/release").mkdir(parents=True)
        (self.project / "build/release" / NAME).symlink_to(program())
        tools = folder / "tools"
        tools.mkdir()
        for each in ("helm", *more_tools):
            (tools / each).symlink_to(tool(each))
        docker = tools / "docker"
        docker.write_text(f'#!/bin/sh\necho "$*" >>"{self.calls}"\n')
        docker.chmod(0o755)
        identity = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.environment = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder)} | identity | environment
        self.type("git init -q && git add -A && git commit -q -m 'As it is'")

    def type(self, text: str, timeout: float = 240) -> str:
        done = subprocess.run(["bash", "-euxo", "pipefail", "-c", text], cwd=self.project, env=self.environment, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False, timeout=timeout)
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-6000:]}"
        return done.stdout

    def pushed(self) -> str:
        """The name of the one image that docker was told to push."""
        names = [line.removeprefix("push ") for line in self.calls.read_text().splitlines() if line.startswith("push ")]
        assert len(names) == 1, self.calls.read_text()
        return names[0]


class Kubelet(JobController):
    """Runs the migration Job's containers on this machine, and says of Deployments and test pods that they are ready and done."""

    def __init__(self, cluster: Cluster, folder: pathlib.Path) -> None:  # noqa: F811
        super().__init__(cluster, NAMESPACE, succeeds=True)
        self.folder, self.said = folder, ""

    def _end(self, job: dict[str, Any]) -> None:
        pod = job["spec"]["template"]["spec"]
        for container in pod.get("initContainers", []) + pod["containers"]:
            done = PodFiles(self._cluster, NAMESPACE, pod, container, self.folder / "job").run()
            self.said += f"{container['name']}: exit {done.returncode}\n{done.stderr}"
            self._succeeds = self._succeeds and done.returncode == 0
        super()._end(job)
        threading.Thread(target=self._make_ready, daemon=True).start()

    def _patch(self, kind: str, name: str, status: dict[str, Any]) -> None:
        self._cluster.kubectl("patch", kind, name, "--namespace", NAMESPACE, "--subresource=status", "--type=merge",
                              "--patch", yaml.safe_dump({"status": status}))

    def _make_ready(self) -> None:
        while not self._stop.wait(0.2):
            for one in self._cluster.get("deployments", "--namespace", NAMESPACE)["items"]:
                wanted = one["spec"].get("replicas", 1)
                if one.get("status", {}).get("readyReplicas") != wanted:
                    self._patch("deployment", one["metadata"]["name"], {
                        "observedGeneration": one["metadata"]["generation"], "replicas": wanted, "updatedReplicas": wanted,
                        "readyReplicas": wanted, "availableReplicas": wanted})
            for one in self._cluster.get("pods", "--namespace", NAMESPACE)["items"]:
                if one.get("status", {}).get("phase") != "Succeeded":
                    self._patch("pod", one["metadata"]["name"], {"phase": "Succeeded"})


class Walk:
    """What is there after the walk: the desk, the cluster, the database and what the Job said."""

    def __init__(self, desk: Desk, cluster: Cluster, database: TlsPostgres, job: str, folder: pathlib.Path) -> None:  # noqa: F811
        self.desk, self.cluster, self.database, self.job, self.folder = desk, cluster, database, job, folder

    def get(self, kind: str) -> list[dict[str, Any]]:
        return self.cluster.get(kind, "--namespace", NAMESPACE)["items"]

    def pod(self) -> dict[str, Any]:
        [deployment] = self.get("deployments")
        return deployment["spec"]["template"]["spec"]

    def service(self) -> PodFiles:
        pod = self.pod()
        return PodFiles(self.cluster, NAMESPACE, pod, pod["containers"][0], self.folder / "service")


def _typed() -> str:
    typed = "".join(shell_blocks(section(ROOT / "docs/deploy.md", HEADING))).splitlines()
    return "\n".join(line for line in typed if not line.startswith(NEEDS_PODS))


@pytest.fixture(scope="module")
def walk(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:  # noqa: F811
    folder = tmp_path_factory.mktemp("walk")
    environment = cluster.environment | {"KAFKA_PASSWORD": "of-kafka", "REGISTRY_PASSWORD": "of-the-registry"}
    environment.pop("PATH")
    with tls_postgres() as database:
        desk = Desk(folder, environment, "kubectl")
        shutil.copy(database.authority, desk.project / "postgres-ca.pem")
        shutil.copy(database.authority, desk.project / "kafka-ca.pem")
        here = f"localhost:{database.port}"
        text = _typed().replace("postgres@db.example.org:5432", f"loom@{here}").replace("db.example.org:5432", here)
        with Kubelet(cluster, folder).at_work() as kubelet:
            try:
                desk.type(text)
            except AssertionError as error:
                raise AssertionError(f"{error}\nthe Job: {kubelet.said}") from None
        yield Walk(desk, cluster, database, kubelet.said, folder)


def test_the_pods_ask_for_the_image_that_was_pushed(walk: Walk) -> None:
    assert walk.pod()["containers"][0]["image"] == walk.desk.pushed()
    revision = walk.desk.type("git rev-parse --short HEAD").strip()
    assert walk.desk.pushed().endswith(f"-{revision}"), "a tag of its own, so that this test can fail"
    assert walk.pod()["imagePullSecrets"] == [{"name": "registry"}]
    [registry] = [one for one in walk.get("secrets") if one["metadata"]["name"] == "registry"]
    assert registry["type"] == "kubernetes.io/dockerconfigjson"


def test_the_tables_are_those_of_the_mapping_and_of_nothing_else(walk: Walk) -> None:
    assert walk.database.value("SELECT to_regclass('orders')") == "orders"
    assert walk.database.value("SELECT to_regclass('device_gps_raw') IS NULL") == "t", "the project's own topics"
    assert walk.database.value("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'orders'") == "loom_owner"


def test_the_service_may_do_what_it_needs_and_no_more(walk: Walk) -> None:
    may = "SELECT string_agg(p, ',' ORDER BY p) FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE']) p WHERE " \
          "has_table_privilege('loom_service', '{}', p)"
    assert walk.database.value(may.format("orders")) == "INSERT,SELECT,UPDATE"
    assert walk.database.value(may.format("schema_migrations")) == "SELECT"
    assert walk.database.value("SELECT has_schema_privilege('loom_service', 'public', 'CREATE')") == "f"


def test_a_pod_reaches_the_database_and_finds_its_tables(walk: Walk) -> None:
    done = walk.service().run("validate", "--database")
    assert done.returncode == 0, done.stdout + done.stderr
    assert walk.service().environment["PGSSLMODE"] == "verify-full"
    # That TLS, certificate and password matter: none of them can be left out.
    for wrong in ({"PGSSLMODE": "disable"}, {"PGSSLROOTCERT": str(_another_authority(walk.folder))}):
        refused = walk.service().run("validate", "--database", **wrong)
        assert refused.returncode != 0, f"{wrong}: {refused.stdout}"


def _another_authority(folder: pathlib.Path) -> pathlib.Path:
    file = folder / "another.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=another", "-keyout", os.devnull,
                    "-out", file], check=True, capture_output=True)
    return file


def test_a_pod_speaks_tls_and_sasl_to_kafka(walk: Walk) -> None:
    pod = walk.service()
    assert pathlib.Path(pod.environment["LOOM_RDKAFKA_SASL_PASSWORD_FILE"]).read_text() == "of-kafka"
    done = pod.run("lag", LOOM_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert done.returncode == 1 and "sasl_ssl://127.0.0.1:1" in done.stderr, done.stdout + done.stderr


def test_monitoring_and_autoscaling_are_there(walk: Walk) -> None:
    [scaler] = walk.get("horizontalpodautoscalers")
    assert scaler["spec"]["scaleTargetRef"]["name"] == NAME
    for kind in ("servicemonitors", "prometheusrules"):
        [found] = walk.get(kind)
        assert found["metadata"]["labels"]["release"] == "prometheus"
    assert [one for one in walk.get("configmaps") if one["metadata"]["labels"].get("grafana_dashboard") == "1"]


def test_what_needs_pods_names_what_is_there(walk: Walk) -> None:
    typed = "".join(shell_blocks(section(ROOT / "docs/deploy.md", HEADING))).splitlines()
    looks = [line.split() for line in typed if line.startswith(NEEDS_PODS)]
    assert len(looks) == len(NEEDS_PODS)
    for words in looks:
        walk.cluster.kubectl("get", next(word for word in words if "/" in word), "--namespace", NAMESPACE)
    [job] = [line for line in walk.job.splitlines() if line.startswith("create-tables: ")]
    assert job == "create-tables: exit 0"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_helm_command_of_the_documents_asks_for_what_was_pushed(document: str, tmp_path: pathlib.Path) -> None:
    desk = Desk(tmp_path, {"REGISTRY": "registry.example.org/team"})
    desk.type("make docker docker-push")
    (desk.project / "shop_mappings.yml").write_text((ROOT / "topic_mappings.yml").read_text())
    shutil.copy(ROOT / "helm/kafka-to-db-consumer/ci/walk-through.yaml", desk.project / "shop-values.yaml")
    blocks = shell_blocks((ROOT / document).read_text())
    typed = [words for block in blocks for line in lines(block) for words in commands(line)]
    found = [words for words in typed if words[:2] == ["helm", "upgrade"]]
    assert found, "no helm command: the test looks for the wrong thing"
    for words in found:
        arguments = [word for word in words[2:] if word != "--install"]
        done = subprocess.run([tool("helm"), "template", *arguments], cwd=desk.project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        pods = [item["spec"]["template"]["spec"] for item in chart.objects_of(done.stdout) if item["kind"] in ("Deployment", "Job")]
        images = {each["image"] for pod in pods for each in pod.get("initContainers", []) + pod["containers"]}
        assert images == {desk.pushed()}, words


def test_a_release_has_the_tag_that_its_chart_asks_for(tmp_path: pathlib.Path) -> None:
    desk = Desk(tmp_path, {"REGISTRY": "registry.example.org/team"})
    version = yaml.safe_load((ROOT / "helm/kafka-to-db-consumer/Chart.yaml").read_text())["appVersion"]
    assert desk.type("scripts/image.sh name").strip() != f"registry.example.org/team/{NAME}:{version}"
    desk.type(f"git tag v{version}")
    assert desk.type("scripts/image.sh name").strip() == f"registry.example.org/team/{NAME}:{version}"
    desk.type("echo '# changed' >>Makefile")
    assert desk.type("scripts/image.sh name").strip().endswith("-dirty")
