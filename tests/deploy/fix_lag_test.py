"""scripts/fix-consumer-lag.sh: what it runs, in which order, and what it leaves behind when something fails.

kubectl, helm and make are recorders; the monitor that it asks is the real one, and in one test so are Kafka, the database
and the service.
"""

import json
import os
import pty
import subprocess

import pytest

from support.consumer_system import PROGRAM, SOURCE, ConsumerSystem
from support.recorded import Recorded, deployment, hpa, items, pod

FIX = str(SOURCE / "scripts/fix-consumer-lag.sh")
NAME = "kafka-to-db-consumer"
NO_LAG = {"group": NAME, "time": "2026-11-21T18:00:00.5Z", "notes": [], "partitions": [
    {"topic": "device.audio.raw", "partition": 0, "committed_offset": 10, "begin_offset": 0, "end_offset": 10, "lag": 0, "lag_seconds": 0.0,
     "state": "ok", "consumed_per_second": None, "produced_per_second": None, "retention_ratio": 0.0, "assigned": True,
     "from": "database"}]}
POOL = {"applications": [], "server_connections": 20, "max_connections": 100, "reserved": 3}


@pytest.fixture
def cluster(tmp_path):
    """A release at revision 4, with an HPA, three ready pods, no lag and a database with room."""
    tools = Recorded(tmp_path, ["kubectl", "helm", "make"])
    tools.when("^make ", out="")
    tools.when("^kubectl")
    tools.when("^helm")
    tools.when("get --raw /readyz", out="ok")
    tools.when("get --raw /api", code=1, err="Error from server (Forbidden)\n")
    tools.when("config current-context", out="k3d-loom\n")
    tools.when("get namespace loom-dev", out="namespace/loom-dev\n")
    tools.when("get deployment .* -o name", out=f"deployment.apps/{NAME}\n")
    tools.when("get deployment .* -o json$|get deployment .* -o json --", out=deployment(NAME))
    tools.when(r"get deployment .*\.spec\.replicas", out="3")
    tools.when(r"get deployment .*\.status\.readyReplicas", out="3")
    tools.when("get hpa -o json --", out=items(hpa(NAME)))
    tools.when("get hpa -o jsonpath", out="3\n")
    tools.when("get pods .*-o json --", out=items(pod("consumer-a")))
    tools.when("get pods .*jsonpath", out="consumer-a\n")
    tools.when("lag --json", out=json.dumps(NO_LAG))
    tools.when("exec .*-i deployment/timescaledb",
               out="pool\t" + json.dumps(POOL) + "\nservices\t[]\nhistory\t[]\nalerts\t[]\nlag_alerts\t[]\n")
    history(tools, (3, "superseded"), (4, "deployed"))
    return tools


def history(tools, *revisions, **more):
    tools.when("^helm .*history", out=json.dumps([{"revision": number, "status": status} for number, status in revisions]), **more)


def no_release(tools):
    tools.when("get deployment .* -o name", code=1, err="Error from server (NotFound)\n")
    tools.when("^helm .*history", code=1, err="Error: release: not found\n")


def fix(cluster, *arguments, base=None, watch=False, **run):
    environment = {**cluster.environment(base), "REGISTRY": "registry.example.org/loom", "TAG": "1.2.3"}
    run = {"stdin": subprocess.DEVNULL, **run}
    command = [FIX, "--chart", str(chart_of(cluster)), *([] if watch else ["--lag-timeout", "0"]), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90, **run)


def chart_of(cluster):
    chart = cluster.folder / "chart"
    chart.mkdir(exist_ok=True)
    (chart / "Chart.yaml").write_text("name: stands for the chart\n", encoding="utf-8")
    return chart


def step(call):
    """What a call does, in a word or two."""
    words = [word for word in call.split() if not word.startswith("-")]
    for word in ("docker-push", "docker", "upgrade", "rollback", "uninstall", "scale", "rollout"):
        if word in words:
            return word
    return None


def steps(cluster):
    return [name for name in map(step, cluster.calls) if name]


