"""The two ways to what is asked: through kubectl, or at plain addresses. Both give the same report."""

import json
import os
import shlex
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import commands
import database
import lag
import pods
from options import NAME


class Plain:
    """The program, psql and the service's HTTP port, where this script runs."""

    name = "plain"

    def __init__(self, options):
        self.options = options
        self.program = commands.find_program(options.program, NAME)
        self.bootstrap = options.bootstrap or os.environ.get("LOOM_KAFKA_BOOTSTRAP_SERVERS") or os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
        # Without an address of Kafka, this machine's service is what is meant; with one it may be another system's.
        self.status_urls = options.status_url or ([] if self.bootstrap else ["http://127.0.0.1:8001/status"])

    @property
    def where(self):
        return f"Kafka at {self.bootstrap}" if self.bootstrap else ", ".join(self.status_urls)

    def pods(self):
        return pods.nothing("not here: plain addresses were looked at, no cluster")

    def statuses(self, _pods):
        found, problems = [], []
        for url in self.status_urls:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    found.append({"replica": url.split("/")[2], **json.load(answer)})
            except (OSError, ValueError) as error:
                problems.append(f"{url}: {error}")
        # One that nobody named and that is not there is no news.
        return found, problems if self.options.status_url else []

    def look(self, _pods):
        if not self.program:
            raise lag.NotRead(f"no {NAME}: build it (make build), put it on the PATH, or name it with --program")
        if not self.bootstrap:
            raise lag.NotRead("no address of Kafka: set LOOM_KAFKA_BOOTSTRAP_SERVERS or give --bootstrap")
        environment = {"LOOM_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}
        if self.options.database_url:
            environment["LOOM_DATABASE_URL"] = self.options.database_url
        group = ["--group", self.options.group] if self.options.group else []
        return lag.from_program(commands.run([self.program, "lag", "--json", *group], timeout=60, env=environment))

    def sql(self):
        return local_sql(self.options)


class Kubernetes:
    """One deployment in one namespace. The image has no shell: its own program is what can be run in it, and its HTTP
    port is asked through the API server."""

    name = "kubernetes"

    def __init__(self, options):
        self.options = options
        self.kubectl = commands.Kubectl(options.namespace, options.context)

    @property
    def where(self):
        return f"deployment {self.options.deployment} in namespace {self.options.namespace}"

    def pods(self):
        return pods.read(self.kubectl, self.options.deployment)

    def statuses(self, found_pods):
        def ask(pod):
            path = f"/api/v1/namespaces/{self.options.namespace}/pods/{pod['name']}:{pod['port']}/proxy/status"
            answer = self.kubectl.get("--raw", path)
            try:
                return {"replica": pod["name"], **json.loads(answer.out)} if answer.good else answer.why
            except ValueError:
                return "its /status is no JSON"

        running = [pod for pod in found_pods["pods"] if pod["phase"] == "Running" and not pod["going"]]
        with ThreadPoolExecutor(4) as workers:
            answers = list(workers.map(ask, running))
        problems = [f"/status of {pod['name']}: {why}" for pod, why in zip(running, answers) if isinstance(why, str)]
        return [answer for answer in answers if isinstance(answer, dict)], problems[:1]

    def look(self, found_pods):
        group = ["--group", self.options.group] if self.options.group else []
        if found_pods["known"] and not any(pod["phase"] == "Running" for pod in found_pods["pods"]):
            return self.look_at_kafka(self.options.group or found_pods["group"] or NAME, "none of its pods runs")
        answer = self.kubectl.execute(f"deployment/{self.options.deployment}", [NAME, "lag", "--json", *group], container=NAME)
        try:
            return lag.from_program(answer)
        except lag.NotRead as problem:
            if problem.away:
                raise
            return self.look_at_kafka(self.options.group or found_pods["group"] or NAME, str(problem))

    def look_at_kafka(self, group, why_not):
        tool = ["kafka-consumer-groups.sh", "--bootstrap-server", "localhost:9092", "--group", group, "--describe"]
        try:
            found = lag.from_kafka_tool(self.kubectl.execute(self.options.kafka_pod, tool), group, time.time())
        except lag.NotRead as problem:
            raise lag.NotRead(f"{self.options.deployment}: {why_not}; {self.options.kafka_pod}: {problem}") from None
        found["notes"].append(f"the program in {self.options.deployment} could not be asked: {why_not}")
        return found

    def sql(self):
        if self.options.database_url and self.options.given_addresses:
            return local_sql(self.options)
        script = database.script(self.options.application, self.options.service)
        return self.kubectl.execute(self.options.database_pod, [*shlex.split(self.options.psql), *database.FLAGS], stdin=script)


def local_sql(options):
    if not options.database_url:
        return commands.Answer(1, "", "no address of the database: set LOOM_DATABASE_URL or give --database-url")
    url, password = database.split_password(options.database_url)
    environment = {"PGCONNECT_TIMEOUT": "5", "PGAPPNAME": "monitor-lag", **({"PGPASSWORD": password} if password else {})}
    return commands.run(["psql", url, *database.FLAGS], stdin=database.script(options.application, options.service), env=environment)


def choose(options):
    if options.kubernetes:
        return Kubernetes(options)
    if not options.plain and not options.given_addresses:
        cluster = Kubernetes(options)
        if cluster.kubectl.get("deployment", options.deployment, "-o", "name").good:
            return cluster
    return Plain(options)
