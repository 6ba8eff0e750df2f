"""C++, Python and TypeScript load the same settings and give the same advice, for every profile and for random rows."""

from __future__ import annotations

import copy
import json
import os
import pathlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from support.comparison import FIELDS, LANGUAGES, config_differences, recommendation_differences
from support.database import Database
from support.environments import NodeEnvironment, PythonEnvironment
from support.processes import finished
from support.project import BUILD
from support.random_services import insert_random_reports, insert_random_rows

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
LOAD_ALL_CPP = os.environ.get("LOOM_CLIENT_LOAD_ALL") or str(BUILD / "client_load_all")
SEED = int(os.environ.get("LOOM_TEST_SEED") or random.randrange(10**9))
ROWS = 200
NOWHERE = "postgresql://loom:loom@127.0.0.1:1/loom"
WITHOUT_ANYTHING = ["nobody-knows-me", "nobody knows me either: 'ß'"]
# Those that the pipeline has; a profile that is missing would otherwise just not be compared.
SERVICES = {
    "silero-vad",
    "minicpm-vision",
    "kyutai-stt",
    "georegion-detector",
    "activity-classifier",
    "step-counter",
    "face-emotion",
    "gemma3n-processor",
    "gps-geocoding-consumer",
    "scheduled-consumers",
    "moondream-station",
    "text-embedder",
    "nomic-embed",
    "onefilellm",
    "kafka-to-db-consumer",
}
RULES = {
    "more_records",
    "longer_session",
    "longer_poll_interval",
    "fewer_records",
    "smaller_fetches",
    "fewer_rebalances",
}


class Told:
    """What each language said of the same database: `by_language` has what load_all prints."""

    def __init__(self, database: Database, python: PythonEnvironment, node: NodeEnvironment) -> None:
        print(f"\nthe random rows are those of LOOM_TEST_SEED={SEED}")
        draw = random.Random(SEED)
        self.database = database
        self.profiles = [
            row["profile"]
            for row in database.rows(
                "SELECT profile FROM consumer_config_profiles WHERE kind = 'service' ORDER BY profile"
            )
        ]
        self.with_row, self.refused = insert_random_rows(database, draw, ROWS)
        insert_random_reports(database, draw, self.with_row, [*self.profiles, WITHOUT_ANYTHING[0]])
        self.services = [*self.profiles, *self.with_row, *WITHOUT_ANYTHING]
        given = json.dumps(
            {"url": database.url, "unreachable": NOWHERE, "services": self.services, "alone": WITHOUT_ANYTHING}
        )
        load_all_mjs = node.folder / "load_all.mjs"  # modules are looked for beside the program
        load_all_mjs.write_text((PROGRAMS / "load_all.mjs").read_text())
        self.by_language: dict[str, dict[str, Any]] = {
            "C++": json.loads(finished([LOAD_ALL_CPP], stdin=given).stdout),
            "Python": json.loads(python.run(PROGRAMS / "load_all.py", stdin=given).stdout),
            "TypeScript": json.loads(node.run(load_all_mjs, stdin=given).stdout),
        }

    def of(self, what: str) -> dict[str, Any]:
        return {language: said[what] for language, said in self.by_language.items()}


@pytest.fixture(scope="module")
def told(database: Database, python: PythonEnvironment, node: NodeEnvironment) -> Iterator[Told]:
    yield Told(database, python, node)


def test_every_kind_of_service_is_among_them(told: Told) -> None:
    assert set(told.profiles) == SERVICES
    assert len(told.with_row) == ROWS
    sources = [config["source"] for config in told.by_language["C++"]["configs"].values()]
    assert {source: sources.count(source) for source in sources} == {
        "row": ROWS,
        "profile": len(SERVICES),
        "default": 2,
    }
    # Otherwise the rows would be too tame to tell a loader that reads them from one that guesses.
    assert told.refused > 0
    for field in set(FIELDS) - {"source", "service_name"}:
        assert len({str(config[field]) for config in told.by_language["C++"]["configs"].values()}) > 1, (
            f"{field} is always the same"
        )


def test_the_same_settings(told: Told) -> None:
    assert config_differences(told.services, told.of("configs")) == []


