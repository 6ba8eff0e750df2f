"""The broker of the run, through a process of its own that has a Kafka client: pytest's Python has none."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import threading
from typing import Any

from support.consumer_system import await_that, servers
from support.processes import clean_environment


@dataclasses.dataclass(frozen=True)
class Message:
    topic: str
    partition: int
    offset: int
    key: str | None
    value: str | None
    headers: dict[str, str]


class Broker:
    """bootstrap: its address.
    Threads: one at a time may call. Blocks: for as long as the broker takes, 60 s at most.
    """

    def __init__(self, python: pathlib.Path) -> None:
        self.bootstrap = servers()[1]
        self._python = python
        self._errors: list[str] = []

    def __enter__(self) -> Broker:
        worker = pathlib.Path(__file__).parents[1] / "programs/broker_worker.py"
        self._process = subprocess.Popen(
            [self._python, worker, self.bootstrap],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        threading.Thread(target=self._collect_errors, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def create(self, **partitions_by_topic: int) -> None:
        self._ask("create", partitions_by_topic)

    def create_topics(self, partitions_by_topic: dict[str, int]) -> None:
        """Those that are there already stay as they are."""
        self._ask("create", partitions_by_topic)

    def produce(self, topic: str, messages: list[dict[str, Any]]) -> None:
        """Each has value (text) and may have key, partition, headers (texts). All are acknowledged when it returns."""
        self._ask("produce", {"topic": topic, "messages": messages})

    def produce_in_background(self, topic: str, messages: list[dict[str, Any]], per_second: float) -> None:
        """As produce(), while others are produced, too."""
        self._ask("start", {"topic": topic, "messages": messages, "per_second": per_second})

    def produced(self) -> int:
        """How many that were produced in the background are acknowledged."""
        return int(self._ask("progress", {}))

    def read(self, topic: str) -> list[Message]:
        """All that is in the topic now."""
        return [Message(**one) for one in self._ask("read", {"topic": topic})]

    def exists(self, topic: str) -> bool:
        return bool(self._ask("exists", {"topic": topic}))

    def ends(self, topic: str) -> dict[int, int]:
        return {int(partition): end for partition, end in self._ask("ends", {"topic": topic}).items()}

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Only the partitions that the group has committed anything of."""
        return {
            int(partition): at for partition, at in self._ask("committed", {"group": group, "topic": topic}).items()
        }

    def await_caught_up(self, group: str, topic: str, seconds: float) -> None:
        """Waits until the group has committed all that is in the topic."""

        def caught_up() -> bool:
            ends = {partition: end for partition, end in self.ends(topic).items() if end > 0}
            committed = self.committed(group, topic)
            self._last = f"ends {ends}, committed {committed}"
            return all(committed.get(partition) == end for partition, end in ends.items())

        try:
            await_that(f"{group} at the end of {topic}", caught_up, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._last}") from None

    def _ask(self, command: str, arguments: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([command, arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the Kafka client's process has ended:\n{''.join(self._errors[-40:])}"
        told = json.loads(answer)
        assert "error" not in told, f"{command}: {told['error']}\n{''.join(self._errors[-40:])}"
        return told["result"]

    def _collect_errors(self) -> None:
        assert self._process.stderr is not None
        self._errors.extend(self._process.stderr)
