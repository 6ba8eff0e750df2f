"""Which cases are measured: the backlogs, the sweeps and the steady loads, by profile."""

import fnmatch
from dataclasses import dataclass, field, replace

MILLION = 1_000_000
# Of a case's time, what does not depend on how many messages it has: starting, joining a group, nine checkpoints.
FIXED_SECONDS = 6
SECONDS_PER_MILLION = {"produce": 3, "read": 5, "ceiling": 18, "drain": 6}


@dataclass(frozen=True)
class Case:
    """One backlog with its ceiling and one or more ways to drain it; or one steady load."""

    name: str
    title: str
    messages: int = 0
    partitions: int = 6
    topics: int = 1
    key: bool = True
    conflict: str = "ignore"
    duplicates: float = 0.0
    within: int = 10_000
    again: bool = False
    chunk: str = ""
    bad: float = 0.0
    by_key: bool = False
    delay_ms: float = 0.0
    repeat: int = 1
    rate: int = 0
    seconds: int = 0
    # Name of each way to drain, and its settings as drain-benchmark takes them.
    variants: tuple = field(default=(("default", ""),))

    @property
    def group(self):
        return self.name.split("/")[0]

    @property
    def expected_seconds(self):
        """Rough: the progress line corrects it by how long the cases before took."""
        if self.rate:
            return self.seconds + 12
        per = SECONDS_PER_MILLION
        drains = len(self.variants) * self.repeat
        millions = self.messages / MILLION
        work = per["produce"] + per["read"] + self.repeat * per["ceiling"] + drains * per["drain"]
        return FIXED_SECONDS + 1.5 * drains + millions * work


def drains(messages, repeat):
    """The backlogs that the targets are about, and what changes when one thing is different."""
    base = Case("drain/key", "with primary key", messages, repeat=max(repeat, 3))
    yield base
    yield replace(base, name="drain/no-key", title="without a key", key=False)
    base = replace(base, repeat=repeat)
    yield replace(base, name="drain/partitions-1", title="1 partition", partitions=1)
    yield replace(base, name="drain/partitions-24", title="24 partitions", partitions=24)
    yield replace(base, name="drain/topics-10", title="10 topics at once", topics=10)
    yield replace(base, name="drain/topics-39", title="39 topics at once", topics=39)
    yield replace(base, name="drain/topics-200", title="200 topics of 10 partitions", topics=200, partitions=10,
                  messages=messages * 2 // 5)
    yield replace(base, name="drain/bad-1", title="1 % bad messages", bad=0.01)
    yield replace(base, name="drain/far-5ms", title="database 5 ms away", delay_ms=5)


def conflicts(messages, repeat):
    # Copies of a message are in its partition, as a producer that sends twice leaves them: so partitions go by key.
    for strategy in ("ignore", "update"):
        for share in (0, 1, 10, 50):
            yield Case(f"conflict/{strategy}-{share}", f"{strategy}, {share} % duplicates", messages,
                       conflict=strategy, duplicates=share / 100, by_key=True, repeat=repeat)
        yield Case(f"conflict/{strategy}-1-far", f"{strategy}, 1 % duplicates from anywhere", messages,
                   conflict=strategy, duplicates=0.01, within=MILLION, by_key=True, repeat=repeat)
        yield Case(f"conflict/{strategy}-again", f"{strategy}, all of it read a second time", messages,
                   conflict=strategy, again=True, by_key=True, repeat=repeat)


def hypertables(messages, repeat):
    """1,000,000 messages are 2.8 hours of one stream of data: 1 chunk of a day, 3, 167 and 1,000."""
    yield Case("hypertable/plain", "a plain table beside them", messages, repeat=repeat)
    for chunk in ("1 day", "1 hour", "1 minute", "10 seconds"):
        yield Case(f"hypertable/{chunk.replace(' ', '-')}", f"hypertable, chunks of {chunk}", messages, chunk=chunk,
                   repeat=repeat)


def sweeps(messages, repeat):
    sizes = (("200", "as the Python service had it"), ("1000", ""), ("5000", ""), ("20000", "the default"), ("50000", ""))
    yield Case("sweep/batch", "batch size", messages, repeat=repeat, variants=tuple(
        (f"{int(rows):,} rows" + (f", {why}" if why else ""),
         f"LOOM_KAFKA_BATCH_SIZE=200;LOOM_KAFKA_BATCH_MAX={rows}") for rows, why in sizes))
    pools = ((0, 1), (0, 2), (0, 4), (0, 20), (20, 100))
    yield Case("sweep/pool", "connections", messages, repeat=repeat, variants=tuple(
        (f"{low} to {high}" + (", as the chart sets it" if low else ""),
         f"LOOM_DB_MIN_POOL_SIZE={low};LOOM_DB_MAX_POOL_SIZE={high}") for low, high in pools))
    yield Case("sweep/replicas", "replicas", messages, repeat=repeat, variants=tuple(
        (f"{count} replica" + ("s" if count > 1 else ""), f"replicas={count}") for count in (1, 2, 3)))


def steady_with_repeats(rate, seconds):
    # By key, as a producer that sends twice leaves copies in the partition of the first.
    for share in (0, 1):
        yield Case(f"steady/{rate}-repeats-{share}", f"{rate:,} a second, by key, {share} % repeats", rate=rate,
                   seconds=seconds, duplicates=share / 100, by_key=True)


def steady(rates, timeouts, seconds):
    for timeout in timeouts:
        for rate in rates:
            extra = "" if timeout is None else f"-timeout-{timeout}"
            title = f"{rate:,} a second" + ("" if timeout is None else f", timeout {timeout} s")
            setting = "" if timeout is None else f"LOOM_KAFKA_BATCH_TIMEOUT={timeout}"
            yield Case(f"steady/{rate}{extra}", title, rate=rate, seconds=seconds, variants=(("default", setting),))


def against(found, program, pairs):
    """Each backlog's only way to drain it, in turns with another build's."""
    return [replace(one, repeat=pairs, variants=(*one.variants, ("baseline", f"program={program}")))
            for one in found if not one.rate and len(one.variants) == 1]


def cases(profile, only=(), messages=None):
    """In the order in which they run: those that the targets are about first."""
    if profile == "quick":
        few = 100_000
        wanted = {"drain/key", "drain/no-key", "drain/partitions-1", "drain/topics-10", "drain/bad-1", "drain/far-5ms",
                  "conflict/ignore-50", "conflict/update-50", "sweep/batch", "sweep/replicas"}
        found = [replace(one, repeat=1) for one in (*drains(few, 1), *conflicts(few, 1), *sweeps(few, 1))
                 if one.name in wanted]
        found += steady((10_000,), (None, 0.02), 8)
    elif profile == "hypertables":
        found = list(hypertables(MILLION, 2))
    else:
        repeat = 3 if profile == "full" else 1
        found = list(drains(MILLION, repeat))
        found += steady((1_000, 10_000, 50_000), (None, 0.02), 30 if profile == "full" else 20)
        found += steady_with_repeats(10_000, 20)
        found += [*conflicts(MILLION, repeat), *sweeps(MILLION, repeat)]
        if profile == "full":
            found += [replace(one, name=f"{one.name}-5m", title=f"{one.title}, 5 million", messages=5 * MILLION, repeat=1)
                      for one in drains(MILLION, 1) if one.name != "drain/far-5ms"]
    if messages:
        found = [one if one.rate else replace(one, messages=messages) for one in found]
    return [one for one in found
            if not only or any(fnmatch.fnmatch(one.name, text) or text in one.name for text in only)]
