"""Programs that a test starts, and what they see of the environment."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

from support.consumer_system import await_that


def clean_environment() -> dict[str, str]:
    """Ours, without what would set up the programs under test."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LOOM_", "KAFKA_", "DATABASE_URL", "PYTHONPATH", "NODE_PATH", "NODE_OPTIONS"))
    }


class Program:
    """A process with its output in a file; killed at the end of the `with` block if it still runs.

    log:  where its output goes; a restart appends
    """

    def __init__(
        self, command: list[str], folder: pathlib.Path, environment: dict[str, str], log: pathlib.Path
    ) -> None:
        self._command, self._folder, self._environment, self.log = command, folder, environment, log
        self._process: subprocess.Popen[bytes] | None = None
        log.touch()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def start(self) -> None:
        with open(self.log, "ab") as out:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def await_output(self, words: str, times: int = 1, seconds: float = 30) -> None:
        """Waits until the words were printed so often, in all runs together. Fails when it ends before that."""

        def there() -> bool:
            ended = self.process.poll()
            assert ended is None or self.output().count(words) >= times, f"exit {ended}:\n{self.output()[-4000:]}"
            return self.output().count(words) >= times

        await_that(f'"{words}" {times} times in {self.log}:\n{self.output()[-2000:]}', there, seconds)

    def kill(self) -> None:
        """SIGKILL: it has no chance to put anything in order."""
        self.process.kill()
        self.process.wait(10)

    def terminate(self, seconds: float = 15) -> float:
        """SIGTERM. Fails unless it ends in time and well; the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still there {seconds} s after SIGTERM:\n{self.output()[-4000:]}") from None
        assert code == 0, f"exit {code} after SIGTERM:\n{self.output()[-4000:]}"
        return time.monotonic() - started

    def running(self) -> bool:
        return self.process.poll() is None


def finished(
    command: list[object],
    *,
    folder: pathlib.Path | None = None,
    stdin: str = "",
    environment: dict[str, str] | None = None,
    timeout: float = 300,
    ok: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Runs it to its end; with `ok` a failure fails the test with what it said."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=folder,
        input=stdin,
        text=True,
        capture_output=True,
        timeout=timeout,
        env=environment or clean_environment(),
        check=False,
    )
    if ok and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
    return done
