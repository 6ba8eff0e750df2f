"""scripts/monitor-consumer-lag.sh against a real Kafka, a real database and the real service."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from support.consumer_system import PROGRAM, SOURCE, ConsumerSystem, await_that, psql
from support.recorded import Recorded, deployment, hpa, items, pod

sys.path.insert(0, str(SOURCE / "scripts/lib/lag_monitor"))
import database
import lag
import verdict

MONITOR = str(SOURCE / "scripts/monitor-consumer-lag.sh")
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def system(tmp_path):
    one = ConsumerSystem(tmp_path)
    yield one
    one.close()


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """For tests that change nothing: everything stored, and the service runs."""
    one = ConsumerSystem(tmp_path_factory.mktemp("idle"))
    one.stored(30)
    yield one
    one.close()


def monitor(system, *arguments, env=None, way="--plain"):
    command = [MONITOR, "--program", PROGRAM, "--sample", "0.5", *([way] if way else []), *arguments]
    done = subprocess.run(command, env=env or system.environment, capture_output=True, text=True, check=False, timeout=90)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def report(system, *arguments, **more):
    done = monitor(system, "--json", *arguments, **more)
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode
    return told


def texts(told):
    return [f"{reason['level']}: {reason['text']}" for reason in told["reasons"]]


def has(told, pattern):
    assert any(re.search(pattern, text) for text in texts(told)), texts(told)


# ---- The three states


def test_ok_when_everything_is_stored(idle):
    done = monitor(idle)
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith("\nOK")
    assert "0 messages in 3 partitions of 1 topic," in done.stdout
    told = report(idle)
    assert told["verdict"] == "ok" and told["reasons"] == []
    assert {"lag", "pool", "performance", "alerts", "pods"} <= told.keys()
    assert told["lag"]["total"] == 0 and told["lag"]["group"] == idle.group
    assert told["pool"]["known"] and told["pool"]["max_connections"] >= 100
    assert [a for a in told["pool"]["applications"] if a["application"] == "kafka-to-db-consumer" and a["connections"] >= 1]
    assert not told["pods"]["known"] and "no cluster" in told["pods"]["why"]


def test_warning_when_the_lag_is_over_its_warning(system):
    system.stored(30)
    system.lock_table()
    system.produce(2000)
    done = monitor(system)
    assert done.returncode == 1, done.stdout
    assert "WARNING\n  warning: a lag of 2,000 messages is over 1,000; it does not fall" in done.stdout
    assert re.search(rf"{system.topic}/0 +\d+ +\d+ +[\d,]+", done.stdout), "each partition has its line"
    # The same lag is critical, or good, by other limits.
    assert monitor(system, "--lag-critical", "1500").returncode == 2
    assert monitor(system, "--lag-warning", "5000").returncode == 0
    assert monitor(system, "--lag-warning", "0", "--lag-critical", "0").returncode == 0


def test_how_long_the_oldest_message_waits_and_how_near_retention_is_are_limits_of_their_own(system):
    system.stored(30)
    system.lock_table()
    system.produce(900)
    await_that("waiting for over a second", lambda: (report(system)["lag"]["seconds"] or 0) > 1)
    told = report(system, "--seconds-warning", "1", "--retention", "0")
    assert told["verdict"] == "warning"
    has(told, r"^warning: the oldest message waits for [\d.]+ s, over 1\.0 s")
    assert report(system, "--seconds-warning", "0.1", "--seconds-critical", "1", "--retention", "0")["verdict"] == "critical"
    told = report(system, "--seconds-warning", "1")
    assert told["verdict"] == "critical"
    has(told, rf"^critical: {system.topic}/\d is near retention: its lag is 9\d% of what the log holds")


def test_critical_when_the_consumer_is_stopped_and_messages_wait(system):
    system.stored(30)
    system.stop_service()
    system.produce(12)
    done = monitor(system)
    assert done.returncode == 2, done.stdout
    assert re.search(rf"CRITICAL\n  critical: {system.topic}/\d has messages, and no replica owns it \(and \d more", done.stdout)
    told = report(system)
    assert {p["state"] for p in told["lag"]["partitions"] if p["lag"]} == {"stop"}
    assert told["lag"]["total"] == 12 == sum(p["lag"] for p in told["lag"]["partitions"])
    # Waiting for it to get better ends with the verdict.
    done = monitor(system, "--wait", "3")
    assert done.returncode == 2 and "no replica owns it" in done.stdout


# ---- What is away


def test_critical_when_the_database_is_away(idle):
    told = report(idle, "--database-url", f"postgresql://loom:secret-word@{NOWHERE}/loom")
    assert told["verdict"] == "critical" and told["exit_code"] == 2
    has(told, "^critical: the database does not answer: .*refused")
    assert told["lag"]["known"], "Kafka still tells the lag"
    assert "secret-word" not in json.dumps(told)


def test_critical_when_the_database_has_no_connection_left(idle):
    role = f"{idle.database}_few"
    psql(idle.server, f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 0")
    try:
        told = report(idle, "--database-url", idle.url.replace("loom:loom@", f"{role}@"))
    finally:
        psql(idle.server, f"DROP ROLE {role}")
    assert told["pool"]["saturated"]
    has(told, "^critical: the database has no connection left: .*too many connections")


def test_critical_when_kafka_is_away(idle):
    done = monitor(idle, "--bootstrap", NOWHERE)
    assert done.returncode == 2, done.stdout
    assert "critical: Kafka does not answer: error: cannot read the offsets" in done.stdout
    assert "of the server" in done.stdout, "the other sections are there all the same"


def test_cannot_tell_of_a_group_that_nobody_knows(idle):
    told = report(idle, "--group", "no-such-group")
    assert told["exit_code"] == 3 and told["verdict"] == "unknown"
    has(told, "no-such-group has no offsets")


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--watch", "-1"], ["--once", "--watch"], ["--plain", "--kubernetes"],
                                       ["--lag-warning", "5", "--lag-critical", "4"], ["--lag-warning", "many"]])
def test_wrong_usage_is_3_so_that_it_is_no_verdict(arguments):
    done = subprocess.run([MONITOR, *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 3 and "error:" in done.stderr and done.stdout == ""


def test_help_has_the_exit_codes():
    done = subprocess.run([MONITOR, "--help"], capture_output=True, text=True, check=True, timeout=30)
    for line in ("0  ok", "1  warning", "2  critical", "3  cannot tell"):
        assert line in done.stdout


# ---- How it goes


def slow_table(system, seconds):
    system.sql("CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS "
               f"'BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END'")
    system.sql("CREATE TRIGGER slowly BEFORE INSERT ON readings FOR EACH ROW EXECUTE FUNCTION slowly()")


def test_a_lag_that_is_worked_off_falls_and_has_a_time_to_catch_up(system):
    system.stored(30)
    slow_table(system, 0.001)
    system.stop_service()
    system.produce(12_000)
    status = system.start_service(LOOM_KAFKA_BATCH_MAX="200")
    told = await_that("a falling lag", lambda: (lambda one: one["lag"]["trend"] == "falling" and one)(report(system, "--sample", "2")))
    assert told["lag"]["source"] == "program"
    assert told["lag"]["drain_rate"] > 10, told["lag"]
    has(told, r"a lag of [\d,]+ messages is over [\d,]+; it falls")
    # The service itself says the same.
    told = await_that("the service's word", lambda: (
        lambda one: one["lag"]["source"] == "service" and one)(report(system, "--status-url", status)))
    assert told["lag"]["trend"] == "falling" and told["lag"]["total"] > 0
    assert told["pool"]["replicas"][0]["max"] == 50
    system.sql("DROP TRIGGER slowly ON readings")
    done = monitor(system, "--wait", "30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert system.lag() <= 1000


def test_a_stopped_topic_is_critical_with_its_reason(system):
    system.stored(30)
    system.stop_service()
    system.sql("DROP TABLE readings")
    system.produce(6)
    status = system.start_service()
    told = await_that("a stopped topic", lambda: (
        lambda one: any("is stopped" in t for t in texts(one)) and one)(report(system, "--status-url", status)))
    has(told, rf"^critical: topic {system.topic} is stopped: .*readings")


def test_watch_shows_again_and_again_and_ends_by_ctrl_c_with_0(idle):
    command = [MONITOR, "--plain", "--program", PROGRAM, "--json", "--watch", "0.5"]
    with subprocess.Popen(command, env=idle.environment, stdout=subprocess.PIPE, text=True) as child:
        reports = [json.loads(child.stdout.readline()) for _ in range(3)]
        child.send_signal(signal.SIGINT)
        assert child.wait(15) == 0
    assert [one["verdict"] for one in reports] == ["ok"] * 3


def test_watch_on_a_terminal_draws_in_place(idle):
    main, side = pty.openpty()
    with subprocess.Popen([MONITOR, "--plain", "--program", PROGRAM, "--watch", "0.5"], env=idle.environment,
                          stdout=side, stderr=side) as child:
        os.close(side)
        seen = b""
        deadline = time.monotonic() + 30
        while seen.count(b"\x1b[H\x1b[J") < 2 or not seen.rstrip().endswith(b"OK\x1b[0m"):
            assert time.monotonic() < deadline, seen
            if select.select([main], [], [], 0.5)[0]:
                seen += os.read(main, 65536)
        child.send_signal(signal.SIGTERM)
        assert child.wait(15) == 0
    os.close(main)


# ---- The views


def test_performance_and_alerts_of_the_views(system):
    system.stored(30)
    system.sql("INSERT INTO consumer_processing_metrics (service_name, messages_processed, messages_per_second, processing_time_ms, "
               "memory_usage_mb, errors) VALUES ('kafka-to-db-consumer', 1000, 50, 0.2, 200, 300), ('other', 10, 1, 1, 10, 9)")
    told = report(system)
    assert told["verdict"] == "warning"
    has(told, "^warning: alert errors: 300 of 1300 messages failed")
    assert len(texts(told)) == 1, "another service's alert is shown, and no verdict about this one"
    assert {a["service_name"] for a in told["alerts"]["alerts"]} == {"kafka-to-db-consumer", "other"}
    assert told["performance"]["services"][0]["messages_processed"] == 1000
    assert told["performance"]["history"][0]["errors"] == 300
    shown = monitor(system).stdout
    assert "the last hour (UTC)" in shown and "high: kafka-to-db-consumer: errors" in shown


def test_without_the_views_the_section_says_so(idle):
    told = report(idle, "--database-url", idle.server.rsplit("/", 1)[0] + "/postgres")
    assert not told["performance"]["known"] and "migration 040" in told["performance"]["why"]
    assert told["pool"]["known"]


# ---- What only several looks tell, and what nobody may see


def looks(*samples):
    """Looks at one partition, from (seconds, committed, end, assigned)."""
    for at, committed, end, assigned in samples:
        partition = {"topic": "t", "partition": 0, "committed": committed, "end": end, "lag": end - committed, "assigned": assigned,
                     "state": "ok" if end == committed else "stop" if assigned is False else "unknown"}
        yield lag.make("program", "g", at, [partition], [])


@pytest.mark.parametrize("samples, state", [
    ([(0, 10, 50, True), (25, 10, 60, True)], "stall"),  # owned, and not moved within 24 s
    ([(0, 10, 50, True), (4, 10, 60, True)], "unknown"),  # that may be one long batch
    ([(0, 10, 50, True), (25, 11, 60, True)], "ok"),
    ([(0, 10, 50, False), (4, 10, 60, False)], "stop"),
    ([(0, 10, 50, True), (4, 10, 60, False)], "ok"),  # a rebalance: nobody owns it for a moment
    ([(0, 10, 50, False), (4, 20, 60, False)], "ok"),  # it assigns itself its partitions, and moves
    ([(0, 10, 50, True), (4, 5, 60, True)], "rewind"),
    ([(0, 10, 50, True), (4, 60, 60, True)], "ok"),
])
def test_a_partition_is_judged_by_all_looks(samples, state):
    assert lag.with_rates(list(looks(*samples)))["partitions"][0]["state"] == state


@pytest.mark.parametrize("samples, trend, drain_rate, catch_up", [
    ([(0, 0, 100, True), (10, 80, 120, True)], "falling", 6.0, 40 / 6),
    ([(0, 0, 100, True), (10, 20, 200, True)], "growing", -8.0, None),
    ([(0, 0, 100, True), (10, 20, 120, True)], "steady", 0.0, None),
    ([(0, 0, 100, True), (10, 100, 100, True)], "none", 10.0, 0.0),
])
def test_the_trend_is_what_is_stored_less_what_comes(samples, trend, drain_rate, catch_up):
    told = lag.with_rates(list(looks(*samples)))
    assert (told["trend"], told["drain_rate"], told["catch_up_seconds"]) == (trend, drain_rate, catch_up)


def test_what_the_database_refuses_is_a_reason_in_the_services_words():
    def trouble(cause, seconds):
        return {"cause": cause, "for_seconds": seconds, "topics": ["gps"], "title": cause.upper(), "says": "its words", "what_to_do": ""}

    told = []
    replica = {"replica": "pod-1", "ready": True, "state": "consuming", "stopped_topics": [],
               "troubles": [trouble("disk full", 12.5), trouble("conflict", 0.2), trouble("away", 30)]}
    verdict.service({"service": [replica]}, lambda *reason: told.append(reason))
    assert told == [("critical", "database", "disk full, says pod-1: its words")]


@pytest.mark.parametrize("url, bare, password", [
    ("postgresql://u:p%40ss@h:5432/d?sslmode=require", "postgresql://u@h:5432/d?sslmode=require", "p@ss"),
    ("postgres://u@h1:1,h2:2/d?password=x&target_session_attrs=any", "postgres://u@h1:1,h2:2/d?target_session_attrs=any", "x"),
    (r"host=h password='a \'b' dbname=d", "host=h dbname=d", "a 'b"),
    ("host=h dbname=d", "host=h dbname=d", ""),
])
def test_passwords_are_kept_out_of_arguments(url, bare, password):
    assert database.split_password(url) == (bare, password)


# ---- Through kubectl


@pytest.fixture
def cluster(tmp_path, idle):
    return make_cluster(tmp_path, idle)


def make_cluster(folder, system):
    """A kubectl whose `exec` runs the real program, the real psql and Kafka's own tool."""
    kubectl = Recorded(folder, ["kubectl"])
    name = "kafka-to-db-consumer"
    kubectl.when("get deployment kafka-to-db-consumer -o name", out=f"deployment.apps/{name}\n")
    kubectl.when("get deployment kafka-to-db-consumer -o json", out=deployment(name, group=system.group))
    kubectl.when("get hpa", out=items(hpa(name)))
    kubectl.when("get pods", out=items(pod("consumer-a"), pod("consumer-b"), pod("consumer-c")))
    kubectl.when("top pods", out="consumer-a 812m 210Mi\nconsumer-b 640m 198Mi\n")
    kubectl.when("get --raw", code=1, err="Error from server (Forbidden): pods/proxy\n")
    kubectl.when(f"exec .*deployment/{name} -c {name} -- {name} lag", run=[PROGRAM], env=system.environment)
    kubectl.when("exec .*-i deployment/timescaledb -- psql -U loom -d loom",
                 run=["sh", "-c", 'shift 4; exec psql "$0" "$@"', system.url])
    return kubectl


