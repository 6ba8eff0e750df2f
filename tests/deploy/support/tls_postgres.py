"""A PostgreSQL with a certificate, whose roles need TLS and their password; its superuser `loom` needs neither."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from support.tools import ROOT, debian

# As scripts/servers.sh starts one, with a certificate laid into its folder before the first start.
START = """
. scripts/lib/common.sh; . scripts/lib/postgres.sh
postgres_init "$1"
cp "$1/server.crt" "$1/server.key" "$1/postgres-data/"
chmod 600 "$1/postgres-data/server.key"
if ((EUID == 0)); then chown postgres: "$1"/postgres-data/server.*; fi
echo 'ssl = on' >>"$1/postgres-data/postgresql.conf"
printf '%s\\n' 'host all loom 127.0.0.1/32 trust' 'hostssl all all 127.0.0.1/32 scram-sha-256' >"$1/postgres-data/pg_hba.conf"
free_port >"$1/postgres.port"
postgres_start "$1"
postgres_port "$1"
"""
STOP = '. scripts/lib/common.sh; . scripts/lib/postgres.sh; postgres_stop "$1"'


@dataclass
class TlsPostgres:
    """Reached as localhost:port, which is what its certificate says."""

    port: int
    authority: pathlib.Path

    def value(self, query: str) -> str:
        done = subprocess.run(
            [debian("psql", "postgresql-client"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", query,
             f"postgresql://loom@localhost:{self.port}/loom"], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"{query}: {done.stderr}"
        return done.stdout.strip()


def _script(text: str, folder: pathlib.Path) -> str:
    done = subprocess.run(["bash", "-euc", text, "-", folder], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@contextlib.contextmanager
def tls_postgres() -> Iterator[TlsPostgres]:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="loom-tls-postgres."))
    folder.chmod(0o755)  # root starts it as another user
    try:
        subprocess.run([debian("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=loom tests", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", folder / "server.key", "-out", folder / "server.crt"],
                       check=True, capture_output=True)
        port = int(_script(START, folder))
        try:
            yield TlsPostgres(port, folder / "server.crt")
        finally:
            _script(STOP, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
