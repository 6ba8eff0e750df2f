"""What goes wrong while changes flow: one fault after the other, on a thread of its own."""

from __future__ import annotations

import collections
import random
import threading
from collections.abc import Callable

from copier import Copier
from stack import Stack

# Longer and shorter than the group waits for a replica that is silent (6 s).
FROZEN = (0.5, 2.0, 8.0, 10.0)


class Faults:
    """Starts with the `with` block; at its end whatever was broken is whole again.

    Threads: the copier and the servers are touched by this one alone, until the block is over.
    done:    what happened how often
    """

    def __init__(self, names: list[str], seed: int, copier: Copier, stack: Stack) -> None:
        unknown = set(names) - set(self.known())
        assert not unknown, f"unknown faults {', '.join(sorted(unknown))}: {', '.join(self.known())}"
        self._names, self._copier, self._stack = names, copier, stack
        self._rng = random.Random(f"faults {seed}")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: BaseException | None = None
        self._second = False
        self.done: collections.Counter[str] = collections.Counter()

    @staticmethod
    def known() -> list[str]:
        return ["kill", "freeze", "replica", "copy", "source", "connect"]

    def __enter__(self) -> Faults:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def check(self) -> None:
        """Fails when a fault could not be brought about: the run would show less than it seems to."""
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        # In rounds, so that a short run has one of each.
        waiting: list[str] = []
        try:
            while self._names and not self._over.wait(self._rng.uniform(0.5, 4)):
                if not waiting:
                    waiting = self._rng.sample(self._names, len(self._names))
                self._fault(waiting.pop())
            if self._second:
                self._replica()
        except BaseException as failure:  # noqa: BLE001  # raised again by whoever waits for this thread
            self._failure = failure

    def _fault(self, name: str) -> None:
        faults: dict[str, Callable[[], str]] = {
            "kill": self._kill,
            "freeze": self._freeze,
            "replica": self._replica,
            "copy": lambda: self._restart("copy"),
            "source": lambda: self._restart("source"),
            "connect": self._connect,
        }
        self.done[faults[name]()] += 1

    def _any_replica(self) -> int:
        return self._rng.randrange(2) if self._second else 0

    def _kill(self) -> str:
        self._copier.kill(self._any_replica())
        return "a replica killed"

    def _freeze(self) -> str:
        number = self._any_replica()
        self._copier.freeze(number, True)
        self._over.wait(self._rng.choice(FROZEN))
        self._copier.freeze(number, False)
        return "a replica frozen"

    def _replica(self) -> str:
        if self._second:
            self._copier.end(1)
        else:
            self._copier.add()
        self._second = not self._second
        return "a second replica came" if self._second else "the second replica went"

    def _restart(self, name: str) -> str:
        crash = self._rng.random() < 0.5
        self._stack.restart_database(name, crash)
        return f"the {name}'s database {'crashed' if crash else 'restarted'}"

    def _connect(self) -> str:
        self._stack.crash_connect()
        return "Kafka Connect killed"
