#!/usr/bin/env bash
# Plants known bugs, one at a time, in a copy of the sources, and shows which test catches each.
set -euo pipefail

# shellcheck source=scripts/servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/servers.sh"

usage() {
  cat <<EOF
Usage: scripts/mutants.sh [NAME...]

Builds each bug of tests/mutants/*.patch (default: all) into a copy of the sources and runs the tests that its head
names. They must fail with the bug and pass without it. Exit status 1 when a bug survives.
Environment: JOBS (default: the number of processors).
EOF
}

jobs=${JOBS:-$(nproc)}
head_of() { sed -n "s/^$2: //p" "$1" | head -n 1; }

finish() {
  local status=$?
  trap - EXIT
  [[ -z ${servers_dir:-} ]] || servers_stop "$servers_dir" || true
  rm -rf "$work"
  exit "$status"
}

# build TARGET...
build() { cmake --build "$work/build" --parallel "$jobs" --target "$@" >"$work/log" 2>&1; }

# run_tests REGEX: fails when one of the tests does, and when there is none.
run_tests() { ctest --test-dir "$work/build" --output-on-failure --no-tests=error -R "$1" >"$work/log" 2>&1; }

# change PATCH [-R]
change() { patch -s -p1 -d "$work/source" "${@:2}" <"$1"; }

# attempt NAME: one line of the table. The tests have to pass again once the bug is out, so that nothing else counts.
attempt() {
  local name=$1 patch=$LOOM_ROOT/tests/mutants/$1.patch targets regex caught='' verdict=survived
  [[ -f $patch ]] || die "there is no $patch"
  read -ra targets <<<"$(head_of "$patch" Build)"
  regex=$(head_of "$patch" 'Caught by')
  change "$patch" || die "$name does not fit the sources any more: mend tests/mutants/$name.patch"
  if ! build "${targets[@]}"; then
    verdict='does not compile'
    show_tail "$work/log" 20
  elif ! run_tests "$regex"; then
    caught=$(sed -nE 's/^[[:space:]]*[0-9]+ - ([^ ]+) \(.*\).*/\1/p' "$work/log" | paste -sd ' ')
    if [[ -n $caught ]]; then verdict=caught; else show_tail "$work/log" 20; fi
  fi
  change "$patch" -R
  if [[ $verdict == caught ]] && ! { build "${targets[@]}" && run_tests "$regex"; }; then
    verdict='its tests fail without it, too'
    show_tail "$work/log" 20
  fi
  printf '| %s | %s | %s | %s |\n' "$name" "$(head_of "$patch" What)" "$verdict" "$caught"
  [[ $verdict == caught ]]
}

main() {
  case ${1:-} in
    -h | --help)
      usage
      exit 0
      ;;
  esac
  local names=("$@") name survived=0
  if ((${#names[@]} == 0)); then
    for name in "$LOOM_ROOT"/tests/mutants/*.patch; do names+=("$(basename "$name" .patch)"); done
  fi
  work=$(mktemp -d "${TMPDIR:-/tmp}/loom-mutants.XXXXXX")
  trap finish EXIT
  mkdir "$work/source"
  (cd "$LOOM_ROOT" && find . \( -path ./build -o -path ./.git \) -prune -o -type f -print0 | tar -c --null -T -) |
    tar -x -m -C "$work/source"
  servers_dir=$(servers_make_dir)
  servers_stop_after "$servers_dir" $$
  servers_start "$servers_dir" || die 'the servers did not start'
  LOOM_TEST_DATABASE_URL=$(postgres_url "$servers_dir")
  LOOM_TEST_KAFKA_BOOTSTRAP=$(kafka_address "$servers_dir")
  LOOM_SIMULATION_SEEDS=${LOOM_SIMULATION_SEEDS:-3000}
  export LOOM_TEST_DATABASE_URL LOOM_TEST_KAFKA_BOOTSTRAP LOOM_KAFKA_HOME LOOM_SIMULATION_SEEDS
  cmake -S "$work/source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLOOM_BENCHMARKS=OFF >"$work/log" 2>&1 ||
    { show_tail "$work/log" && die 'the sources cannot be configured'; }
  printf '| bug | what is wrong | verdict | by |\n| --- | --- | --- | --- |\n'
  for name in "${names[@]}"; do attempt "$name" || survived=$((survived + 1)); done
  printf '%d bugs planted, %d caught\n' "${#names[@]}" "$((${#names[@]} - survived))"
  ((survived == 0))
}

main "$@"
