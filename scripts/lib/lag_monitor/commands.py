"""Programs that are asked, each with a time limit: a hanging server must not hang the monitor."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def good(self):
        return self.code == 0

    @property
    def why(self):
        """The line of what it said on stderr that says what went wrong: the last that calls itself an error, else the last."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        # librdkafka's own lines come first; kubectl adds how the remote command ended.
        spoken = [line for line in lines if not line.startswith(("%", "command terminated", "Defaulted container"))]
        errors = [line for line in spoken if "error" in line.lower()]
        return (errors or spoken or lines or [f"exit code {self.code}"])[-1][:300]


def run(command, stdin=None, timeout=30.0, env=None):
    try:
        done = subprocess.run(command, input=stdin if stdin is not None else "", capture_output=True, text=True,
                              errors="replace", timeout=timeout, check=False, env={**os.environ, **(env or {})})
        return Answer(done.returncode, done.stdout, done.stderr)
    except FileNotFoundError:
        return Answer(127, "", f"{command[0]} is not installed")
    except PermissionError as error:
        return Answer(126, "", str(error))
    except subprocess.TimeoutExpired:
        return Answer(124, "", f"{Path(command[0]).name} did not answer within {timeout:g} s")


def find_program(given, name):
    """`given`, else the release build beside these scripts, else the PATH's; None when it is nowhere."""
    if given:
        return given
    built = Path(os.path.abspath(__file__)).parents[3] / "build" / "release" / name
    return str(built) if os.access(built, os.X_OK) else shutil.which(name)


class Kubectl:
    """kubectl for one namespace."""

    def __init__(self, namespace, context=None):
        self.namespace = namespace
        self.base = ["kubectl"] + (["--context", context] if context else []) + ["-n", namespace]

    def get(self, *arguments):
        return run([*self.base, "get", *arguments, "--request-timeout=10s"], timeout=20)

    def top(self, *arguments):
        return run([*self.base, "top", *arguments], timeout=20)

    def execute(self, where, command, container=None, stdin=None):
        # Of a deployment without pods kubectl would wait a minute for one.
        inside = ["--pod-running-timeout=5s"] + (["-i"] if stdin is not None else []) + [where] + (["-c", container] if container else [])
        return run([*self.base, "exec", *inside, "--", *command], stdin=stdin, timeout=60)
