#!/usr/bin/env bash
# A consumer of a topic that is deleted, made again and filled goes on in the middle of the new topic, and is told nothing.
#
# Package:  confluent-kafka (librdkafka) from PyPI, Apache Kafka from Maven Central
# Version:  confluent-kafka 2.8.2 with its librdkafka 2.8.0; Kafka 3.9.1
# Needs:    python3 with venv, mvn, java 17 or newer
# Expected: topic ids (KIP-516: "Topic Identifiers", https://cwiki.apache.org/confluence/display/KAFKA/KIP-516) are there so
#           that clients do not take a topic for its predecessor of the same name; with auto.offset.reset=error an error,
#           at the least
# Seen:     2,000 messages read, the topic deleted and made again at once with 3,000 others: the consumer delivers offsets
#           2000 to 2999 of the new topic as if they followed. The first 2,000 are never delivered, and no error comes
# Why it matters here: rows would be missing without a word. src/pipeline/partition_reader.cpp takes a silence for a
#           doubt and looks at the last record again (docs/decisions/0013)
set -euo pipefail

folder=$(mktemp -d)
broker=''
finish() {
  if [[ -n $broker ]]; then kill "$broker" 2>/dev/null && wait "$broker" 2>/dev/null; fi
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
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install confluent-kafka==2.8.2 >"$folder/pip.log" 2>&1 || unknown 'confluent-kafka cannot be fetched from PyPI'

read -r client controller < <(python3 -c '
import socket
held = [socket.socket() for _ in range(2)]
for one in held: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])')
cat >"$folder/broker.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$client,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$client
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/data
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
EOF
java -cp "$folder/jars/*" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$folder/broker.properties" \
  >"$folder/format.log" 2>&1 || unknown 'the broker cannot be made'
java -Xmx512m -cp "$folder/jars/*" kafka.Kafka "$folder/broker.properties" >"$folder/broker.log" 2>&1 &
broker=$!

cat >"$folder/consume.py" <<'PY'
import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

address = {"bootstrap.servers": sys.argv[1]}
admin = AdminClient(address)
until = time.time() + 60
while True:
    try:
        admin.list_topics(timeout=2)
        break
    except confluent_kafka.KafkaException:
        if time.time() > until:
            raise


def wait_for(futures):
    for future in futures.values():
        future.result(30)


def make():
    until = time.time() + 30
    while True:  # the old one's name may be taken for a moment
        try:
            wait_for(admin.create_topics([NewTopic("readings", 1, 1)]))
            return
        except confluent_kafka.KafkaException:
            if time.time() > until:
                raise
            time.sleep(0.05)


def fill(word, count):
    producer = Producer(address)
    for number in range(count):
        producer.produce("readings", f"{word} {number}", partition=0)
        producer.poll(0)
    producer.flush(30)


def read(seconds, enough):
    words, errors, until = [], [], time.time() + seconds
    while time.time() < until and len(words) < enough:
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error():
            errors.append(str(message.error()))
        else:
            words.append((message.offset(), message.value().decode()))
    return words, errors


make()
fill("old", 2000)
consumer = Consumer({**address, "group.id": "reader", "enable.auto.commit": False, "auto.offset.reset": "error"})
consumer.assign([TopicPartition("readings", 0, 0)])
before, _ = read(30, 2000)
wait_for(admin.delete_topics(["readings"]))
make()
fill("new", 3000)
after, errors = read(20, 3000)
print(f"confluent-kafka {confluent_kafka.version()[0]}, librdkafka {confluent_kafka.libversion()[0]}")
print(f"read of the old topic: {len(before)}")
print(f"read of the new topic: {len(after)}" + (f", from offset {after[0][0]} ({after[0][1]})" if after else ""))
print(f"errors: {errors}")
sys.exit(0 if len(before) == 2000 and after and after[0] == (2000, "new 2000") and not errors else 1)
PY
if "$folder/venv/bin/python" "$folder/consume.py" "127.0.0.1:$client"; then
  echo 'still so: it goes on in the middle of the new topic, without an error'
else
  echo 'changed: it is told, or begins elsewhere'
  exit 1
fi
