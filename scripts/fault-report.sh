#!/usr/bin/env bash
# The fault tests as often as the report wants them, and the table of what they found.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/servers.sh"

usage() {
  cat <<'EOF'
Usage: scripts/fault-report.sh [--seed N] [--only REGEX] [--short] [--render] [--build DIR]

Builds, runs every test labelled `fault` at full length (hours for all: one of them alone takes one), and prints the
table. The table in docs/reliability.md, and the lines behind it in docs/reliability.jsonl, are brought up to date;
a line whose test did not run keeps its old figures.
  --seed N      the seed of everything random (default: drawn, and printed)
  --only REGEX  only the tests whose names match, as `ctest -R` has it: KillPoints, Mixed
  --short       as often as CI does; the table is only printed
  --render      run nothing, make the table of docs/reliability.jsonl again
  --build DIR   take the programs of this build, as they are

Environment: LOOM_FAULT_MIXED_MINUTES (length of the run with all faults mixed, 60).
Exit status: 1 when a test failed. The logs are in build/test-logs/fault-report/.
EOF
}

seed='' only='.' short=false render=false build=''

parse() {
  while (($# > 0)); do
    case $1 in
      --seed) seed=${2:?--seed needs a number} && shift ;;
      --only) only=${2:?--only needs a regular expression} && shift ;;
      --build) build=${2:?--build needs a folder} && shift ;;
      --short) short=true ;;
      --render) render=true ;;
      *) other_argument "$1" ;;
    esac
    shift
  done
  [[ $seed =~ ^[0-9]*$ ]] || die "--seed takes a number, not \"$seed\""
}

build_tests() {
  local log=$logs/build.log
  build=$LOOM_ROOT/build/release
  "$LOOM_ROOT/scripts/install-packages.sh"
  say 'Building'
  if ! { cmake --preset release && cmake --build "$build" --target tests/fault/all; } >"$log" 2>&1; then
    show_tail "$log" 30
    die 'the build failed'
  fi
}

# One line per test: NAME PROGRAM FILTER. CTest knows them all; its time limits are for CI.
list_tests() {
  ctest --test-dir "$build" -N -V -L '^fault$' -R "$only" | sed -nE \
    -e 's/^[0-9]+: Test command: ([^ ]+) "--gtest_filter=([^"]+)".*/\2 \1/p' |
    while read -r filter program; do printf '%s %s %s\n' "${filter//\//-}" "$program" "$filter"; done
}

# run_test NAME PROGRAM FILTER: its lines go to $results; a test that ends without one gets one.
run_test() {
  local name=$1 program=$2 filter=$3 begin=$SECONDS lines status=0
  lines=$(wc -l <"$results")
  "$program" --gtest_filter="$filter" --gtest_also_run_disabled_tests >"$logs/$name.log" 2>&1 </dev/null || status=$?
  if ((status == 0)); then
    note "$name: good, $((SECONDS - begin)) s"
    return 0
  fi
  fail "$name: exit status $status after $((SECONDS - begin)) s, see $logs/$name.log"
  if (($(wc -l <"$results") == lines)); then
    printf '{"fault":"%s","test":"%s","passed":false,"long":true,"injected":0,"seed":%s}\n' \
      "$filter" "$filter" "$LOOM_FAULT_SEED" >>"$results"
  fi
  return 1
}

run_tests() {
  local name program filter
  local -a tests
  mapfile -t tests < <(list_tests)
  ((${#tests[@]} > 0)) || die "no fault test matches \"$only\""
  export LOOM_FAULT_SEED=${seed:-$((RANDOM * 32768 + RANDOM))} LOOM_FAULT_REPORT=$results
  if $short; then unset LOOM_FAULT_LONG; else export LOOM_FAULT_LONG=1; fi
  say "${#tests[@]} tests, seed $LOOM_FAULT_SEED"
  local test
  for test in "${tests[@]}"; do
    read -r name program filter <<<"$test"
    run_test "$name" "$program" "$filter" || failed=$((failed + 1))
  done
}

start_shared_servers() {
  servers_dir=$(servers_make_dir)
  servers_stop_after "$servers_dir" $$
  trap 'servers_stop "$servers_dir"' EXIT
  servers_start "$servers_dir" || die 'the servers did not start'
  LOOM_TEST_DATABASE_URL=$(postgres_url "$servers_dir")
  LOOM_TEST_KAFKA_BOOTSTRAP=$(kafka_address "$servers_dir")
  export LOOM_TEST_DATABASE_URL LOOM_TEST_KAFKA_BOOTSTRAP LOOM_KAFKA_HOME
}

main() {
  parse "$@"
  cd "$LOOM_ROOT"
  logs=$LOOM_ROOT/build/test-logs/fault-report
  results=$logs/results.jsonl
  failed=0
  mkdir -p "$logs"
  : >"$results"
  if ! $render; then
    [[ -n $build ]] || build_tests
    start_shared_servers
    run_tests
  fi
  if $short; then
    "$LOOM_ROOT/scripts/lib/fault_table.py" "$results"
  else
    "$LOOM_ROOT/scripts/lib/fault_table.py" "$results" --keep docs/reliability.jsonl --page docs/reliability.md
  fi
  ((failed == 0)) || die "$failed tests failed"
}

main "$@"