def test_through_kubernetes_by_exec(idle, cluster):
    environment = {key: value for key, value in cluster.environment(idle.environment).items() if not key.startswith("LOOM_")}
    told = report(idle, "-n", "somewhere", env=environment, way="--kubernetes")
    assert told["verdict"] == "ok", texts(told)
    assert told["lag"]["source"] == "program" and told["lag"]["group"] == idle.group
    assert told["pool"]["known"] and told["performance"]["known"]
    assert told["pods"]["ready"] == 3 and told["pods"]["hpa"]["max"] == 10
    assert [p["cpu"] for p in told["pods"]["pods"]] == ["812m", "640m", None]
    assert all(call.startswith("kubectl -n somewhere ") for call in cluster.calls)
    shown = monitor(idle, env=environment, way=None).stdout
    assert "deployment kafka-to-db-consumer in namespace loom-dev" in shown, "kubectl finds it: the way needs no option"
    assert "3 of 3 ready, scaled by kafka-to-db-consumer between 3 and 10" in shown and "210Mi" in shown


def test_the_service_is_asked_through_the_api_server(system, tmp_path):
    system.produce(30)
    status = system.start_service()
    cluster = make_cluster(tmp_path, system)
    cluster.when("get --raw /api/v1/namespaces/loom-dev/pods/consumer-[abc]:8001/proxy/status", run=["curl", "-fsS", status])
    told = await_that("the service's own look", lambda: (
        lambda one: one["lag"]["source"] == "service" and one)(
            report(system, env=cluster.environment(system.environment), way="--kubernetes")))
    assert [replica["replica"] for replica in told["pool"]["replicas"]] == ["consumer-a", "consumer-b", "consumer-c"]


