# shellcheck shell=bash
# What every script here needs: messages, waiting for a condition, free ports, processes known by more than a number.
# Sourced, never run.

LOOM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LOOM_CACHE=${LOOM_CACHE:-$LOOM_ROOT/build}

if [[ -t 2 ]]; then
  loom_bold=$'\e[1m' loom_red=$'\e[31m' loom_dim=$'\e[2m' loom_plain=$'\e[0m'
else
  loom_bold='' loom_red='' loom_dim='' loom_plain=''
fi

say() { printf '%s%s%s\n' "$loom_bold" "$*" "$loom_plain" >&2; }
note() { printf '%s  %s%s\n' "$loom_dim" "$*" "$loom_plain" >&2; }
fail() { printf '%serror:%s %s\n' "$loom_red" "$loom_plain" "$*" >&2; }
die() {
  fail "$*"
  exit 1
}

# other_argument ARGUMENT: what a script does with one that is not its own. Its function usage() is shown for --help, and
# with an error for all else.
other_argument() {
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    *)
      fail "unknown argument $1"
      usage >&2
      exit 2
      ;;
  esac
}

# wait_until SECONDS COMMAND...: true as soon as the command is, false after that time. Its output is dropped.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# show_tail FILE [LINES]: the end of a log, set off from what is ours.
show_tail() {
  [[ -s $1 ]] || { note "$1 is empty"; return 0; }
  note "last lines of $1:"
  tail -n "${2:-25}" "$1" | cut -c 1-300 | sed 's/^/    | /' >&2
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port [PORT...]: a port nobody listens on, none of these, below the range that the kernel gives to outgoing
# connections.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((20000 + RANDOM % 12000))
    if [[ " $* " != *" $port "* ]] && port_is_free "$port"; then
      echo "$port"
      return 0
    fi
  done
  fail 'no free port between 20000 and 32000'
  return 1
}

# Processes are remembered as "PID START": a number alone may by now belong to somebody else.
process_start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # Field 22 of the line; the 20th after the command's name in brackets.
  awk '{print $20}' <<<"$stat"
}
remember_process() { echo "$1 $(process_start_time "$1")" >"$2"; }

# process_of FILE: prints the number of the remembered process if that very process still runs.
process_of() {
  local pid start
  [[ -s $1 ]] || return 1
  read -r pid start <"$1"
  [[ -n $start && $(process_start_time "$pid") == "$start" ]] || return 1
  [[ $(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null) != Z ]] || return 1
  echo "$pid"
}

# stop_process FILE SIGNAL SECONDS: that process only; SIGKILL when the time is over.
stop_process() {
  local pid
  if pid=$(process_of "$1"); then
    kill -s "$2" "$pid" 2>/dev/null || true
    if ! wait_until "$3" process_gone "$1"; then
      note "process $pid did not stop within $3 s, so it is killed"
      kill -s KILL "$pid" 2>/dev/null || true
      wait_until 5 process_gone "$1" || true
    fi
  fi
  rm -f "$1"
}
process_gone() { ! process_of "$1" >/dev/null; }
