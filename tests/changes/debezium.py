"""A connector that captures the source, made and watched through Kafka Connect's REST interface."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any

import psycopg

from modes import Modes
from tables import Table
from waiting import await_that

MARK = "loom-mark"


class Connector:
    """prefix: of its topics, of its slot in the source, and its name"""

    def __init__(self, connect: str, source: str, prefix: str) -> None:
        self._connect, self._source, self.prefix = connect, source, prefix
        self._refused = ""  # what the worker said last, when it did not do as it was told

    def topic(self, table: str) -> str:
        return f"{self.prefix}.public.{table}"

    def create(self, tables: list[Table], modes: Modes, **more: str) -> None:
        """From the snapshot on. Topics that are not there already are made with one partition."""
        address = re.fullmatch(r"postgresql://(\w+):(\w+)@([\d.]+):(\d+)/(\w+)", self._source)
        assert address, self._source
        user, password, host, port, database = address.groups()
        settings = {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "plugin.name": "pgoutput",
            "database.hostname": host,
            "database.port": port,
            "database.user": user,
            "database.password": password,
            "database.dbname": database,
            "topic.prefix": self.prefix,
            "slot.name": self.prefix,
            "publication.name": self.prefix,
            "publication.autocreate.mode": "filtered",
            "table.include.list": ",".join(f"public.{table.name}" for table in tables),
            # By default a truncate is left out.
            "skipped.operations": "none",
            # await_all_read() writes such ones.
            "message.prefix.exclude.list": MARK,
            # So that what was read is told to the source although nothing more comes.
            "heartbeat.interval.ms": "500",
            "topic.heartbeat.prefix": f"{self.prefix}.heartbeat",
            # The source is restarted by tests, again and again.
            "errors.max.retries": "-1",
            "retriable.restart.connector.wait.ms": "1000",
            "poll.interval.ms": "50",
            "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
            **modes.settings(),
            **more,
        }
        # The worker asks the source before it answers, and refuses while it finds its place in its group.
        made = "the connector is made"
        await_that(made, lambda: self._accepted("PUT", "config", settings), 300, lambda: self._refused)

    def delete(self) -> None:
        self._ask("DELETE", f"/connectors/{self.prefix}")

    def await_streaming(self, seconds: float = 300) -> None:
        """Until the snapshot is over."""
        await_that("the connector streams", self._streams, seconds, lambda: self.status())

    def await_all_read(self, seconds: float = 300) -> None:
        """Until each change that is committed by now is in Kafka: acknowledged by it, and that told to the source."""
        with psycopg.connect(self._source, autocommit=True) as connection:
            # Anything that is written later, for the slot to go beyond what is waited for.
            target = _first(connection, "SELECT pg_current_wal_lsn()::text")

            def read() -> bool:
                self.revive()
                connection.execute("SELECT pg_logical_emit_message(true, %s, '')", [MARK])
                query = "SELECT confirmed_flush_lsn >= %s::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
                return bool(_first(connection, query, target, self.prefix))

            await_that(f"the slot {self.prefix} has passed {target}", read, seconds, lambda: self.status())

    def revive(self) -> bool:
        """Starts tasks anew that have given up, as an operator would. True if any does."""
        failed = [task["id"] for task in self.status().get("tasks", []) if task["state"] == "FAILED"]
        return any([self._accepted("POST", f"tasks/{task}/restart") for task in failed])

    def status(self) -> dict[str, Any]:
        try:
            return dict(self._ask("GET", f"/connectors/{self.prefix}/status"))
        except OSError:
            return {}  # the worker starts, or is busy with its group

    def _streams(self) -> bool:
        tasks = self.status().get("tasks", [])
        assert not any(task["state"] == "FAILED" for task in tasks), tasks
        with psycopg.connect(self._source, autocommit=True) as connection:
            query = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND active"
            return bool(tasks) and bool(_first(connection, query, self.prefix))

    def _accepted(self, method: str, what: str, body: object = None) -> bool:
        try:
            self._ask(method, f"/connectors/{self.prefix}/{what}", body)
        except urllib.error.HTTPError as error:
            self._refused = error.read().decode()
            assert error.code != 400, self._refused
            return False
        except OSError as error:
            self._refused = str(error)
            return False
        return True

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            self._connect + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.loads(answer.read() or b"null")


def _first(connection: psycopg.Connection[Any], query: str, *parameters: object) -> Any:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None
