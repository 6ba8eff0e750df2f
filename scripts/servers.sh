#!/usr/bin/env bash
# A real Kafka broker, a real PostgreSQL server and, where asked for, a schema registry and Kafka Connect in one folder,
# for runs, tests and benchmarks alike.
# As a command: see --help. Sourced, it gives servers_start, servers_stop, servers_env.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/kafka.sh
. "$LOOM_ROOT/scripts/lib/kafka.sh"
# shellcheck source=scripts/lib/kafka_cluster.sh
. "$LOOM_ROOT/scripts/lib/kafka_cluster.sh"
# shellcheck source=scripts/lib/postgres.sh
. "$LOOM_ROOT/scripts/lib/postgres.sh"
# shellcheck source=scripts/lib/registry.sh
. "$LOOM_ROOT/scripts/lib/registry.sh"
# shellcheck source=scripts/lib/connect.sh
. "$LOOM_ROOT/scripts/lib/connect.sh"

servers_usage() {
  cat <<'EOF'
Usage: scripts/servers.sh start [--dir DIR] [--only NAME] [--with NAME] [--brokers COUNT]
                                [--while PID]
       scripts/servers.sh stop [--keep] [DIR]
       scripts/servers.sh env|status [DIR]

start   starts Apache Kafka (KRaft, one node) and PostgreSQL on free ports of 127.0.0.1, waits until both answer, and
        prints their addresses as shell exports:  eval "$(scripts/servers.sh start)"
        --dir DIR    keep everything there; a folder used before is started again with its data and ports
                     (default: a new folder under ${TMPDIR:-/tmp}, printed as LOOM_SERVERS_DIR)
        --only NAME  only this one: kafka, postgres or registry
        --with registry  a schema registry, too (Apicurio Registry; what is registered there goes when it stops)
        --with connect   Kafka Connect, too, with Debezium's connector for PostgreSQL
        --brokers COUNT  a cluster of so many brokers, in DIR/broker-1 and so on; each is also the folder of one broker:
                     stop --keep DIR/broker-2, start --only kafka --dir DIR/broker-2
        --while PID  stop them, and remove a folder made here, as soon as that process has ended
stop    stops the servers of DIR (default: $LOOM_SERVERS_DIR); a folder that start made is removed
        --keep       leave the folder, so that start --dir DIR can go on with its data
env     prints the exports again
status  says which of them run; exit status 1 when none does

Several copies can run at the same time. Only processes started here are ever stopped.
Environment: LOOM_POSTGRES_VERSION (18, or 18.6.3, or 17-trixie: Debian 13's, with TimescaleDB, pgvector, PostGIS and
pg_partman; default: Debian's), LOOM_KAFKA_VERSION (default: as in scripts/kafka/pom.xml), LOOM_KAFKA_HOME (folder of Kafka's jars), LOOM_KAFKA_HEAP (512m), LOOM_CACHE (build/),
LOOM_REGISTRY_VERSION (default: as in scripts/lib/registry.sh);
LOOM_CONNECT_HEAP (512m);
for a new folder's broker: LOOM_KAFKA_LISTENERS (further listeners: "TLS=SSL@localhost", blanks between them; their
addresses are printed as LOOM_KAFKA_LISTENER_TLS), LOOM_KAFKA_EXTRA_PROPERTIES (a file that goes behind our settings);
for a new folder's PostgreSQL: LOOM_POSTGRES_EXTRA_SETTINGS (the same).
EOF
}

# servers_start DIR [kafka|postgres|registry] [BROKERS] [registry|connect]...: one caller at a time per folder.
servers_start() {
  local dir=$1 only=${2:-} brokers=${3:-1} beside=" ${*:4} "
  local kafka=(kafka_start "$dir")
  ((brokers == 1)) || kafka=(kafka_cluster_start "$dir" "$brokers")
  mkdir -p "$dir"
  # PostgreSQL's own user has to get through to its data folder.
  chmod go+x "$dir"
  (
    flock 9
    if [[ $only =~ ^(postgres)?$ ]]; then
      postgres_choose
      postgres_start "$dir"
    fi
    if [[ $only =~ ^(kafka)?$ ]]; then "${kafka[@]}"; fi
    if [[ $only == registry || $beside == *" registry "* ]]; then registry_start "$dir"; fi
    if [[ $beside == *" connect "* ]]; then connect_start "$dir" "$(servers_brokers "$dir")"; fi
  ) 9>"$dir/.lock"
}

# servers_stop DIR [keep]
servers_stop() {
  local dir=$1 keep=${2:-}
  [[ -d $dir ]] || return 0
  connect_stop "$dir"
  kafka_stop "$dir"
  kafka_cluster_stop "$dir"
  postgres_stop "$dir"
  registry_stop "$dir"
  if [[ -z $keep && -e $dir/.made-here ]]; then rm -rf "$dir"; fi
}

# The address of the broker or the brokers of that folder, if it has any.
servers_brokers() {
  if [[ -s $1/kafka.properties ]]; then
    kafka_address "$1"
  elif [[ -n $(kafka_cluster_folders "$1") ]]; then
    kafka_cluster_address "$1"
  fi
}

