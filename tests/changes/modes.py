"""How a connector is told to write values: what Debezium leaves to its users' taste."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

# Those under which a table can be copied: others lose what it holds, as the decimals do that come as doubles.
ACCEPTED = {
    "decimal": ("precise", "string"),
    "interval": ("numeric", "string"),
    "time": ("adaptive", "adaptive_time_microseconds", "microseconds", "isostring"),
    "binary": ("bytes", "base64"),
    "hstore": ("json", "map"),
}


@dataclasses.dataclass(frozen=True)
class Modes:
    """schemas: does each event carry its schema?  unwrapped: is it the row alone (ExtractNewRecordState)?
    The others are Debezium's settings of that name."""

    schemas: bool = False
    unwrapped: bool = False
    decimal: str = "precise"
    interval: str = "numeric"
    time: str = "adaptive"
    binary: str = "bytes"
    hstore: str = "json"

    @staticmethod
    def of(words: str) -> Modes:
        """From "schemas,interval=string", as a command line has it."""
        given: dict[str, Any] = {}
        for word in filter(None, words.split(",")):
            name, _, value = word.partition("=")
            if value and value in ACCEPTED.get(name, ()):
                given[name] = value
            elif not value and name in ("schemas", "unwrapped"):
                given[name] = True
            else:
                raise argparse.ArgumentTypeError(f"not {word}, but schemas, unwrapped, or of {ACCEPTED}")
        return Modes(**given)

    def settings(self) -> dict[str, str]:
        """What the connector's configuration says of them."""
        told = {
            "decimal.handling.mode": self.decimal,
            "interval.handling.mode": self.interval,
            "time.precision.mode": self.time,
            "binary.handling.mode": self.binary,
            "hstore.handling.mode": self.hstore,
        }
        for side in ("key", "value"):
            told |= {
                f"{side}.converter": "org.apache.kafka.connect.json.JsonConverter",
                f"{side}.converter.schemas.enable": json.dumps(self.schemas),
                # Otherwise a NULL that somebody stored in a column with a default comes as that default.
                f"{side}.converter.replace.null.with.default": "false",
            }
        if self.unwrapped:
            told |= {
                "transforms": "unwrap",
                "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
                "transforms.unwrap.delete.tombstone.handling.mode": "rewrite",
                "transforms.unwrap.add.fields": "op,source.ts_ms,lsn",
                "transforms.unwrap.replace.null.with.default": "false",
            }
        return told
