"""Avro messages of many schemas under a steady load, while their registry is away, slow, refuses, answers nonsense, or
does not know a schema yet: each message is in the table once, with its own values, and an outage makes no dead letter."""

from __future__ import annotations

import io
import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import fastavro
import pytest

from support.consumer_system import await_that
from support.fault_proxy import FaultProxy
from support.kafka import Kafka, Record
from support.own_registry import OwnRegistry
from support.registry import Registry, framed
from support.service import Service

SCHEMAS = 340
PER_SECOND = 250
PER_SCHEMA = 100  # messages until the next one comes; those before it come again and again
PARTITIONS = 4
FIELDS = {"device_id": "device_id", "value": "value", "n": "n"}


class Versions:
    """Schemas that say the same of a message in other orders, each with a field of its own between."""

    def __init__(self) -> None:
        self.texts, self._parsed, self.ids = [], [], []
        for number in range(SCHEMAS):
            fields = [
                {"name": "n", "type": "long"},
                {"name": "device_id", "type": ["null", "string"]},
                {"name": "value", "type": "double"},
            ]
            fields.insert(number % 4, {"name": f"only_{number}", "type": ["string", "long", "double"][number % 3]})
            random.Random(number).shuffle(fields)
            schema = {"type": "record", "name": f"Reading{number}", "fields": fields}
            self.texts.append(json.dumps(schema))
            self._parsed.append(fastavro.parse_schema(schema))

    def register(self, url: str) -> None:
        """A registry that has begun anew gives the same ids again, since they come in the same order."""
        registry = Registry(url)
        ids = [registry.register(f"reading-{number}", text) for number, text in enumerate(self.texts)]
        assert self.ids in ([], ids), "the registry has given other ids than before"
        self.ids = ids

    def message(self, number: int, n: int) -> Record:
        out = io.BytesIO()
        device, value = expected(n)[1:]
        own = ["text", 7, 0.5][number % 3]
        fastavro.schemaless_writer(
            out, self._parsed[number], {"n": n, "device_id": device, "value": value, f"only_{number}": own}
        )
        return Record(framed(self.ids[number], out.getvalue()), partition=n % PARTITIONS)


def expected(n: int) -> tuple[int, str | None, float]:
    return n, f"device {n}" if n % 5 else None, n / 8


