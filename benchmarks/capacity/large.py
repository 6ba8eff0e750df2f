"""Many rows into one table whose keys come in no order, until its index is larger than shared_buffers."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from measure import database

from . import drain, tables, topics
from .cases import Case

MILLION = 1_000_000
MARKS = (1, 10, 30, 50)
LOOK_SECONDS = 0.5
# Of a mark's rows, the last ones that its figures are of.
WINDOW = 0.2


def case_of(rows: int) -> Case:
    """As small as a row with a UUID gets: it is the index that is looked at."""
    return Case("large", f"{rows:,} rows, UUID", 130, 4, key="insert", order="uuid", messages=rows)


def _point(looks: list[drain.Look], rows: int) -> dict[str, Any]:
    """What the last part of so many rows cost."""
    end = next(look for look in looks if look.stored >= rows)
    begin = [look for look in looks if look.stored <= (1 - WINDOW) * rows][-1]
    return {"rows": end.stored, "table": end.table, "index": end.index, **drain.figures(begin, end)}


def measure(setup: drain.Setup, session: database.Database, rows: int, progress: Any) -> dict[str, Any]:
    case = case_of(rows)
    progress("producing")
    topic, filled = topics.fill(setup, case, {})
    session.ask(f"DROP TABLE IF EXISTS {tables.TABLE}")
    session.ask(tables.create(case, autovacuum=True))
    session.ask("CHECKPOINT")
    mapping = setup.work / "large.yml"
    mapping.write_text(tables.mapping(case, topic), encoding="utf-8")
    group, log = f"capacity-large-{os.getpid()}", setup.work / "large.log"
    watch = drain.Watch(setup, session, group)
    looks: list[drain.Look] = []
    with drain.service(setup, mapping, group, log) as process:

        def seen(look: drain.Look) -> None:
            looks.append(look)
            progress(f"{look.stored / MILLION:.1f} million rows")

        first, last = watch.until_stored(process, log, rows, LOOK_SECONDS, seen)
    looks = [first, *looks]
    drain.must_be_right(session, case, filled, group)
    marks = [mark * MILLION for mark in MARKS if mark * MILLION < rows] + [rows]
    return {
        "rows": rows,
        "shared_buffers": session.ask("SHOW shared_buffers")[0],
        "max_wal_size": session.ask("SHOW max_wal_size")[0],
        "points": [_point(looks, mark) for mark in marks],
        "looks": [dataclasses.asdict(look) for look in looks],
        "whole": drain.figures(first, last),
    }
