"""`size` as a user calls it: what it prints, and what it says of values that it cannot use."""

import json
import os
import pathlib
import subprocess

import pytest

PROGRAM = pathlib.Path(os.environ["LOOM_PROGRAM"])
USUAL = ("--rate", "10000", "--bytes", "300")


def _size(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, "size", *arguments], capture_output=True, text=True, check=False, env={}, timeout=60)


def _json(*arguments: str) -> dict:
    done = _size(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_needs_no_server_and_ends_with_the_values() -> None:
    done = _size(*USUAL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "max_connections" in done.stdout
    values = _size(*USUAL, "--values")
    assert values.stdout and done.stdout.endswith(values.stdout)


@pytest.mark.parametrize("rate", ["50000", "50,000", "50k", "0.05M", "5e4"])
def test_a_rate_can_be_written_in_several_ways(rate: str) -> None:
    assert _json("--rate", rate, "--bytes", "300")["load"]["rate"] == 50_000


@pytest.mark.parametrize(("arguments", "said"), [
    (("--bytes", "300"), "--rate is required"),
    (("--rate", "10"), "--bytes is required"),
    (("--rate", "fast", "--bytes", "300"), '--rate: is "fast", but takes a number: 50000, 50k or 1.5M'),
    (("--rate", "10", "--bytes", "3 MiB"), '--bytes: is "3 MiB", but takes a number'),
    (("--rate", "-5", "--bytes", "300"), "error: --rate is -5, but takes messages a second, from"),
    (("--rate", "nan", "--bytes", "300"), '--rate: is "nan"'),
    ((*USUAL, "--key", "unique"), '--key: is "unique", but takes none, insert, ignore or update'),
    ((*USUAL, "--headroom", "50"), "error: --headroom is 50, but takes the share of each limit that is used"),
    ((*USUAL, "--repeats", "0.1"), "error: --repeats needs --key ignore or update"),
    ((*USUAL, "--key", "none", "--random-keys"), "error: --random-keys needs a key"),
    ((*USUAL, "--topics", "1.5"), "error: --topics is 1.5, but takes a whole number"),
    ((*USUAL, "--json", "--values"), "--json excludes --values"),
    ((*USUAL, "--colums", "3"), "--colums"),
])  # fmt: skip
def test_what_cannot_be_used_is_named(arguments: tuple[str, ...], said: str) -> None:
    done = _size(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr, done.stderr


def test_all_wrong_values_are_named_at_once() -> None:
    done = _size("--rate", "0", "--bytes", "0", "--disk", "0")
    assert done.returncode == 2
    assert [line.split()[1] for line in done.stderr.splitlines()] == ["--rate", "--bytes", "--disk"]


def test_every_option_reaches_the_load() -> None:
    given = {"rows": "3", "columns": "4", "row_bytes": "40", "key_bytes": "9", "repeats": "0.25", "topics": "7",
             "headroom": "0.7", "replicas_max": "9", "replica_cores": "4", "database_cores": "8", "retain_days": "12", "table_days": "2",
             "compress_ratio": "5", "database_memory_gib": "32", "disk_mb_per_second": "900", "network_gbit": "25"}  # fmt: skip
    options = {"retain_days": "retain", "database_memory_gib": "database-memory", "disk_mb_per_second": "disk",
               "network_gbit": "network"}  # fmt: skip
    words = [word for name, value in given.items() for word in ("--" + options.get(name, name.replace("_", "-")), value)]
    load = _json(*USUAL, "--key", "update", "--random-keys", *words)["load"]
    assert {name: load[name] for name in given} == {name: float(value) for name, value in given.items()}
    assert (load["key"], load["random_keys"]) == ("update", True)


def test_a_million_messages_a_second_are_several_deployments() -> None:
    plan = _json("--rate", "1M", "--bytes", "300", "--topics", "40")
    assert plan["databases"] > 1
    assert any("LOOM_TOPICS" in limit["advice"] for limit in plan["limits"])
    alone = _size("--rate", "1M", "--bytes", "300", "--topics", "40", "--values")
    assert "warning: disk of one database" in alone.stderr
    assert "limit" not in alone.stdout.lower().replace("limits:", "")
