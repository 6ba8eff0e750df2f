# shellcheck shell=bash
# What the benchmarks share. Sourced after scripts/servers.sh, never run.

# A server as one would set it up for this machine: durable, and without a checkpoint in the middle of a run.
# tune_postgres DIR
tune_postgres() {
  local setting
  for setting in shared_buffers=512MB max_wal_size=16GB min_wal_size=4GB checkpoint_timeout=1h wal_buffers=16MB; do
    psql -X -q "$(postgres_url "$1")" -c "ALTER SYSTEM SET ${setting%%=*} = '${setting#*=}'"
  done
  postgres_stop "$1"
  postgres_start "$1"
}

# build_release TARGET...: into build/release.
build_release() {
  say 'Building the release'
  (cd "$LOOM_ROOT" && cmake --preset release >/dev/null && cmake --build --preset release --target "$@") >&2
}

# begin_benchmark NAME: a folder for logs ($work), servers of its own ($servers, unless they are named already), and both
# gone at the end, however it ends; with keep=true they stay, and it is said where. Calls before_cleaning where there is
# such a function.
# shellcheck disable=SC2154  # keep is the caller's
begin_benchmark() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/loom-$1.XXXXXX")
  [[ -n ${servers:-} ]] || servers=$(servers_make_dir)
  trap end_benchmark EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # Should the script be killed, its servers still end.
  $keep || servers_stop_after "$servers" $$
}

end_benchmark() {
  local status=$?
  trap - EXIT
  if declare -F before_cleaning >/dev/null; then before_cleaning; fi
  if $keep; then
    note 'the servers are left running; to stop them: scripts/servers.sh stop'
    servers_env "$servers"
    note "logs: $work"
    exit "$status"
  fi
  servers_stop "$servers"
  if ((status == 0)); then rm -rf "$work"; else note "logs: $work"; fi
  exit "$status"
}
