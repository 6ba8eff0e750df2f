"""The service on a database and a group of its own, for topics that a test names."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import tempfile
import urllib.request
import uuid
from typing import Any

import psycopg

from support.consumer_system import await_that
from support.database import Database
from support.kafka import Kafka
from support.processes import Program, clean_environment, finished
from support.project import PROGRAM


class Service:
    """Use it in a `with` block, which ends all that it started.

    folder:    for the mapping and what it names
    database:  with all migrations
    """

    def __init__(self, kafka: Kafka, registry: str = "", **settings: str) -> None:
        self._exits = contextlib.ExitStack()
        self.name = uuid.uuid4().hex[:8]
        self.kafka = kafka
        self._settings = settings | ({"LOOM_SCHEMA_REGISTRY_URL": registry} if registry else {})
        self._program: Program | None = None

    def __enter__(self) -> Service:
        self.folder = pathlib.Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="loom-formats-")))
        self.database = self._exits.enter_context(Database())
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def topic(self, name: str) -> str:
        """Of this test alone."""
        return f"formats.{self.name}.{name}"

    def sql(self, statements: str) -> str:
        return self.database.sql(statements)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database.url, autocommit=True)

    def start(self, topics: dict[str, dict[str, Any]]) -> None:
        """`topics`: what the mapping has. JSON is YAML."""
        mapping = self.folder / "topic_mappings.yml"
        mapping.write_text(json.dumps({"schema_version": "v1", "topics": topics}, indent=1), encoding="utf-8")
        self._environment = {
            **clean_environment(),
            "LOOM_DATABASE_URL": self.database.url,
            "LOOM_KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "LOOM_KAFKA_GROUP_ID": f"formats-{self.name}",
            "LOOM_TOPIC_MAPPINGS": str(mapping),
            "LOOM_HTTP_PORT": "0",
            "LOOM_LOG_FORMAT": "text",
            "LOOM_RDKAFKA_SESSION_TIMEOUT_MS": "6000",
            "LOOM_RDKAFKA_HEARTBEAT_INTERVAL_MS": "500",
            **self._settings,
        }
        log = self.folder / "service.log"
        self._program = self._exits.enter_context(Program([str(PROGRAM), "run"], self.folder, self._environment, log))
        self._run()

    def kill_and_start(self) -> None:
        """With SIGKILL, so that it can put nothing in order."""
        assert self._program is not None
        self._program.kill()
        self._run()

    def restart(self) -> None:
        """After stop(), with the same mapping."""
        self._run()

    def _run(self) -> None:
        assert self._program is not None
        before = self.log().count("HTTP on http://")
        self._program.start()
        self._program.await_output("HTTP on http://", before + 1)
        ports = re.findall(r"HTTP on http://[0-9.]+:(\d+)", self.log())
        self._http = f"http://127.0.0.1:{ports[-1]}"

    def command(self, *arguments: str) -> str:
        """What the program says, with the settings of the service."""
        return finished([PROGRAM, *arguments], environment=self._environment).stdout

    def stop(self) -> None:
        assert self._program is not None
        self._program.terminate()

    def running(self) -> bool:
        return self._program is not None and self._program.running()

    def log(self) -> str:
        return self._program.output() if self._program else ""

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._get("/status"))
        return told

    def metric(self, name: str) -> float | None:
        """By its name with labels, as /metrics has it."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self._get("/metrics"), re.M)
        return float(found[1]) if found else None

    def settled(self, topic: str) -> int:
        """How many messages of the topic are rows or dead letters."""
        told = self.sql(f"SELECT coalesce(sum(next_offset), 0) FROM kafka_consumer_offsets WHERE topic = '{topic}'")
        return int(told)

    def await_settled(self, counts: dict[str, int], seconds: float = 60) -> None:
        def all_are() -> bool:
            assert self.running(), self.log()[-4000:]
            told = {
                row["topic"]: row["done"]
                for row in self.database.rows(
                    "SELECT topic, sum(next_offset) AS done FROM kafka_consumer_offsets GROUP BY topic"
                )
            }
            self._last = {
                topic: (told.get(topic, 0), count) for topic, count in counts.items() if told.get(topic, 0) != count
            }
            return not self._last

        try:
            await_that("all messages settled", all_are, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._last}\n{self.log()[-4000:]}") from None

    def dead_letters(self, topic: str) -> list[dict[str, Any]]:
        return self.database.rows(
            "SELECT convert_from(key, 'UTF8') AS key, \"offset\", reason, message, encode(value, 'hex') AS value "
            f"FROM kafka_dead_letters WHERE topic = '{topic}' ORDER BY 2"
        )

    def rows_of_dead_letters(self) -> list[dict[str, Any]]:
        """Of all topics, for what a failed test has to say."""
        return self.database.rows(
            "SELECT topic, reason, message, encode(value, 'hex') AS value FROM kafka_dead_letters ORDER BY id LIMIT 5"
        )

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(self._http + path, timeout=10) as answer:
            text: str = answer.read().decode()
        return text
