#!/usr/bin/env bash
# From a fresh clone to rows in every mapped table, on servers of its own.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/servers.sh"

usage() {
  cat <<'EOF'
Usage: scripts/quickstart.sh [--keep] [--count N]

Installs the packages, builds the release, starts Kafka and PostgreSQL, sends sample messages to every topic of
topic_mappings.yml, lets kafka-to-db-consumer store them, and shows what came out of it.

--keep     leaves servers and consumer running, and says how to look at them and how to stop them
--count N  messages per topic (default 300)

LOOM_POSTGRES_VERSION=17-trixie takes a server with TimescaleDB: sensor tables become hypertables, whose chunks are listed.
Takes some minutes the first time (packages and build), then seconds.
EOF
}

count=300
keep=false
servers_dir=''
step_pid=''
program=$LOOM_ROOT/build/release/kafka-to-db-consumer
# Used by the consumer and its commands, and nothing else is set: all other settings are the defaults.
settings=(LOOM_DATABASE_URL LOOM_KAFKA_BOOTSTRAP_SERVERS LOOM_TOPIC_MAPPINGS LOOM_AUTO_CREATE_TABLES LOOM_AUTO_MIGRATE)

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --keep) keep=true ;;
      --count)
        count=${2:-}
        [[ $count =~ ^[1-9][0-9]*$ ]] || die '--count needs a number'
        shift
        ;;
      *) other_argument "$1" ;;
    esac
    shift
  done
}

# step TEXT COMMAND...: shows that something long is going on and how long it took; its output only when it failed.
step() {
  local text=$1 log started=$SECONDS
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 &
  step_pid=$!
  while kill -0 "$step_pid" 2>/dev/null; do
    if [[ -t 2 ]]; then printf '\r\e[K%s ... %d s  %s' "$text" $((SECONDS - started)) "$(last_line "$log")" >&2; fi
    sleep 0.2
  done
  if [[ -t 2 ]]; then printf '\r\e[K' >&2; fi
  local status=0
  wait "$step_pid" || status=$?
  step_pid=''
  if ((status != 0)); then
    show_tail "$log" 40
    rm -f "$log"
    die "$text: failed (see above)"
  fi
  rm -f "$log"
  say "$text: $((SECONDS - started)) s"
}

last_line() { tail -n 1 "$1" | tr -d '\r\n\t\e' | cut -c 1-60; }

build_release() {
  cd "$LOOM_ROOT" || return 1
  cmake --preset release && cmake --build build/release --parallel "$(nproc)" --target kafka-to-db-consumer
}

