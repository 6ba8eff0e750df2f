"""A broker with Kafka Connect, and the two databases, each a server that can be restarted alone."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shlex
import signal
import subprocess

from folders import SOURCE

SERVERS = str(SOURCE / "scripts/servers.sh")
# What Debezium reads from, and enough processes for several connectors.
LOGICAL = "wal_level = logical\nmax_wal_senders = 10\nmax_replication_slots = 10\n"


@dataclasses.dataclass
class Stack:
    """Use it in a `with` block, which stops what it started. The servers' data stay in the folder.

    brokers, connect, source, copy: their addresses
    """

    folder: pathlib.Path

    def __enter__(self) -> Stack:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)  # PostgreSQL's own user has to get through
        settings = self.folder / "logical.conf"
        settings.write_text(LOGICAL, encoding="utf-8")
        try:
            told = self._start_stream()
            self.brokers, self.connect = told["LOOM_KAFKA_BOOTSTRAP_SERVERS"], told["LOOM_CONNECT_URL"]
            self.source = self._start("source", "--only", "postgres", settings=str(settings))["LOOM_DATABASE_URL"]
            self.copy = self._start("copy", "--only", "postgres")["LOOM_DATABASE_URL"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("stream", "source", "copy"):
            if (self.folder / name).is_dir():
                subprocess.run([SERVERS, "stop", "--keep", str(self.folder / name)], check=False)

    def restart_database(self, name: str, crash: bool) -> None:
        """`source` or `copy`. A crash: it is not told to put anything in order."""
        if crash:
            os.kill(self._process(name, "postgres"), signal.SIGQUIT)
        subprocess.run([SERVERS, "stop", "--keep", str(self.folder / name)], check=True)
        self._start(name, "--only", "postgres")

    def crash_connect(self) -> None:
        """With SIGKILL: what it has sent and not told of, it sends again."""
        os.kill(self._process("stream", "connect"), signal.SIGKILL)
        self._start_stream()

    def _process(self, folder: str, server: str) -> int:
        return int((self.folder / folder / f"{server}.pid").read_text().split()[0])

    def _start_stream(self) -> dict[str, str]:
        return self._start("stream", "--only", "kafka", "--with", "connect")

    def _start(self, name: str, *more: str, settings: str = "") -> dict[str, str]:
        command = [SERVERS, "start", "--dir", str(self.folder / name), *more]
        if not (self.folder / name).exists():
            # They end with us, also when we are killed.
            command += ["--while", str(os.getpid())]
        environment = {**os.environ, "LOOM_POSTGRES_EXTRA_SETTINGS": settings}
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
        exports = (shlex.split(line)[1].split("=", 1) for line in told.splitlines())
        return dict((name, value) for name, value in exports)
