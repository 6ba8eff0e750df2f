"""A real registry of a test's own, which may be killed."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import tempfile

from support.project import SOURCE

SERVERS = str(SOURCE / "scripts/servers.sh")


class OwnRegistry:
    """url:  stays the same when it is started again. What was registered is gone then."""

    def __enter__(self) -> OwnRegistry:
        self._folder = tempfile.TemporaryDirectory(prefix="loom-registry-")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([SERVERS, "stop", self._folder.name], check=True, capture_output=True)
        self._folder.cleanup()

    def start(self) -> None:
        # Also when this process is killed, it ends.
        command = [SERVERS, "start", "--only", "registry", "--dir", self._folder.name, "--while", str(os.getpid())]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        exports = dict(line.removeprefix("export ").split("=", 1) for line in told.splitlines())
        self.url = exports["LOOM_SCHEMA_REGISTRY_URL"]

    def kill(self) -> None:
        number = int(pathlib.Path(self._folder.name, "registry.pid").read_text().split()[0])
        os.kill(number, signal.SIGKILL)
