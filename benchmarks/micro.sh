#!/usr/bin/env bash
# The small benchmarks, one after the other: what single stages of the service cost. docs/benchmarks.md explains them.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"

usage() {
  cat <<'EOT'
Usage: benchmarks/micro.sh [--build DIR] [--repeat R] [--results FILE] [PROGRAM...]

Runs map, decode, values, batch, handover and metrics (or those named), each benchmark R times, and shows the medians.

--build DIR     the programs of this build folder as they are (build/release, where they are built)
--repeat R      repetitions, of which the medians count (5)
--results FILE  where the figures go as JSON (benchmarks/results/micro.json)
EOT
}

build='' repeat=5 results=$LOOM_ROOT/benchmarks/results/micro.json programs=()
while (($# > 0)); do
  case $1 in
    --build) build=${2:?--build needs a folder} && shift ;;
    --repeat) repeat=${2:?--repeat needs a number} && shift ;;
    --results) results=${2:?--results needs a file} && shift ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
      fail "unknown option $1"
      usage >&2
      exit 2
      ;;
    *) programs+=("$1") ;;
  esac
  shift
done
((${#programs[@]} > 0)) || programs=(map decode values batch handover metrics)
[[ $repeat =~ ^[1-9][0-9]*$ ]] || die '--repeat takes whole numbers from 1'

# Ticks that all CPUs worked (stolen ones too), and all ticks there were.
cpu_ticks() { awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 + $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat; }
# Ticks that this script's children worked.
own_ticks() {
  local stat
  stat=$(cat /proc/$$/stat)
  awk '{ print $14 + $15 }' <<<"${stat##*) }"
}

if [[ -z $build ]]; then
  say 'Building'
  (cd "$LOOM_ROOT" && cmake --preset release >/dev/null &&
    cmake --build --preset release --target benchmarks/micro/all) >&2
  build=$LOOM_ROOT/build/release
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/loom-micro.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$results")"

read -r busy_before all_before < <(cpu_ticks)
own_before=$(own_ticks)
done_so_far=0
for program in "${programs[@]}"; do
  done_so_far=$((done_so_far + 1))
  say "$done_so_far of ${#programs[@]}: $program"
  "$build/${program}_benchmark" --benchmark_repetitions="$repeat" --benchmark_report_aggregates_only=true \
    --benchmark_out="$work/$program.json" --benchmark_out_format=json >"$work/$program.log" 2>&1 ||
    { show_tail "$work/$program.log" 40 && die "${program}_benchmark failed"; }
done
read -r busy all < <(cpu_ticks)
others=$(awk -v busy="$((busy - busy_before))" -v all="$((all - all_before))" -v own="$(($(own_ticks) - own_before))" \
  'BEGIN { share = 100 * (busy - own) / all; printf "%.1f", share < 0 ? 0 : share }')

python3 - "$work" "$results" "$others" "${programs[@]}" <<'EOT'
import json, sys
work, results, others, *programs = sys.argv[1:]
out = {"others_cpu_percent": float(others), "valid": float(others) <= 5, "benchmarks": []}
print(f"{'':52} {'CPU ns':>12} {'rows/s':>14} {'MB/s':>9} {'allocations/row':>16}")
for program in programs:
    with open(f"{work}/{program}.json") as file:
        report = json.load(file)
    out["context"] = {key: report["context"][key] for key in ("date", "num_cpus", "mhz_per_cpu")}
    scale = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    for row in report["benchmarks"]:
        if row.get("aggregate_name") not in ("median", None):
            continue
        one = {"program": program, "name": row["run_name"], "cpu_ns": row["cpu_time"] * scale[row["time_unit"]],
               "real_ns": row["real_time"] * scale[row["time_unit"]], "rows_per_second": row.get("rows"),
               "bytes_per_second": row.get("bytes_per_second"), "allocations_per_row": row.get("allocations_per_row")}
        out["benchmarks"].append(one)
        def show(value, width, digits, factor=1.0):
            return f"{'-':>{width}}" if value is None else f"{value / factor:>{width},.{digits}f}"
        print(f"{one['name']:52} {show(one['cpu_ns'], 12, 1)} {show(one['rows_per_second'], 14, 0)} "
              f"{show(one['bytes_per_second'], 9, 0, 1e6)} {show(one['allocations_per_row'], 16, 4)}")
with open(results, "w") as file:
    json.dump(out, file, indent=1)
EOT
note "figures: $results"
if awk -v others="$others" 'BEGIN { exit !(others > 5) }'; then
  note "NOT VALID: other programs took $others % of the CPUs"
else
  note "other programs took $others % of the CPUs"
fi
