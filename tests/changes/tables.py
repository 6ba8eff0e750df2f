"""The tables of a run: which there are follows from the seed alone."""

from __future__ import annotations

import dataclasses
import random

import values
from columns import Kind, kinds
from modes import Modes


def keys(modes: Modes) -> list[tuple[Kind, ...]]:
    """What primary keys are made of; small ranges, so that keys come again after they were deleted."""
    [day] = (kind for kind in kinds(modes) if kind.type == "date")
    return [
        (Kind("id", "integer", values.whole(1, 300)),),
        (Kind("id", "bigint", values.whole(2**53, 2**53 + 300)),),
        (Kind("code", "text", values.text),),
        (Kind("id", "uuid", values.unique),),
        (Kind("id", "smallint", values.whole(1, 30)), Kind("code", "varchar(20)", values.short_text)),
        (Kind("code", "text", values.short_text), dataclasses.replace(day, name="day")),
        (Kind("id", "uuid", values.unique), Kind("nr", "bigint", values.whole(-5, 5))),
    ]


@dataclasses.dataclass(frozen=True)
class Late:
    """A column that ALTER TABLE adds while changes flow; `default` is a literal of SQL, or nothing."""

    kind: Kind
    default: str

    def definition(self, type_: str) -> str:
        return f"{self.kind.name} {type_}" + (f" DEFAULT {self.default}" if self.default else "")


LATE = (
    Late(Kind("late_text", "text", values.text), "'as if it were there'"),
    Late(Kind("late_number", "integer", values.whole(-9, 9)), "7"),
    Late(Kind("late_flag", "boolean", values.one_of("true", "false")), ""),
    Late(Kind("late_large", "text", values.text, values.large_text), ""),
)


@dataclasses.dataclass(frozen=True)
class Table:
    """key:       the primary key's columns.
    columns:   the others that are there from the beginning.
    late:      those that come later.
    truncated: is it emptied at times? Its topic has one partition then, for where a truncate stands among the changes of
               other partitions nobody can tell.
    full:      REPLICA IDENTITY FULL: events have the whole row as it was.
    """

    name: str
    key: tuple[Kind, ...]
    columns: tuple[Kind, ...]
    late: tuple[Late, ...]
    truncated: bool
    full: bool

    @property
    def partitions(self) -> int:
        return 1 if self.truncated else 3

    @property
    def all(self) -> list[Kind]:
        """In the end."""
        return [*self.key, *self.columns, *(late.kind for late in self.late)]

    @property
    def key_names(self) -> list[str]:
        return [kind.name for kind in self.key]

    def source_ddl(self) -> str:
        lines = [f"{kind.name} {kind.type}" for kind in (*self.key, *self.columns)]
        told = [f"CREATE TABLE {self.name} ({', '.join([*lines, self._primary()])});"]
        told += [self._storage(kind) for kind in self.columns]
        if self.full:
            told.append(f"ALTER TABLE {self.name} REPLICA IDENTITY FULL;")
        return "\n".join(told)

    def late_ddl(self, late: Late) -> str:
        told = f"ALTER TABLE {self.name} ADD COLUMN {late.definition(late.kind.type)};"
        return told + self._storage(late.kind)

    def copy_ddl(self, evolves: bool = False) -> str:
        """With all columns from the beginning: rows that were there before ALTER TABLE do not come again, but have its
        default. Where the copy `evolves`, columns without a default are left for it to add."""
        lines = [f"{kind.name} {kind.copy_type}" for kind in (*self.key, *self.columns)]
        lines += [late.definition(late.kind.copy_type) for late in self.late if late.default or not evolves]
        return f"CREATE TABLE {self.name} ({', '.join([*lines, self._primary()])});"

    def _primary(self) -> str:
        return f"PRIMARY KEY ({', '.join(self.key_names)})"

    def _storage(self, kind: Kind) -> str:
        # What is large is not compressed, and so put aside whenever it is. For other types Debezium has no word for a value
        # that was put aside and left alone: it comes as NULL, or as a wrong value. Those are never put aside here.
        return f"ALTER TABLE {self.name} ALTER COLUMN {kind.name} SET STORAGE {'EXTERNAL' if kind.large else 'PLAIN'};"


def tables(seed: int, count: int, modes: Modes) -> list[Table]:
    """The first two have every kind of column; the second of them with REPLICA IDENTITY FULL."""
    rng = random.Random(f"tables {seed}")
    known, by = kinds(modes), keys(modes)
    made = []
    for number in range(count):
        key = by[0] if number < 2 else by[number % len(by)] if number < len(by) + 2 else rng.choice(by)
        columns = known if number < 2 else rng.sample(known, rng.randint(3, 12))
        late = () if rng.random() < 0.4 else rng.sample(LATE, rng.randint(1, 3))
        made.append(
            Table(
                name=f"t{number:02}",
                key=key,
                columns=tuple(columns),
                late=tuple(late),
                # What unwraps events drops that of a truncate.
                truncated=number % 4 == 3 and not modes.unwrapped,
                full=number == 1 or rng.random() < 0.15,
            )
        )
    return made
