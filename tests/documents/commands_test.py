"""Every command that the documents give: its options exist, and it does what it is there for, on real servers, wherever that takes
seconds. What is not run, and why, is NOT_RUN below. A document that is new is checked for its options at once; what it shows of the
program is run when its name is added to RUN."""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "deploy"))

from support.documents import commands, lines, shell_blocks
from support.tools import ROOT, program

NAME = "kafka-to-db-consumer"
PROGRAM = (NAME, f"build/release/{NAME}")
DOCUMENTS = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("helm/*/README.md"), *ROOT.glob("clients/*/README.md")}
    - {ROOT / "CHANGELOG.md"}
)
# Whose lines are run. The others' are checked, and those of docs/deploy.md are typed by tests/deploy/walkthrough_test.py.
RUN = ("README.md", "CONTRIBUTING.md", "docs/configs.md", "docs/mapping.md", "docs/migrate-a-service.md", "docs/operations.md")
# The beginnings of lines of these documents, and why they are not run.
NOT_RUN = {
    "export ": "an example's addresses; the test has its own",
    "./scripts/quickstart.sh": "builds and starts servers of its own; CI runs it",
    "./scripts/install-packages.sh": "changes the machine; CI runs it",
    "./scripts/test.sh": "the test that runs this is part of it",
    "scripts/test.sh": "the test that runs this is part of it",
    "scripts/checks.sh": "minutes; CI runs it",
    "scripts/portability.sh": "an hour, in a Debian of its own",
    "make ": "builds first; `make -n` is asked whether it knows the verb",
    "eval ": "starts servers; the test has its own",
    "scripts/servers.sh stop": "stops them",
    "helm ": "tests/deploy/walkthrough_test.py",
    "docker compose": "tests/deploy/compose_test.py",
    "pip install": "tests/clients/install_test.py",
    "npm install": "tests/clients/install_test.py",
    f"build/release/{NAME} run": "the service that the others look at is that",
}
# Programs whose options are another project's.
NOT_OURS = ("scripts/kafka-tool.sh", "scripts/kafka-topics", "scripts/promtool.sh")
# While the service runs; all others after its end, since `offsets reset` refuses to move a group with members.
LOOKS_AT_THE_SERVICE = ("curl ", f"{NAME} healthcheck", f"{NAME} lag", "scripts/monitor-consumer-lag.sh")
WATCHES = re.compile(r"--watch\b")
# The monitor's verdict is its exit code.
MAY_WARN = {"scripts/monitor-consumer-lag.sh": (0, 1)}
PARTITIONS = 4


@dataclasses.dataclass(frozen=True)
class Line:
    document: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}: {self.text}"

    def why_not(self) -> str:
        return next((why for begin, why in NOT_RUN.items() if self.text.startswith(begin)), "")


def _lines_of(document: pathlib.Path) -> list[Line]:
    name = str(document.relative_to(ROOT))
    return [Line(name, line) for block in shell_blocks(document.read_text()) for line in lines(block)]


ALL = [line for document in DOCUMENTS for line in _lines_of(document)]
TO_RUN = [line for line in ALL if line.document in RUN and not line.why_not()]


# ---- Options


@functools.cache
def _help(*command: str) -> str | None:
    """What it prints for --help; None when it knows no such subcommand."""
    done = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr if done.returncode == 0 else None


def _missing_options(words: list[str], text: str) -> list[str]:
    options = [word.split("=")[0] for word in words if word.startswith("--")]
    return [option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", text)]


def _problem_of_program(words: list[str]) -> str:
    path = [program()]
    rest = words[1:]
    while rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]) and _help(*path, rest[0]) is not None and len(path) < 3:
        # An argument that is no subcommand gets the help of the command before it.
        if _help(*path, rest[0]) == _help(*path):
            break
        path.append(rest.pop(0))
    if len(path) == 1 and rest and not rest[0].startswith("-"):
        return f"there is no subcommand {rest[0]}"
    missing = _missing_options(rest, _help(*path) or "")
    return f"{' '.join(path[1:])} --help does not know {', '.join(missing)}" if missing else ""


def _problem_of_script(words: list[str]) -> str:
    script = ROOT / words[0]
    if not script.is_file() or not os.access(script, os.X_OK):
        return f"there is no program {words[0]}"
    if words[0].removeprefix("./") in NOT_OURS or not any(word.startswith("--") for word in words):
        return ""
    text = _help(str(script))
    missing = _missing_options(words[1:], text or "")
    return f"{words[0]} --help does not know {', '.join(missing)}" if missing else ""


def _problem(words: list[str]) -> str:
    if words[0] == "python" and len(words) > 1 and words[1].startswith("scripts/"):
        words = words[1:]
    if words[0] in PROGRAM:
        return _problem_of_program(words)
    if re.match(r"(\./)?(scripts|benchmarks|tests)/", words[0]):
        return _problem_of_script(words)
    if words[0] == "make":
        done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        return done.stderr.strip() if done.returncode else ""
    if words[0] == "cd" and not (ROOT / words[1]).is_dir():
        return f"there is no folder {words[1]}"
    return ""


