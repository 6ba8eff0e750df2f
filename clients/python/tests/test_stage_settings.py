from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loom_common.kafka import StageSettings
from loom_common.kafka.stage.settings import stage_settings


def read(settings: Any = None, environment: dict[str, str] | None = None, **given: Any) -> StageSettings:
    arguments: dict[str, Any] = {"topics": ["t"], "group_id": None, "service_name": "s", **given}
    return stage_settings(settings, environment=environment or {}, **arguments)


@pytest.mark.parametrize("name", ["kafka_bootstrap_servers", "bootstrap_servers"])
def test_servers_have_two_names_in_objects_and_mappings(name: str) -> None:
    assert read(SimpleNamespace(**{name: "h:1"})).bootstrap_servers == "h:1"
    assert read({name: ["h:1", "h:2"]}).bootstrap_servers == ("h:1", "h:2")


def test_settings_come_before_the_environment() -> None:
    environment = {
        "LOOM_KAFKA_BOOTSTRAP_SERVERS": "e:1",
        "LOOM_DATABASE_URL": "postgresql://e",
        "LOOM_KAFKA_GROUP_ID": "e",
    }
    assert read(None, environment).bootstrap_servers == "e:1"
    assert read(None, environment).group_id == "e"
    mine = read({"bootstrap_servers": "h:1", "database_url": "postgresql://h", "group_id": "h"}, environment)
    assert (mine.bootstrap_servers, mine.database_url, mine.group_id) == ("h:1", "postgresql://h", "h")
    assert read({"group_id": "h"}, environment, group_id="argument").group_id == "argument"


def test_the_environment_has_the_stage_settings() -> None:
    settings = read(
        None,
        {
            "LOOM_STAGE_RETRIES": "0",
            "LOOM_DLQ_SUFFIX": ".dead",
            "LOOM_DATABASE_CONFIG_CACHE": "1",
            "LOOM_STAGE_REPORT_EVERY": "2",
        },
    )
    assert (settings.retries, settings.dead_letter_suffix) == (0, ".dead")
    assert (settings.config_cache, settings.report_every) == (1, 2)
    assert read(None, {"LOOM_STAGE_REPORT_EVERY": "2"}, report_every=5).report_every == 5
    assert read(None, {}).retries == 3


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://me:secret@h/d\n")
    settings = read(None, {"LOOM_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert settings.database_url == "postgresql://me:secret@h/d"
    assert "secret" not in repr(settings)


def test_the_service_is_called_after_its_group_when_nothing_else_is_said() -> None:
    assert read(service_name=None, group_id="g").service_name == "g"


@pytest.mark.parametrize(
    ("environment", "given", "wrong"),
    [
        ({"LOOM_STAGE_RETRIES": "many"}, {}, "LOOM_STAGE_RETRIES"),
        ({"LOOM_STAGE_RETRIES": "-1"}, {}, "LOOM_STAGE_RETRIES"),
        ({"LOOM_DATABASE_CONFIG_CACHE": "nan"}, {}, "LOOM_DATABASE_CONFIG_CACHE"),
        ({"LOOM_DLQ_SUFFIX": ""}, {}, "LOOM_DLQ_SUFFIX"),
        ({"LOOM_STAGE_REPORT_EVERY": "0"}, {}, "above 0"),
        ({"LOOM_DATABASE_URL_FILE": "/none"}, {}, "cannot be read"),
        ({}, {"topics": []}, "topic"),
        ({}, {"service_name": None}, "service_name"),
    ],
)
def test_what_makes_no_stage_is_refused(environment: dict[str, str], given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read(None, environment, **given)
