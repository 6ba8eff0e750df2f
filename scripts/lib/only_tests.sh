# shellcheck shell=bash
# One test or a few, without the rest: what `scripts/test.sh LABEL --only NAME` does. Sourced by test.sh alone.

# folders_of LABEL: where its GoogleTest programs are.
folders_of() {
  case $1 in
    unit | asan | tsan) echo tests/unit tests/simulation tests/fuzz ;;
    integration) echo tests/integration ;;
    fault) echo tests/fault tests/integration/stage ;;
    ui) echo tests/ui ;;
    databases) echo tests/databases ;;
  esac
}

# regex_of GLOB: the same as an extended regular expression; * and ? as in a shell.
# shellcheck disable=SC2016  # the dollar is a character of its own here
regex_of() { sed -e 's/[.+^$(){}|\\]/\\&/g' -e 's/\*/.*/g' -e 's/?/./g' <<<"$1"; }

# cases_of FOLDER...: "FILE SUITE.TEST" for each case in the sources. Long names stand on the line after the bracket.
cases_of() {
  find "$@" -name '*.cpp' -exec perl -0777 -ne \
    'while (/^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)/mg) { print "$ARGV $1.$2\n" }' {} \;
}

# target_of FILE: the loom_test() of its folder's CMakeLists.txt that lists it.
target_of() {
  awk -v name="$(basename "$1")" '
    match($0, /loom_test\([a-z_]+/) { target = substr($0, RSTART + 10, RLENGTH - 10) }
    { for (i = 1; i <= NF; i++) if ($i == name) { print target; exit } }' "$(dirname "$1")/CMakeLists.txt"
}

# run_only LABEL GLOB
run_only() {
  local label=$1 glob=$2 regex preset=release file known targets=()
  regex="^$(regex_of "$glob")\$"
  case $label in
    asan | tsan) preset=$label ;;
    unit | integration | ui | deploy | fault | databases) ;;
    *) die "--only does not go with the label $label" ;;
  esac
  local folders
  read -ra folders <<<"$(folders_of "$label")"
  if ((${#folders[@]} > 0)); then
    while read -r file; do targets+=("$(target_of "$file")"); done \
      < <(cases_of "${folders[@]}" | awk -v regex="$regex" '$2 ~ regex { print $1 }' | sort -u)
  fi
  mapfile -t targets < <(printf '%s\n' "${targets[@]}" | sort -u | sed '/^$/d')
  # Tests in Python have no program of their own; those in C++ start the service.
  if needs_servers "$label"; then targets+=(kafka-to-db-consumer); fi
  if ((${#targets[@]} > 0)); then
    note "building ${targets[*]}"
    build "$preset" --target "${targets[@]}" || return 0
  fi
  # What a case is called in the build decides; a program's parts in other languages are known to it alone.
  known=$(ctest --test-dir "build/$preset" -N -L "^$(label_of "$label")\$" -R "$regex" 2>/dev/null || true)
  if ! grep -q '^  Test ' <<<"$known"; then
    count_failure "no test of the label $label is called $glob"
    return 0
  fi
  if needs_servers "$label"; then start_servers; fi
  if [[ $label == databases ]]; then databases_begin "$DATABASES_EXTENDED" || return 0; fi
  run_ctest "$label" "$preset" -L "^$(label_of "$label")\$" -R "$regex"
}

needs_servers() { [[ $1 =~ ^(integration|ui|fault|deploy|databases)$ ]]; }

# label_of LABEL: what ctest knows it by.
label_of() { case $1 in asan | tsan) echo unit ;; *) echo "$1" ;; esac }