# The topics of the mapping file that are names; a pattern (^...) has no topic of its own.
mapped_topics() {
  awk '/^[a-z_]+:/ { inside = ($1 == "topics:") }
       inside && /^  [^ #^"\x27].*:[ ]*(#.*)?$/ { sub(/^ +/, ""); sub(/:.*/, ""); print }' "$LOOM_TOPIC_MAPPINGS"
}

mapped_tables() { "$program" create-tables --print | sed -nE 's/^CREATE TABLE (IF NOT EXISTS )?([^ (]+).*/\2/p'; }

send_samples() {
  local topic partitions
  for topic in $(mapped_topics); do
    partitions=2
    [[ $topic != device.sensor.accelerometer.raw ]] || partitions=6
    "$program" produce-sample --topic "$topic" --count "$count" --partitions "$partitions" || return 1
  done
}

start_consumer() {
  # In a session of its own, so that Ctrl-C here does not stop it before the servers, and --keep can leave it.
  setsid "$program" run </dev/null >"$servers_dir/consumer.log" 2>&1 &
  remember_process "$!" "$servers_dir/consumer.pid"
}

query() { "$(postgres_bin)/psql" -X -q -A -t -F ' ' "$LOOM_DATABASE_URL" "$@"; }

# The offsets that the database holds are the truth; that all topics are among them says that all were found.
all_is_stored() {
  process_of "$servers_dir/consumer.pid" >/dev/null || return 0
  local stored
  stored=$(query -c "SELECT coalesce(sum(next_offset), 0) FROM kafka_consumer_offsets") || return 1
  ((stored >= sent))
}

await_consumer() {
  sent=$(($(mapped_topics | wc -l) * count))
  if ! wait_until 120 all_is_stored; then
    show_tail "$servers_dir/consumer.log"
    die 'the consumer did not get through within two minutes'
  fi
  if ! process_of "$servers_dir/consumer.pid" >/dev/null; then
    show_tail "$servers_dir/consumer.log"
    die 'the consumer ended by itself'
  fi
}

# With a server that has TimescaleDB (LOOM_POSTGRES_VERSION=17-trixie) the tables that the mapping wants so are hypertables.
use_timescaledb() {
  if [[ $(query -c "SELECT current_setting('shared_preload_libraries') LIKE '%timescaledb%'") == t ]]; then
    query -c 'CREATE EXTENSION IF NOT EXISTS timescaledb'
  fi
}

show_chunks() {
  if [[ $(query -c "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'") == 0 ]]; then return 0; fi
  printf '%-50s %10s  %s\n' 'hypertable' 'chunks' 'from, to'
  query -F '|' -c "SELECT hypertable_name, count(*), min(range_start)::date || ', ' || max(range_end)::date
                   FROM timescaledb_information.chunks WHERE hypertable_schema = 'public' GROUP BY 1 ORDER BY 1" |
    while IFS='|' read -r name chunks range; do printf '%-50s %10d  %s\n' "$name" "$chunks" "$range"; done
  printf '\n'
}

# Prints a table of rows per table; fails when one is empty.
show_tables() {
  local table rows empty=0 total=0
  printf '\n%-50s %10s\n' 'table' 'rows'
  while read -r table; do
    rows=$(query -c "SELECT count(*) FROM $table")
    total=$((total + rows))
    printf '%-50s %10d\n' "${table//\"/}" "$rows"
    if ((rows == 0)); then empty=$((empty + 1)); fi
  done < <(mapped_tables)
  printf '%-50s %10d\n' 'kafka_dead_letters' "$(query -c 'SELECT count(*) FROM kafka_dead_letters')"
  printf '%-50s %10d\n\n' 'all mapped tables' "$total"
  ((empty == 0)) || die "$empty mapped tables are empty (the consumer's log is above, or see kafka_dead_letters)"
}

export_settings() {
  LOOM_DATABASE_URL=$(postgres_url "$servers_dir")
  LOOM_KAFKA_BOOTSTRAP_SERVERS=$(kafka_address "$servers_dir")
  LOOM_TOPIC_MAPPINGS=$LOOM_ROOT/topic_mappings.yml
  LOOM_AUTO_CREATE_TABLES=true
  LOOM_AUTO_MIGRATE=true
  LOOM_HTTP_HOST=127.0.0.1
  LOOM_HTTP_PORT=$(free_port)
  export LOOM_DATABASE_URL LOOM_KAFKA_BOOTSTRAP_SERVERS LOOM_TOPIC_MAPPINGS LOOM_AUTO_CREATE_TABLES LOOM_AUTO_MIGRATE
  export LOOM_HTTP_HOST LOOM_HTTP_PORT
}

show_next() {
  local name
  if ! $keep; then
    cat <<EOF
Everything is stopped and removed again. To look around in it:
  scripts/quickstart.sh --keep
EOF
    return 0
  fi
  say 'Still running. In another shell:'
  for name in "${settings[@]}"; do printf '  export %s=%q\n' "$name" "${!name}"; done
  cat <<EOF

  http://$LOOM_HTTP_HOST:$LOOM_HTTP_PORT/   the live page, in a browser
  curl -s http://$LOOM_HTTP_HOST:$LOOM_HTTP_PORT/status
  psql \$LOOM_DATABASE_URL -c 'SELECT * FROM device_sensor_gps_raw LIMIT 5'
  psql \$LOOM_DATABASE_URL -c 'SELECT topic, reason, count(*) FROM kafka_dead_letters GROUP BY 1, 2'
  build/release/kafka-to-db-consumer lag
  build/release/kafka-to-db-consumer produce-sample --topic device.sensor.gps.raw --count 100000 --seed 2 --bad-ratio 0.01
  build/release/kafka-to-db-consumer validate --database
  tail -f $servers_dir/consumer.log

To stop it all:
  kill $(process_of "$servers_dir/consumer.pid"); scripts/servers.sh stop $servers_dir
EOF
}

clean_up() {
  local status=$?
  trap - EXIT
  if [[ -n $step_pid ]]; then kill "$step_pid" 2>/dev/null || true; fi
  [[ -n $servers_dir ]] || exit "$status"
  if $keep && ((status == 0)); then exit 0; fi
  stop_process "$servers_dir/consumer.pid" TERM 12
  if ((status != 0)); then show_tail "$servers_dir/consumer.log" 2>/dev/null || true; fi
  servers_stop "$servers_dir"
  exit "$status"
}

main() {
  parse_arguments "$@"
  local started=$SECONDS sent=0
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  step 'Packages' "$LOOM_ROOT/scripts/install-packages.sh"
  step 'Build' build_release
  servers_dir=$(servers_make_dir)
  postgres_choose
  step 'Kafka and PostgreSQL' servers_start "$servers_dir"
  export_settings
  use_timescaledb
  # The script may be killed in a way that no trap sees; the servers go with it all the same.
  $keep || servers_stop_after "$servers_dir" $$
  step "Sample messages ($count to each of $(mapped_topics | wc -l) topics)" send_samples
  start_consumer
  step 'Consuming until nothing is left' await_consumer
  "$program" lag | awk 'NR == 1 || / total /'
  show_tables
  show_chunks
  say "Clone to rows took $((SECONDS - started)) s"
  show_next
}

main "$@"
