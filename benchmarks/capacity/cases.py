"""What is measured: shapes of messages, the table's key, and which cases the model is made of."""

from __future__ import annotations

import dataclasses
import fnmatch

MILLION = 1_000_000
# Of a topic at most, so that wide messages do not take minutes to produce.
BYTES_MOST = 700_000_000


@dataclasses.dataclass(frozen=True)
class Case:
    """One topic into one table. `use`: fit, the model is made of it; check, it is forecast; pace, how fast one partition is."""

    name: str
    title: str
    bytes: int = 300
    columns: int = 11
    rows: int = 1
    key: str = "none"
    order: str = "device"
    repeats: float = 0.0
    keys: int = 0
    partitions: int = 6
    use: str = "fit"
    messages: int = MILLION

    @property
    def shape(self) -> str:
        """Cases of one shape share a topic."""
        return (f"{self.bytes}-{self.columns}-{self.rows}-{self.order}-{self.repeats}-{self.keys}-{self.partitions}"
                f"-{self.messages}")  # fmt: skip

    @property
    def keyed(self) -> bool:
        return self.key != "none"

    def fill_arguments(self) -> list[str]:
        return ["--messages", str(self.messages), "--partitions", str(self.partitions), "--bytes", str(self.bytes),
                "--columns", str(self.columns), "--rows", str(self.rows), "--key", self.order, "--repeats",
                str(self.repeats), "--keys", str(self.keys)]  # fmt: skip

    def size_arguments(self, row_bytes: float, repeated: float) -> list[str]:
        """The same load, as `size` is asked for it."""
        asked = ["--bytes", str(self.bytes), "--rows", str(self.rows), "--columns", str(self.columns),
                 "--row-bytes", str(row_bytes), "--key", self.key]  # fmt: skip
        if self.order == "uuid":
            # Of so few days that the index is in memory, as it is in these cases.
            asked += ["--random-keys", "--retain", "0.01"]
        if self.keyed:
            asked += ["--key-bytes", str({"device": 17, "number": 8, "uuid": 16}[self.order] + (8 if self.rows > 1 else 0))]
        if self.key in ("ignore", "update"):
            asked += ["--repeats", f"{repeated:.6f}"]
        return asked


def _all() -> list[Case]:
    return [
        Case("none-100", "100 B, 3 columns", 100, 3),
        Case("none-300", "300 B, 11 columns"),
        Case("none-1000", "1,000 B, 11 columns", 1000, 11),
        Case("none-1000-wide", "1,000 B, 36 columns", 1000, 36),
        Case("none-4000", "4,000 B, 40 columns", 4000, 40),
        Case("lists", "3,000 B, 50 rows of 5 columns", 3000, 5, rows=50),
        Case("insert-number", "growing bigint", order="number", key="insert"),
        Case("insert-300", "device and time", key="insert"),
        Case("insert-uuid", "UUID", order="uuid", key="insert"),
        Case("insert-1000-wide", "device and time, 1,000 B, 36 columns", 1000, 36, key="insert"),
        Case("ignore-10", "10 % are there already", key="ignore", repeats=0.1),
        Case("update-50", "half of them change a row", key="update", repeats=0.5),
        Case("update-all", "100,000 rows that change", key="update", keys=100_000),
        Case("pace-none", "1 partition", partitions=1, use="pace"),
        Case("pace-insert", "1 partition, with a key", key="insert", partitions=1, use="pace"),
        Case("pace-wide", "1 partition, 1,000 B, 36 columns", 1000, 36, partitions=1, use="pace"),
        Case("check-600", "600 B, 20 columns, no key", 600, 20, use="check"),
        Case("check-2000", "2,000 B, 30 columns, device and time, 12 partitions", 2000, 30, key="insert", partitions=12,
             use="check"),
        Case("check-update", "450 B, 16 columns, a quarter changes a row", 450, 16, key="update", repeats=0.25, use="check"),
        Case("check-lists", "1,500 B, 10 rows of 9 columns, with a key", 1500, 9, rows=10, key="insert", use="check"),
    ]  # fmt: skip


def chosen(only: list[str], messages: int) -> list[Case]:
    """As many messages of each as asked for, fewer where they are large or make many rows."""
    found = [case for case in _all() if not only or any(fnmatch.fnmatch(case.name, text) for text in only)]
    return [dataclasses.replace(case, messages=max(1000, min(messages, BYTES_MOST // case.bytes, 4 * messages // case.rows)))
            for case in found]  # fmt: skip