class Load:
    """Messages at a steady rate, until stop(); about every hundredth is the first of its schema, the others of any before."""

    def __init__(self, topic: str, versions: Versions, most: int) -> None:
        self._kafka, self._topic, self._versions, self._most = Kafka(), topic, versions, most
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._draw = random.Random(20)
        self.sent = 0
        self._error: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> int:
        """How many there are."""
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive() and self._error is None, self._error
        return self.sent

    def _run(self) -> None:
        try:
            self._kafka.send_steadily(self._topic, self._messages(), PER_SECOND)
        except BaseException as error:  # noqa: BLE001 - told by stop()
            self._error = error

    def _messages(self) -> Iterator[Record]:
        while not self._stop.is_set():
            newest = min(self.sent // PER_SCHEMA, self._most - 1)
            number = newest if self.sent % 2 else self._draw.randint(0, newest)
            yield self._versions.message(number, self.sent)
            self.sent += 1


class Story:
    def __init__(self, service: Service, own: OwnRegistry, proxy: FaultProxy, versions: Versions) -> None:
        self.service, self.own, self.proxy, self.versions = service, own, proxy, versions
        self.readings, self.steady = service.topic("readings"), service.topic("steady")
        self.load = Load(self.readings, versions, SCHEMAS - 20)
        self.steady_load = Load(self.steady, versions, 1)
        self._started = time.monotonic()

    def trouble(self, cause: str) -> bool:
        """As the metric and the document have it, which say the same."""
        metric = self.service.metric(f'kafka_to_db_trouble{{cause="{cause}"}}')
        assert metric is not None, f"there is no metric for {cause}"
        listed = [one for one in self.service.status()["troubles"] if one["cause"] == cause]
        return metric == 1 and bool(listed)

    def no_trouble(self) -> bool:
        metrics = [
            self.service.metric(f'kafka_to_db_trouble{{cause="{cause}"}}')
            for cause in ("registry_away", "registry_refused")
        ]
        return metrics == [0, 0] and not self.service.status()["troubles"]

    def told(self, what: str) -> None:
        print(
            f"{time.monotonic() - self._started:5.1f} s: {what}; {self.load.sent} sent, {self.done()} settled",
            flush=True,
        )

    def done(self) -> int:
        return self.service.settled(self.readings)

    def catches_up(self) -> None:
        sent = self.load.sent
        await_that(f"{sent} messages are settled", lambda: self.done() >= sent, 40)
        await_that("nothing troubles any more", self.no_trouble)

    def while_it_lasts(self, cause: str) -> None:
        """What has to be said, and what goes on."""
        await_that(f"the trouble {cause}", lambda: self.trouble(cause))
        self.told(f"{cause} is told")
        [one] = [one for one in self.service.status()["troubles"] if one["cause"] == cause]
        assert one["topics"] == [self.readings] and one["says"] and one["what_to_do"], one
        stands, flows = self.done(), self.service.settled(self.steady)
        time.sleep(3)
        assert self.trouble(cause), "it still lasts"
        assert self.service.settled(self.steady) > flows + PER_SECOND, "a topic whose schema is known goes on"
        assert self.done() - stands < 2 * PER_SECOND, "and the other one stands"
        self.no_dead_letters()

    def each_is_there_once(self) -> None:
        """In the end."""
        steady, sent = self.steady_load.stop(), self.load.stop()
        self.service.await_settled({self.readings: sent, self.steady: steady})
        self.no_dead_letters()
        self.check_rows("readings", range(sent))
        self.check_rows("steady", range(steady))
        self.told(f"{sent} and {steady} messages are there, each once")

    def check_rows(self, table: str, numbers: Iterable[int]) -> None:
        """These are all, each once."""
        with self.service.connect() as connection:
            rows = connection.execute(f"SELECT n, device_id, value FROM {table} ORDER BY n").fetchall()
        assert rows == [expected(n) for n in numbers]

    def no_dead_letters(self) -> None:
        assert self.service.rows_of_dead_letters() == []


@pytest.fixture
def story(kafka: Kafka) -> Iterator[Story]:
    versions = Versions()
    with OwnRegistry() as own, FaultProxy(own.url) as proxy, Service(kafka, proxy.url) as service:
        versions.register(own.url)
        one = Story(service, own, proxy, versions)
        topics = {}
        for topic, table in ((one.readings, "readings"), (one.steady, "steady")):
            kafka.create([topic], PARTITIONS)
            service.sql(f"CREATE TABLE {table} (n bigint, device_id text, value double precision)")
            topics[topic] = {"table": table, "format": "avro", "field_mappings": FIELDS}
        one.load.start()
        one.steady_load.start()
        service.start(topics)
        yield one
        for load in (one.load, one.steady_load):
            load.stop()


def test_nothing_is_lost_by_what_a_registry_does(story: Story) -> None:
    story.catches_up()
    story.told("all is well")

    def outage(what: str, cause: str, begin: Callable[[], Any], end: Callable[[], Any]) -> None:
        begin()
        story.told(what)
        story.while_it_lasts(cause)
        end()
        story.catches_up()
        story.told(f"{what}, and that is over")
        story.no_dead_letters()

    def answer(status: int) -> Callable[[], None]:
        return lambda: setattr(story.proxy.switches, "status", status)

    outage("nobody listens", "registry_away", story.proxy.away, story.proxy.back)
    for status, cause in (
        (500, "registry_away"),
        (401, "registry_refused"),
        (404, "registry_away"),
        (503, "registry_away"),
    ):
        outage(f"it answers {status} with a page", cause, answer(status), answer(0))

    story.proxy.switches.delay = 3
    before = len(story.proxy.asked)
    await_that("three answers that took three seconds each", lambda: len(story.proxy.asked) >= before + 4, 40)
    story.no_dead_letters()
    story.proxy.switches.delay = 0
    story.catches_up()
    story.told("it was slow, and that is over")

    def begins_anew() -> None:
        answer(503)()
        story.own.start()
        story.versions.register(story.own.url)
        answer(0)()

    outage("it is killed", "registry_away", story.own.kill, begins_anew)

    story.each_is_there_once()


def test_a_service_that_is_killed_and_starts_while_its_registry_is_away(story: Story) -> None:
    """It knows no schema then: all topics wait."""
    story.catches_up()
    for _ in range(2):
        story.proxy.away()
        story.service.kill_and_start()
        await_that("the trouble", lambda: story.trouble("registry_away"))
        [one] = story.service.status()["troubles"]
        assert set(one["topics"]) == {story.readings, story.steady}, one
        story.told("killed, and there again without a registry")
        stands = story.done() + story.service.settled(story.steady)
        time.sleep(2)
        assert story.done() + story.service.settled(story.steady) == stands
        story.no_dead_letters()
        story.proxy.back()
        story.catches_up()
        story.told("the registry is back")
    story.each_is_there_once()


def test_a_schema_that_the_registry_does_not_know_yet(story: Story) -> None:
    """Its messages are dead letters, and no others; when it is there, a replay stores them."""
    late = list(range(SCHEMAS - 20, SCHEMAS))
    story.proxy.switches.hidden = {story.versions.ids[number] for number in late}
    topic = story.steady
    first = 10_000_000
    records = [story.versions.message(late[i % 20] if i % 3 == 0 else 0, first + i) for i in range(300)]
    story.service.kafka.send(topic, records)
    unknown = {first + i for i in range(300) if i % 3 == 0}

    def letters() -> list[dict[str, Any]]:
        return story.service.dead_letters(topic)

    await_that("all of them are dead letters", lambda: len(letters()) == len(unknown))
    assert {one["reason"] for one in letters()} == {"unknown_schema"}
    assert {one["value"] for one in letters()} == {
        record.value.hex() for i, record in enumerate(records) if i % 3 == 0 and record.value
    }
    for hidden in story.proxy.switches.hidden:
        asked = [path for path in story.proxy.asked if path.split("?")[0].endswith(f"/schemas/ids/{hidden}")]
        assert len(asked) >= 2, f"the schema {hidden} was given up after {asked}"
    story.told("dead letters of schemas that are not there")

    story.proxy.switches.hidden = set()
    told = story.service.command("dead-letters", "replay", "--topic", topic, "--reason", "unknown_schema")
    assert letters() == [], told
    story.told("replayed")
    # The running service asks again after a minute, and then takes them, too.
    time.sleep(61)
    story.service.kafka.send(topic, [story.versions.message(number, first + 1000 + number) for number in late])
    steady, sent = story.steady_load.stop(), story.load.stop()
    story.service.await_settled({topic: steady + 320, story.readings: sent})
    assert letters() == []
    story.check_rows(
        "steady", [*range(steady), *range(first, first + 300), *(first + 1000 + number for number in late)]
    )


def test_ids_that_no_registry_has(story: Story) -> None:
    """As of a topic whose messages are something else and happen to begin with a zero: more ids than would be remembered
    if only the latest were. They become dead letters, and hold nothing up for ever."""
    count, first = 1100, 10_000_000
    records = []
    for i in range(count):
        records.append(Record(framed(2_000_000_000 + i, b"something else"), partition=i % PARTITIONS))
        records.append(story.versions.message(0, first + i))
    story.service.kafka.send(story.steady, records)

    def letters() -> int:
        return int(story.service.sql("SELECT count(*) FROM kafka_dead_letters WHERE reason = 'unknown_schema'"))

    await_that("all of them are dead letters", lambda: letters() == count, 200)
    story.told("dead letters of ids that nobody has")
    steady, sent = story.steady_load.stop(), story.load.stop()
    story.service.await_settled({story.steady: steady + 2 * count, story.readings: sent})
    assert letters() == count
    story.check_rows("readings", range(sent))
    story.check_rows("steady", [*range(steady), *range(first, first + count)])
