#!/usr/bin/env bash
# Builds presets one after the other while nobody else wants a processor. It is its session's first process.
# Usage: build_beside.sh LOGS JOBS PRESET:TARGETS...     LOGS/built-PRESET appears when one is over, well or badly
set -uo pipefail

logs=$1 jobs=$2
shift 2
# Both, since Linux weighs sessions against each other before it looks at their processes, where it groups them.
{ echo 19 >/proc/self/autogroup; } 2>/dev/null
chrt --idle --pid 0 $$ >/dev/null 2>&1 || renice -n 19 -p $$ >/dev/null

for one in "$@"; do
  preset=${one%%:*}
  read -ra targets <<<"${one#*:}"
  { cmake --preset "$preset" && cmake --build "build/$preset" --parallel "$jobs" --target "${targets[@]}"; } \
    >"$logs/build-$preset-beside.log" 2>&1
  touch "$logs/built-$preset"
done
