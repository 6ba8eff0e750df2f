"""A broker as the image apache/kafka starts it from a container's environment: with the launcher that the image has, which
is a part of Kafka itself."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import subprocess
from collections.abc import Iterator

from support.project import SOURCE, run


def free_port() -> int:
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def jars() -> str:
    found = run("bash", "-euc", f". {SOURCE}/scripts/lib/common.sh; . {SOURCE}/scripts/lib/kafka.sh; kafka_jars; "
                'echo "$LOOM_KAFKA_HOME"')
    return f"{found.stdout.strip()}/*"


def on_this_machine(settings: dict[str, str], host: str, data: pathlib.Path) -> tuple[dict[str, str], dict[str, int]]:
    """The settings with this machine for the container's host, and for each of its ports a free one here."""
    ports = {listener.rsplit(":", 1)[1]: free_port() for listener in settings["KAFKA_LISTENERS"].split(",")}
    here = {}
    for name, value in settings.items():
        for port, free in ports.items():
            value = value.replace(f":{port}", f":{free}")
        here[name] = value.replace(f"{host}:", "localhost:")
    return {**here, "KAFKA_LOG_DIRS": str(data)}, ports


@contextlib.contextmanager
def broker(settings: dict[str, str], folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Its log, for as long as it runs."""
    for name in ("default", "mounted", "final"):
        (folder / name).mkdir()
    for name in ("server", "log4j", "tools-log4j"):
        (folder / "default" / f"{name}.properties").touch()
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("KAFKA_")}, **settings,
                   "CLUSTER_ID": "5L6g3nShT-eMCtK--X86sw"}
    java = ["java", "-Xmx512m", "-cp", jars()]
    log = folder / "log"
    with open(log, "w", encoding="utf-8") as out:
        subprocess.run([*java, "kafka.docker.KafkaDockerWrapper", "setup", "-D", folder / "default", "-M",
                        folder / "mounted", "-F", folder / "final"], env=environment, stdout=out, stderr=out, check=False)
        process = subprocess.Popen([*java, "kafka.Kafka", folder / "final/server.properties"], env=environment,
                                   stdout=out, stderr=out)
    try:
        yield log
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
