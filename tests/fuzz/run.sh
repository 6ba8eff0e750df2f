#!/usr/bin/env bash
# One fuzzer for LOOM_FUZZ_SECONDS, from the corpus in the tree. What it finds is shown, so that a log is enough to
# make a regression test of it; new inputs stay beside the program until `run.sh --keep` takes the useful ones over.
set -euo pipefail

usage() {
  cat <<EOF
Usage: tests/fuzz/run.sh PROGRAM TARGET          fuzz for LOOM_FUZZ_SECONDS (30)
       tests/fuzz/run.sh --keep PROGRAM TARGET   add to the corpus what the runs found that covers more
EOF
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
keep=false
case ${1:-} in
  --keep)
    keep=true
    shift
    ;;
  -h | --help)
    usage
    exit 0
    ;;
esac
(($# == 2)) || {
  usage >&2
  exit 2
}
program=$1
target=$2
corpus=$here/corpus/$target
work=$(dirname "$program")/fuzz-work/$target
found=$work/found
crashes=$work/crashes
mkdir -p "$found" "$crashes"

# A message of 64 KiB is far more than any branch needs; the real limits have tests of their own. The memory that the
# sanitizer holds on to, 256 MiB and more, counts as the program's.
options=(-timeout=10 -rss_limit_mb=2048 -max_len=65536 "-dict=$here/dictionaries/$target.dict" -print_final_stats=1
  "-seed=${LOOM_FUZZ_SEED:-1}")

if $keep; then
  # The fewest inputs that reach every branch: what it takes to get on from there, each run finds by itself.
  exec "$program" -set_cover_merge=1 -use_counters=0 -max_len=2048 "$corpus" "$found"
fi

rm -f "$crashes"/*
result=0
"$program" "${options[@]}" "-max_total_time=${LOOM_FUZZ_SECONDS:-30}" "-artifact_prefix=$crashes/" \
  "$found" "$corpus" 2>"$work/log" || result=$?
grep -E '^stat::|^Done|INITED' "$work/log" || true
if ((result != 0)); then
  echo "ERROR: fuzzer $target ended with status $result" >&2
  grep -vE '^#[0-9]+[[:space:]]+(NEW|REDUCE|pulse|RELOAD)' "$work/log" | tail -n 60 >&2
  for input in "$crashes"/*; do
    [[ -f $input ]] || continue
    echo "input ${input##*/}, to be put into tests/fuzz/corpus/$target (base64 -d):" >&2
    base64 "$input" | head -c 20000 >&2
  done
fi
exit "$result"
