#!/usr/bin/env bash
# The whole matrix of end-to-end measurements: backlogs, sweeps, steady loads. docs/benchmarks.md explains the figures.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/servers.sh"
# shellcheck source=benchmarks/lib.sh
. "$LOOM_ROOT/benchmarks/lib.sh"

usage() {
  cat <<'EOF'
Usage: benchmarks/run.sh [--quick | --full | --hypertables] [--only PATTERN] [--messages N] [--list] [--build DIR]
                         [--baseline PROGRAM [--pairs N]] [--results FILE] [--images DIR] [--servers DIR] [--keep]

Builds the release, starts Kafka and PostgreSQL, and measures: drains of a backlog beside the ceiling of the same run
(the same rows, already encoded, by plain COPY) and beside a Kafka drain that does nothing; steady loads with the
latency from producer to commit; sweeps over batch size, connections and replicas. At the end each target is judged.
With nothing else running: about 20 minutes on 2 cores.

--quick         a first impression in about three minutes: 100,000 messages, fewer cases
--full          everything, also 5,000,000 messages; each three times
--hypertables   into hypertables of TimescaleDB, by chunk interval, beside a plain table; PostgreSQL 17 of Debian 13
--only PATTERN  only cases whose name has PATTERN in it, or matches it: drain/key, steady, 'conflict/update-*'; may be
                given several times
--messages N    so many in each backlog, instead of what the profile has
--baseline PROGRAM  each backlog in turns with another build of the service: how many times faster, pair by pair
--pairs N       so many turns (5)
--list          say which cases there are and how long they take together; measure nothing
--build DIR     use the programs of this build folder as they are, build nothing
--results FILE  where the figures go as JSON (benchmarks/results/run.json); beside it a page (.html) and plots (.svg)
--images DIR    the plots there, too: docs/images
--servers DIR   keep the servers' data in that folder, which has to be new
--keep          leave the servers and the logs, and say where they are

Exit status 1 when a case failed; the others are in the results all the same.
EOF
}

profile=default only=() smaller=() images=() against=() list=false keep=false build='' servers=''
results=$LOOM_ROOT/benchmarks/results/run.json
while (($# > 0)); do
  case $1 in
    --quick) profile=quick ;;
    --full) profile=full ;;
    --hypertables) profile=hypertables ;;
    --only) only+=(--only "${2:?--only needs a pattern}") && shift ;;
    --images) images=(--images "${2:?--images needs a folder}") && shift ;;
    --messages) smaller=(--messages "${2:?--messages needs a number}") && shift ;;
    --baseline) against+=(--baseline "$(realpath "${2:?--baseline needs a program}")") && shift ;;
    --pairs) against+=(--pairs "${2:?--pairs needs a number}") && shift ;;
    --list) list=true ;;
    --build) build=${2:?--build needs a folder} && shift ;;
    --results) results=${2:?--results needs a file} && shift ;;
    --servers) servers=${2:?--servers needs a folder} && shift ;;
    --keep) keep=true ;;
    *) other_argument "$1" ;;
  esac
  shift
done

matrix=(/usr/bin/python3 -B "$LOOM_ROOT/benchmarks/run/run.py" --profile "$profile" "${only[@]}" "${smaller[@]}" "${against[@]}")
if $list; then exec "${matrix[@]}" --list; fi

if [[ -z $build ]]; then
  build_release kafka-to-db-consumer drain-benchmark
  build=$LOOM_ROOT/build/release
fi
begin_benchmark run
if [[ $profile == hypertables ]]; then export LOOM_POSTGRES_VERSION=17-trixie; fi
postgres_choose

say 'Starting Kafka and PostgreSQL'
servers_start "$servers"
# A row's latency is read off its transaction's commit time: some bytes a transaction, in every case alike.
psql -X -q "$(postgres_url "$servers")" -c 'ALTER SYSTEM SET track_commit_timestamp = on'
if [[ $profile == hypertables ]]; then
  psql -X -q "$(postgres_url "$servers")" -c 'CREATE EXTENSION IF NOT EXISTS timescaledb'
fi
tune_postgres "$servers"
# Whatever port is free: nobody asks, and several replicas need several.
export LOOM_HTTP_PORT=0

say "Measuring: profile $profile"
"${matrix[@]}" "${images[@]}" --work "$work" --results "$results" \
  --mapping "$LOOM_ROOT/benchmarks/drain/topic_mappings.yml" \
  --benchmark "$build/drain-benchmark" --consumer "$build/kafka-to-db-consumer" \
  --database-url "$(postgres_url "$servers")" --bootstrap-servers "$(kafka_address "$servers")" \
  --postgres-pid "$(process_of "$servers/postgres.pid")" --kafka-pid "$(process_of "$servers/kafka.pid")" \
  --version "kafka-to-db-consumer=$("$build/kafka-to-db-consumer" --version | sed 's/.* //')" \
  --version "Apache Kafka=$LOOM_KAFKA_VERSION" \
  --version "PostgreSQL=$(psql -X -A -t "$(postgres_url "$servers")" -c 'SHOW server_version')"
