"""What topic_mappings.yml says of the tables. Without schemas in the events it has to name units; with them, nothing."""

from __future__ import annotations

from typing import Any

from modes import Modes
from tables import Table


def mapping(topics: dict[str, Table], modes: Modes, evolves: bool = False) -> dict[str, Any]:
    """`topics`: the table behind each. As JSON, which is YAML, too."""
    told = {topic: of_table(table, modes, evolves) for topic, table in topics.items()}
    return {"schema_version": "v1", "topics": told}


def of_table(table: Table, modes: Modes, evolves: bool) -> dict[str, Any]:
    # A column that evolve adds is one that nobody has named before, of a topic that names none.
    coming = {late.kind.name for late in table.late if evolves and not late.default}
    kinds = [kind for kind in table.all if kind.name not in coming]
    told: dict[str, Any] = {
        "table": table.name,
        "changes": "debezium",
        "tombstones": "delete",
        "upsert_key": table.key_names,
        "conflict_strategy": "update",
    }
    if coming:
        told["evolve"] = "add"
    else:
        told["field_mappings"] = {kind.name: kind.name for kind in kinds}
    if not modes.schemas:
        units = {kind.name: kind.unit for kind in kinds if kind.unit}
        transforms = {kind.name: kind.transform for kind in kinds if kind.transform}
        told |= {name: found for name, found in (("data_types", units), ("transforms", transforms)) if found}
    return told
