"""The table of a case, and the mapping that fills it."""

from __future__ import annotations

from .cases import Case

TABLE = "capacity"


def _numbers(case: Case) -> list[str]:
    fixed = 3 + (case.order != "device") + (case.rows > 1)
    return [f"c{i}" for i in range(1, case.columns - fixed + 1)]


def key_columns(case: Case) -> list[str]:
    if not case.keyed:
        return []
    if case.order != "device":
        return ["id"]
    return ["device_id", "timestamp"] + (["position"] if case.rows > 1 else [])


def create(case: Case, autovacuum: bool = False) -> str:
    columns = ['device_id text COLLATE "C" NOT NULL', '"timestamp" timestamptz NOT NULL']
    if case.order != "device":
        columns.append(f"id {'uuid' if case.order == 'uuid' else 'bigint'} NOT NULL")
    if case.rows > 1:
        columns.append("position bigint NOT NULL")
    columns += [f"{name} double precision" for name in _numbers(case)] + ["note text"]
    if case.keyed:
        columns.append("PRIMARY KEY (" + ", ".join(f'"{name}"' for name in key_columns(case)) + ")")
    # Autovacuum would fall into one run and not into the next.
    return f"CREATE TABLE {TABLE} ({', '.join(columns)}) WITH (autovacuum_enabled = {str(autovacuum).lower()})"


def mapping(case: Case, topic: str) -> str:
    types = {"device_id": "string", "timestamp": "timestamp", "note": "string"}
    fields = ["device_id", "timestamp"]
    if case.order != "device":
        fields.append("id")
        types["id"] = "uuid" if case.order == "uuid" else "integer"
    types.update(dict.fromkeys(_numbers(case), "float"))
    elements = [*_numbers(case), "note"]
    lines = ["schema_version: v1", "topics:", f"  {topic}:", f"    table: {TABLE}"]
    key = [name for name in key_columns(case) if name != "position"]
    lines.append(f"    upsert_key: [{', '.join(key)}]")
    if case.key == "update":
        lines.append("    conflict_strategy: update")
    mapped = fields if case.rows > 1 else fields + elements
    lines.append("    field_mappings: {" + ", ".join(f"{name}: {name}" for name in mapped) + "}")
    lines.append("    data_types: {" + ", ".join(f"{name}: {kind}" for name, kind in types.items()) + "}")
    if case.rows > 1:
        inner = ", ".join(f"{name}: {name}" for name in elements)
        lines += ["    array_mappings:", "      items:", f"        element_mappings: {{{inner}}}", "        sequence_field: position"]
    return "\n".join(lines) + "\n"
