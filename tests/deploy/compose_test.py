"""The compose file: what a container engine would refuse, and what would not work together."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

import pytest
import yaml

from support.kafka_image import broker, on_this_machine
from support.project import PROGRAM, SOURCE, run, unknown_settings

FILE = SOURCE / "deploy/compose.yaml"
CHECK = SOURCE / "scripts/compose-check.sh"
CONNECTIONS_BESIDE_THE_POOL = 5  # docs/operations.md


def filled_in(text: str) -> str:
    """`${NAME:-default}` as compose reads it where NAME is not set."""
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = filled_in(FILE.read_text())
    assert "${" not in text, "a variable without a default"
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def consumer(compose) -> dict[str, Any]:
    return compose["services"]["consumer"]


def test_compose_itself_takes_the_file():
    understood = yaml.safe_load(run(CHECK, FILE).stdout)
    assert set(understood["services"]) == {"kafka", "database", "consumer"}
    assert (SOURCE / "Dockerfile").is_file() and understood["services"]["consumer"]["build"]["context"] == str(SOURCE)


def test_a_wrong_key_would_be_refused(tmp_path):
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(FILE.read_text().replace("stop_grace_period:", "stop_grace_time:"))
    refused = run(CHECK, wrong, ok=False)
    assert refused.returncode == 1
    assert "stop_grace_time" in refused.stdout + refused.stderr


def test_the_program_knows_every_setting(consumer):
    settings = {name: value for name, value in consumer["environment"].items() if name != "LOOM_TOPIC_MAPPINGS"}
    assert all(isinstance(value, str) for value in settings.values()), "compose wants numbers and booleans quoted"
    assert unknown_settings(settings) == []


def test_the_service_starts_after_its_servers_answer(compose, consumer):
    assert set(consumer["depends_on"]) == {"kafka", "database"}
    for name, how in consumer["depends_on"].items():
        assert how == {"condition": "service_healthy"}
        assert compose["services"][name]["healthcheck"]["test"][0] == "CMD"


def test_the_servers_are_named_as_the_service_calls_them(compose, consumer):
    environment = consumer["environment"]
    host, port = environment["LOOM_KAFKA_BOOTSTRAP_SERVERS"].split(":")
    kafka = compose["services"][host]["environment"]
    assert f"INSIDE://{host}:{port}" in kafka["KAFKA_ADVERTISED_LISTENERS"].split(",")
    user, password, database_host, name = re.fullmatch(
        r"postgresql://(\w+):(\w+)@(\w+):5432/(\w+)", environment["LOOM_DATABASE_URL"]).groups()
    database = compose["services"][database_host]["environment"]
    assert (database["POSTGRES_USER"], database["POSTGRES_PASSWORD"], database["POSTGRES_DB"]) == (user, password, name)


def test_three_replicas_fit_the_database(compose, consumer):
    maximum = re.search(r"max_connections=(\d+)", " ".join(compose["services"]["database"]["command"]))
    each = int(consumer["environment"]["LOOM_DB_MAX_POOL_SIZE"]) + CONNECTIONS_BESIDE_THE_POOL
    assert 3 * each < int(maximum[1])


def test_every_listener_of_the_broker_is_complete(compose):
    kafka = compose["services"]["kafka"]["environment"]
    names = {listener.split(":")[0] for listener in kafka["KAFKA_LISTENERS"].split(",")}
    protocols = {pair.split(":")[0] for pair in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    advertised = {listener.split(":")[0] for listener in kafka["KAFKA_ADVERTISED_LISTENERS"].split(",")}
    assert names == protocols
    assert advertised == names - {kafka["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert kafka["KAFKA_INTER_BROKER_LISTENER_NAME"] in advertised


def test_the_service_runs_without_rights_and_has_time_to_drain(consumer):
    assert consumer["read_only"] is True and consumer["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in consumer["security_opt"]
    assert int(consumer["stop_grace_period"].rstrip("s")) > 10
    assert consumer["healthcheck"]["test"] == ["CMD", "kafka-to-db-consumer", "healthcheck"]


def test_the_mapping_is_mounted_as_a_folder(consumer):
    source, target, mode = consumer["volumes"][0].split(":")
    assert consumer["environment"]["LOOM_TOPIC_MAPPINGS"] == f"{target}/topic_mappings.yml" and mode == "ro"
    assert (FILE.parent / source / "topic_mappings.yml").is_file()
    assert (FILE.parent / consumer["build"]["context"] / "Dockerfile").is_file()


def await_port(port: int, seconds: float = 90) -> None:
    """A broker takes its time on a busy machine."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on port {port}"
            time.sleep(0.2)


def test_a_real_broker_with_these_settings_serves_both_kinds_of_clients(compose, tmp_path):
    settings, ports = on_this_machine(compose["services"]["kafka"]["environment"], "kafka", tmp_path / "data")
    with broker(settings, tmp_path) as log:
        for port in ("9092", "29092"):
            await_port(int(ports[port]))
            done = run(PROGRAM, "produce-sample", "--topic", "device.audio.raw", "--count", "10", ok=False,
                       env={"LOOM_KAFKA_BOOTSTRAP_SERVERS": f"localhost:{ports[port]}",
                            "LOOM_TOPIC_MAPPINGS": str(SOURCE / "topic_mappings.yml")})
            assert done.returncode == 0, f"port {port}: {done.stderr}\n{log.read_text()[-3000:]}"
