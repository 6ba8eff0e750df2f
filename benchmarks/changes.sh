#!/usr/bin/env bash
# A stream of changes, and a snapshot: the service beside Debezium's JDBC sink, and beside its own plain messages.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/servers.sh"
# shellcheck source=benchmarks/lib.sh
. "$LOOM_ROOT/benchmarks/lib.sh"
# shellcheck source=benchmarks/peers/get.sh
. "$LOOM_ROOT/benchmarks/peers/get.sh"

usage() {
  cat <<'EOT'
Usage: benchmarks/changes.sh [--events N] [--keys K] [--repeat R] [--only PART] [--seed S] [--seconds-most S]
                             [--async-commit] [--build DIR] [--results FILE] [--keep]

Builds the release, fetches Kafka Connect with Debezium's JDBC sink (once, kept in ~/.cache), starts Kafka and PostgreSQL,
fills three topics (6 partitions by key, lz4), and drains them in turns, each time into an empty table with its
primary key. docs/benchmarks.md explains the figures.

  stream    N change events with their schemas (60 % updates, 30 % inserts, 10 % deletes, a tombstone behind each of these):
            the service, and the JDBC sink in upsert mode with deletes
  snapshot  N events of op r, and the same rows as plain messages of the same bytes: the service

--events N         events of each topic (1,000,000)
--keys K           the stream changes K keys and a quarter more, so that some stay deleted (200,000; at least a fifth of N)
--repeat R         repetitions, of which the medians count (3)
--only PART        stream or snapshot (both)
--seed S           of the rows and of their changes (1)
--seconds-most S   a run that needs longer has failed (600)
--async-commit     PostgreSQL runs with synchronous_commit off for the sink, too
--build DIR        use the program of this build folder as it is, build nothing
--results FILE     where the figures go as JSON (benchmarks/results/changes.json); the page lies beside it as .md, and the
                   configuration of both tools in the folder of that name
--keep             leave the servers, the table and the logs, and say where they are
EOT
}

given=() events=1000000 keys=200000 repeat=3 only='' seed=1 seconds_most=600 async_commit=false keep=false build=''
results=$LOOM_ROOT/benchmarks/results/changes.json
while (($# > 0)); do
  case $1 in
    --events) events=${2:?--events needs a number} && shift ;;
    --keys) keys=${2:?--keys needs a number} && shift ;;
    --repeat) repeat=${2:?--repeat needs a number} && shift ;;
    --only) only=${2:?--only needs stream or snapshot} && shift ;;
    --seed) seed=${2:?--seed needs a number} && shift ;;
    --seconds-most) seconds_most=${2:?--seconds-most needs a number} && shift ;;
    --async-commit) async_commit=true ;;
    --build) build=${2:?--build needs a folder} && shift ;;
    --results) results=${2:?--results needs a file} && shift ;;
    --keep) keep=true ;;
    *) other_argument "$1" ;;
  esac
  shift
done
for number in "$events" "$keys" "$repeat" "$seed" "$seconds_most"; do
  [[ $number =~ ^[1-9][0-9]*$ ]] || die "a whole number from 1 is wanted, not \"$number\""
done
((keys * 5 >= events)) || die '--keys has to be at least a fifth of --events: as many rows are left in the end'
[[ -z $only || $only =~ ^(stream|snapshot)$ ]] || die "--only takes stream or snapshot, not \"$only\""

measure() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$LOOM_ROOT/benchmarks:$LOOM_ROOT/benchmarks/peers /usr/bin/python3 -m changes "$@"; }
# With the libraries that tests/formats writes its messages with.
fill() { PYTHONPATH=$LOOM_ROOT/benchmarks "$LOOM_ROOT/tests/formats/environment.py" -m changes.fill "$@"; }

if [[ $only != snapshot ]]; then
  say "Fetching Debezium's JDBC sink"
  # 77: what CTest takes for "skipped".
  place=$(get_debezium) || exit 77
  given+=(--needs "debezium=$place" --version "Debezium JDBC sink=$DEBEZIUM_VERSION on Kafka Connect $CONNECT_VERSION")
fi
if [[ -z $build ]]; then
  build_release kafka-to-db-consumer
  build=$LOOM_ROOT/build/release
fi
consumer=$build/kafka-to-db-consumer
mkdir -p "$(dirname "$results")"
servers=''
begin_benchmark changes

say 'Starting Kafka and PostgreSQL'
servers_start "$servers"
tune_postgres "$servers"
url=$(postgres_url "$servers") brokers=$(kafka_address "$servers")

say "Filling the topics: $events events each"
fill --bootstrap-servers "$brokers" --events "$events" --keys "$keys" --seed "$seed" --work "$work"
psql -X -q -v ON_ERROR_STOP=1 -f "$LOOM_ROOT/benchmarks/changes/table.sql" "$url"
for part in stream snapshot; do
  psql -X -q -v ON_ERROR_STOP=1 -c "\\copy ${part}_expected FROM '$work/$part.copy'" "$url"
  rm "$work/$part.copy"
done
LOOM_DATABASE_URL=$url "$consumer" migrate >/dev/null
# It warns of types that nobody names where events come without schemas; these come with them.
for mapping in stream snapshot plain; do
  LOOM_DATABASE_URL=$url LOOM_TOPIC_MAPPINGS=$LOOM_ROOT/benchmarks/changes/$mapping.yml \
    "$consumer" validate --database >"$work/validate.log" 2>&1 || { show_tail "$work/validate.log"; die "$mapping.yml is refused"; }
done
if $async_commit; then
  psql -X -q "$url" -c 'ALTER DATABASE loom SET synchronous_commit = off'
  given+=(--async-commit)
fi

say "Measuring, $repeat times"
measure --messages "$events" --repeat "$repeat" --only "$only" --seconds-most "$seconds_most" "${given[@]}" \
  --needs "consumer=$consumer" --version "$("$consumer" --version | tr ' ' '=')" \
  --version "PostgreSQL=$(psql -X -A -t "$url" -c 'SHOW server_version')" --version "Kafka=$LOOM_KAFKA_VERSION" \
  --port "$(free_port)" --work "$work" --results "$results" --database-url "$url" --bootstrap-servers "$brokers" \
  --postgres-pid "$(process_of "$servers/postgres.pid")" --kafka-pid "$(process_of "$servers/kafka.pid")"
note "figures: $results, and ${results%.json}.md"
