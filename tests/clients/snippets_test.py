"""The services' own pieces of code that use the loader, word for word (tests/clients/snippets), against the real broker
and the real database. What they take for granted is given to them by programs/run_snippet.py and
programs/continue_snippet.ts.

Their topics' and services' names are fixed. So that runs on one broker do not meet: every run has messages of its own,
groups of its own by the rows of its own database, and counts only these messages.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import uuid
from typing import Any

import pytest

from support.broker import Broker
from support.consumer_system import await_that
from support.database import Database
from support.environments import NodeEnvironment, PythonEnvironment
from support.processes import Program, clean_environment

HERE = pathlib.Path(__file__).resolve().parent
RUNNER = HERE / "programs/run_snippet.py"
RUN = uuid.uuid4().hex[:8]
COUNT = 40
TURN = 7  # max_poll_records of the services' rows: a consumer that does not follow its row takes more at once


def messages(prefix: str, count: int = COUNT) -> list[dict[str, Any]]:
    return [
        {"value": json.dumps({"id": f"{RUN}-{prefix}-{i}", "latitude": (-1) ** i * 52.5}), "key": str(i)}
        for i in range(count)
    ]


def values_of(sent: list[dict[str, Any]]) -> list[str]:
    return sorted(message["value"] for message in sent)


def ours(values: list[Any], prefix: str) -> list[Any]:
    """Those of this run's messages of this prefix; text or decoded."""
    mine = [
        value for value in values if f'"{RUN}-{prefix}-' in (value if isinstance(value, str) else json.dumps(value))
    ]
    return sorted(mine, key=str)


def row_for(database: Database, service: str) -> str:
    """Settings of its own for the service; the group that they name."""
    group = f"{service}-{RUN}"
    database.sql(
        "INSERT INTO pipeline_consumer_configs "
        "(service_name, consumer_group_id, max_poll_records, session_timeout_ms) "
        f"VALUES ('{service}', '{group}', {TURN}, 12000) ON CONFLICT DO NOTHING"
    )
    return group


def run(python: PythonEnvironment, broker: Broker, database: Database, scenario: str, **given: Any) -> dict[str, Any]:
    given |= {"url": database.url, "bootstrap": broker.bootstrap}
    told: dict[str, Any] = json.loads(
        python.run("-W", "error::ResourceWarning", RUNNER, scenario, stdin=json.dumps(given), timeout=60).stdout
    )
    return told


def test_initialization_and_metrics(python: PythonEnvironment, broker: Broker, database: Database) -> None:
    topic, group = f"voices.{RUN}", f"voices-{RUN}"
    broker.create_topics({topic: 3})
    sent = messages("voice")
    broker.produce(topic, sent)
    row_for(database, "silero-vad")
    told = run(
        python,
        broker,
        database,
        "initialization_and_metrics",
        service="silero-vad",
        topic=topic,
        group=group,
        count=COUNT,
    )
    assert sorted(told["values"]) == values_of(sent)
    assert told["most_at_once"] <= TURN
    assert told["recorded"] == [True] * 4 and told["pool_is_open"]
    assert broker.committed(group, topic) == broker.ends(topic)
    [metrics] = database.rows("SELECT * FROM consumer_processing_metrics WHERE service_name = 'silero-vad'")
    assert (metrics["messages_processed"], metrics["processing_time_ms"]) == (COUNT, 12.5)
    assert metrics["messages_per_second"] > 0 and metrics["memory_usage_mb"] > 5
    lag = database.rows(
        "SELECT topic, partition, current_offset, end_offset, lag FROM v_current_consumer_lag "
        f"WHERE service_name = 'silero-vad' AND consumer_group_id = '{group}' ORDER BY partition"
    )
    # The runner moves the ends by the partition's number, so that lags differ.
    assert lag == [
        {"topic": topic, "partition": at, "current_offset": end, "end_offset": end + at, "lag": at}
        for at, end in sorted(broker.ends(topic).items())
    ]


