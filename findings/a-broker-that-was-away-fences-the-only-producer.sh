#!/usr/bin/env bash
# A broker that was away for longer than transaction.timeout.ms tells the only transactional producer that a newer instance
# has fenced it, and librdkafka makes that a fatal error.
#
# Package:  confluent-kafka (librdkafka) from PyPI, Apache Kafka from Maven Central
# Version:  confluent-kafka 2.0.2 and 2.15.0 with the librdkafka of the same numbers; Kafka 3.9.1
# Needs:    python3 with venv, mvn, java 17 or newer
# Expected: the coordinator ends a transaction that has timed out and raises the producer's epoch; a producer that asks with
#           the epoch before that gets a new one and goes on (KIP-588, "Allow producers to recover gracefully from
#           transaction timeouts"), so abort_transaction() succeeds or asks for another try
# Seen:     with the broker away for a time shorter than transaction.timeout.ms the transaction is aborted and the producer
#           goes on. Away for longer, and once the coordinator that came back has ended the transaction: abort_transaction() fails with _FENCED, "This instance has been fenced by a newer
#           instance", fatal, from both versions; there is no other instance. Only a new producer object helps, also under
#           the same transactional.id. The guess before it ran was a hang in abort_transaction(); wrong
# Why it matters here: a stage that works exactly once ended after each longer outage of its coordinator. src/sdk/stage/delivery.cpp
#           makes a new producer where outputs had timed out before, and still ends where another replica has its name
set -euo pipefail

folder=$(mktemp -d)
finish() {
  [[ ! -f $folder/broker.pid ]] || kill -9 "$(<"$folder/broker.pid")" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
unknown() {
  echo "not known: $1" >&2
  exit 2
}

cat >"$folder/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>3.9.1</version>
    </dependency>
  </dependencies>
</project>
XML
mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$folder/jars" \
  >"$folder/mvn.log" 2>&1 || unknown 'Kafka cannot be fetched from Maven Central'
for version in 2.0.2 2.15.0; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" -q install confluent-kafka==$version >"$folder/pip.log" 2>&1 ||
    unknown "confluent-kafka $version cannot be fetched from PyPI"
done

read -r port controller < <(python3 -c '
import socket
held = [socket.socket() for _ in range(2)]
for one in held: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])')
cat >"$folder/broker.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.dirs=$folder/data
END
java -cp "$folder/jars/*" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$folder/broker.properties" \
  >"$folder/format.log" 2>&1 || unknown 'the broker cannot be made'

cat >"$folder/away.py" <<'PY'
import pathlib
import signal
import subprocess
import sys
import time

import confluent_kafka as kafka
from confluent_kafka.admin import AdminClient, NewTopic

folder, address, timeout_ms = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def start():
    with open(folder / "broker.log", "a") as log:
        command = ["java", "-Xmx512m", "-cp", f"{folder}/jars/*", "kafka.Kafka", str(folder / "broker.properties")]
        broker = subprocess.Popen(command, stdout=log, stderr=log)
    (folder / "broker.pid").write_text(str(broker.pid))
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    until = time.time() + 120
    while True:
        try:
            admin.list_topics(timeout=2)
            return broker, admin
        except kafka.KafkaException:
            if time.time() > until:
                raise


broker, admin = start()
if "out" not in admin.list_topics(timeout=10).topics:
    admin.create_topics([NewTopic("out", 1, 1)])["out"].result(30)
version = kafka.libversion()[0]
producer = kafka.Producer({
    "bootstrap.servers": address,
    "transactional.id": f"only-{version}-{timeout_ms}",
    "transaction.timeout.ms": timeout_ms,
    "message.timeout.ms": 10000,
    "log_level": 0,
})
producer.init_transactions(60)
producer.begin_transaction()
answers = []
producer.produce("out", "before", on_delivery=lambda error, _: answers.append(error))
producer.flush(30)
broker.send_signal(signal.SIGKILL)
broker.wait()
killed = time.time()
producer.produce("out", "meanwhile", on_delivery=lambda error, _: answers.append(error))
while len(answers) < 2:
    producer.poll(0.2)
assert answers[0] is None and answers[1].code() == kafka.KafkaError._MSG_TIMED_OUT, answers
if timeout_ms < 60000:  # longer away than the transaction may last
    time.sleep(max(0.0, killed + timeout_ms / 1000 + 5 - time.time()))
broker, _ = start()
time.sleep(15)  # the coordinator looks every 10 s for transactions that have timed out
try:
    producer.abort_transaction(120)
    answer = "aborted, and goes on"
except kafka.KafkaException as failure:
    error = failure.args[0]
    answer = f"{error.name()}{', fatal' if error.fatal() else ''}"
    again = kafka.Producer({"bootstrap.servers": address, "transactional.id": f"only-{version}-{timeout_ms}", "log_level": 0})
    again.init_transactions(60)
    again.begin_transaction()
    again.produce("out", "after")
    again.commit_transaction(60)
    answer += "; a new producer of this name goes on"
print(f"librdkafka {version}, transaction.timeout.ms {timeout_ms}: {answer}")
broker.terminate()
broker.wait()
PY
seen=''
for version in 2.0.2 2.15.0; do
  for timeout in 900000 12000; do
    line=$("$folder/$version/bin/python" "$folder/away.py" "$folder" "127.0.0.1:$port" $timeout)
    echo "$line"
    seen+="${line##*: };"
  done
done
fenced='_FENCED, fatal; a new producer of this name goes on'
if [[ $seen == "aborted, and goes on;$fenced;aborted, and goes on;$fenced;" ]]; then
  echo 'still so: whoever was away for too long is told that somebody else has its name'
else
  echo 'changed'
  exit 1
fi