def upgrade_of(cluster):
    return next(call for call in cluster.calls if step(call) == "upgrade")


# ---- The way it goes


def test_builds_pushes_upgrades_waits_and_watches_in_this_order(cluster):
    done = fix(cluster, "--yes", watch=True)
    assert done.returncode == 0, done.stderr
    assert steps(cluster) == ["docker", "docker-push", "upgrade", "rollout"]
    assert "lag --json" in cluster.calls[-1] or "exec" in cluster.calls[-1], "the last thing is a look at the lag"
    assert "the lag is below its warnings" in done.stderr
    upgrade = upgrade_of(cluster)
    assert upgrade.startswith(f"helm -n loom-dev upgrade --install {NAME} ")
    for argument in ("--set replicaCount=3", "--set autoscaling.minReplicas=3", "--reset-then-reuse-values",
                     "--set-string image.repository=registry.example.org/loom/kafka-to-db-consumer", "--set-string image.tag=1.2.3"):
        assert argument in upgrade, upgrade


def test_values_and_sets_go_to_helm_behind_its_own(cluster, tmp_path):
    values = tmp_path / "mine.yaml"
    values.write_text("{}\n", encoding="utf-8")
    done = fix(cluster, "--yes", "--skip-build", "--values", str(values), "--set", "autoscaling.minReplicas=6",
               "-n", "loom-dev", "--context", "blue")
    assert done.returncode == 0, done.stderr
    assert steps(cluster) == ["upgrade", "rollout"]
    upgrade = upgrade_of(cluster)
    assert upgrade.endswith(f"--values {values} --set autoscaling.minReplicas=6")
    assert "--kube-context blue" in upgrade and "image." not in upgrade
    assert all("--context blue" in call for call in cluster.calls if call.startswith("kubectl") and "config" not in call)


def test_an_hpa_scales_and_is_not_fought(cluster):
    cluster.when("get hpa -o jsonpath", out="5\n")
    assert fix(cluster, "--yes", "--skip-build").returncode == 0
    assert "scale" not in steps(cluster)
    assert "autoscaling.minReplicas=5" in upgrade_of(cluster), "who has raised it above 3 keeps that"


def test_without_an_hpa_what_was_scaled_down_by_hand_is_scaled_up(cluster):
    cluster.when("get hpa -o jsonpath", out="")
    cluster.when(r"get deployment .*\.spec\.replicas", out="1")
    assert fix(cluster, "--yes", "--skip-build").returncode == 0
    assert steps(cluster) == ["upgrade", "scale", "rollout"]
    assert f"kubectl -n loom-dev scale deployment/{NAME} --replicas=3" in cluster.calls


def test_an_hpa_does_not_wake_what_was_scaled_to_0(cluster):
    cluster.when(r"get deployment .*\.spec\.replicas", out="0")
    assert fix(cluster, "--yes", "--skip-build").returncode == 0
    assert steps(cluster) == ["upgrade", "scale", "rollout"]


def test_the_first_installation_reuses_nothing(cluster):
    no_release(cluster)
    done = fix(cluster, "--yes")
    assert done.returncode == 0, done.stderr
    assert "--reset-then-reuse-values" not in upgrade_of(cluster)


def test_lag_that_stays_is_told_by_exit_code_3_and_nothing_is_rolled_back(cluster):
    behind = {**NO_LAG, "partitions": [{**NO_LAG["partitions"][0], "committed_offset": 0, "lag": 5000, "state": "unknown"}]}
    cluster.when("lag --json", out=json.dumps(behind))
    done = fix(cluster, "--yes", "--skip-build", "--lag-timeout", "1")
    assert done.returncode == 3, done.stderr
    assert "a lag of 5,000 messages is over 1,000" in done.stdout
    assert "rollback" not in steps(cluster)


