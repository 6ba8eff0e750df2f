"""The two stages of examples/ that are not C++: what they are given, what has to come out, and how they are started."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections import Counter
from collections.abc import Callable
from typing import Any

from support.broker import Message
from support.environments import georegion_example, node_variables, tool, word_count_example
from support.processes import clean_environment
from support.project import SOURCE

PLACES = {  # latitude, longitude -> the regions that hold it
    (52.52, 13.405): ("home", "town"),
    (52.53, 13.42): ("town",),
    (-18.0, 179.5): ("fiji",),
    (0.0, 0.0): (),
}
REGIONS = """
    INSERT INTO georegions (id, name, type, center_latitude, center_longitude, radius_meters)
    VALUES ('home', 'Home', 'home', 52.52, 13.405, 200), ('town', 'Town', 'city', 52.52, 13.405, 5000);
    INSERT INTO georegions (id, name, type, polygon)
    VALUES ('fiji', 'Fiji', 'country', '[[-20, 177], [-20, -178], [-15, -178], [-15, 177]]')"""
WORDS = ("alpha", "beta", "gamma", "delta")


@dataclasses.dataclass(frozen=True)
class Stage:
    """service:   its name in the database
    message:   the value of input number i; its trace_id is number(i)
    expected:  what has to come out of it, as `seen` tells it
    seen:      of an output: the trace_id of its input, and what is in it
    """

    service: str
    command: list[str]
    folder: pathlib.Path
    environment: dict[str, str]
    tables: str
    message: Callable[[int], dict[str, Any]]
    expected: Callable[[int], list[str]]
    seen: Callable[[dict[str, Any]], tuple[str, str]]


def number(i: int) -> str:
    return f"trace-{i:07}"


def envelope(i: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": "v1",
        "trace_id": number(i),
        "device_id": f"device-{i % 5}",
        "timestamp": "2026-01-01T00:00:00Z",
        "pipeline_hint": f"hint {i}",
        "data": data,
    }


def georegion() -> Stage:
    """In Python; a message for each region that holds the place."""
    places = list(PLACES)

    def message(i: int) -> dict[str, Any]:
        latitude, longitude = places[i % len(places)]
        return envelope(i, {"latitude": latitude, "longitude": longitude, "confidence": 0.5})

    def seen(output: dict[str, Any]) -> tuple[str, str]:
        data = output["data"]
        assert output["pipeline_hint"] == f"hint {int(output['trace_id'].rsplit('-', 1)[1])}", output
        return output["trace_id"], f"{data['georegion_id']} at {data['latitude']}, {data['longitude']}"

    def expected(i: int) -> list[str]:
        latitude, longitude = places[i % len(places)]
        return [f"{region} at {latitude}, {longitude}" for region in PLACES[latitude, longitude]]

    tables = (SOURCE / "examples/georegion-detector/georegions.sql").read_text()
    python, folder = georegion_example()
    return Stage(
        "georegion-detector",
        [str(python.program), "-m", "georegion"],
        folder,
        clean_environment(),
        f"{tables};{REGIONS}",
        message,
        expected,
        seen,
    )


def word_count() -> Stage:
    """In TypeScript; one message for each, with the counts added."""

    def words_of(i: int) -> list[str]:
        return [WORDS[(i + k) % (1 + i % len(WORDS))] for k in range(1 + i % 7)] + [f"n{i}"]

    def message(i: int) -> dict[str, Any]:
        return envelope(i, {"words": [{"word": word.capitalize(), "start_time_ms": 1} for word in words_of(i)]})

    def seen(output: dict[str, Any]) -> tuple[str, str]:
        assert output["pipeline_hint"] == f"hint {int(output['trace_id'].rsplit('-', 1)[1])}", output
        return output["trace_id"], json.dumps(output["data"]["word_counts"], sort_keys=True)

    def expected(i: int) -> list[str]:
        return [json.dumps(Counter(words_of(i)), sort_keys=True)]

    return Stage(
        "word-count",
        [str(tool("node")), "dist/main.js"],
        word_count_example(),
        node_variables(),
        "",
        message,
        expected,
        seen,
    )


STAGES = {"python": georegion, "typescript": word_count}


def sent(stage: Stage, first: int, count: int, partitions: int) -> list[dict[str, Any]]:
    """Inputs with the numbers from `first` on, dealt out to all partitions."""
    return [
        {"value": json.dumps(stage.message(i)), "key": f"device-{i % 5}", "partition": i % partitions}
        for i in range(first, first + count)
    ]


def missing_and_wrong(stage: Stage, count: int, outputs: list[Message]) -> tuple[list[str], list[str], int]:
    """Of inputs 0 to count - 1: what is not there, what should not be there, and how many outputs are there again."""
    wanted = {(number(i), words) for i in range(count) for words in stage.expected(i)}
    there = Counter(stage.seen(json.loads(output.value or "null")) for output in outputs)
    missing = [f"{trace}: {words}" for trace, words in sorted(wanted - set(there))]
    wrong = [f"{trace}: {words}" for trace, words in sorted(set(there) - wanted)]
    return missing, wrong, sum(times - 1 for times in there.values())
