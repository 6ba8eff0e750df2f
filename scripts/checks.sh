#!/usr/bin/env bash
# What can be found without running the product: format, forgotten files, costs. The last line is "N passed, M failed".
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

build_folder=build/release
jobs=${JOBS:-$(nproc)}
logs=$LOOM_ROOT/build/test-logs
tidy_base='' tidy_seconds=100
export PYTHONDONTWRITEBYTECODE=1

# shellcheck source=scripts/lib/checks.sh
. "$LOOM_ROOT/scripts/lib/checks.sh"

# In the order in which they start: the long ones first.
ALL_CHECKS=(all-builds clang-tidy thread-safety eslint shellcheck instructions clang-format known-files names-in-docs
  ruff contracts mutants)

usage() {
  cat <<EOF
Usage: scripts/checks.sh [--base REVISION] [CHECK...]
       scripts/checks.sh --self-test

Runs the checks side by side, as many as there are processors. Each prints a line with its time, and the end of its log
when it fails. Checks (default: all):
  shellcheck    the shell scripts
  clang-format  the format of the C++ files, by .clang-format
  contracts     each word of a class's contract (Threads, Owns, Blocks, Fails, Bounds) on a line of its own
  thread-safety clang proves that what a mutex guards is touched under that mutex only
  clang-tidy    the C++ files that have changed, by .clang-tidy, for $tidy_seconds s at most
  names-in-docs each path, link and name that the documents give exists
  ruff          the Python files, by ruff.toml; fetches ruff once
  eslint        the TypeScript package, by its eslint.config.mjs; fetches what that needs once
  known-files   no .cpp file that the build does not know
  mutants       each bug of tests/mutants still fits the sources
  all-builds    whatever the release build can make, benchmarks too
  instructions  what a message costs a worker, against benchmarks/instructions/baseline.txt; after all-builds

--base REVISION  what clang-tidy takes for the state before the change; default: where this branch left origin/main, or
                 ten commits ago. "all": every file is read, whatever time that takes

--self-test      plants a fault for each check in a copy of the project, and demands that each check names its fault

A check is skipped where the version of clang's tools that it goes by is not to be had.

Environment: JOBS (default: the number of processors).
The logs are in build/test-logs/, and $build_folder is configured when that is out of date.
EOF
}

# comes_after CHECK: the one that has to end before it starts, if any.
comes_after() {
  case $1 in
    instructions) echo all-builds ;;
  esac
}

# needs CHECK: the program without which it is skipped: another version of it judges differently, and not every
# distribution has this one.
needs() {
  case $1 in
    clang-format) echo clang-format-14 ;;
    clang-tidy) echo clang-tidy-14 ;;
    thread-safety) echo clang++-14 ;;
  esac
}

# Each check is a process group of its own, so that a run which ends early takes everything with it.
start() {
  set -m
  (
    trap - EXIT
    "check_${1//-/_}"
  ) >"$logs/check-$1.log" 2>&1 &
  set +m
  running[$!]=$1
  started[$!]=${EPOCHREALTIME/./}
}

# finish_one: waits for any of them.
finish_one() {
  local pid name status=0 tenths
  wait -n -p pid "${!running[@]}" || status=$?
  name=${running[$pid]}
  tenths=$(((${EPOCHREALTIME/./} - ${started[$pid]}) / 100000))
  unset "running[$pid]"
  if ((status == 0)); then
    passed=$((passed + 1))
    note "$(printf '%-14s good  %5d.%d s  %s' "$name" $((tenths / 10)) $((tenths % 10)) \
      "$(tail -n 1 "$logs/check-$name.log" | cut -c 1-100)")"
  else
    failed=$((failed + 1))
    fail "check $name ($((tenths / 10)).$((tenths % 10)) s)"
    show_tail "$logs/check-$name.log" 40
  fi
}

# start_next: the first one that need not wait for another; false when there is none.
start_next() {
  local index before
  for index in "${!waiting[@]}"; do
    before=$(comes_after "${waiting[index]}")
    if [[ -z $before || " ${waiting[*]} ${running[*]} " != *" $before "* ]]; then
      start "${waiting[index]}"
      unset "waiting[$index]"
      return 0
    fi
  done
  return 1
}

# configured_before: prints what is newer than the configuration of the build folder, which is in use as it is otherwise.
configured_before() {
  local commands=$build_folder/compile_commands.json
  [[ -s $commands ]] || { echo "no $commands"; return 0; }
  find CMakeLists.txt CMakePresets.json cmake "${cpp_folders[@]}" \
    \( -name CMakeLists.txt -o -name CMakePresets.json -o -name '*.cmake' \) -newer "$commands" -print -quit
}

stop_all() {
  local pid
  for pid in "${!running[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
}

main() {
  local check tool wanted=()
  while (($# > 0)); do
    check=$1
    case $check in
      --self-test) exec "$LOOM_ROOT/scripts/lib/checks/planted_faults.sh" ;;
      --base)
        tidy_base=${2:?--base needs a revision}
        if [[ $tidy_base == all ]]; then tidy_seconds=100000; fi
        shift
        ;;
      -h | --help)
        usage
        exit 0
        ;;
      *)
        [[ " ${ALL_CHECKS[*]} " == *" $check "* ]] || die "unknown check $check: ${ALL_CHECKS[*]}"
        wanted+=("$check")
        ;;
    esac
    shift
  done
  ((${#wanted[@]} > 0)) || wanted=("${ALL_CHECKS[@]}")

  cd "$LOOM_ROOT"
  mkdir -p "$logs"
  if [[ -n $(configured_before) ]]; then
    cmake --preset release >"$logs/check-configure.log" 2>&1 ||
      { show_tail "$logs/check-configure.log"; die "cmake --preset release failed"; }
  fi

  declare -gA running=() started=()
  waiting=()
  for check in "${ALL_CHECKS[@]}"; do
    [[ " ${wanted[*]} " == *" $check "* ]] || continue
    tool=$(needs "$check")
    if [[ -z $tool ]] || command -v "$tool" >/dev/null; then
      waiting+=("$check")
    else
      note "$check: skipped, $tool is not there"
    fi
  done
  passed=0 failed=0
  trap stop_all EXIT
  trap 'exit 130' INT TERM
  while ((${#waiting[@]} + ${#running[@]} > 0)); do
    while ((${#running[@]} < jobs)) && start_next; do :; done
    finish_one
  done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

main "$@"
