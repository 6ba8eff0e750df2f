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
