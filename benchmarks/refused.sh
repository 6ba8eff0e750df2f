#!/usr/bin/env bash
# What messages cost that the database refuses: a trigger refuses 1 % of them, with codes of different fates.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/servers.sh"
# shellcheck source=benchmarks/lib.sh
. "$LOOM_ROOT/benchmarks/lib.sh"

usage() {
  cat <<'EOF'
Usage: benchmarks/refused.sh [--messages N] [--repeat R] [--build DIR] [--keep]

Starts Kafka and PostgreSQL, fills the topic device.sensor.accelerometer.raw, and lets kafka-to-db-consumer drain it into a
table with a trigger, R times in turn: one that refuses nothing, and one that refuses 1 % of the rows with P0001 (blamed by its
code) or P0002 (by evidence). Prints rows a second from the first commit to the last, and the ratios.

--messages N    messages in the topic (300,000)
--repeat R      repetitions, of which the medians count (3)
--build DIR     use the programs of this build folder as they are, build nothing
--keep          leave the servers and the logs, and say where they are
EOF
}

messages=300000 repeat=3 build='' keep=false
while (($# > 0)); do
  case $1 in
    --messages) messages=${2:?--messages needs a number} && shift ;;
    --repeat) repeat=${2:?--repeat needs a number} && shift ;;
    --build) build=${2:?--build needs a folder} && shift ;;
    --keep) keep=true ;;
    *) other_argument "$1" ;;
  esac
  shift
done
[[ $messages =~ ^[1-9][0-9]*$ && $repeat =~ ^[1-9][0-9]*$ ]] || die '--messages and --repeat take whole numbers from 1'

topic=device.sensor.accelerometer.raw table=device_sensor_accelerometer_raw
sql() { psql -X -q -At "$LOOM_DATABASE_URL" -c "$1"; }

# make_table CODE: an empty table whose trigger refuses 1 % with this code; with `none` nothing, by the same trigger.
make_table() {
  sql "TRUNCATE $table; TRUNCATE kafka_dead_letters; DROP TRIGGER IF EXISTS refuse ON $table;
    CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \$f\$ BEGIN
      IF abs(hashtext(NEW.trace_id)) % 100 = 7 AND '$1' <> 'none' THEN
        RAISE 'refused' USING ERRCODE = '$1';
      END IF; RETURN NEW; END \$f\$;
    CREATE TRIGGER refuse BEFORE INSERT ON $table FOR EACH ROW EXECUTE FUNCTION refuse()"
}

# drain CODE RUN: prints rows a second and the number of dead letters.
drain() {
  local group=refused-$1-$2 pid stored='' first='' now
  make_table "$1"
  LOOM_KAFKA_GROUP_ID=$group "$build/kafka-to-db-consumer" run >"$work/$group.log" 2>&1 &
  pid=$!
  while true; do
    stored=$(sql "SELECT coalesce(sum(next_offset), 0) FROM kafka_consumer_offsets WHERE consumer_group = '$group'")
    now=$(date +%s%N)
    if [[ -z $first && $stored -gt 0 ]]; then first=$now began=$stored; fi
    if ((stored >= messages)); then break; fi
    kill -0 "$pid" 2>/dev/null || die "the service ended: $work/$group.log"
    sleep 0.02
  done
  kill "$pid"
  wait "$pid" || true
  printf '%d %d\n' $(((messages - began) * 1000000000 / (now - first))) "$(sql 'SELECT count(*) FROM kafka_dead_letters')"
}

if [[ -z $build ]]; then
  build_release kafka-to-db-consumer
  build=$LOOM_ROOT/build/release
fi
servers=''
begin_benchmark refused
say 'Starting Kafka and PostgreSQL'
servers_start "$servers"
tune_postgres "$servers"
LOOM_DATABASE_URL=$(postgres_url "$servers") LOOM_KAFKA_BOOTSTRAP_SERVERS=$(kafka_address "$servers") LOOM_HTTP_PORT=0
LOOM_TOPIC_MAPPINGS=$LOOM_ROOT/benchmarks/drain/topic_mappings.yml
export LOOM_DATABASE_URL LOOM_KAFKA_BOOTSTRAP_SERVERS LOOM_HTTP_PORT LOOM_TOPIC_MAPPINGS
"$build/kafka-to-db-consumer" migrate >/dev/null
"$build/kafka-to-db-consumer" create-tables >/dev/null
say "Filling the topic: $messages messages"
"$build/kafka-to-db-consumer" produce-sample --topic "$topic" --count "$messages" --partitions 6 >/dev/null

codes=(none P0001 P0002)
for ((run = 1; run <= repeat; ++run)); do
  for code in "${codes[@]}"; do
    read -r rate dead < <(drain "$code" "$run")
    echo "$rate" >>"$work/$code.rates"
    note "$code, $run: $rate rows/s, $dead dead letters"
  done
done
median() { sort -n "$work/$1.rates" | sed -n "$(((repeat + 1) / 2))p"; }
awk -v clean="$(median none)" -v by_code="$(median P0001)" -v by_evidence="$(median P0002)" 'BEGIN {
  printf "1 %% refused with P0001: %.2f of the clean speed\n", by_code / clean
  printf "1 %% refused with P0002: %.2f of the clean speed, %.2f of P0001\n", by_evidence / clean, by_evidence / by_code }'