def test_without_a_running_pod_kafka_itself_is_asked(system, tmp_path):
    system.stored(30)
    system.stop_service()
    system.produce(40)
    cluster = make_cluster(tmp_path, system)
    cluster.when("get deployment kafka-to-db-consumer -o json",
                 out=deployment("kafka-to-db-consumer", desired=0, ready=0, group=system.group))
    cluster.when("get pods", out=items())
    cluster.when("exec .*deployment/kafka-to-db-consumer", code=1, err="error: timed out waiting for the condition\n")
    tool = f'shift 2; exec {SOURCE}/scripts/kafka-tool.sh consumer-groups --bootstrap-server {system.bootstrap} "$@"'
    cluster.when("exec .*deployment/kafka -- kafka-consumer-groups.sh --bootstrap-server localhost:9092", run=["sh", "-c", tool, "tool"])
    told = report(system, env=cluster.environment(), way="--kubernetes")
    assert told["verdict"] == "critical"
    assert told["lag"]["source"] == "kafka-consumer-groups.sh" and told["lag"]["total"] == 40, told["lag"]
    has(told, "^critical: no pod of kafka-to-db-consumer is ready")
    has(told, f"^critical: {system.topic}/\\d has messages, and no replica owns it")


def test_a_pod_that_does_not_start_is_a_reason(idle, cluster):
    crash = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"reason": "OOMKilled"}}, "restartCount": 7}
    cluster.when("get deployment kafka-to-db-consumer -o json", out=deployment("kafka-to-db-consumer", ready=2, group=idle.group))
    cluster.when("get pods", out=items(pod("consumer-a"), pod("consumer-b"), pod("consumer-c", False, **crash)))
    told = report(idle, env=cluster.environment(), way="--kubernetes")
    assert told["verdict"] == "warning"
    has(told, "^warning: 2 of 3 pods are ready")
    has(told, r"^warning: consumer-c: CrashLoopBackOff \(ended before: OOMKilled\)")


def test_a_cluster_that_is_away_is_no_verdict_on_the_consumer(idle, cluster):
    cluster.when("kubectl", code=1,
                 err="The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?\n")
    told = report(idle, env=cluster.environment(), way="--kubernetes")
    assert told["exit_code"] == 3, texts(told)
    assert "10.0.0.1:6443" in told["pods"]["why"] and "10.0.0.1:6443" in told["pool"]["why"]




def test_a_database_that_lets_nobody_in_is_no_ok(idle):
    told = report(idle, "--database-url", idle.url.replace("loom:loom@", "no_such_role@"))
    assert told["exit_code"] == 3
    has(told, '^unknown: the database could not be looked into: .*"no_such_role" does not exist')
