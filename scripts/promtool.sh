#!/usr/bin/env bash
# Prometheus' own checker of rules and metrics: the one on PATH, else the one out of Debian's package `prometheus`, taken
# without installing the package (which would start a server on port 9090). Kept in build/tools/.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<'EOF'
Usage: scripts/promtool.sh ARGUMENT...     runs promtool
       scripts/promtool.sh --path          only prints where it is
EOF
}

# Prints its path; 1 when there is none and none can be fetched.
promtool_path() {
  local kept=$LOOM_CACHE/tools/promtool
  if command -v promtool; then return 0; fi
  if [[ -x $kept ]]; then
    echo "$kept"
    return 0
  fi
  fetch "$kept" >&2 || return 1
  echo "$kept"
}

download() { apt-get download -q "$1" 2>/dev/null; }

# Several tests may want it at once: each fetches into a folder of its own, and the last step is a rename.
fetch() {
  local kept=$1 folder result=0
  command -v apt-get >/dev/null || { fail 'no promtool on PATH, and this is not Debian'; return 1; }
  mkdir -p "$(dirname "$kept")"
  folder=$(mktemp -d "$(dirname "$kept")/promtool.XXXXXX")
  note "fetching promtool out of Debian's packages"
  (
    cd "$folder" || exit 1
    # A package of its own since Debian 13.
    { download promtool || download prometheus || { as_root apt-get update -qq && { download promtool || download prometheus; }; }; } || exit 1
    dpkg-deb -x ./*.deb . && mv -f usr/bin/promtool "$kept"
  ) || result=$?
  rm -rf "$folder"
  ((result == 0)) || fail 'promtool could not be fetched: apt-get download promtool, or prometheus on Debian 12'
  return "$result"
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

main() {
  case ${1:-} in
    '' | -h | --help)
      usage
      [[ -n ${1:-} ]] || exit 2
      ;;
    --path) promtool_path ;;
    *)
      local tool
      tool=$(promtool_path) || exit 1
      exec "$tool" "$@"
      ;;
  esac
}

main "$@"
