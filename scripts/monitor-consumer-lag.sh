#!/usr/bin/env bash
# How the consumer does, for people, cron and CI. The work is in scripts/lib/lag_monitor/ (Python, its standard library).
set -euo pipefail

command -v python3 >/dev/null || {
  echo 'error: python3 is missing' >&2
  exit 3 # "cannot tell", as for everything else that keeps it from looking
}
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/lib/lag_monitor" "$@"
