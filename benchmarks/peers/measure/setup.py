"""What all runs of one start share, and the line that says where they are."""

import dataclasses
import sys
import time
import urllib.parse
from pathlib import Path


@dataclasses.dataclass
class Setup:
    """What all runs share. Constant after start-up."""

    messages: int
    seconds_most: float
    work: str
    postgres_pid: int
    kafka_pid: int
    paths: dict
    common: dict
    copies: Path

    def configuration(self, tool):
        """The copy beside the results is the one that is used."""
        return str(self.copies / tool.folder)


class Progress:
    """One line that rewrites itself on a terminal; nothing elsewhere, where only finished runs are told."""

    def __init__(self, label):
        self._label = label
        self._next = 0.0

    def __call__(self, text):
        if sys.stderr.isatty() and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.2
            print(f"\r\x1b[K  {self._label}: {text}", end="", file=sys.stderr, flush=True)

    def done(self, text):
        print(("\r\x1b[K" if sys.stderr.isatty() else "") + f"  {self._label}: {text}", file=sys.stderr, flush=True)


def make_setup(given):
    url = urllib.parse.urlsplit(given.database_url)
    common = {
        "PEER_BROKERS": given.bootstrap_servers,
        "PEER_DATABASE_URL": given.database_url,
        "PEER_DB_HOST": url.hostname,
        "PEER_DB_PORT": str(url.port),
        "PEER_DB_USER": url.username,
        "PEER_DB_PASSWORD": url.password,
        "PEER_DB_NAME": url.path.lstrip("/"),
        "PEER_MAPPING": given.mapping,
        "PEER_PORT": given.port,
        "PEER_FORMAT": given.format,
        # Its address alone: each tool has its own of the registry's interfaces.
        "PEER_REGISTRY": given.registry,
    }
    results = Path(given.results)
    return Setup(
        messages=given.messages,
        seconds_most=given.seconds_most,
        work=given.work,
        postgres_pid=given.postgres_pid,
        kafka_pid=given.kafka_pid,
        paths=dict(pair.split("=", 1) for pair in given.needs),
        common=common,
        copies=results.parent / results.stem,
    )
