#!/usr/bin/env bash
# Builds and tries the project inside a Debian of its own, with nothing but that Debian's packages. The last line is
# "N passed, M failed".
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

FAULT_TEST=KilledTest.PostgresKilledAgainAndAgain

usage() {
  cat <<EOF
Usage: scripts/portability.sh [--suite NAME] [--root DIR] [--mirror URL] [--only STEP]...

Clones the last commit of this checkout into a Debian that debootstrap makes, and in there, step by step:
  packages    scripts/install-packages.sh
  build       the release, the unit tests, the simulation, the fault tests
  unit        the unit tests and 10,000 seeds of the simulation
  quickstart  scripts/quickstart.sh
  fault       $FAULT_TEST, on servers of that Debian

--suite NAME  the Debian (default: trixie, which is 13; "testing" for a look ahead)
--root DIR    make it in DIR, or use the one that is there, and keep it with its packages and compiler cache; the clone
              and its build are made anew (default: a temporary folder, removed at the end)
--mirror URL  where its packages come from (default: where this machine's do)
--only STEP   only these steps

Needs root or sudo, debootstrap and git. Mounts are made in a namespace of their own: none is left, however it ends.
Environment: JOBS (default: the number of processors).
EOF
}

STEPS=(packages build unit quickstart fault)
jobs=${JOBS:-$(nproc)}
suite=trixie
root='' mirror='' kept=false logs=''
wanted=()
passed=0
failed=0

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --suite) suite=${2:?--suite needs a name} && shift ;;
      --root) root=${2:?--root needs a folder} && kept=true && shift ;;
      --mirror) mirror=${2:?--mirror needs a URL} && shift ;;
      --only)
        [[ " ${STEPS[*]} " == *" ${2:-} "* ]] || die "--only takes one of ${STEPS[*]}"
        wanted+=("$2") && shift
        ;;
      *) other_argument "$1" ;;
    esac
    shift
  done
  ((${#wanted[@]} > 0)) || wanted=("${STEPS[@]}")
}

# enter COMMAND...: runs it in there, in the clone. Its processes and mounts end with it.
enter() {
  # shellcheck disable=SC2016  # for the inner shell
  unshare --mount --propagation private --pid --fork --kill-child bash -euc '
    root=$1
    shift
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount -t proc proc "$root/proc"
    chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      LANG=C.UTF-8 LOOM_CACHE=/var/cache/loom CCACHE_DIR=/var/cache/ccache "$@"' - "$root" bash -euc 'cd /src && eval "$1"' - "$*"
}

# Where this machine has the packages of its own Debian from; nothing on another distribution.
host_mirror() {
  # shellcheck disable=SC2016  # the dollars are apt's
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' 'Label: Debian' 'Identifier: Packages' 2>/dev/null |
    awk '$3 == "main" && $2 !~ /-/ { print $1; exit }'
}

make_root() {
  local arguments
  if [[ -x $root/usr/bin/apt-get ]]; then
    note "using the Debian in $root"
  else
    command -v debootstrap >/dev/null || die 'debootstrap is missing: apt-get install debootstrap'
    arguments=(--variant=minbase "$suite" "$root")
    mirror=${mirror:-$(host_mirror)}
    if [[ -n $mirror ]]; then arguments+=("$mirror"); fi
    debootstrap "${arguments[@]}" >"$logs/debootstrap.log" 2>&1 || {
      show_tail "$logs/debootstrap.log"
      die "debootstrap of $suite failed"
    }
  fi
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  if command -v apt-config >/dev/null; then
    apt-config dump | grep -iE '^Acquire::https?::Proxy' >"$root/etc/apt/apt.conf.d/90host" || true
  fi
}

# Authorities that this machine trusts beyond those of its distribution, such as a company's: what is downloaded in there
# passes the same proxies.
trust_what_this_machine_trusts() {
  local bundle=/etc/ssl/certs/ca-certificates.crt to=$root/usr/local/share/ca-certificates
  [[ -s $bundle ]] || return 0
  mkdir -p "$to"
  find /usr/share/ca-certificates -name '*.crt' -exec cat {} + 2>/dev/null |
    awk -v to="$to/host-" '
      /-BEGIN CERTIFICATE-/ { one = "" }
      { one = one $0 "\n" }
      /-END CERTIFICATE-/ && NR == FNR { known[one] = 1 }
      /-END CERTIFICATE-/ && !(one in known) { count++; printf "%s", one > (to count ".crt") }
    ' - "$bundle"
}

clone() {
  if mountpoint -q "$root/src"; then die "$root/src is a mount: unmount it, the clone goes there"; fi
  rm -rf --one-file-system "$root/src"
  git -c safe.directory='*' clone --quiet --no-hardlinks "$LOOM_ROOT" "$root/src"
  if [[ -n $(git -c safe.directory='*' -C "$LOOM_ROOT" status --porcelain) ]]; then
    note 'what is not committed here is not in the clone'
  fi
}

# The command of a step, as it is typed in there.
command_of() {
  case $1 in
    packages) echo 'scripts/install-packages.sh && update-ca-certificates' ;;
    build)
      echo "cmake --preset release && cmake --build build/release --parallel $jobs \
        --target kafka-to-db-consumer tests/unit/all tests/simulation/all tests/fault/all benchmarks/micro/all"
      ;;
    unit) echo "ctest --test-dir build/release --output-on-failure --no-tests=error -L '^unit\$' --parallel $jobs" ;;
    quickstart) echo 'scripts/quickstart.sh' ;;
    fault)
      # shellcheck disable=SC2016  # for the shell in there
      echo 'eval "$(scripts/servers.sh start --while $$)"
        export LOOM_TEST_DATABASE_URL=$LOOM_DATABASE_URL LOOM_TEST_KAFKA_BOOTSTRAP=$LOOM_KAFKA_BOOTSTRAP_SERVERS
        ctest --test-dir build/release --output-on-failure --no-tests=error -R '"'^${FAULT_TEST/./\\.}\$'"
      ;;
  esac
}

