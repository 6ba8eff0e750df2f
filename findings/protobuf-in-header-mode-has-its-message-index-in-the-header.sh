#!/usr/bin/env bash
# With the schema's GUID in a record header, confluent-kafka's Protobuf serializer moves the message indexes there, too.
#
# Package:  confluent-kafka[protobuf,schemaregistry] from PyPI, with its own mock registry
# Version:  confluent-kafka 2.16.1, protobuf 6.33.2, grpcio-tools 1.76.0
# Needs:    python3 with venv
# Expected: the wire format as Confluent documents it: id, then the message indexes, then the message; with the id in a
#           header instead of in front, the payload would begin with the indexes. That was the guess before it ran
# Seen:     the header __value_schema_id is byte 1, 16 bytes of the GUID, and then the indexes (`02 02` for the second
#           message of the file); the payload is the bare message. Of Avro the header ends with the GUID
# Why it matters here: each such message was taken for undecodable. src/decode/framing.cpp reads the indexes where they are
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unknown() {
  echo "not known: $1" >&2
  exit 2
}

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install 'confluent-kafka[protobuf,schemaregistry]==2.16.1' 'protobuf==6.33.2' \
  'grpcio-tools==1.76.0' >"$folder/pip.log" 2>&1 || unknown 'confluent-kafka 2.16.1 cannot be fetched from PyPI'

cat >"$folder/two.proto" <<'EOF'
syntax = "proto3";
package finding;
message First { int32 id = 1; }
message Second { int32 id = 1; }
EOF
(cd "$folder" && venv/bin/python -m grpc_tools.protoc -I. --python_out=. two.proto)

cat >"$folder/serialize.py" <<'EOF'
from confluent_kafka.schema_registry import SchemaRegistryClient, header_schema_id_serializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

import two_pb2

registry = SchemaRegistryClient.new_client({"url": "mock://finding"})
serializer = ProtobufSerializer(
    two_pb2.Second,
    registry,
    {"use.deprecated.format": False, "schema.id.serializer": header_schema_id_serializer},
)
headers = []
value = serializer(two_pb2.Second(id=5), SerializationContext("topic", MessageField.VALUE, headers))
for name, content in headers:
    print(name, len(content), content[17:].hex() or "-")
print("payload", value.hex())
EOF
seen=$(cd "$folder" && venv/bin/python serialize.py 2>"$folder/errors") || { cat "$folder/errors" >&2 && unknown 'the serializer failed'; }
echo "$seen"
if [[ $seen == *'__value_schema_id 19 0202'* && $seen == *'payload 0805'* ]]; then
  echo 'still so: the message indexes stand behind the GUID in the header, and the payload is the bare message'
else
  echo 'changed: the message indexes are elsewhere'
  exit 1
fi
