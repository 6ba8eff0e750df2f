#!/usr/bin/env bash
# The packages that building, testing and running the servers take, on Debian 12 and later. Fast when all are there.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# "a|b" is the first of these that the distribution has. Version 14 of the formatter decides how the code is laid out
# (checks are skipped where it is not to be had), and the other tools of clang stay beside it where they can.
build_packages=(build-essential g++ cmake ninja-build ccache pkg-config git ca-certificates)
library_packages=(librdkafka-dev libpqxx-dev libpq-dev libsimdjson-dev libyaml-cpp-dev prometheus-cpp-dev libcli11-dev
  libspdlog-dev libfmt-dev libcurl4-openssl-dev libboost-dev zlib1g-dev nlohmann-json3-dev libprotobuf-dev libprotoc-dev)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev shellcheck 'clang-format-14|clang-format'
  'clang-tidy-14|clang-tidy' 'clang-14|clang' 'libclang-rt-14-dev|libclang-rt-dev' python3 openssl valgrind)
server_packages=(postgresql default-jre-headless maven procps util-linux curl)
# Groups that only --with names: nobody gets a browser for trying the service.
ui_packages=(chromium chromium-driver fonts-dejavu-core)
clients_packages=(python3-pytest python3-venv)
fault_packages=(pgbouncer pgpool2)
databases_packages=(debootstrap)
deploy_packages=(python3-pytest python3-yaml jq buildah debootstrap systemd etcd-server etcd-client)

usage() {
  cat <<EOF
Usage: scripts/install-packages.sh [--print] [--with GROUP]...

Installs what is missing of these Debian packages, as root or through sudo:
  ${build_packages[*]}
  ${library_packages[*]}
  ${test_packages[*]}
  ${server_packages[*]}

--print         only prints the names of those that are missing
--with ui       also ${ui_packages[*]}: for the tests of the live page
--with deploy   also ${deploy_packages[*]}: for the tests of image and chart
--with clients  also ${clients_packages[*]}: for the tests of the packages in clients/
--with fault    also ${fault_packages[*]}: for the fault tests
--with databases  also ${databases_packages[*]}: for LOOM_POSTGRES_VERSION=17-trixie
Of what is installed here nothing is started.
EOF
}

# missing_packages: those of which no alternative is installed, with all their alternatives.
missing_packages() {
  local entry name installed
  local -a names
  for entry in "${build_packages[@]}" "${library_packages[@]}" "${test_packages[@]}" "${server_packages[@]}" \
    "${further_packages[@]}"; do
    IFS='|' read -r -a names <<<"$entry"
    installed=false
    for name in "${names[@]}"; do
      if [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]]; then installed=true; fi
    done
    $installed || echo "$entry"
  done
}

# choose_packages: for each line "a|b" the first that apt can install; where apt knows none, the first, for its message.
choose_packages() {
  local entry name chosen
  local -a names
  while read -r entry; do
    IFS='|' read -r -a names <<<"$entry"
    chosen=${names[0]}
    for name in "${names[@]}"; do
      if apt-cache show --no-all-versions "$name" >/dev/null 2>&1; then
        chosen=$name
        break
      fi
    done
    echo "$chosen"
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Debian starts servers as soon as their packages are there, unless this file says no; one that exists is the owner's.
without_starting() {
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  # A process of its own, so that the file goes however it ends: it would keep every server of the machine from starting.
  (
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
    "$@"
  )
}

apt_install() {
  without_starting as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" >&2
}

# Debian's package makes a cluster and starts it on port 5432; ours live in folders of their own, so on a machine that
# has no PostgreSQL yet none is made. A cluster that exists is not touched.
install_without_cluster() {
  local settings=/etc/postgresql-common/createcluster.conf
  apt_install postgresql-common
  as_root cp -p "$settings" "$settings.before-loom"
  as_root sed -i 's/^#\? *create_main_cluster *=.*/create_main_cluster = false/' "$settings"
  local result=0
  apt_install "$@" || result=$?
  as_root mv -f "$settings.before-loom" "$settings"
  return "$result"
}

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --print) print_only=true ;;
      --with)
        case ${2:-} in
          ui) further_packages+=("${ui_packages[@]}") ;;
          deploy) further_packages+=("${deploy_packages[@]}") ;;
          clients) further_packages+=("${clients_packages[@]}") ;;
          fault) further_packages+=("${fault_packages[@]}") ;;
          databases) further_packages+=("${databases_packages[@]}") ;;
          *) die '--with needs a group: ui, deploy, clients, fault or databases' ;;
        esac
        shift
        ;;
      *) other_argument "$1" ;;
    esac
    shift
  done
}

main() {
  print_only=false
  further_packages=()
  parse_arguments "$@"
  if $print_only; then
    missing_packages | choose_packages
    return 0
  fi

  command -v dpkg-query >/dev/null || die 'this is not Debian: install by hand what --help lists'
  local missing
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    die "these packages are missing, and there is neither root nor sudo: apt-get install $(printf '%s\n' "${missing[@]}" | choose_packages | tr '\n' ' ')"
  fi
  say "Installing ${#missing[@]} packages"
  as_root apt-get update -qq >&2 || die 'apt-get update failed (see above)'
  # Only now: before, apt may know no names at all.
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | choose_packages)
  note "${missing[*]}"
  if [[ " ${missing[*]} " == *' postgresql '* ]] && ! dpkg-query -W postgresql-common >/dev/null 2>&1; then
    install_without_cluster "${missing[@]}"
  else
    apt_install "${missing[@]}"
  fi || die 'apt-get install failed (see above)'
}

main "$@"
