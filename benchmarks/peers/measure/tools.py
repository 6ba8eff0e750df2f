"""Which tools there are, how each is started, and what it promises. Their configuration lies beside, a folder each."""

import dataclasses
import string
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
OURS = "kafka-to-db-consumer"
BAR = "benthos-sql-raw"  # the fastest peer, against which the ratio is reckoned


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    title: str
    needs: str  # what is fetched for it
    folder: str  # of its configuration
    delivery: str
    synchronous: bool = True  # does it wait until PostgreSQL has its commits on disk?
    settings: tuple = ()  # further variables of its environment
    avro: str = ""  # the folder of its configuration for messages in Avro
    without_avro: str = ""  # or why there is none

    def command(self, paths, folder):
        place = paths[self.needs]
        if self.needs == "consumer":
            return [place, "run"]
        if self.needs == "benthos":
            return [place, "-c", f"{folder}/config.yaml"]
        if self.needs == "telegraf":
            return [place, "--config", f"{folder}/telegraf.conf"]
        if self.needs == "python":
            return ["/usr/bin/python3", f"{folder}/consumer.py"]
        # The heap that Kafka's own script starts Connect with.
        return ["java", "-Xms256M", "-Xmx2G", f"-Dlog4j.configuration=file:{FOLDER}/get/log4j.properties", "-cp",
                f"{place}/*", "org.apache.kafka.connect.cli.ConnectStandalone", f"{folder}/worker.properties",
                f"{folder}/connector.properties"]  # fmt: skip

    def environment(self, paths, common):
        more = dict(self.settings)
        if self.needs == "consumer":
            for line in (FOLDER / self.folder / "service.env").read_text().splitlines():
                if line and not line.startswith("#"):
                    name, _, value = line.partition("=")
                    more[name] = string.Template(value).substitute(common)
        if self.needs == "python":
            more["PYTHONPATH"] = paths["python"]
        return more


AT_LEAST_ONCE = "at least once: offsets are committed after the rows, apart from them; "
AUTO_COMMIT = (
    "none: offsets are committed by a timer, whatever has been stored, and commits are not awaited on disk; "
    "rows are lost when it or the database fails"
)
TELEGRAF_AND_TIMES = "its Avro parser cannot take a timestamp-micros for the time of a metric"

TOOLS = [
    Tool(OURS, "kafka-to-db-consumer", "consumer", OURS,
         "exactly once: rows and offsets in one transaction, which may therefore be late on disk (synchronous_commit off)",
         synchronous=False, avro=f"avro/{OURS}"),
    Tool(BAR, "Benthos sql_raw", "benthos", BAR,
         AT_LEAST_ONCE + "the key and DO NOTHING drop what comes twice; one bad message holds back its batch of up to 2,000",
         avro=f"avro/{BAR}"),
    Tool("benthos-sql-insert", "Benthos sql_insert", "benthos", "benthos-sql-insert",
         AT_LEAST_ONCE + "the key and DO NOTHING drop what comes twice", avro="avro/benthos-sql-insert"),
    Tool("debezium-insert", "Debezium JDBC sink, insert", "debezium", "debezium-insert",
         AT_LEAST_ONCE + "a message that comes twice fails the task", avro="avro/debezium-insert"),
    Tool("debezium-upsert", "Debezium JDBC sink, upsert", "debezium", "debezium-upsert",
         AT_LEAST_ONCE + "what comes twice overwrites itself", avro="avro/debezium-upsert"),
    Tool("telegraf-one", "Telegraf, one input", "telegraf", "telegraf-one",
         AT_LEAST_ONCE + "but a duplicate key drops its whole batch of 5,000 rows", without_avro=TELEGRAF_AND_TIMES),
    Tool("telegraf-two", "Telegraf, two inputs", "telegraf", "telegraf-two",
         AT_LEAST_ONCE + "but a duplicate key, which a second input's joining can bring, drops its whole batch of 5,000 rows",
         without_avro=TELEGRAF_AND_TIMES),
    Tool("python", "Python, batches of 200", "python", "python", AUTO_COMMIT, synchronous=False, avro="python"),
    Tool("python-rows", "Python, row by row", "python", "python", AUTO_COMMIT, synchronous=False,
         avro="python", settings=(("LOOM_KAFKA_BATCH_SIZE", "1"),)),
]  # fmt: skip


def in_format(tool, form):
    """The tool with its configuration for messages of that format."""
    return dataclasses.replace(tool, folder=tool.avro) if form == "avro" else tool


def left_out(form):
    """Tools that cannot read messages of that format."""
    return [tool for tool in TOOLS if form == "avro" and not tool.avro]


def chosen(names, form):
    known = {tool.name: tool for tool in TOOLS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"error: no such peer: {', '.join(unknown)} (there are: {', '.join(known)})")
    without = left_out(form)
    for tool in without:
        if tool.name in names:
            sys.exit(f"error: {tool.name} does not run with --format {form}: {tool.without_avro}")
    return [in_format(tool, form) for tool in TOOLS if (not names or tool.name in names) and tool not in without]
