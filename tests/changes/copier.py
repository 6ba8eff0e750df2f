"""The program under test: one replica that always runs, and others that come and go."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import signal
from typing import Any

import psycopg

from support.processes import Program, clean_environment, finished
from waiting import await_that

Offsets = dict[tuple[str, int], int]
GROUP = "changes"


@dataclasses.dataclass(frozen=True)
class DeadLetter:
    topic: str
    partition: int
    offset: int
    reason: str
    message: str

    def __str__(self) -> str:
        return f"dead letter of {self.topic}/{self.partition} at offset {self.offset}: {self.reason}: {self.message}"


class Copier:
    """Use it in a `with` block, which ends all replicas.

    Threads: one at a time may call.
    """

    def __init__(self, program: pathlib.Path, folder: pathlib.Path, brokers: str, copy: str) -> None:
        self._program, self._folder, self._copy = program, folder, copy
        self._mapping = folder / "topic_mappings.yml"
        self._replicas: list[Program] = []
        self._environment = {
            **clean_environment(),
            "LOOM_DATABASE_URL": copy,
            "LOOM_KAFKA_BOOTSTRAP_SERVERS": brokers,
            "LOOM_KAFKA_GROUP_ID": GROUP,
            "LOOM_TOPIC_MAPPINGS": str(self._mapping),
            "LOOM_HTTP_PORT": "0",
            "LOOM_LOG_FORMAT": "text",
            "LOOM_RDKAFKA_SESSION_TIMEOUT_MS": "6000",
            "LOOM_RDKAFKA_HEARTBEAT_INTERVAL_MS": "500",
        }

    def __enter__(self) -> Copier:
        return self

    def __exit__(self, *_: object) -> None:
        for replica in self._replicas:
            replica.__exit__()

    def prepare(self, mapping: dict[str, Any]) -> None:
        self._mapping.write_text(json.dumps(mapping, indent=1, ensure_ascii=False), encoding="utf-8")
        self.command("migrate")

    def command(self, *arguments: str) -> str:
        return finished([self._program, *arguments], environment=self._environment).stdout

    def add(self) -> int:
        """Starts one more; its number."""
        number = len(self._replicas)
        log = self._folder / f"replica-{number}.log"
        self._replicas.append(Program([str(self._program), "run"], self._folder, self._environment, log))
        self._replicas[number].start()
        return number

    def end(self, number: int) -> None:
        """As an operator ends it."""
        self._replicas.pop(number).terminate(60)

    def kill(self, number: int) -> None:
        """With SIGKILL, so that it can put nothing in order, and starts it again."""
        self.check()
        self._replicas[number].kill()
        self._replicas[number].start()

    def freeze(self, number: int, frozen: bool) -> None:
        self._replicas[number].process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def check(self) -> None:
        """Fails when one has ended by itself."""
        for number, replica in enumerate(self._replicas):
            assert replica.running(), f"replica {number} has ended:\n{replica.output()[-4000:]}"

    def await_stored(self, ends: Offsets, seconds: float) -> None:
        """Until everything before these offsets is stored."""
        missing: Offsets = {}

        def all_are() -> bool:
            self.check()
            stored = self._stored()
            missing.clear()
            missing.update({at: stored.get(at, 0) for at, end in ends.items() if stored.get(at, 0) < end})
            return not missing

        def state() -> str:
            behind = {f"{topic}/{part}": f"{at} of {ends[topic, part]}" for (topic, part), at in missing.items()}
            return f"stored of the others: {behind}\n{self._replicas[0].output()[-4000:]}"

        await_that("all changes are stored", all_are, seconds, state)

    def dead_letters(self) -> list[DeadLetter]:
        query = 'SELECT topic, partition, "offset", reason, message FROM kafka_dead_letters ORDER BY 1, 2, 3'
        with psycopg.connect(self._copy, autocommit=True) as connection:
            return [DeadLetter(*row) for row in connection.execute(query)]

    def _stored(self) -> Offsets:
        query = "SELECT topic, partition, next_offset FROM kafka_consumer_offsets WHERE consumer_group = %s"
        try:
            with psycopg.connect(self._copy, autocommit=True) as connection:
                return {(topic, part): offset for topic, part, offset in connection.execute(query, [GROUP])}
        except psycopg.OperationalError:
            return {}  # it is being restarted