def test_the_lag_is_watched_on_the_real_thing(cluster, tmp_path):
    system = ConsumerSystem(tmp_path)
    try:
        system.stored(30)
        system.produce(3000)
        cluster.when("lag --json", run=[PROGRAM], env=system.environment)
        cluster.when("exec .*-i deployment/timescaledb", run=["sh", "-c", 'shift 4; exec psql "$0" "$@"', system.url])
        done = fix(cluster, "--yes", "--skip-build", "--lag-timeout", "30", watch=True, base=system.environment)
        assert done.returncode == 0, done.stderr
        assert f"group {system.group}" in done.stdout
        assert system.lag() <= 1000
    finally:
        system.close()


# ---- What is asked first


def test_a_dry_run_prints_every_step_and_calls_nothing(cluster):
    done = fix(cluster, "--dry-run", watch=True)
    assert done.returncode == 0, done.stderr
    assert cluster.calls == []
    printed = [line for line in done.stdout.splitlines() if line.startswith("+ ")]
    wanted = ["docker", "docker-push", "upgrade", "scale", "rollout", None]
    assert [step(line) for line in printed] == wanted, done.stdout
    assert "monitor-consumer-lag.sh" in printed[-1]


def test_without_a_terminal_and_without_yes_nothing_happens(cluster):
    done = fix(cluster)
    assert done.returncode == 1 and "--yes" in done.stderr
    assert steps(cluster) == []


@pytest.mark.parametrize("answer, goes_on", [("n", False), ("", False), ("y", True)])
def test_a_terminal_is_asked(cluster, answer, goes_on):
    main, side = pty.openpty()
    os.write(main, f"{answer}\n".encode())
    done = fix(cluster, "--skip-build", stdin=side)
    os.close(main)
    os.close(side)
    assert "release kafka-to-db-consumer in namespace loom-dev (k3d-loom)" in done.stderr
    assert ("upgrade" in steps(cluster)) == goes_on, done.stderr
    assert (done.returncode == 0) == goes_on


@pytest.mark.parametrize("pool, why", [
    ({**POOL, "server_connections": 96}, "96 of 97 connections of the database are taken"),
    (None, "the database has no connection left"),
])
def test_more_replicas_are_refused_when_the_database_is_the_limit(cluster, pool, why):
    if pool:
        cluster.when("exec .*-i deployment/timescaledb", out="pool\t" + json.dumps(pool) + "\n")
    else:
        cluster.when("exec .*-i deployment/timescaledb", code=2,
                     err="psql: error: connection to server failed: FATAL:  sorry, too many clients already\n")
    done = fix(cluster, "--yes")
    assert done.returncode == 1, done.stderr
    assert "wrong medicine" in done.stderr and why in done.stderr
    assert steps(cluster) == []
    assert fix(cluster, "--yes", "--force", "--skip-build").returncode == 0
    assert "upgrade" in steps(cluster)


@pytest.mark.parametrize("pattern, answer, why", [
    ("get --raw /readyz", {"code": 1, "err": "Unable to connect to the server: dial tcp: lookup nowhere\n"},
     "no cluster answers: Unable to connect"),
    ("get namespace", {"code": 1, "err": 'Error from server (NotFound): namespaces "loom-dev" not found\n'},
     "kubectl create namespace loom-dev"),
    ("^helm .*history", {"out": '[{"revision": 4, "status": "pending-upgrade"}]'}, "another helm works on it"),
])
def test_what_it_needs_is_checked_before_anything_is_built(cluster, pattern, answer, why):
    cluster.when(pattern, **answer)
    done = fix(cluster, "--yes")
    assert done.returncode == 1 and why in done.stderr, done.stderr
    assert steps(cluster) == []


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--replicas"], ["--replicas", "three"], ["--replicas", "0"],
                                       ["--values", "/no/such.yaml"], ["--set", "nothing"]])
def test_wrong_usage_is_2(cluster, arguments):
    done = fix(cluster, *arguments)
    assert done.returncode == 2 and "error:" in done.stderr
    assert cluster.calls == []


# ---- When it fails


