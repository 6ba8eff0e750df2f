#!/usr/bin/env bash
# Every test, as CI runs them. The last line is "N passed, M failed".
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/servers.sh"

# What CI runs, in this order; the other labels only when they are named.
ALL_LABELS=(checks unit integration ui deploy fault databases asan tsan fuzz)
FURTHER_LABELS=(changes portability)

# shellcheck source=scripts/lib/only_tests.sh
. "$LOOM_ROOT/scripts/lib/only_tests.sh"
# shellcheck source=scripts/lib/databases.sh
. "$LOOM_ROOT/scripts/lib/databases.sh"

usage() {
  cat <<EOF
Usage: scripts/test.sh [LABEL...]
       scripts/test.sh LABEL --only 'SUITE.TEST'

Installs the packages, builds, starts Kafka and PostgreSQL where a label needs them, and runs the tests.
Labels (default: all):
  checks       scripts/checks.sh: format, linters, forgotten files, instructions a message
  unit         release build; with them 10,000 seeds of the fault simulation
  integration  release build, on the real servers; the Python and TypeScript packages, installed
  ui           the live page in a headless Chromium; LOOM_UI_SCREENSHOTS=DIR keeps its pictures
  deploy       the image, the chart on a Kubernetes API server, packages, the operators' scripts
  fault        release build: processes and servers killed under load; a share of the label changes
  databases    tests/databases on PostgreSQL 17 with TimescaleDB, pgvector, PostGIS and pg_partman, and a share of the
               integration tests on that and on PostgreSQL 18; making the first takes root and a mirror of Debian 13
  asan, tsan   the unit tests and some seeds of the simulation under the sanitizers
  fuzz         each fuzzer for LOOM_FUZZ_SECONDS (30), where clang++-14 is
Not among the default:
  changes      a table that a real Debezium captures against its copy, with everything killed in turn: minutes, and
               Kafka Connect from Maven Central
  portability  scripts/portability.sh: unit tests, quickstart and a fault test inside a fresh Debian 13, or inside the
               one that is kept in LOOM_PORTABILITY_ROOT

--only 'SUITE.TEST'  only the tests of that name, * and ? as in a shell ('LaneTest.*'): installs no packages, builds only
                     the programs that hold them. Exit status 1 when there is none.

Environment: JOBS (default: the number of processors).
The logs of a run are in build/test-logs/.
EOF
}

jobs=${JOBS:-$(nproc)}
logs=$LOOM_ROOT/build/test-logs
passed=0
failed=0
failures=()
durations=''
began=0

count_failure() {
  failed=$((failed + 1))
  failures+=("$1")
}

# run_counted NAME COMMAND...: adds the counts of a script whose last line, alone on stdout, is "N passed, M failed".
run_counted() {
  local name=$1 summary
  shift
  summary=$("$@") || failures+=("$name (see above)")
  if [[ $summary =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1))
  fi
}

build() {
  local preset=$1 log=$logs/build-$1.log
  shift
  say "Building $preset"
  if ! { cmake --preset "$preset" && cmake --build "build/$preset" --parallel "$jobs" "$@"; } >"$log" 2>&1; then
    grep -nE 'error:|FAILED:|undefined reference' "$log" | cut -c 1-300 | head -n 40 >&2 || true
    show_tail "$log" 12
    count_failure "build of $preset"
    return 1
  fi
}

# run_ctest NAME PRESET CTEST-ARGUMENTS...: adds the counts that ctest reports. $tests_tmp is where its tests put their files.
run_ctest() {
  local name=$1 preset=$2 log=$logs/ctest-$1.log summary total bad result=0
  shift 2
  say "Testing: $name"
  env ${tests_tmp:+TMPDIR="$tests_tmp"} ctest --test-dir "build/$preset" --output-on-failure --no-tests=ignore "$@" >"$log" 2>&1 || result=$?
  summary=$(grep -E '^[0-9]+% tests passed' "$log" || true)
  if [[ -z $summary ]]; then
    if grep -q 'No tests were found' "$log"; then
      note "no tests with this label"
      return 0
    fi
    show_tail "$log" 30
    count_failure "ctest $name"
    return 0
  fi
  # "98% tests passed, 2 tests failed out of 100"
  bad=$(sed -E 's/.*passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1/' <<<"$summary")
  total=$(sed -E 's/.*failed out of ([0-9]+).*/\1/' <<<"$summary")
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  note "$summary"
  if ((bad > 0 || result != 0)); then
    sed -n '/The following tests FAILED/,$p' "$log" >&2
    grep -E -B 2 -A 12 'Failure$|ERROR: |WARNING: ThreadSanitizer|terminate called' "$log" | head -n 120 >&2 || true
    failures+=("$name: $bad failed (build/test-logs/ctest-$name.log)")
    ((bad > 0)) || failed=$((failed + 1))
  fi
}