servers_env() {
  local dir=$1 listener
  printf 'export LOOM_SERVERS_DIR=%q\n' "$dir"
  if [[ -s $dir/postgres.port ]]; then printf 'export LOOM_DATABASE_URL=%q\n' "$(postgres_url "$dir")"; fi
  if [[ -s $dir/kafka.properties ]]; then
    printf 'export LOOM_KAFKA_BOOTSTRAP_SERVERS=%q\n' "$(kafka_address "$dir")"
    for listener in $(kafka_listeners "$dir"); do
      printf 'export LOOM_KAFKA_LISTENER_%s=%q\n' "$listener" "$(kafka_address "$dir" "$listener")"
    done
  elif [[ -n $(kafka_cluster_folders "$dir") ]]; then
    printf 'export LOOM_KAFKA_BOOTSTRAP_SERVERS=%s\n' "$(kafka_cluster_address "$dir")"
  fi
  if [[ -s $dir/registry.port ]]; then printf 'export LOOM_SCHEMA_REGISTRY_URL=%q\n' "$(registry_url "$dir")"; fi
  if [[ -s $dir/connect.port ]]; then printf 'export LOOM_CONNECT_URL=%q\n' "$(connect_url "$dir")"; fi
  printf 'export LOOM_KAFKA_HOME=%q\n' "$LOOM_KAFKA_HOME"
}

servers_status() {
  local name pid running=1 folder
  local -a names=(kafka postgres)
  if [[ -s $1/registry.port ]]; then names+=(registry); fi
  if [[ -s $1/connect.port ]]; then names+=(connect); fi
  for folder in $(kafka_cluster_folders "$1"); do names+=("${folder##*/}/kafka"); done
  for name in "${names[@]}"; do
    if pid=$(process_of "$1/$name.pid"); then
      echo "$name: process $pid"
      running=0
    else
      echo "$name: not running"
    fi
  done
  return "$running"
}

# A folder of its own for servers that nobody gave one.
servers_make_dir() {
  local dir
  dir=$(mktemp -d "${TMPDIR:-/tmp}/loom-servers.XXXXXX")
  : >"$dir/.made-here"
  echo "$dir"
}

# Outlives the caller on purpose: it is what cleans up when the caller was killed.
servers_stop_after() {
  local dir=$1 pid=$2
  (
    trap '' HUP INT
    tail --pid="$pid" -f /dev/null
    servers_stop "$dir"
  ) </dev/null >/dev/null 2>&1 9>&- &
  disown
}

servers_main() {
  local command=${1:-} dir='' only='' brokers=1 while_pid='' keep='' made=false
  local -a beside=()
  [[ $# -gt 0 ]] && shift
  case $command in
    -h | --help | help)
      servers_usage
      return 0
      ;;
    start | stop | env | status) ;;
    *)
      servers_usage >&2
      return 2
      ;;
  esac
  while (($# > 0)); do
    case $1 in
      --dir) dir=${2:?--dir needs a folder} && shift ;;
      --only) only=${2:?--only needs kafka, postgres or registry} && shift ;;
      --with) beside+=("${2:?--with needs a name: registry or connect}") && shift ;;
      --brokers) brokers=${2:?--brokers needs a number} && shift ;;
      --while) while_pid=${2:?--while needs a process number} && shift ;;
      --keep) keep=keep ;;
      -h | --help)
        servers_usage
        return 0
        ;;
      -*) die "unknown option $1 (see --help)" ;;
      *) dir=$1 ;;
    esac
    shift
  done
  [[ $brokers =~ ^[1-9]$ ]] || die "--brokers takes 1 to 9, not \"$brokers\""
  [[ $only =~ ^(kafka|postgres|registry)?$ ]] || die "--only takes kafka, postgres or registry, not \"$only\""
  [[ ${beside[*]} =~ ^(registry|connect|" ")*$ ]] || die "--with takes registry or connect, not \"${beside[*]}\""
  [[ ${beside[*]} != *connect* || $only =~ ^(kafka)?$ ]] || die '--with connect needs Kafka in the same folder'

  if [[ $command == start ]]; then
    [[ -n $dir ]] || { dir=$(servers_make_dir) && made=true; }
    mkdir -p "$dir" && dir=$(cd "$dir" && pwd)
    if ! servers_start "$dir" "$only" "$brokers" ${beside[@]+"${beside[@]}"}; then
      # A folder made here is kept for its logs.
      if $made; then rm -f "$dir/.made-here"; fi
      servers_stop "$dir"
      return 1
    fi
    [[ -z $while_pid ]] || servers_stop_after "$dir" "$while_pid"
    servers_env "$dir"
    return 0
  fi

  dir=${dir:-${LOOM_SERVERS_DIR:-}}
  [[ -n $dir ]] || die "which servers? Give their folder, or set LOOM_SERVERS_DIR (scripts/servers.sh start prints it)"
  [[ -d $dir ]] || die "there is no folder $dir"
  "servers_$command" "$dir" "$keep"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then servers_main "$@"; fi
