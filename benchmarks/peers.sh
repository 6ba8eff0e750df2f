#!/usr/bin/env bash
# What users would pick instead, and this service: the same messages into the same table, one after the other.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/servers.sh"
# shellcheck source=benchmarks/lib.sh
. "$LOOM_ROOT/benchmarks/lib.sh"
# shellcheck source=benchmarks/peers/get.sh
. "$LOOM_ROOT/benchmarks/peers/get.sh"

usage() {
  cat <<'EOT'
Usage: benchmarks/peers.sh [--messages N] [--only NAME,NAME] [--repeat R] [--seconds-most S] [--async-commit]
                           [--format json|avro] [--delivery] [--build DIR] [--results FILE] [--keep] [--get]

Builds the release, fetches and builds the peers (once: about five minutes, kept in ~/.cache), starts Kafka and
PostgreSQL, fills the topic device.sensor.accelerometer.raw (6 uneven partitions), and lets each tool drain it R times in
turn into the same table with its primary key. docs/benchmarks.md explains the figures.

--messages N       messages in the topic (1,000,000; a multiple of 50 keeps the shares exact)
--only NAMES       kafka-to-db-consumer, benthos-sql-raw, benthos-sql-insert, debezium-insert, debezium-upsert,
                   telegraf-one, telegraf-two, python, python-rows (default: all)
--format FORMAT    the messages are json (the default) or avro: the same rows, in Confluent's framing, and with a schema
                   registry (Apicurio Registry); without telegraf-one and telegraf-two, which cannot read them
--repeat R         repetitions, of which the medians count (3)
--seconds-most S   a tool that needs longer is stopped and measured by what it has stored (60)
--async-commit     PostgreSQL runs with synchronous_commit off for the peers, too; by default only for the tools that ask
                   for it
--delivery         afterwards see what each makes of a topic read twice and of a bad message (some ten minutes more)
--build DIR        use the programs of this build folder as they are, build nothing
--results FILE     where the figures go as JSON (benchmarks/results/peers.json, or peers-avro.json); the page lies beside
                   it as .md, and the configuration of each tool in the folder of that name
--keep             leave the servers, the table and the logs, and say where they are
--get              only fetch and build the peers
EOT
}

given=() messages=1000000 repeat=3 only='' format=json seconds_most=60 async_commit=false keep=false get=false build=''
results=''
while (($# > 0)); do
  case $1 in
    --messages) messages=${2:?--messages needs a number} && shift ;;
    --only) only=${2:?--only needs names} && shift ;;
    --format) format=${2:?--format needs json or avro} && shift ;;
    --repeat) repeat=${2:?--repeat needs a number} && shift ;;
    --seconds-most) seconds_most=${2:?--seconds-most needs a number} && shift ;;
    --async-commit) async_commit=true ;;
    --delivery) given+=(--delivery) ;;
    --build) build=${2:?--build needs a folder} && shift ;;
    --results) results=${2:?--results needs a file} && shift ;;
    --keep) keep=true ;;
    --get) get=true ;;
    *) other_argument "$1" ;;
  esac
  shift
done
[[ $messages =~ ^[1-9][0-9]*$ && $repeat =~ ^[1-9][0-9]*$ && $seconds_most =~ ^[1-9][0-9]*$ ]] ||
  die '--messages, --repeat and --seconds-most take whole numbers from 1'

[[ $format =~ ^(json|avro)$ ]] || die "--format takes json or avro, not \"$format\""
if [[ -z $results ]]; then
  results=$LOOM_ROOT/benchmarks/results/peers.json
  if [[ $format == avro ]]; then results=${results%.json}-avro.json; fi
fi

measure() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$LOOM_ROOT/benchmarks/peers /usr/bin/python3 -m measure "$@"; }

# Into `given`: where each peer is, and its version.
get_peers() {
  local need needed place version
  needed=$(measure --messages "$messages" --format "$format" --only "$only" --list-needs) || exit 2
  for need in $needed; do
    # 77: what CTest takes for "skipped".
    place=$("get_$need") || exit 77
    case $need in
      benthos) version=$BENTHOS_VERSION ;;
      telegraf) version=$TELEGRAF_VERSION ;;
      debezium) version="$DEBEZIUM_VERSION on Kafka Connect $CONNECT_VERSION" ;;
      python) version="aiokafka $(pinned aiokafka), asyncpg $(pinned asyncpg)" ;;
    esac
    if [[ $format == avro ]]; then
      case $need in
        debezium) version+=", Apicurio's converter $APICURIO_VERSION" ;;
        python) version+=", fastavro $(pinned fastavro)" ;;
      esac
    fi
    given+=(--needs "$need=$place" --version "$need=$version")
  done
}
pinned() { sed -n "s/^$1==//p" "$peers_source/python/requirements.txt"; }

say 'Fetching the peers'
get_peers
if $get; then exit 0; fi

if [[ -z $build ]]; then
  build_release kafka-to-db-consumer drain-benchmark
  build=$LOOM_ROOT/build/release
fi
mkdir -p "$(dirname "$results")"
servers=''
begin_benchmark peers

say 'Starting Kafka and PostgreSQL'
more=''
if [[ $format == avro ]]; then more=registry; fi
servers_start "$servers" '' 1 "$more"
tune_postgres "$servers"
url=$(postgres_url "$servers") brokers=$(kafka_address "$servers") mapping=$LOOM_ROOT/benchmarks/drain/topic_mappings.yml

say "Filling the topic: $messages messages"
# It also applies the migrations and makes the table, as for benchmarks/drain.sh.
"$build/drain-benchmark" --messages "$messages" --format "$format" --no-with-key --no-without-key --consumer "$build/kafka-to-db-consumer" \
  --mapping "$mapping" --work-dir "$work" --database-url "$url" --bootstrap-servers "$brokers" >&2
if [[ $format == avro ]]; then
  LOOM_TOPIC_MAPPINGS=$mapping "$build/kafka-to-db-consumer" produce-sample --topic device.sensor.accelerometer.raw \
    --format avro --print-schema >"$work/schema.avsc"
  # drain-benchmark has put the mapping with that format there.
  mapping=$work/topic_mappings.yml
  given+=(--registry "$(registry_address "$servers")" --schema "$work/schema.avsc" --version "Apicurio Registry=$LOOM_REGISTRY_VERSION")
fi
if $async_commit; then
  psql -X -q "$url" -c 'ALTER DATABASE loom SET synchronous_commit = off'
  given+=(--async-commit)
fi

say "Measuring, $repeat times"
measure --messages "$messages" --format "$format" --repeat "$repeat" --only "$only" --seconds-most "$seconds_most" "${given[@]}" \
  --needs "kafka=$LOOM_KAFKA_HOME" --needs "consumer=$build/kafka-to-db-consumer" --version "$("$build/kafka-to-db-consumer" --version | tr ' ' '=')" \
  --version "PostgreSQL=$(psql -X -A -t "$url" -c 'SHOW server_version')" --version "Kafka=$LOOM_KAFKA_VERSION" \
  --mapping "$mapping" --port "$(free_port)" --work "$work" --results "$results" --database-url "$url" \
  --bootstrap-servers "$brokers" --postgres-pid "$(process_of "$servers/postgres.pid")" \
  --kafka-pid "$(process_of "$servers/kafka.pid")"
note "figures: $results, and ${results%.json}.md"
