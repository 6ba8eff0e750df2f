"""helm's own lint, for the values as they are and for each example of ci/."""

from __future__ import annotations

import pathlib
import subprocess
import tarfile

import pytest
import yaml

from support import chart
from support.tools import CHART, program


@pytest.mark.parametrize("file", chart.CI_FILES, ids=lambda file: file.stem)
def test_lint_finds_nothing(file: pathlib.Path) -> None:
    done = chart.helm("lint", "--strict", CHART, "--values", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout, done.stdout


def test_there_are_examples() -> None:
    assert len(chart.CI_FILES) >= 4, chart.CI_FILES


def test_lint_can_fail() -> None:
    done = chart.helm("lint", "--strict", CHART, "--set", "replicaCount=many", "--set", "database.url=postgresql://h/d")
    assert done.returncode != 0, done.stdout


def test_the_app_version_is_the_programs() -> None:
    described = yaml.safe_load((CHART / "Chart.yaml").read_text())
    said = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout
    # "kafka-to-db-consumer 0.1.0+e102d59"
    assert said.split()[1].split("+")[0] == str(described["appVersion"]), said


def test_the_packaged_chart_is_whole_by_itself(tmp_path: pathlib.Path) -> None:
    """In the tree it has links to the project's own files."""
    done = chart.helm("package", CHART, "--destination", tmp_path)
    assert done.returncode == 0, done.stderr
    [package] = tmp_path.glob("*.tgz")
    with tarfile.open(package) as archive:
        assert [member.name for member in archive if not member.isfile()] == []
    values = ["--values", CHART / "ci/everything-on.yaml", "--namespace", chart.NAMESPACE]
    rendered = [chart.helm("template", chart.RELEASE, source, *values).stdout for source in (package, CHART)]
    assert rendered[0] == rendered[1] != ""