# Most of what the servers of the tests write is gone seconds later. Where memory has room for it (gigabytes; a run needs
# one or two) it never meets a disk: on ext4, a third of the time went into making files and removing them.
servers_place() {
  local memory=/dev/shm disk=${TMPDIR:-/tmp} room available
  room=$(df --output=avail -k "$memory" 2>/dev/null | tail -n 1)
  available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
  # Programs are started from there, too.
  if [[ -w $memory ]] && ((${room:-0} > 8 << 20 && ${available:-0} > 12 << 20)) &&
    ! grep -qE "^[^ ]+ $memory .*\bnoexec\b" /proc/mounts; then
    echo "$memory"
  else
    echo "$disk"
  fi
}

start_servers() {
  [[ -z ${servers_dir:-} ]] || return 0
  local place
  place=$(servers_place)
  servers_dir=$(TMPDIR=$place servers_make_dir)
  if [[ $place == /dev/shm ]]; then
    tests_tmp=$servers_dir/tmp
    mkdir -m 1777 "$tests_tmp"
  fi
  # Also when this script is killed so that no trap runs.
  servers_stop_after "$servers_dir" $$
  postgres_choose
  say 'Starting Kafka and PostgreSQL'
  # Also for the brokers that tests start themselves.
  LOOM_KAFKA_JAVA_OPTIONS=$(kafka_quick_options)
  export LOOM_KAFKA_JAVA_OPTIONS
  servers_start "$servers_dir" || die 'the servers did not start'
  LOOM_TEST_DATABASE_URL=$(postgres_url "$servers_dir")
  LOOM_TEST_KAFKA_BOOTSTRAP=$(kafka_address "$servers_dir")
  export LOOM_TEST_DATABASE_URL LOOM_TEST_KAFKA_BOOTSTRAP LOOM_KAFKA_HOME
}

# Beside the servers, for the tests that want one.
start_registry() {
  [[ -z ${LOOM_TEST_SCHEMA_REGISTRY:-} ]] || return 0
  say 'Starting a schema registry'
  servers_start "$servers_dir" registry || die 'the schema registry did not start'
  LOOM_TEST_SCHEMA_REGISTRY=$(registry_url "$servers_dir")
  export LOOM_TEST_SCHEMA_REGISTRY
}

# Each of the tests that want three brokers would start them anew.
start_cluster() {
  cluster_dir=$(TMPDIR=$(servers_place) servers_make_dir)
  servers_stop_after "$cluster_dir" $$
  say 'Starting three brokers of Kafka'
  servers_start "$cluster_dir" kafka 3 || die 'the brokers did not start'
  export LOOM_TEST_KAFKA_CLUSTER=$cluster_dir
}

# Downloads and builds of what the tests use beside the product take minutes on a new machine, much of it waiting: they
# go on while the product is compiled.
prepare_tools() {
  local tools
  for tools in client-tools kube-tools; do
    case $tools in
      client-tools) wanted integration || wanted fault || wanted changes || continue ;;
      kube-tools) wanted deploy || continue ;;
    esac
    set -m
    nice scripts/$tools.sh >"$logs/$tools.log" 2>&1 &
    tools_jobs[$tools]=$!
    set +m
  done
}

# await_tools NAME WHAT: what prepare_tools began. Where it failed it is tried once more, so that its words are seen.
await_tools() {
  [[ -n ${tools_jobs[$1]:-} ]] || return 0
  wait "${tools_jobs[$1]}" || scripts/"$1".sh || count_failure "$2"
  unset "tools_jobs[$1]"
}

# Most tests wait more than they compute, and the builds of the sanitizers take minutes of every processor: they go on
# beside the tests, while nobody else wants a processor.
build_beside() {
  local preset
  local -a presets=()
  for preset in asan tsan fuzz; do
    if wanted "$preset" && preset_is_possible "$preset"; then presets+=("$preset:$(targets_of "$preset")"); fi
  done
  ((${#presets[@]} > 0 && ${#labels[@]} > 1)) || return 0
  rm -f "$logs"/built-*
  setsid "$LOOM_ROOT/scripts/lib/build_beside.sh" "$logs" "$jobs" "${presets[@]}" </dev/null >/dev/null 2>&1 &
  beside_job=$!
}

# await_beside PRESET: until its build is over, well or badly; what it had to say is seen when it is built once more.
await_beside() {
  while [[ -n ${beside_job:-} && ! -e $logs/built-$1 ]] && kill -0 "$beside_job" 2>/dev/null; do sleep 0.5; done
}

preset_is_possible() { [[ $1 != fuzz ]] || command -v clang++-14 >/dev/null; }

targets_of() {
  case $1 in
    asan | tsan) echo tests/unit/all tests/simulation/all ;;
    fuzz) echo fuzzers ;;
  esac
}

# took WHAT: the time since the last call, for the summary.
took() {
  durations+="${durations:+, }$1 $((SECONDS - began)) s"
  note "$1: $((SECONDS - began)) s"
  began=$SECONDS
}

finish() {
  local status=$?
  trap - EXIT
  local job
  for job in "${tools_jobs[@]}" ${beside_job:+"$beside_job"}; do kill -- "-$job" 2>/dev/null || true; done
  if [[ -n ${servers_dir:-} ]]; then servers_stop "$servers_dir" || true; fi
  if [[ -n ${cluster_dir:-} ]]; then servers_stop "$cluster_dir" || true; fi
  if [[ -n ${databases_dir:-} ]]; then servers_stop "$databases_dir" || true; fi
  # Left early: whatever the reason, that is no success.
  if ((status != 0 && failed == 0)); then count_failure "the run itself (exit status $status)"; fi
  [[ -z $durations ]] || note "Took: $durations; $SECONDS s in all"
  local line
  for line in "${failures[@]}"; do fail "$line"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0)) || exit 1
}

