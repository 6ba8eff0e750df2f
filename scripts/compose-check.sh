#!/usr/bin/env bash
# Checks compose files with `docker compose`, or where that is not, with the library that it reads them with.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/go.sh
. "$LOOM_ROOT/scripts/lib/go.sh"

COMPOSE_GO_VERSION=2.6.3
tools=${XDG_CACHE_HOME:-${HOME:?}/.cache}/kafka-to-db-consumer/tools
tool=$tools/compose-spec-$COMPOSE_GO_VERSION/compose-spec

usage() {
  cat <<EOF
Usage: scripts/compose-check.sh FILE

Prints the file as compose understands it: variables filled in, defaults written out. Exit 1 when it is wrong.
Without \`docker compose\`, compose-go $COMPOSE_GO_VERSION is built from its Go module, once, and kept in $tools.
EOF
}

make_tool() {
  local go work
  go=$(go_program) || die 'there is no Go to build compose-go with'
  mkdir -p "$tools"
  work=$(mktemp -d "$tools/.compose.XXXXXX")
  note "compose-go $COMPOSE_GO_VERSION: building it, once"
  if ! (cd "$work" && GOBIN=$work GOTOOLCHAIN=local GOFLAGS=-trimpath GOWORK=off CGO_ENABLED=0 "$go" install -ldflags '-s -w' \
    "github.com/compose-spec/compose-go/v2/cmd@v$COMPOSE_GO_VERSION") >"$work/log" 2>&1; then
    show_tail "$work/log"
    rm -rf "$work"
    die 'compose-go could not be built'
  fi
  mkdir -p "$(dirname "$tool")"
  mv "$work/cmd" "$tool"
  rm -rf "$work"
}

main() {
  case ${1:-} in
    -h | --help)
      usage
      exit 0
      ;;
    '')
      usage >&2
      exit 2
      ;;
  esac
  if docker compose version >/dev/null 2>&1; then
    exec docker compose --file "$1" config
  fi
  [[ -x $tool ]] || make_tool >&2
  cd "$(dirname "$1")"
  exec "$tool" "$(basename "$1")"
}

main "$@"
