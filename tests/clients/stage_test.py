"""The examples' stages in Python and in TypeScript, as processes in one group, while messages come: killed, stopped,
joined by others, without their database, and with messages that nobody can read. Nothing may be lost."""

from __future__ import annotations

import contextlib
import pathlib
import time
import uuid
from collections.abc import Iterator

import pytest

from support.broker import Broker
from support.consumer_system import await_that
from support.database import Database
from support.processes import Program
from support.proxy import DatabaseProxy
from support.stages import STAGES, Stage, missing_and_wrong, sent

PARTITIONS = 6
BURST = 4000  # as many as keep the replicas busy until one of them is killed
STEADY, PER_SECOND = 2000, 100
AT_ONCE = 1e9
SESSIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)
NOT_JSON = ["this is no JSON", '{"trace_id": "cut off', ""]


class Group:
    """Replicas of a stage, with topics, a group and a database of their own."""

    def __init__(
        self, stage: Stage, broker: Broker, database: Database, proxy: DatabaseProxy, folder: pathlib.Path
    ) -> None:
        self.stage, self.broker, self.database, self.proxy, self._folder = stage, broker, database, proxy, folder
        name = uuid.uuid4().hex[:8]
        self.group, self.input, self.output = f"stage-{name}", f"stage.in.{name}", f"stage.out.{name}"
        self.replicas: dict[str, Program] = {}
        self.produced = 0
        self._produced_before = broker.produced()
        self._exits = contextlib.ExitStack()
        database.sql(stage.tables)
        # A dead member is missed after 6 s, the least that brokers allow.
        database.sql(
            "INSERT INTO pipeline_consumer_configs "
            "(service_name, session_timeout_ms, heartbeat_interval_ms, max_poll_records) "
            f"VALUES ('{stage.service}', 6000, 500, 100)"
        )
        broker.create_topics({self.input: PARTITIONS, self.output: 3})

    def __enter__(self) -> Group:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def start(self, name: str) -> Program:
        """A replica of this name, new or again; waits until the group has let it in."""
        if name not in self.replicas:
            environment = {
                **self.stage.environment,
                "LOOM_KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap,
                "LOOM_DATABASE_URL": self.proxy.url,
                "LOOM_KAFKA_GROUP_ID": self.group,
                "INPUT_TOPIC": self.input,
                "OUTPUT_TOPIC": self.output,
                "LOOM_STAGE_REPORT_EVERY": "1",
            }
            log = self._folder / f"{name}.log"
            self.replicas[name] = self._exits.enter_context(
                Program(self.stage.command, self.stage.folder, environment, log)
            )
        replica = self.replicas[name]
        before = replica.output().count("joined")
        replica.start()
        replica.await_output("joined", before + 1)
        return replica

    def produce(self, count: int, per_second: float) -> None:
        """In the background."""
        self.broker.produce_in_background(self.input, sent(self.stage, self.produced, count, PARTITIONS), per_second)
        self.produced += count

    def done(self) -> int:
        return sum(self.broker.committed(self.group, self.input).values())

    def behind(self) -> int:
        return sum(self.broker.ends(self.input).values()) - self.done()

    def busy(self) -> None:
        """So much to do that it takes some time; returns in the middle of it."""
        before = self.done()
        self.produce(BURST, AT_ONCE)
        await_that("progress", lambda: self.done() > before + BURST // 10)

    def await_produced(self) -> None:
        await_that("all is produced", lambda: self.broker.produced() == self._produced_before + self.produced, 60)

    def rebalanced(self, name: str, before: int) -> None:
        self.replicas[name].await_output("joined", before + 1)


@pytest.fixture(params=list(STAGES))
def group(request: pytest.FixtureRequest, broker: Broker, tmp_path: pathlib.Path) -> Iterator[Group]:
    with Database() as database, DatabaseProxy(database.url) as proxy:
        with Group(STAGES[request.param](), broker, database, proxy, tmp_path) as one:
            yield one


def test_nothing_is_lost(group: Group) -> None:
    broker = group.broker
    started = time.monotonic()

    def told(what: str) -> None:
        print(f"{time.monotonic() - started:5.1f} s: {what}, {group.done()} done, {group.behind()} to do")

    group.start("a")
    group.start("b")
    told("two replicas")
    group.produce(STEADY, PER_SECOND)

    group.busy()
    before = group.replicas["a"].output().count("joined")
    group.start("c")
    group.rebalanced("a", before)
    told("a third one has joined")

    group.busy()
    group.replicas["b"].kill()
    told("one was killed")
    assert group.behind() > 0, "it had nothing to lose"
    group.start("b")
    told("and is there again")

    group.busy()
    seconds = group.replicas["a"].terminate()
    told(f"one was stopped, which took {seconds:.1f} s")

    broker.produce(
        group.input,
        [
            {"value": value, "key": "bad", "partition": i, "headers": {"origin": "test"}}
            for i, value in enumerate(NOT_JSON)
        ],
    )
    group.proxy.away()
    # What was under way may still be stored.
    await_that("the stages' sessions have ended", lambda: int(group.database.sql(SESSIONS)) == 0)
    reports = int(group.database.sql("SELECT count(*) FROM consumer_processing_metrics"))
    before_that = group.done()
    group.produce(BURST, AT_ONCE)
    await_that("work goes on without the database", lambda: group.done() > before_that + BURST)
    time.sleep(2)
    assert int(group.database.sql("SELECT count(*) FROM consumer_processing_metrics")) == reports
    group.proxy.back()
    told("the database was away")
    await_that(
        "reports after that",
        lambda: int(group.database.sql("SELECT count(*) FROM consumer_processing_metrics")) > reports,
        40,
    )

    group.await_produced()
    broker.await_caught_up(group.group, group.input, 40)
    # Before they end: one that the other's leaving has just cost its partitions has no lag to report.
    await_that("the lag of each partition is reported", lambda: reported_lag(group) == no_lag(group))
    for name in ("b", "c"):
        assert group.replicas[name].running(), group.replicas[name].output()
        assert group.replicas[name].terminate() < 10
    told("all is done")
    assert group.broker.committed(group.group, group.input) == broker.ends(group.input)

    check_outputs(group)
    check_dead_letters(group)
    check_reports(group)


def check_outputs(group: Group) -> None:
    outputs = group.broker.read(group.output)
    missing, wrong, again = missing_and_wrong(group.stage, group.produced, outputs)
    print(f"{group.produced} inputs, {len(outputs)} outputs, {again} of them there more than once")
    assert missing == [], f"{len(missing)} are lost"
    assert wrong == []


def check_dead_letters(group: Group) -> None:
    """Those that are no JSON and no others: being killed is not a message's fault."""
    letters = group.broker.read(f"{group.input}.dlq")
    assert {letter.value for letter in letters} == set(NOT_JSON)
    for letter in letters:
        assert letter.key == "bad" and letter.headers["origin"] == "test"
        assert letter.headers["dlq.topic"] == group.input and letter.headers["dlq.group"] == group.group
        assert letter.headers["dlq.partition"] == str(NOT_JSON.index(letter.value or ""))
        assert int(letter.headers["dlq.offset"]) >= 0 and int(letter.headers["dlq.timestamp"]) > 1_600_000_000_000
        assert letter.headers["dlq.reason"] == "processing_failed" and letter.headers["dlq.message"]


def check_reports(group: Group) -> None:
    database, service = group.database, group.stage.service
    [metrics] = database.rows(
        "SELECT sum(messages_processed) AS messages, sum(errors) AS errors, sum(rebalances) AS rebalances, "
        "min(memory_usage_mb) AS memory, max(processing_time_ms) AS takes, count(DISTINCT service_name) AS services "
        "FROM consumer_processing_metrics"
    )
    # What was done while the database was away, and what a killed one had not told yet, is not there.
    assert metrics["messages"] > STEADY and metrics["errors"] <= len(NOT_JSON)
    assert metrics["rebalances"] >= 4 and metrics["memory"] > 5 and metrics["takes"] > 0 and metrics["services"] == 1
    [seen] = database.rows(
        "SELECT service_name, messages_processed, max_lag, current_lag, rebalances FROM v_consumer_performance_monitor"
    )
    assert seen["service_name"] == service and seen["messages_processed"] == metrics["messages"]
    assert seen["max_lag"] > 0, "with so much to do at once somebody was behind at some time"
    assert seen["current_lag"] == 0
    lag = database.rows(
        "SELECT DISTINCT service_name, consumer_group_id, topic, partition FROM consumer_lag_history ORDER BY partition"
    )
    assert lag == [
        {"service_name": service, "consumer_group_id": group.group, "topic": group.input, "partition": partition}
        for partition in range(PARTITIONS)
    ]
    assert reported_lag(group) == no_lag(group)


def reported_lag(group: Group) -> dict[int, tuple[int, int, int]]:
    """By partition: where the group is, the log's end, and the lag, as the view has it."""
    rows = group.database.rows("SELECT partition, current_offset, end_offset, lag FROM v_current_consumer_lag")
    return {at["partition"]: (at["current_offset"], at["end_offset"], at["lag"]) for at in rows}


def no_lag(group: Group) -> dict[int, tuple[int, int, int]]:
    return {partition: (end, end, 0) for partition, end in group.broker.ends(group.input).items()}
