#!/usr/bin/env bash
# How many instructions a message costs a worker, by shape of message, beside what it cost when that was last looked at.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"

usage() {
  cat <<'EOT'
Usage: benchmarks/instructions.sh [--build DIR] [--update | --top [N]]

Lets callgrind count the instructions of decoding and encoding a message, from its bytes to its COPY rows, and compares
them with benchmarks/instructions/baseline.txt: more than 5 % away is an error. A count does not depend on how busy the
machine is. It depends on compiler, libraries and valgrind: with others than the baseline's nothing is judged.

--build DIR  the program of this build folder as it is (build/release, which is built)
--update     writes the baseline instead
--top [N]    shows for each shape the N (15) functions that execute most, per message; nothing is judged
EOT
}

tolerance=5 baseline=$LOOM_ROOT/benchmarks/instructions/baseline.txt
build='' update=false top=0
while (($# > 0)); do
  case $1 in
    --build) build=${2:?--build needs a folder} && shift ;;
    --update) update=true ;;
    --top)
      top=15
      if [[ ${2:-} =~ ^[1-9][0-9]*$ ]]; then top=$2 && shift; fi
      ;;
    *) other_argument "$1" ;;
  esac
  shift
done

# simdjson takes the best instructions that the processor has, and callgrind knows none beyond AVX2.
export SIMDJSON_FORCE_IMPLEMENTATION=haswell

versions() { "$program" --versions | grep -v '^shape ' && valgrind --version | sed 's/-/ /'; }

# count SHAPE: leaves what callgrind found in $work/SHAPE.
count() {
  valgrind --tool=callgrind --collect-atstart=no --toggle-collect='measured_messages*' \
    --callgrind-out-file="$work/$1" "$program" "$1" >"$work/$1.log" 2>&1 ||
    { show_tail "$work/$1.log" && die "counting $1 failed"; }
}

# per_message SHAPE MESSAGES: instructions. None counted: the function to look at was not found.
per_message() {
  local all
  all=$(awk '$1 == "totals:" || $1 == "summary:" { n = $2 } END { print n + 0 }' "$work/$1")
  ((all > 0)) || die "callgrind saw no measured_messages() in $program"
  echo $(((all + $2 / 2) / $2))
}

# The costs of inlined code stand under the function that it was inlined into.
show_top() {
  echo "$1: $(per_message "$1" "$2") instructions a message"
  callgrind_annotate --threshold=100 --auto=no "$work/$1" | awk -v messages="$2" '
    /^ *[0-9,]+ \( *[0-9.]+%\)  / && !/PROGRAM TOTALS/ {
      n = $1; gsub(",", "", n)
      name = $0; sub(/^ *[0-9,]+ \( *[0-9.]+%\)  /, "", name); sub(/ \[[^][]*\]$/, "", name)
      sub(/^[^:]*:/, "", name)
      gsub(/\(anonymous namespace\)::/, "", name); sub(/\(.*/, "", name); sub(/\x27[0-9]+$/, "", name)
      sum[name] += n; all += n
    }
    END { for (name in sum) printf "%8.0f %5.1f %%  %s\n", sum[name] / messages, 100 * sum[name] / all, name }
  ' | sort -rn | awk -v most="$top" 'NR <= most'
}

judge() {
  local shape=$1 now=$2 was
  was=$(awk -v shape="$shape" '$1 == "shape" && $2 == shape { print $3 }' "$baseline")
  if [[ -z $was ]]; then
    fail "$shape: $now instructions a message, and the baseline has none (--update)"
    return 1
  fi
  local change
  change=$(awk -v now="$now" -v was="$was" 'BEGIN { printf "%+.1f", 100 * (now - was) / was }')
  if awk -v change="$change" -v most="$tolerance" 'BEGIN { exit !(change > most || change < -most) }'; then
    fail "$shape: $now instructions a message, $change % against the baseline's $was (if meant: --update)"
    return 1
  fi
  note "$shape: $now instructions a message, $change %"
}

command -v valgrind >/dev/null || die 'valgrind is missing: apt-get install valgrind'
if [[ -z $build ]]; then
  say 'Building'
  (cd "$LOOM_ROOT" && cmake --preset release >/dev/null &&
    cmake --build --preset release --target count-instructions) >&2
  build=$LOOM_ROOT/build/release
fi
program=$build/count-instructions
[[ -x $program ]] || die "there is no $program"
if ! grep -qw avx2 /proc/cpuinfo; then
  note 'not judged: this processor has no AVX2, for which the baseline was counted'
  exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/loom-instructions.XXXXXX")
trap 'rm -rf "$work"' EXIT

versions >"$work/versions"
"$program" --versions | sed -n 's/^shape //p' >"$work/shapes"
if ! $update && ((top == 0)) && ! diff <(grep -v '^shape ' "$baseline") "$work/versions" >"$work/differences"; then
  note 'not judged: the baseline (<) was counted with other versions than those here (>)'
  sed 's/^/    | /' "$work/differences" >&2
  exit 0
fi

cp "$work/versions" "$work/new"
bad=0
while read -r shape messages; do
  count "$shape"
  now=$(per_message "$shape" "$messages")
  if $update; then
    note "$shape: $now instructions a message"
    echo "shape $shape $now" >>"$work/new"
  elif ((top > 0)); then
    show_top "$shape" "$messages"
  else
    judge "$shape" "$now" || bad=$((bad + 1))
  fi
done <"$work/shapes"
if $update; then
  cp "$work/new" "$baseline"
  note "written: $baseline"
fi
((bad == 0))
