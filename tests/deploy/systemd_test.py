"""The systemd unit, asked of systemd itself and of the program."""

from __future__ import annotations

import configparser
import pathlib
import re

import pytest

from support.project import NAME, PROGRAM, SOURCE, run, unknown_settings

UNIT = SOURCE / "deploy/systemd" / f"{NAME}.service"
ENVIRONMENT = SOURCE / "deploy/systemd/environment"
DRAIN_SECONDS = 10  # the service's promise after SIGTERM


class ManyValues(dict):
    """A setting may stand several times in a unit."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


@pytest.fixture(scope="module")
def service() -> dict[str, str]:
    parser = configparser.ConfigParser(dict_type=ManyValues, strict=False, interpolation=None)
    parser.optionxform = str  # names keep their capitals
    parser.read(UNIT)
    return dict(parser["Service"])


def installed(folder: pathlib.Path) -> pathlib.Path:
    """The unit as it is where the package is installed: its program exists."""
    unit = folder / UNIT.name
    unit.write_text(UNIT.read_text().replace(f"/usr/bin/{NAME}", str(PROGRAM)))
    return unit


def settings_of(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Z_]+=\S+", line) for line in lines), lines
    return dict(line.split("=", 1) for line in lines)


def test_systemd_takes_every_line_of_the_unit(tmp_path):
    done = run("systemd-analyze", "verify", installed(tmp_path))
    # It loads the machine's other units too, and has its words about them.
    assert [line for line in (done.stdout + done.stderr).splitlines() if UNIT.name in line] == []


def test_a_setting_that_systemd_does_not_know_would_be_seen(tmp_path):
    unit = installed(tmp_path)
    unit.write_text(unit.read_text().replace("NoNewPrivileges=", "NoNewPrivilege="))
    assert "NoNewPrivilege" in run("systemd-analyze", "verify", unit, ok=False).stderr


def test_the_sandbox_leaves_little_open(tmp_path):
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", installed(tmp_path))
    print(done.stdout.splitlines()[-1])


def test_it_is_restarted_after_a_failure_but_not_after_a_wrong_setting(service):
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == "2"
    wrong = run(PROGRAM, "run", ok=False, env={"LOOM_DATABASE_URL": "nonsense"})
    assert wrong.returncode == 2, wrong.stderr


def test_it_may_take_its_time_to_drain(service):
    assert DRAIN_SECONDS < int(service["TimeoutStopSec"]) <= 30


def test_the_url_of_the_database_comes_as_a_credential(service):
    name, path = service["LoadCredential"].split(":")
    assert f"LOOM_DATABASE_URL_FILE=%d/{name}" in service["Environment"]
    assert path == f"/etc/{NAME}/database-url"
    assert "URL" not in ENVIRONMENT.read_text().replace("database's URL", "")


def test_it_runs_as_nobody_and_reloads_by_a_signal(service):
    assert service["DynamicUser"] == "yes" and service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes" and service["CapabilityBoundingSet"] == ""
    assert "-HUP" in service["ExecReload"]


def test_the_program_knows_every_setting_of_the_environment_file():
    text = ENVIRONMENT.read_text()
    active = settings_of(text)
    suggested = settings_of("\n".join(re.findall(r"^#([A-Z_]+=.*)$", text, re.M)))
    assert active and suggested
    mapping = {"LOOM_TOPIC_MAPPINGS": str(SOURCE / "topic_mappings.yml")}
    assert unknown_settings({**active, **suggested, **mapping}) == []


def test_a_misspelt_setting_would_be_seen():
    assert unknown_settings({"LOOM_KAFKA_BACH_SIZE": "1"}) != []


def test_the_file_and_the_unit_name_one_mapping(service):
    mapping = settings_of(ENVIRONMENT.read_text())["LOOM_TOPIC_MAPPINGS"]
    assert f"LOOM_TOPIC_MAPPINGS={mapping}" in service["Environment"]