def test_they_are_what_the_database_has(told: Told) -> None:
    """The three could be wrong in the same way."""
    names = "$names$" + json.dumps(told.services) + "$names$::jsonb"
    rows = told.database.rows(f"SELECT c.* FROM jsonb_array_elements_text({names}) s, effective_consumer_config(s) c")
    there = {row["service_name"]: row for row in rows}
    assert config_differences(told.services, {"the database": there, **told.of("configs")}) == []
    for language, said in told.of("configs").items():
        for name, config in said.items():
            assert config.get("service_type", there[name]["service_type"]) == there[name]["service_type"], (
                language,
                name,
            )


def test_the_same_defaults_without_a_database(told: Told) -> None:
    alone = told.of("without_database")
    assert config_differences(WITHOUT_ANYTHING, alone) == []
    # ... which are those that the database gives a service that nobody knows.
    assert config_differences(WITHOUT_ANYTHING, {**alone, "C++": told.by_language["C++"]["configs"]}) == []


def test_the_program_shows_the_same(told: Told) -> None:
    shown = {
        one["service_name"]: {field: one[field] for field in FIELDS}
        for one in json.loads(told.database.program("configs", "show", "--json"))
    }
    assert set(shown) == set(told.profiles) | set(told.with_row)
    for name in (told.with_row[0], told.with_row[-1], told.profiles[0], *WITHOUT_ANYTHING):
        [one] = json.loads(told.database.program("configs", "show", "--json", "--", name))
        shown[name] = {field: one[field] for field in FIELDS}
    assert config_differences(told.services, {**told.of("configs"), "C++": shown}) == []


def test_the_same_advice_in_the_same_order(told: Told) -> None:
    fired = {row["rule"] for row in told.database.rows("SELECT DISTINCT rule FROM v_consumer_advice")}
    assert fired == RULES
    said = told.of("recommendations")
    assert recommendation_differences(said) == []
    priorities = [advice["priority"] for advice in said["Python"]]
    assert (
        priorities == sorted(priorities, key=["critical", "high", "medium", "low"].index) and len(set(priorities)) == 4
    )
    assert (
        recommendation_differences(
            {**said, "C++": json.loads(told.database.program("configs", "recommend", "--json"))["recommendations"]}
        )
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_value_in_one_language_would_be_told(told: Told, language: str) -> None:
    service = told.with_row[7]
    changed = copy.deepcopy(told.of("configs"))
    old = changed[language][service]["retry_backoff_ms"]
    changed[language][service]["retry_backoff_ms"] = old + 1
    values = {**dict.fromkeys(LANGUAGES, old), language: old + 1}
    assert config_differences(told.services, changed) == [
        f"{service}: retry_backoff_ms: " + ", ".join(f"{one} {value}" for one, value in values.items())
    ]


def test_a_setting_of_another_type_or_a_missing_one_would_be_told(told: Told) -> None:
    service = told.profiles[0]
    changed = copy.deepcopy(told.of("configs"))
    changed["Python"][service]["enable_auto_commit"] = 1
    del changed["TypeScript"][service]["source"]
    changed["C++"][service]["fetch_wait"] = 3
    assert config_differences(told.services, changed) == [
        f"{service}: enable_auto_commit: C++ true, Python 1, TypeScript true",
        f'{service}: source: C++ "profile", Python "profile", TypeScript "(missing)"',
        f"{service}: C++ has what is not compared: fetch_wait",
    ]


def test_advice_in_another_order_would_be_told(told: Told) -> None:
    said = copy.deepcopy(told.of("recommendations"))
    said["TypeScript"][:2] = reversed(said["TypeScript"][:2])
    assert [line.split(":")[0] for line in recommendation_differences(said)] == ["recommendation 1", "recommendation 2"]
    del said["Python"][-1]
    assert "Python (none)" in recommendation_differences(said)[-1]


def test_a_row_that_changes_between_two_languages_would_be_told(told: Told, python: PythonEnvironment) -> None:
    """Not only the comparison: what is compared comes from the database."""
    service = told.with_row[3]
    told.database.sql(
        f"UPDATE pipeline_consumer_configs SET max_poll_records = max_poll_records % 5000 + 1 "
        f"WHERE service_name = '{service.replace(chr(39), 2 * chr(39))}'"
    )
    given = json.dumps({"url": told.database.url, "unreachable": NOWHERE, "services": told.services, "alone": []})
    later = json.loads(python.run(PROGRAMS / "load_all.py", stdin=given).stdout)["configs"]
    [difference] = config_differences(told.services, {**told.of("configs"), "Python": later})
    assert difference.startswith(f"{service}: max_poll_records: ")
