# shellcheck shell=bash
# What the scripts have in common that fetch or make the tests' tools and keep them outside of the source tree.
# Whoever sources this has `tools`, the names of what it keeps, and usage().

# shellcheck disable=SC2034 # read by who sources this
kept_tools=${XDG_CACHE_HOME:-${HOME:?}/.cache}/kafka-to-db-consumer/tools

# parse_tools ARGUMENT...: sets `wanted` (all, when none is named) and `path_only`.
parse_tools() {
  path_only=false
  wanted=()
  while (($# > 0)); do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --path) path_only=true ;;
      *)
        # shellcheck disable=SC2154 # see above
        [[ " ${tools[*]} " == *" $1 "* ]] || { fail "unknown: $1 (there are: ${tools[*]})"; exit 2; }
        wanted+=("$1")
        ;;
    esac
    shift
  done
  if $path_only && ((${#wanted[@]} != 1)); then
    fail '--path needs one tool'
    exit 2
  fi
  ((${#wanted[@]} > 0)) || wanted=("${tools[@]}")
}

# One at a time on a machine: a second run waits, and then finds what the first one made.
lock_tools() {
  mkdir -p "$kept_tools"
  exec 8>"$kept_tools/.lock"
  if ! flock -n 8; then
    note "$1: waiting for another run that makes tools"
    flock 8
  fi
}
unlock_tools() { exec 8>&-; }