@pytest.mark.parametrize("half", ["before", "after"])
def test_base_consumer(python: PythonEnvironment, broker: Broker, database: Database, half: str) -> None:
    broker.create_topics({"my.input.topic": 3})
    group = "my-consumer-group"
    sent = messages(f"base-{half}")
    broker.produce("my.input.topic", sent)
    row_for(database, "my-service")
    told = run(python, broker, database, "base_consumer", half=half, count=behind(broker, group, "my.input.topic"))
    assert ours(told["seen"], f"base-{half}") == sorted((json.loads(one["value"]) for one in sent), key=str)
    assert broker.committed(group, "my.input.topic") == broker.ends("my.input.topic")
    if half == "after":
        assert told["pool_is_open"]
        [metrics] = database.rows(
            "SELECT sum(messages_processed) AS messages FROM consumer_processing_metrics "
            "WHERE service_name = 'my-service'"
        )
        assert metrics["messages"] == len(told["seen"])
        assert database.rows(
            "SELECT DISTINCT consumer_group_id, lag FROM v_current_consumer_lag WHERE service_name = 'my-service'"
        ) == [{"consumer_group_id": group, "lag": 0}]


def behind(broker: Broker, group: str, topic: str) -> int:
    committed = broker.committed(group, topic)
    return sum(end - committed.get(partition, 0) for partition, end in broker.ends(topic).items())


def test_aiokafka_directly(python: PythonEnvironment, broker: Broker, database: Database) -> None:
    broker.create_topics({"my.topic": 1})
    sent = messages("direct")
    broker.produce("my.topic", sent)
    group = row_for(database, "my-service")
    told = run(python, broker, database, "aiokafka_directly", count=sum(broker.ends("my.topic").values()))
    assert ours(told["before"], "direct") == values_of(sent)
    assert ours(told["after"], "direct") == values_of(sent)
    assert told["most_before"] > TURN >= told["most_after"]
    assert broker.committed(group, "my.topic"), (
        "the settings have enable_auto_commit, so what was taken before stop() is committed"
    )


def test_synchronous_wrapper(python: PythonEnvironment, broker: Broker, database: Database) -> None:
    broker.create_topics({"my.topic": 1})
    sent = messages("sync")
    broker.produce("my.topic", sent)
    group = row_for(database, "my-service")
    prefix = f"{RUN}-sync-"
    told = run(python, broker, database, "synchronous_wrapper", service="my-service", prefix=prefix, count=COUNT)
    assert ours(told["values"], "sync") == values_of(sent)
    assert (told["session_timeout_ms"], told["group"]) == (12000, group)
    assert told["most_at_once"] <= TURN


def test_recommendations(python: PythonEnvironment, broker: Broker, database: Database) -> None:
    database.sql("""
        INSERT INTO consumer_lag_history
          (service_name, consumer_group_id, topic, partition, current_offset, end_offset, lag)
        VALUES ('behind', 'behind', 't', 0, 0, 2000, 2000), ('far-behind', 'far-behind', 't', 0, 0, 20000, 20000)""")
    told = run(python, broker, database, "recommendations")
    # Only what is "high": the other one's is critical.
    assert told["printed"].splitlines() == [
        "behind: {'max_poll_records': 500}",
        "Reason: lag of 2000 messages is over 1000, and a poll takes only 100",
    ]


def test_complete_migration(
    python: PythonEnvironment, broker: Broker, database: Database, tmp_path: pathlib.Path
) -> None:
    addresses, regions = "location.address.geocoded", "location.georegion.detected"
    broker.create_topics({addresses: 3, regions: 3})
    sent = messages("place")
    broker.produce(addresses, sent)
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"url": database.url, "bootstrap": broker.bootstrap}))
    command = ["sh", "-c", f'exec "{python.program}" "{RUNNER}" complete_migration <"{given}"']
    expected = sorted([f"{RUN}-place-{i}", region] for i in range(0, COUNT, 2) for region in ("home", "town"))

    def detected() -> list[list[str]]:
        found = [json.loads(message.value or "null") for message in broker.read(regions)]
        return sorted([one["id"], one["region"]] for one in found if one.get("id", "").startswith(f"{RUN}-place-"))

    with Program(command, tmp_path, clean_environment(), tmp_path / "log") as service:
        service.start()
        await_that("a detection of each", lambda: len(detected()) >= len(expected) or not service.running(), 40)
        assert service.running(), service.output()
        broker.await_caught_up("loom-georegion", addresses, 20)
        service.terminate()
        assert '{"ended": "well"}' in service.output(), service.output()
    assert detected() == expected
    [metrics] = database.rows(
        "SELECT sum(messages_processed) AS messages, sum(errors) AS errors FROM consumer_processing_metrics "
        "WHERE service_name = 'georegion-detector'"
    )
    assert metrics["messages"] >= COUNT and metrics["errors"] == 0
    assert database.rows(
        "SELECT count(*) AS partitions, sum(lag) AS lag FROM v_current_consumer_lag "
        "WHERE service_name = 'georegion-detector' AND consumer_group_id = 'loom-georegion'"
    ) == [{"partitions": 3, "lag": 0}]


