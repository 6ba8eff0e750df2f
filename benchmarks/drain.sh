#!/usr/bin/env bash
# How fast the service drains a topic, beside what PostgreSQL takes at most. docs/benchmarks.md explains the figures.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/servers.sh"
# shellcheck source=benchmarks/lib.sh
. "$LOOM_ROOT/benchmarks/lib.sh"

usage() {
  cat <<'EOF'
Usage: benchmarks/drain.sh [--messages N] [--repeat R] [--key | --no-key] [--profile] [--database-delay MS]
                           [--format FORMAT]
                           [--build DIR] [--results FILE] [--keep]

Builds the release, starts Kafka and PostgreSQL, fills the topic device.sensor.accelerometer.raw (6 uneven partitions)
and then, R times in turn, lets kafka-to-db-consumer drain it and writes the same rows, already encoded, by plain COPY:
the ceiling. With the primary key and without; about five minutes.

--messages N    messages in the topic (1,000,000; a multiple of 50 keeps the shares exact)
--repeat R      repetitions, of which the medians count (3)
--key           only the table with the primary key
--no-key        only the table without it
--format FORMAT the messages are json (the default), avro or protobuf; then with a schema registry of the benchmark's own
--profile       record the first drain of each section, and the ceiling beside it, with perf: text files beside FILE
--baseline PROGRAM  another build of the service, drained with in turns: what did a change cost?
--database-delay MS  a round trip of the service, and of the ceiling, to PostgreSQL takes so much longer (5, or 0.5)
--watched       ask the service for /status once a second and for /metrics every five meanwhile
--build DIR     use the programs of this build folder as they are, build nothing
--results FILE  where the figures go as JSON (benchmarks/results/drain.json)
--keep          leave the servers, the tables and the logs, and say where they are
EOF
}

messages=1000000 repeat=3 sections=() profiling=() comparing=() delaying=() formatting=() watched=false keep=false build='' results=$LOOM_ROOT/benchmarks/results/drain.json
while (($# > 0)); do
  case $1 in
    --messages) messages=${2:?--messages needs a number} && shift ;;
    --repeat) repeat=${2:?--repeat needs a number} && shift ;;
    --key) sections=(--no-without-key) ;;
    --no-key) sections=(--no-with-key) ;;
    --profile) profiling=(--profile) ;;
    --build) build=${2:?--build needs a folder} && shift ;;
    --results) results=${2:?--results needs a file} && shift ;;
    --baseline) comparing=(--baseline "${2:?--baseline needs a program}") && shift ;;
    --database-delay) delaying=(--database-delay "${2:?--database-delay needs milliseconds}") && shift ;;
    --format) formatting=(--format "${2:?--format needs json, avro or protobuf}") && shift ;;
    --watched) watched=true ;;
    --keep) keep=true ;;
    *) other_argument "$1" ;;
  esac
  shift
done
if ((${#profiling[@]} > 0)); then command -v perf >/dev/null || die 'perf is missing: apt-get install linux-perf'; fi
[[ $messages =~ ^[1-9][0-9]*$ && $repeat =~ ^[1-9][0-9]*$ ]] || die '--messages and --repeat take whole numbers from 1'

write_profiles() {
  local data out
  for data in "$work"/*.perf; do
    [[ -e $data ]] || continue
    out=$(dirname "$results")/$(basename "$data" .perf)
    {
      echo '# By program and library'
      perf report -i "$data" --stdio --no-children -g none --sort comm,dso --percent-limit 0.3
      echo '# By function'
      perf report -i "$data" --stdio --no-children -g none --sort comm,symbol --percent-limit 0.2
    } >"$out.profile.txt" 2>/dev/null
    perf report -i "$data" --stdio --no-children -g folded,0.1,caller,count --sort comm >"$out.folded.txt" 2>/dev/null
    note "profile: $out.profile.txt, call chains: $out.folded.txt"
  done
}

# Whoever looks at the live page and scrapes the metrics.
watch_the_service() {
  local turn url=http://127.0.0.1:$LOOM_HTTP_PORT
  for ((turn = 0; ; ++turn)); do
    curl -s -m 2 -o /dev/null "$url/status" || true
    if ((turn % 5 == 0)); then curl -s -m 2 -o /dev/null "$url/metrics" || true; fi
    sleep 1
  done
}

before_cleaning() {
  if [[ -n $watcher ]]; then kill "$watcher" 2>/dev/null || true; fi
}

if [[ -z $build ]]; then
  build_release kafka-to-db-consumer drain-benchmark
  build=$LOOM_ROOT/build/release
fi
mkdir -p "$(dirname "$results")"
watcher='' servers=''
begin_benchmark drain

say 'Starting Kafka and PostgreSQL'
servers_start "$servers"
tune_postgres "$servers"
LOOM_HTTP_PORT=$(free_port)
export LOOM_HTTP_PORT
if $watched; then
  watch_the_service &
  watcher=$!
fi

say "Measuring: $messages messages, $repeat times"
"$build/drain-benchmark" --messages "$messages" --repeat "$repeat" "${sections[@]}" "${profiling[@]}" "${comparing[@]}" \
  "${delaying[@]}" "${formatting[@]}" --consumer "$build/kafka-to-db-consumer" --mapping "$LOOM_ROOT/benchmarks/drain/topic_mappings.yml" \
  --work-dir "$work" --results "$results" \
  --database-url "$(postgres_url "$servers")" --bootstrap-servers "$(kafka_address "$servers")" \
  --postgres-pid "$(process_of "$servers/postgres.pid")" --kafka-pid "$(process_of "$servers/kafka.pid")"
write_profiles
note "figures: $results"