def test_every_option_of_a_command_exists() -> None:
    assert len(ALL) > 80, "the test looks for the wrong thing"
    found = [f"{line}: {problem}" for line in ALL for words in commands(line.text) if (problem := _problem(words))]
    assert found == []


def test_the_table_of_commands_in_the_readme_is_the_programs() -> None:
    cells = re.findall(r"^\| (`[a-z][^|]*`) \|", (ROOT / "README.md").read_text().split("| command | does |")[1], re.MULTILINE)
    rows = [text for cell in cells for text in re.findall(r"`([a-z][a-z-]*[^`]*)`", cell)]
    assert len(rows) >= 9, rows
    found = [f"{row}: {problem}" for row in rows for each in _alternatives(row) if (problem := _problem_of_program(each))]
    assert found == []


def _alternatives(row: str) -> list[list[str]]:
    """`offsets show / reset`: offsets show, offsets reset. Brackets say that an option can be left out."""
    words = re.sub(r"[\[\]]", "", row).split()
    if "/" not in words:
        return [[NAME, *words]]
    return [[NAME, words[0], word] for word in words[1:] if word != "/"]


@pytest.mark.parametrize("words", [
    [NAME, "lag", "--no-such-option"], [NAME, "dead-letters", "list", "--yes"], [NAME, "paint"], ["scripts/test.sh", "--paint"],
    ["scripts/paint.sh"], ["make", "paint"], ["cd", "clients/paint"]], ids=" ".join)
def test_what_does_not_exist_would_be_seen(words: list[str]) -> None:
    assert _problem(words)


def test_every_reason_for_not_running_is_still_needed() -> None:
    unused = [begin for begin in NOT_RUN if not any(line.document in RUN and line.text.startswith(begin) for line in ALL)]
    assert unused == []


# ---- Running them


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """Addresses, of those that the tests share where they are named."""
    url, kafka = os.environ.get("LOOM_TEST_DATABASE_URL"), os.environ.get("LOOM_TEST_KAFKA_BOOTSTRAP")
    registry = os.environ.get("LOOM_TEST_SCHEMA_REGISTRY")
    if url and kafka and registry:
        yield {"LOOM_DATABASE_URL": url, "LOOM_KAFKA_BOOTSTRAP_SERVERS": kafka, "LOOM_SCHEMA_REGISTRY_URL": registry}
        return
    # In a folder of the script's own: PostgreSQL's user may not enter those of pytest.
    done = subprocess.run([ROOT / "scripts/servers.sh", "start", "--with", "registry"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = dict(re.findall(r"export (\w+)='?([^'\n]*)'?", done.stdout))
    try:
        yield found
    finally:
        subprocess.run([ROOT / "scripts/servers.sh", "stop", found["LOOM_SERVERS_DIR"]], check=False, capture_output=True)


class Desk:
    """A folder with what the commands name, and an environment that leads to a database, a group and topics of the test's own."""

    def __init__(self, folder: pathlib.Path, servers: dict[str, str]) -> None:
        self.name = f"docs-{os.getpid()}"
        self.port = _free_port()
        self.folder = folder
        self._admin = servers["LOOM_DATABASE_URL"]
        self.database = self.name.replace("-", "_")
        self.sql(f"CREATE DATABASE {self.database}", self._admin)
        split = urllib.parse.urlsplit(self._admin)
        self.url = split._replace(path=f"/{self.database}").geturl()
        for name in ("Makefile", "monitoring", "scripts"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "build/release").mkdir(parents=True)
        for place in (folder / "build/release" / NAME, folder / NAME):
            place.symlink_to(program())
        (folder / "python").symlink_to(sys.executable)
        self.topics = {name: f"{self.name}.{name}" for name in ("gps.raw", "device.audio.raw", "shop.orders")}
        (folder / "topic_mappings.yml").write_text("schema_version: v1\ntopics:\n" + "".join(
            f"  {topic}:\n    table: {name.replace('.', '_')}\n    upsert_key: [device_id, timestamp]\n"
            "    field_mappings: {device_id: device_id, timestamp: timestamp}\n"
            "    data_types: {device_id: string, timestamp: timestamp}\n    required_fields: [device_id]\n"
            for name, topic in self.topics.items()))
        for name in ("orders.jsonl", "mended.json"):
            (folder / name).write_text('{"device_id": "d", "timestamp": "2026-01-31T12:00:00Z"}\n')
        clean = {name: value for name, value in os.environ.items() if "LOOM_" not in name and not name.startswith("KUBE")}
        self.environment = clean | {
            "PATH": f"{folder}:{os.environ['PATH']}", "KUBECONFIG": str(folder / "no-cluster"), "LOOM_DATABASE_URL": self.url,
            "LOOM_KAFKA_BOOTSTRAP_SERVERS": servers["LOOM_KAFKA_BOOTSTRAP_SERVERS"], "LOOM_KAFKA_GROUP_ID": self.name,
            "LOOM_SCHEMA_REGISTRY_URL": servers["LOOM_SCHEMA_REGISTRY_URL"],
            "LOOM_HTTP_PORT": str(self.port), "PGHOST": split.hostname or "", "PGPORT": str(split.port or 5432),
            "PGUSER": split.username or "", "PGPASSWORD": split.password or "", "PGDATABASE": self.database}

    def end(self) -> None:
        self.sql(f"DROP DATABASE {self.database} WITH (FORCE)", self._admin)

    def sql(self, text: str, url: str | None = None) -> str:
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text, url or self.url], capture_output=True, text=True,
                              check=False, timeout=60)
        assert done.returncode == 0, f"{text}: {done.stderr}"
        return done.stdout.strip()

    def ours(self, text: str) -> str:
        """The line with the test's own names in place of the examples'."""
        for name, topic in self.topics.items():
            text = re.sub(rf"--topic {re.escape(name)}(?![\w.])", f"--topic {topic}", text)
        text = text.replace("--topic NAME", f"--topic {self.topics['gps.raw']}").replace("localhost:8001", f"localhost:{self.port}")
        text = text.replace("--group generic-kafka-to-db-consumer", f"--group {self.name}")
        return text.replace("--to 120000", "--to 12")

    def run(self, text: str) -> tuple[int, str]:
        """Exit code and output. What watches is told to end after some seconds, as by Ctrl-C."""
        text = self.ours(text)
        command = ["bash", "-o", "pipefail", "-c", text]
        if WATCHES.search(text):
            command = ["timeout", "--signal=INT", "--kill-after=5", "2", *command]
        # A line's curl must not take an answer that is none for one.
        command[-1] = command[-1].replace("curl -s ", "curl -sS --fail ")
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=120)
        return done.returncode, (done.stdout + done.stderr)[-3000:]

    def must(self, text: str) -> None:
        code, said = self.run(text)
        assert code == 0, f"{text}: exit {code}\n{said}"

    def await_stored(self) -> None:
        """Until every message is a row or a dead letter, and `/readyz` says that all is well."""
        deadline, said = time.monotonic() + 60, ""
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://localhost:{self.port}/readyz", timeout=5) as answer:
                    answer.read()
                said = self.sql("SELECT (SELECT coalesce(sum(next_offset), 0) FROM kafka_consumer_offsets), "
                                "(SELECT count(*) FROM kafka_dead_letters)")
                if said.startswith("450|") and not said.endswith("|0"):
                    return
            except (OSError, urllib.error.URLError) as error:
                said = str(error)
            time.sleep(0.1)
        raise AssertionError(f"the service does not store what was sent: {said}\n{(self.folder / 'service.log').read_text()[-3000:]}")