def test_services_pattern(python: PythonEnvironment, broker: Broker, database: Database) -> None:
    broker.create_topics({"topic-name": 1})
    sent = messages("pattern")
    broker.produce("topic-name", sent)
    group = row_for(database, "service-name")
    told = run(python, broker, database, "services_pattern", count=sum(broker.ends("topic-name").values()))
    assert ours(told["values"], "pattern") == values_of(sent)
    assert told["most_at_once"] <= TURN and told["source"] == "row" and told["recorded"]
    [lag] = database.rows(
        "SELECT consumer_group_id, current_offset, lag FROM v_current_consumer_lag WHERE service_name = 'service-name'"
    )
    assert lag == {"consumer_group_id": group, "current_offset": broker.ends("topic-name")[0], "lag": 7}


TYPESCRIPT_SETTINGS = {
    "compilerOptions": {
        "strict": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "types": ["node"],
        "skipLibCheck": True,
        "outDir": "out",
    },
    "files": ["snippet.ts", "granted.d.ts"],
}


def test_services_pattern_in_typescript(node: NodeEnvironment, broker: Broker, database: Database) -> None:
    broker.create_topics({"topic-name": 1})
    sent = messages("typescript")
    broker.produce("topic-name", sent)
    group = row_for(database, "service-name")
    # The Python service of this name is of the same group.
    there = broker.committed(group, "topic-name").get(0, 0)

    service = node.folder / "snippet"  # beside node_modules
    shutil.rmtree(service, ignore_errors=True)
    (service / "services").mkdir(parents=True)
    (service / "services/consumerConfigLoader.ts").write_text("export * from '@loom/kafka';\n")
    (service / "granted.d.ts").write_text("declare const pool: import('pg').Pool;\n")
    (service / "tsconfig.json").write_text(json.dumps(TYPESCRIPT_SETTINGS))
    (service / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "programs/continue_snippet.ts", service)
    shutil.copy(HERE / "programs/before_snippet.mjs", service)
    # The snippet as it is, but for the broker's address; what makes use of its `consumer` stands behind it.
    snippet = (HERE / "snippets/services_pattern.ts").read_text().replace("kafka:9092", broker.bootstrap)
    (service / "snippet.ts").write_text(
        snippet + "\nimport { consume } from './continue_snippet';\nawait consume(consumer, pool);\n"
    )
    node.run(node.folder / "node_modules/typescript/bin/tsc", "-p", service, cwd=service)

    end = broker.ends("topic-name")[0]
    told = json.loads(
        node.run(
            "--import",
            "./before_snippet.mjs",
            "out/snippet.js",
            cwd=service,
            timeout=60,
            env={"DATABASE_URL": database.url, "COUNT": str(end - there)},
        ).stdout
    )
    assert ours(told["values"], "typescript") == values_of(sent)
    assert told["records_per_turn"] == TURN and told["source"] == "row"
    assert told["recorded"] and told["pool_is_open"]
    assert broker.committed(group, "topic-name") == {0: end}
    [lag] = database.rows(
        "SELECT consumer_group_id, current_offset, lag FROM v_current_consumer_lag WHERE service_name = 'service-name'"
    )
    assert lag == {"consumer_group_id": group, "current_offset": end, "lag": 7}