# step NAME: its time, and what went wrong.
step() {
  local started=$SECONDS log=$logs/$1.log
  if enter "$(command_of "$1")" >"$log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    note "$1: good, $((SECONDS - started)) s$(grep -E '^[0-9]+% tests passed' "$log" | sed 's/^/; /')"
    return 0
  fi
  failed=$((failed + 1))
  fail "$1: failed after $((SECONDS - started)) s"
  grep -nE 'error:|FAILED:|undefined reference|\(Failed\)|Failure$' "$log" | cut -c 1-300 | head -n 40 >&2 || true
  show_tail "$log" 40
  return 1
}

finish() {
  local status=$?
  trap - EXIT
  if ! $kept && [[ -n $root ]]; then rm -rf --one-file-system "$root"; fi
  # Left early: whatever the reason, that is no success.
  if ((status != 0 && failed == 0)); then failed=1; fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0)) || exit 1
}

main() {
  local name
  parse_arguments "$@"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die 'needs root, and there is no sudo'
    exec sudo JOBS="$jobs" "${BASH_SOURCE[0]}" "$@"
  fi
  trap finish EXIT
  trap 'exit 130' INT TERM
  logs=$LOOM_ROOT/build/portability-logs/$suite
  mkdir -p "$logs"
  if $kept; then
    mkdir -p "$root"
    root=$(cd "$root" && pwd)
  else
    root=$(mktemp -d "${TMPDIR:-/tmp}/loom-$suite.XXXXXX")
    # PostgreSQL's own user has to get through.
    chmod 755 "$root"
  fi
  local started=$SECONDS
  say "A Debian ($suite) in $root"
  make_root
  trust_what_this_machine_trusts
  clone
  note "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' "$root/etc/os-release"), made: $((SECONDS - started)) s; the logs are in ${logs#"$LOOM_ROOT/"}/"
  for name in "${STEPS[@]}"; do
    [[ " ${wanted[*]} " == *" $name "* ]] || continue
    # Nothing can be tried that is not there.
    if ! step "$name" && [[ $name == packages || $name == build ]]; then break; fi
  done
}

main "$@"
