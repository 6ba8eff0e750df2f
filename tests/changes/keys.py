"""How the keys of a compacted topic may be written, and what the mapping says of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

Key = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Form:
    """columns: of the key, by name, with their types.
    made:     the key with a number.
    written:  as the message has it.
    sources:  where the mapping takes the key's columns from.
    format:   of `key_format`.
    """

    name: str
    columns: dict[str, str]
    made: Callable[[int], Key]
    written: Callable[[Key], str]
    sources: dict[str, str]
    format: str

    def mapping(self, table: str, fields: list[str]) -> dict[str, Any]:
        """Of a topic whose messages say all of a row each time."""
        return {
            "table": table,
            "key_format": self.format,
            "field_mappings": {**self.sources, **{name: name for name in fields}},
            "upsert_key": list(self.columns),
            "conflict_strategy": "replace",
            "tombstones": "delete",
        }


def _as_object(key: Key) -> str:
    return json.dumps({"shop": key[0], "id": key[1]})


FORMS = (
    Form("number", {"id": "bigint"}, lambda n: (n - 20,), lambda key: str(key[0]), {"$key": "id"}, "text"),
    Form("word", {"code": "text"}, lambda n: (f'"{n}"/µ {n % 3}',), lambda key: str(key[0]), {"$key": "code"}, "text"),
    Form("object", {"shop": "text", "id": "integer"}, lambda n: (f"s{n % 4}", n // 4), _as_object,
         {"$key.shop": "shop", "$key.id": "id"}, "json"),
)  # fmt: skip
