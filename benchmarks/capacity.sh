#!/usr/bin/env bash
# What a message costs by its shape, and a table by its size: the figures of the capacity model, and how good its forecasts are.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/servers.sh"
# shellcheck source=benchmarks/lib.sh
. "$LOOM_ROOT/benchmarks/lib.sh"

usage() {
  cat <<'EOT'
Usage: benchmarks/capacity.sh [--messages N] [--repeat R] [--only PATTERN] [--list]
                              [--large [--rows N] [--shared-buffers SIZE] [--max-wal-size SIZE]]
                              [--build DIR] [--results FILE] [--servers DIR] [--keep]

Builds the release, starts Kafka and PostgreSQL, and drains topics whose messages differ in width, columns, rows of a
message, key and repeats: CPU seconds per million messages of service, PostgreSQL and Kafka, bytes of WAL, table and
index. Beside each figure stands what `kafka-to-db-consumer size` forecasts, and at the end what its coefficients would
be by these measurements. About ten minutes. docs/capacity.md has the results.

--messages N    of a topic (1,000,000; fewer where they are wide or make many rows)
--repeat R      drains of each, of which the medians count, and of CPU the least (2)
--only PATTERN  only cases whose name matches it: none-300, 'insert-*'; may be given several times
--list          say which cases there are; measure nothing
--large         instead: N rows into one table whose keys come in no order; rows/s, CPU, WAL and sizes at 1, 10, 30 and
                50 million. Checkpoints fall as they do in operation. 25 GB on the disk for 50,000,000
--rows N        how many (50,000,000)
--shared-buffers SIZE  of that PostgreSQL (256MB), so that the index outgrows it
--max-wal-size SIZE    of that PostgreSQL (4GB)
--build DIR     use the programs of this build folder as they are, build nothing
--results FILE  where the figures go as JSON (benchmarks/results/capacity.json, or large.json); the page lies beside it as .md
--servers DIR   keep the servers' data in that folder, which has to be new
--keep          leave the servers, the table and the logs, and say where they are

Exit status 1 when a case failed; the others are in the results all the same.
EOT
}

messages=1000000 repeat=2 only=() listing=false large=false rows=50000000 shared_buffers=256MB max_wal_size=4GB
keep=false build='' servers='' results=''
while (($# > 0)); do
  case $1 in
    --messages) messages=${2:?--messages needs a number} && shift ;;
    --repeat) repeat=${2:?--repeat needs a number} && shift ;;
    --only) only+=(--only "${2:?--only needs a pattern}") && shift ;;
    --list) listing=true ;;
    --large) large=true ;;
    --rows) rows=${2:?--rows needs a number} && shift ;;
    --shared-buffers) shared_buffers=${2:?--shared-buffers needs a size} && shift ;;
    --max-wal-size) max_wal_size=${2:?--max-wal-size needs a size} && shift ;;
    --build) build=${2:?--build needs a folder} && shift ;;
    --results) results=${2:?--results needs a file} && shift ;;
    --servers) servers=${2:?--servers needs a folder} && shift ;;
    --keep) keep=true ;;
    *) other_argument "$1" ;;
  esac
  shift
done
for number in "$messages" "$repeat" "$rows"; do
  [[ $number =~ ^[1-9][0-9]*$ ]] || die "a whole number from 1 is wanted, not \"$number\""
done
((rows >= 100000)) || die '--rows takes at least 100000: the figures are of the last fifth'

measure() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$LOOM_ROOT/benchmarks:$LOOM_ROOT/benchmarks/peers /usr/bin/python3 -m capacity "$@"; }
given=(--messages "$messages" --repeat "$repeat" "${only[@]}")
if $listing; then
  measure "${given[@]}" --list
  exit
fi
if [[ -z $results ]]; then
  results=$LOOM_ROOT/benchmarks/results/capacity.json
  if $large; then results=$LOOM_ROOT/benchmarks/results/large.json; fi
fi

if [[ -z $build ]]; then
  build_release kafka-to-db-consumer capacity-fill
  build=$LOOM_ROOT/build/release
fi
mkdir -p "$(dirname "$results")"
begin_benchmark capacity

say 'Starting Kafka and PostgreSQL'
servers_start "$servers"
if $large; then
  given+=(--large "$rows")
  psql -X -q "$(postgres_url "$servers")" -c "ALTER SYSTEM SET shared_buffers = '$shared_buffers'" \
    -c "ALTER SYSTEM SET max_wal_size = '$max_wal_size'" -c "ALTER SYSTEM SET checkpoint_timeout = '5min'"
  postgres_stop "$servers"
  postgres_start "$servers"
else
  tune_postgres "$servers"
fi
url=$(postgres_url "$servers")
LOOM_DATABASE_URL=$url "$build/kafka-to-db-consumer" migrate >/dev/null

say 'Measuring'
measure "${given[@]}" --work "$work" --results "$results" --consumer "$build/kafka-to-db-consumer" \
  --fill "$build/capacity-fill" --database-url "$url" --bootstrap-servers "$(kafka_address "$servers")" \
  --kafka-data "$servers/kafka-data" --postgres-pid "$(process_of "$servers/postgres.pid")" \
  --kafka-pid "$(process_of "$servers/kafka.pid")" \
  --version "$("$build/kafka-to-db-consumer" --version | tr ' ' '=')" --version "Apache Kafka=$LOOM_KAFKA_VERSION" \
  --version "PostgreSQL=$(psql -X -A -t "$url" -c 'SHOW server_version')"
note "figures: $results, and ${results%.json}.md"