wanted() { [[ " ${labels[*]} " == *" $1 "* ]]; }

run_label() {
  case $1 in
    checks)
      say 'Checking'
      run_counted checks env JOBS="$jobs" scripts/checks.sh
      ;;
    # Each has two databases, Kafka and Kafka Connect of its own.
    changes)
      await_tools client-tools 'tools for the clients'
      run_ctest "$1" release -L "^$1\$"
      ;;
    databases) run_databases ;;
    portability) run_counted "$1" env JOBS="$jobs" scripts/portability.sh ${LOOM_PORTABILITY_ROOT:+--root "$LOOM_PORTABILITY_ROOT"} ;;
    unit) run_ctest "$1" release -L "^$1\$" --parallel "$jobs" ;;
    integration)
      await_tools client-tools 'tools for the clients'
      start_servers
      start_registry
      # They wait more than they compute.
      run_ctest "$1" release -L "^$1\$" --parallel "$((2 * jobs))"
      ;;
    # One at a time: each has a browser, and measures seconds.
    ui)
      start_servers
      run_ctest "$1" release -L "^$1\$"
      ;;
    deploy)
      await_tools kube-tools 'tools for the chart'
      start_servers
      # Images are roots of their own, and as large.
      tests_tmp='' run_ctest "$1" release -L "^$1\$" --parallel "$jobs"
      if [[ -s build/release/image-report.txt ]]; then sed 's/^/  /' build/release/image-report.txt >&2; fi
      ;;
    # Each has servers and a load of its own, and waits for timeouts more than it computes.
    fault)
      await_tools client-tools 'tools for the clients'
      start_servers
      start_cluster
      run_ctest "$1" release -L "^$1\$" --parallel "$((jobs + (jobs + 1) / 2))"
      ;;
    asan | tsan)
      await_beside "$1"
      # shellcheck disable=SC2046
      build "$1" --target $(targets_of "$1") || return 0
      LOOM_SIMULATION_SEEDS=${LOOM_SIMULATION_SEEDS:-200} run_ctest "$1" "$1" -L '^unit$' --parallel "$jobs"
      ;;
    fuzz)
      if ! preset_is_possible fuzz; then
        note 'fuzz: skipped, clang++-14 is not there (the unit tests run the corpus all the same)'
        return 0
      fi
      await_beside "$1"
      # shellcheck disable=SC2046
      build "$1" --target $(targets_of "$1") || return 0
      run_ctest "$1" "$1" -L '^fuzz$' --parallel "$jobs"
      grep -hE '^stat::number_of_executed_units' build/fuzz/fuzz-work/*/log | awk '{ n += $2 } END { print "  inputs tried: " n }' >&2
      ;;
  esac
}

parse_arguments() {
  labels=() only=''
  while (($# > 0)); do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --only) only=${2:?--only needs a name, such as \'LaneTest.*\'} && shift ;;
      *)
        [[ " ${ALL_LABELS[*]} ${FURTHER_LABELS[*]} " == *" $1 "* ]] ||
          die "unknown label $1: ${ALL_LABELS[*]} ${FURTHER_LABELS[*]}"
        labels+=("$1")
        ;;
    esac
    shift
  done
  [[ -z $only || ${#labels[@]} == 1 ]] || die '--only goes with one label'
  ((${#labels[@]} > 0)) || labels=("${ALL_LABELS[@]}")
}

main() {
  declare -gA tools_jobs=()
  parse_arguments "$@"
  cd "$LOOM_ROOT"
  mkdir -p "$logs"
  trap finish EXIT
  if [[ -n $only ]]; then
    run_only "${labels[0]}" "$only"
    return 0
  fi
  local groups=()
  local group
  for group in ui deploy fault; do
    if wanted "$group"; then groups+=(--with "$group"); fi
  done
  if wanted checks || wanted integration || wanted fault || wanted changes; then groups+=(--with clients); fi
  if wanted databases; then groups+=(--with databases); fi
  # The Debian of that label has packages of its own.
  if [[ ${labels[*]} != portability ]]; then "$LOOM_ROOT/scripts/install-packages.sh" "${groups[@]}"; fi
  prepare_tools
  if wanted checks || wanted unit || wanted integration || wanted ui || wanted deploy || wanted fault ||
    wanted changes || wanted databases; then
    build release --target kafka-to-db-consumer tests/all benchmarks/all || exit 1
  fi
  build_beside
  took "packages and build"
  for label in "${ALL_LABELS[@]}" "${FURTHER_LABELS[@]}"; do
    if wanted "$label"; then
      run_label "$label"
      took "$label"
    fi
  done
}

main "$@"
