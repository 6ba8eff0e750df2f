"""Which tool scripts/image.sh takes, and what it tells it. The tools are recorders on PATH."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest
import yaml

from support.project import NAME, SOURCE, run, version

SCRIPT = SOURCE / "scripts/image.sh"


class Tools:
    """Recorders of the tools in a folder; no other of them is on PATH."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder / "tools"
        self.calls = folder / "calls"
        self.values = folder / "values/image.yaml"
        self.folder.mkdir()
        self.calls.touch()
        for name in ("bash", "git", "sed", "grep", "tail", "dirname", "head", "cat", "dpkg", "rm", "mktemp", "apt-get",
                     "apt-config", "sort", "mkdir"):
            (self.folder / name).symlink_to(pathlib.Path("/usr/bin") / name)

    def add(self, name: str, fails_on: str = "") -> None:
        tool = self.folder / name
        tool.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.calls}"\n'
                        f'if [[ -n "{fails_on}" && "$*" == "{fails_on}"* ]]; then\n'
                        f'  echo "no {fails_on} here" >&2\n  exit 1\nfi\n')
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)

    def image(self, *arguments: str, ok: bool = True, **settings: str):
        names = ("REGISTRY", "IMAGE", "TAG", "IMAGE_TOOL", "BASE_IMAGE")
        unset = [word for name in names if name in os.environ for word in ("-u", name)]
        settings = {"IMAGE_VALUES": str(self.values), **settings}
        return run("/usr/bin/env", *unset, f"PATH={self.folder}", SCRIPT, *arguments, ok=ok, env=settings)

    def called(self, start: str) -> str:
        """The one call that begins so."""
        calls = [line for line in self.calls.read_text().splitlines() if line.startswith(start)]
        assert len(calls) == 1, self.calls.read_text()
        return calls[0]


@pytest.fixture
def tools(tmp_path) -> Tools:
    return Tools(tmp_path)


def test_docker_builds_and_pushes_where_its_daemon_answers(tools):
    tools.add("docker")
    tools.add("buildah")
    settings = {"REGISTRY": "registry.example.org/team/", "TAG": "7"}
    tools.image("build", **settings)
    tools.image("push", **settings)
    build = tools.called("docker build ")
    assert f"--tag registry.example.org/team/{NAME}:7 " in build and build.endswith(str(SOURCE))
    assert f"VERSION={version()}" in build and "SOURCE_DATE_EPOCH=" in build and "REVISION=" in build
    assert tools.called("docker push") == f"docker push registry.example.org/team/{NAME}:7"
    assert "buildah" not in tools.calls.read_text()


def test_a_push_names_the_image_for_helm_and_a_failed_one_does_not(tools):
    settings = {"REGISTRY": "registry.example.org:5000/team", "TAG": "1.10"}
    tools.add("docker", fails_on="push")
    assert tools.image("push", ok=False, **settings).returncode != 0
    assert not tools.values.exists()
    tools.add("docker")
    tools.image("push", "--dry-run", **settings)
    assert not tools.values.exists()
    said = tools.image("push", **settings).stderr
    named = yaml.safe_load(tools.values.read_text())
    # Not the number 1.1; and what an earlier release had for a digest would win over the tag.
    assert named == {"image": {"repository": f"registry.example.org:5000/team/{NAME}", "tag": "1.10", "digest": ""}}
    assert f"--values {tools.values}" in said


def test_a_docker_without_a_daemon_is_passed_over(tools):
    tools.add("docker", fails_on="info")
    tools.add("podman")
    tools.image("build", TAG="7")
    assert f"--tag {NAME}:7 " in tools.called("podman build --format docker")


def test_buildah_keeps_the_health_check_and_the_time(tools):
    tools.add("buildah")
    tools.image("build", TAG="7", SOURCE_DATE_EPOCH="1700000000")
    assert "--timestamp 1700000000" in tools.called("buildah build --format docker")


def test_it_says_why_no_tool_works(tools):
    tools.add("docker", fails_on="buildx version")
    failed = tools.image("build", ok=False)
    assert failed.returncode == 1
    assert "docker: no buildx version here" in failed.stderr
    assert "podman: not installed" in failed.stderr and "buildah: not installed" in failed.stderr


def test_pushing_needs_a_registry(tools):
    tools.add("docker")
    failed = tools.image("push", ok=False)
    assert failed.returncode == 1 and "REGISTRY" in failed.stderr
    assert "push" not in tools.calls.read_text()


def test_a_dry_run_says_what_it_would_do_and_does_nothing(tools):
    tools.add("docker")
    said = tools.image("build", "--dry-run", "--tag", "7").stdout
    assert said.startswith("docker build ") and f"{NAME}:7" in said
    assert "docker build " not in tools.calls.read_text()


def test_a_failed_build_fails(tools):
    tools.add("docker", fails_on="build --")
    assert tools.image("build", ok=False).returncode != 0


def test_the_tag_is_the_revision_unless_told(tools):
    revision = run("git", "-C", SOURCE, "rev-parse", "--short", "HEAD", ok=False).stdout.strip()
    name = tools.image("name").stdout.strip()
    assert name.startswith(f"{NAME}:{version()}-{revision}" if revision else f"{NAME}:{version()}")
    assert tools.image("name", TAG="7", IMAGE="other").stdout == "other:7\n"


@pytest.mark.parametrize("wrong", [["paint"], ["build", "--with", "tar"], []])
def test_wrong_usage_is_refused(tools, wrong):
    assert tools.image(*wrong, ok=False).returncode in (1, 2)


def test_make_calls_it():
    said = run("make", "-n", "-C", SOURCE, "docker", "docker-push", "dist").stdout
    assert "image.sh build" in said and "image.sh push" in said and "dist.sh" in said
