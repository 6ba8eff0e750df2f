"""The chart's README against its values, and the names that the templates set against the program that reads them."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from typing import Any

import pytest
import yaml

from support import chart
from support.tools import CHART, program

ROW = re.compile(r"^\| `([^`]+)` \| `([^`]*)` \|", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted names; a list, or a map that is empty, is a value."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _readme() -> str:
    return (CHART / "README.md").read_text()


def test_the_readme_has_every_value_with_its_default() -> None:
    written = {name: json.loads(default) for name, default in ROW.findall(_readme())}
    actual = _flat(yaml.safe_load((CHART / "values.yaml").read_text()))
    assert sorted(set(actual) - set(written)) == [], "values that README.md does not have"
    assert sorted(set(written) - set(actual)) == [], "README.md has values that the chart does not have"
    assert {name: value for name, value in written.items() if value != actual[name]} == {}, "other defaults than in values.yaml"


def test_the_readmes_links_lead_somewhere() -> None:
    links = [link for link in LINK.findall(_readme()) if "://" not in link]
    assert [link for link in links if not (CHART / link).exists()] == []


def test_every_value_of_the_examples_is_one_of_the_chart() -> None:
    """The schema says so, too; this says that the schema does not know values that values.yaml has not."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    top = set(yaml.safe_load((CHART / "values.yaml").read_text()))
    assert set(schema["properties"]) - {"global"} == top
    assert schema["additionalProperties"] is False


def _ask_program(container: chart.Object, folder: pathlib.Path, command: list[str]) -> str:
    """What the program says when it is started with the environment of that container; nothing answers at its addresses."""
    environment = {"PATH": os.environ["PATH"]}
    for name, value in chart.environment(container).items():
        text = value if isinstance(value, str) else "x"  # from a Secret or a field
        if text.startswith("/etc/"):
            file = folder / text.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
            text = str(file)
        environment[name] = text
    environment |= {"LOOM_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    url = "postgresql://loom@127.0.0.1:1/loom"
    if "LOOM_DATABASE_URL_FILE" in environment:
        pathlib.Path(environment["LOOM_DATABASE_URL_FILE"]).write_text(url)
    else:
        environment["LOOM_DATABASE_URL"] = url
    done = subprocess.run([program(), *command], capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode != 0, "somebody answers on port 1"
    return done.stderr


def _containers(file: pathlib.Path) -> list[chart.Object]:
    done = chart.helm("template", chart.RELEASE, CHART, "--values", file)
    assert done.returncode == 0, done.stderr
    objects = chart.objects_of(done.stdout)
    specs = [item["spec"]["template"]["spec"] for item in objects if item["kind"] in ("Deployment", "Job")]
    return [container for spec in specs for container in spec.get("initContainers", []) + spec["containers"]]


@pytest.mark.parametrize("file", chart.CI_FILES, ids=lambda file: file.stem)
def test_the_program_knows_every_setting_of_the_chart(file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for container in _containers(file):
        said = _ask_program(container, tmp_path, ["migrate", "--status"])
        assert "unknown setting" not in said and "but takes" not in said and "cannot be read" not in said, said
        assert "127.0.0.1" in said, f"it did not come as far as the database: {said}"


def test_librdkafka_knows_every_property_of_the_chart(tmp_path: pathlib.Path) -> None:
    [container] = [each for each in _containers(CHART / "ci/everything-on.yaml") if each["name"] == chart.NAME]
    assert [name for name in chart.environment(container) if name.startswith("LOOM_RDKAFKA_")]
    said = _ask_program(container, tmp_path, ["lag"])
    assert "No such configuration property" not in said, said
    # It stumbles over the key that is none, so the names before it were right.
    assert "ssl" in said.lower(), said


def test_an_unknown_setting_would_be_seen(tmp_path: pathlib.Path) -> None:
    container = chart.service_container(chart.render({"env": {"LOOM_NO_SUCH_SETTING": "1"}}))
    assert "unknown setting LOOM_NO_SUCH_SETTING" in _ask_program(container, tmp_path, ["migrate", "--status"])
