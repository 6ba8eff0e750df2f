"""A real Kafka, a real PostgreSQL and the real program, for tests of what drives them from outside."""

import json
import os
import re
import subprocess
import time
import uuid
from pathlib import Path

SOURCE = Path(os.environ.get("LOOM_SOURCE") or Path(__file__).parents[3])
PROGRAM = os.environ.get("LOOM_PROGRAM") or str(SOURCE / "build/release/kafka-to-db-consumer")
MAPPING = """schema_version: v1
topics:
  {topic}:
    table: readings
    field_mappings: {{device_id: device_id, timestamp: timestamp, value: value}}
    data_types: {{timestamp: timestamp, value: float}}
    required_fields: [device_id, timestamp]
"""


def servers():
    """The addresses of Kafka and the database: those of the run, else servers of our own until this process ends."""
    url, bootstrap = os.environ.get("LOOM_TEST_DATABASE_URL"), os.environ.get("LOOM_TEST_KAFKA_BOOTSTRAP")
    if not (url and bootstrap):
        command = [str(SOURCE / "scripts/servers.sh"), "start", "--while", str(os.getpid())]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        exports = dict(line.removeprefix("export ").split("=", 1) for line in told.splitlines())
        url, bootstrap = exports["LOOM_DATABASE_URL"], exports["LOOM_KAFKA_BOOTSTRAP_SERVERS"]
        os.environ.update(LOOM_TEST_DATABASE_URL=url, LOOM_TEST_KAFKA_BOOTSTRAP=bootstrap)
    return url, bootstrap


def await_that(what, condition, seconds=30):
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


class ConsumerSystem:
    """A database, a group and a topic of its own; the service and the sessions that a test has started end with it."""

    def __init__(self, folder, partitions=3):
        self.folder, self.partitions = Path(folder), partitions
        name = uuid.uuid4().hex[:10]
        server, self.bootstrap = servers()
        self.server, self.database = server, f"ops_{name}"
        self.url = re.sub(r"/[^/]*$", f"/{self.database}", server)
        self.topic, self.group = f"ops.{name}", f"ops-{name}"
        self.children = []
        mapping = self.folder / "topic_mappings.yml"
        mapping.write_text(MAPPING.format(topic=self.topic), encoding="utf-8")
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("LOOM_", "KAFKA_", "DATABASE_URL"))}
        self.environment |= {"LOOM_DATABASE_URL": self.url, "LOOM_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
                             "LOOM_KAFKA_GROUP_ID": self.group,
                             "LOOM_TOPIC_MAPPINGS": str(mapping), "LOOM_HTTP_PORT": "0", "LOOM_LOG_FORMAT": "text",
                             "LOOM_RDKAFKA_SESSION_TIMEOUT_MS": "6000", "LOOM_RDKAFKA_HEARTBEAT_INTERVAL_MS": "500"}
        psql(server, f"CREATE DATABASE {self.database}")
        self.command("migrate")
        self.command("create-tables")

    def close(self):
        for child in self.children:
            child.kill()
            child.wait()
        psql(self.server, f"DROP DATABASE {self.database} WITH (FORCE)")

    def sql(self, statement):
        return psql(self.url, statement)

    def command(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def produce(self, count):
        self.command("produce-sample", "--topic", self.topic, "--count", str(count), "--partitions", str(self.partitions))

    def start_service(self, **more):
        """Runs the service and returns where it answers, once it is ready."""
        log = self.folder / f"service-{len(self.children)}.log"
        with open(log, "wb") as out:
            self.children.append(subprocess.Popen([PROGRAM, "run"], env=self.environment | more, stderr=out, stdout=out))
        address = await_that("the service's address in its log", lambda: re.search(r"HTTP on http://0\.0\.0\.0:(\d+)", log.read_text()))
        await_that("assigned partitions", lambda: f"{self.partitions} in all" in log.read_text())
        return f"http://127.0.0.1:{address.group(1)}/status"

    def stop_service(self):
        child = self.children.pop()
        child.terminate()
        assert child.wait(30) == 0

    def lag(self):
        return json.loads(self.command("lag", "--json"))["total_lag"]

    def stored(self, count):
        """Produces, and waits until all of that is in the table: from then on the group has offsets."""
        self.produce(count)
        before = int(self.sql("SELECT count(*) FROM readings"))
        self.start_service()
        await_that("rows", lambda: int(self.sql("SELECT count(*) FROM readings")) >= before + count)
        await_that("no lag", lambda: self.lag() == 0)

    def lock_table(self):
        """Holds the table until close() or the returned process ends; the service cannot write into it."""
        child = subprocess.Popen(["psql", self.url, "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.children.insert(0, child)
        child.stdin.write("BEGIN; LOCK TABLE readings IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n")
        child.stdin.flush()
        assert child.stdout.readline() == "locked\n"
        return child


def psql(url, statement):
    done = subprocess.run(["psql", url, "-X", "-q", "-A", "-t", "-c", statement], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
