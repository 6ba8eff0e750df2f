"""scripts/kube-tools.sh: which Go it builds with, what it says, and that two runs at once do not hinder each other."""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import subprocess

import pytest

from support.tools import ROOT

SCRIPT = ROOT / "scripts/kube-tools.sh"


def _go(folder: pathlib.Path, version: str) -> str:
    """A PATH whose go only knows its version; everything else of it fails."""
    folder.mkdir()
    program = folder / "go"
    program.write_text(f'#!/bin/sh\n[ "$1 $2" = "env GOVERSION" ] && echo go{version} && exit 0\necho "this go does nothing" >&2; exit 1\n')
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def _choice(path: str) -> str:
    """Which go is taken, with the steps that need a network told instead of done."""
    script = f"""
        . {ROOT}/scripts/lib/common.sh; . {ROOT}/scripts/lib/go.sh
        go_install_package() {{ echo "installs golang-go" >&2; false; }}
        go_fetch_toolchain() {{ echo "fetched $1"; }}
        go_program 2>&1"""
    return subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False, env={"PATH": path}).stdout


@pytest.mark.parametrize("version", ["1.23", "1.23.0", "1.23.9", "1.24rc1", "1.26.8", "2.0"])
def test_a_go_that_is_new_enough_is_taken(tmp_path: pathlib.Path, version: str) -> None:
    assert _choice(_go(tmp_path / "bin", version)).strip() == str(tmp_path / "bin/go")


@pytest.mark.parametrize("version", ["1.9", "1.19.8", "1.22.12"])
def test_an_older_one_fetches_a_newer_one(tmp_path: pathlib.Path, version: str) -> None:
    assert _choice(_go(tmp_path / "bin", version)).splitlines()[-1].startswith("fetched 1.23.")


def test_without_any_go_debians_is_installed(tmp_path: pathlib.Path) -> None:
    for name in ("cat", "sed", "grep", "dirname", "head", "sort"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    said = _choice(str(tmp_path))
    assert "installs golang-go" in said and "there is no Go" in said


def _run(cache: pathlib.Path, *arguments: str, path: str | None = None) -> subprocess.Popen[str]:
    environment = {"PATH": path or os.environ["PATH"], "HOME": str(cache), "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen([SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_help_names_every_tool(tmp_path: pathlib.Path) -> None:
    told, _ = _run(tmp_path, "--help").communicate(timeout=30)
    for name in ("helm", "kubectl", "kube-apiserver", "crds", "--path"):
        assert name in told


@pytest.mark.parametrize("arguments", [["minikube"], ["--path"], ["--path", "helm", "kubectl"], ["--path", "minikube"]])
def test_wrong_use_is_said(tmp_path: pathlib.Path, arguments: list[str]) -> None:
    process = _run(tmp_path, *arguments)
    told, said = process.communicate(timeout=30)
    assert (process.returncode, told) == (2, "")
    assert said.startswith("error:")


def _kept(cache: pathlib.Path) -> pathlib.Path:
    """Where the definitions of the foreign kinds are kept."""
    [operator, keda] = re.findall(r"^(?:PROMETHEUS_OPERATOR|KEDA)_VERSION=(.+)$", SCRIPT.read_text(), re.MULTILINE)
    return cache / f"kafka-to-db-consumer/tools/crds-{operator}-{keda}"


def test_what_is_there_is_neither_made_nor_changed(tmp_path: pathlib.Path) -> None:
    _kept(tmp_path).mkdir(parents=True)
    process = _run(tmp_path, "--path", "crds", path=_go(tmp_path / "bin", "1.19"))
    assert process.communicate(timeout=30) == (f"{_kept(tmp_path)}\n", "")


def test_a_failed_build_says_so_and_leaves_nothing(tmp_path: pathlib.Path) -> None:
    process = _run(tmp_path, "--path", "crds", path=_go(tmp_path / "bin", "1.30"))
    told, said = process.communicate(timeout=30)
    assert (process.returncode, told) == (1, "")
    assert "this go does nothing" in said and "could not be made" in said, said
    assert [file.name for file in (tmp_path / "kafka-to-db-consumer/tools").iterdir()] == [".lock"]


def test_a_second_run_waits_for_the_first_and_takes_what_it_made(tmp_path: pathlib.Path) -> None:
    tools = tmp_path / "kafka-to-db-consumer/tools"
    tools.mkdir(parents=True)
    with (tools / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = _run(tmp_path, "--path", "crds", path=_go(tmp_path / "bin", "1.30"))
        assert process.stderr is not None
        assert "waiting for another run" in process.stderr.readline()
        _kept(tmp_path).mkdir()  # the first run's last step
    told, said = process.communicate(timeout=30)
    assert (process.returncode, told, said) == (0, f"{_kept(tmp_path)}\n", "")