@pytest.mark.parametrize("target, done_so_far", [("docker$", ["docker"]), ("docker-push", ["docker", "docker-push"])])
def test_an_image_that_does_not_build_or_push_stops_before_helm(cluster, target, done_so_far):
    cluster.when(f"^make .*{target}", code=2, err="no space left on device\n")
    done = fix(cluster, "--yes")
    assert done.returncode == 1 and "nothing was deployed" in done.stderr
    assert steps(cluster) == done_so_far


def readiness_never_comes(cluster):
    cluster.when("rollout status", code=1, err="error: timed out waiting for the condition\n")
    cluster.when("get events", out="Warning  FailedScheduling  0/3 nodes are available: 3 Insufficient cpu\n")
    cluster.when("logs .*--previous", out="error: LOOM_DATABASE_URL: no such host\n")
    history(cluster, (4, "deployed"), (5, "deployed"), once_called="upgrade")


def test_readiness_that_never_comes_is_shown_and_rolled_back(cluster):
    readiness_never_comes(cluster)
    done = fix(cluster, "--yes", "--skip-build", "--timeout", "1")
    assert done.returncode == 1, done.stderr
    assert steps(cluster) == ["upgrade", "rollout", "rollback", "rollout"]
    assert f"helm -n loom-dev rollback {NAME} 4 --timeout 1s" in cluster.calls
    assert "Insufficient cpu" in done.stderr and "LOOM_DATABASE_URL: no such host" in done.stderr
    looked = cluster.calls.index(next(call for call in cluster.calls if "--previous" in call))
    assert looked < cluster.calls.index(next(call for call in cluster.calls if "rollback" in call)), (
        "evidence first: a rollback takes it away")


def test_too_few_ready_replicas_are_no_readiness(cluster):
    cluster.when(r"get deployment .*\.status\.readyReplicas", out="2")
    done = fix(cluster, "--yes", "--skip-build", "--timeout", "2")
    assert done.returncode == 1 and "ready replicas: 2 of 3" in done.stderr
    assert steps(cluster)[-2:] == ["rollback", "rollout"] and "rolled back to revision 4, which is ready" in done.stderr


def test_an_upgrade_that_helm_refuses_changes_nothing(cluster):
    cluster.when("^helm .*upgrade", code=1, err="Error: values don't meet the specifications of the schema\n")
    done = fix(cluster, "--yes", "--skip-build")
    assert done.returncode == 1 and "refused it before anything was changed" in done.stderr
    assert steps(cluster) == ["upgrade"]


def test_a_migration_that_fails_is_rolled_back(cluster):
    cluster.when("^helm .*upgrade", code=1, err="Error: UPGRADE FAILED: pre-upgrade hooks failed\n")
    history(cluster, (4, "deployed"), (5, "failed"), once_called="upgrade")
    done = fix(cluster, "--yes", "--skip-build")
    assert done.returncode == 1
    assert steps(cluster) == ["upgrade", "rollback", "rollout"] and f"rollback {NAME} 4 " in " ".join(cluster.calls)


@pytest.mark.parametrize("ready, last", [("0", "uninstall"), ("1", "rollout")])
def test_a_first_installation_is_removed_only_when_nothing_of_it_works(cluster, ready, last):
    no_release(cluster)
    readiness_never_comes(cluster)
    history(cluster, (1, "deployed"), once_called="upgrade")
    cluster.when(r"get deployment .*\.status\.readyReplicas", out=ready)
    done = fix(cluster, "--yes", "--skip-build", "--timeout", "1")
    assert done.returncode == 1
    assert steps(cluster)[-1] == last, done.stderr
    assert ("is left as it is" in done.stderr) == (ready == "1")


def test_a_rollback_that_fails_says_where_to_look(cluster):
    readiness_never_comes(cluster)
    cluster.when("^helm .*rollback", code=1, err="Error: timed out\n")
    done = fix(cluster, "--yes", "--skip-build", "--timeout", "1")
    assert done.returncode == 1 and f"helm -n loom-dev history {NAME}" in done.stderr
