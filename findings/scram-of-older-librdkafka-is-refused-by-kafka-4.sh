#!/usr/bin/env bash
# Kafka 4 refuses the right user and password of every librdkafka before 2.6.1 by SCRAM, as "invalid credentials".
#
# Package:  confluent-kafka (librdkafka) from PyPI, Apache Kafka from Maven Central
# Version:  confluent-kafka 2.4.0 and 2.6.1 with the librdkafka of the same numbers; Kafka 4.4.0
# Needs:    python3 with venv, mvn, java 17 or newer
# Expected: clients back to Kafka 2.1 may talk to a broker of Kafka 4 (KIP-896, "Remove old client protocol API versions in
#           Kafka 4.0"), and librdkafka 2.0.2 does, by TLS, PLAIN or OAUTHBEARER; SCRAM's messages have not changed
# Seen:     librdkafka 2.4.0 (and 2.0.2, which Debian 12 has, and 2.2.0): "Authentication failed during authentication due to
#           invalid credentials with SASL mechanism SCRAM-SHA-256"; 2.6.1 with the same user and password: all is well.
#           Kafka 3.9.1 takes both. The guess before it ran was a character of the password that Kafka's tool reads
#           otherwise; wrong: `abc` is refused, too. The cause is in librdkafka's pull request 4895
# Why it matters here: the image is a Debian 12's. src/source/library_needs.h knows of it, and the service says in its log what
#           helps (src/source/group_client.cpp, docs/security.md)
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
      <version>4.4.0</version>
    </dependency>
  </dependencies>
</project>
XML
mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$folder/jars" \
  >"$folder/mvn.log" 2>&1 || unknown 'Kafka cannot be fetched from Maven Central'
for version in 2.4.0 2.6.1; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" -q install confluent-kafka==$version >"$folder/pip.log" 2>&1 ||
    unknown "confluent-kafka $version cannot be fetched from PyPI"
done

read -r plain scram controller < <(python3 -c '
import socket
held = [socket.socket() for _ in range(3)]
for one in held: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])')
cat >"$folder/broker.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$plain,S://127.0.0.1:$scram,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$plain,S://127.0.0.1:$scram
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,S:SASL_PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.name.s.sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.s.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs=$folder/data
EOF
java -cp "$folder/jars/*" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$folder/broker.properties" \
  >"$folder/format.log" 2>&1 || unknown 'the broker cannot be made'
java -Xmx512m -cp "$folder/jars/*" kafka.Kafka "$folder/broker.properties" >"$folder/broker.log" 2>&1 &
broker=$!

cat >"$folder/user.py" <<'PY'
import sys
import time

import confluent_kafka
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

admin = AdminClient({"bootstrap.servers": sys.argv[1], "log_level": 0})
until = time.time() + 60
while True:
    try:
        admin.list_topics(timeout=2)
        break
    except confluent_kafka.KafkaException:
        if time.time() > until:
            raise
info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
for done in admin.alter_user_scram_credentials([UserScramCredentialUpsertion("reader", info, b"abc")]).values():
    done.result(30)
PY
"$folder/2.6.1/bin/python" "$folder/user.py" "127.0.0.1:$plain" || unknown 'the user cannot be made'

cat >"$folder/connect.py" <<'PY'
import sys

import confluent_kafka
from confluent_kafka.admin import AdminClient

words = []
client = AdminClient({
    "bootstrap.servers": sys.argv[1],
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "SCRAM-SHA-256",
    "sasl.username": "reader",
    "sasl.password": "abc",
    "error_cb": lambda error: words.append(error.str()),
    "log_level": 0,
})
answer = "connected"
try:
    client.list_topics(timeout=10)
except confluent_kafka.KafkaException:
    client.poll(1)
    refused = [line for line in words if "invalid credentials" in line]
    answer = "refused: invalid credentials" if refused else f"something else: {words}"
print(f"librdkafka {confluent_kafka.libversion()[0]}: {answer}")
PY
seen=''
for version in 2.4.0 2.6.1; do
  line=$("$folder/$version/bin/python" "$folder/connect.py" "127.0.0.1:$scram")
  echo "$line"
  seen+="$line;"
done
if [[ $seen == 'librdkafka 2.4.0: refused: invalid credentials;librdkafka 2.6.1: connected;' ]]; then
  echo 'still so: the older one is refused with the right password'
else
  echo 'changed: both are treated alike'
  exit 1
fi