@pytest.fixture(scope="module")
def results(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Line, tuple[int, str]]]:
    """Exit code and output of each line, in the order of the documents: first what looks at the service, then the rest."""
    desk = Desk(tmp_path_factory.mktemp("desk"), servers)
    try:
        for step in (f"{NAME} migrate", f"{NAME} create-tables",
                     f"{NAME} produce-sample --topic gps.raw --count 400 --partitions {PARTITIONS} --bad-ratio 0.05",
                     f"{NAME} produce-sample --topic device.audio.raw --count 50 --partitions {PARTITIONS}"):
            desk.must(step)
        found: dict[Line, tuple[int, str]] = {}
        with (desk.folder / "service.log").open("wb") as log:
            service = subprocess.Popen([program(), "run"], cwd=desk.folder, env=desk.environment, stdout=log, stderr=log)
            try:
                desk.await_stored()
                for line in TO_RUN:
                    if line.text.startswith(LOOKS_AT_THE_SERVICE):
                        found[line] = desk.run(line.text)
                service.send_signal(signal.SIGTERM)
                assert service.wait(timeout=20) == 0
            finally:
                service.kill()
                service.wait()
        # The dead letter that docs/operations.md looks at.
        desk.sql("UPDATE kafka_dead_letters SET id = 4711, trace_id = '4bf92f3577b34da6a3ce929d0e0e4736' "
                 "WHERE id = (SELECT min(id) FROM kafka_dead_letters)")
        for line in TO_RUN:
            if line not in found:
                found[line] = desk.run(line.text)
        yield found
    finally:
        desk.end()


def _expected(line: Line) -> tuple[int, ...]:
    if WATCHES.search(line.text):
        return (0, 124, 130, *MAY_WARN.get(line.text.split()[0], ()))
    return MAY_WARN.get(line.text.split()[0], (0,))


@pytest.mark.parametrize("line", TO_RUN, ids=str)
def test_the_command_works(results: dict[Line, tuple[int, str]], line: Line) -> None:
    code, said = results[line]
    hint = "Give Desk what it needs, or say in NOT_RUN why it is not run."
    assert code in _expected(line), f"exit {code}\n{said}\n{hint}"


def test_the_commands_are_those_that_were_meant() -> None:
    """None of the program's own is left out unseen."""
    run = {" ".join(words[1:3]) for line in TO_RUN for words in commands(line.text) if words[0] in PROGRAM}
    assert run >= {"dead-letters list", "dead-letters replay", "offsets reset", "offsets show", "lag --watch", "migrate --status"}, run
