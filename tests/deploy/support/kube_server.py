"""A real Kubernetes API server with its etcd, for a test session. There is no controller and no kubelet: objects are
checked, admitted and stored as in a cluster, and nothing follows from them by itself.

Use: `from support.kube_server import cluster` in a test module makes the fixture `cluster` known there.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pathlib
import secrets
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from support.tools import debian, tool

PR_SET_PDEATHSIG = 1
STARTS_WITHIN = 60.0
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Cluster:
    """kubectl and helm against the server, each with the answer's text in a failed assertion."""

    def __init__(self, folder: pathlib.Path, port: int) -> None:
        self.folder = folder
        self.url = f"https://127.0.0.1:{port}"
        self.token = secrets.token_hex(16)
        self.kubeconfig = folder / "kubeconfig"
        # Neither tool may read or write anything of the person who runs the tests.
        self.environment = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ} | {
            "HOME": str(folder), "KUBECONFIG": str(self.kubeconfig)}

    def write_kubeconfig(self) -> None:
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": self.url, "certificate-authority": str(self.folder / "certificates/apiserver.crt")}}],
            "users": [{"name": "test", "user": {"token": self.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }))

    def try_kubectl(self, *arguments: str, stdin: Any = None) -> subprocess.CompletedProcess[str]:
        text = stdin if stdin is None or isinstance(stdin, str) else json.dumps(stdin)
        return subprocess.run([tool("kubectl"), *arguments], input=text, capture_output=True, text=True, check=False,
                              env=self.environment, timeout=120)

    def kubectl(self, *arguments: str, stdin: Any = None) -> str:
        done = self.try_kubectl(*arguments, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", "-o", "json", *arguments))

    def namespace(self, name: str, **labels: str) -> str:
        """A new one in which only pods of the restricted profile may be, unless labels say otherwise."""
        marks = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"} | labels
        self.kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "Namespace",
                                                 "metadata": {"name": name, "labels": marks}})
        return name

    def try_apply(self, namespace: str, objects: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
        """The server's judgement alone: nothing is stored. Unknown fields and warnings count as errors."""
        # One document each: a List is validated by kubectl itself, and not by the server.
        documents = "\n".join(json.dumps(item) for item in objects)
        return self.try_kubectl("apply", "--namespace", namespace, "--dry-run=server", "--validate=strict", "--warnings-as-errors",
                                "-f", "-", stdin=documents)

    def helm(self, *arguments: str | pathlib.Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([tool("helm"), *map(str, arguments)], capture_output=True, text=True, check=False,
                              env=self.environment, timeout=120)


def _spawn(log: pathlib.Path, *command: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        # A group of their own: Ctrl-C reaches the tests, which then stop them in order.
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                start_new_session=True, preexec_fn=_die_with_parent)


def _etcd(folder: pathlib.Path, client: str, peer: str) -> subprocess.Popen[bytes]:
    return _spawn(folder / "etcd.log", debian("etcd", "etcd-server"), "--data-dir", str(folder / "etcd"),
                  "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
                  "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}")


def _api_server(cluster: Cluster, etcd: str, port: int) -> subprocess.Popen[bytes]:
    folder = cluster.folder
    (folder / "tokens.csv").write_text(f'{cluster.token},test,test,"system:masters"\n')
    key = folder / "service-accounts.key"
    subprocess.run([debian("openssl", "openssl"), "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    return _spawn(
        folder / "kube-apiserver.log", tool("kube-apiserver"), f"--etcd-servers={etcd}", "--bind-address=127.0.0.1",
        f"--secure-port={port}", f"--cert-dir={folder / 'certificates'}", f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC", f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.0.0.0/24",
        # Its own address needs no Endpoints, and nobody makes the token that this plugin waits for.
        "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none")


def _await_ready(cluster: Cluster, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    problem = "nothing asked yet"
    while time.monotonic() < deadline:
        for name, process in processes.items():
            assert process.poll() is None, f"{name} ended with {process.returncode}:\n{_tail(cluster.folder / (name + '.log'))}"
        try:
            trusted = ssl.create_default_context(cafile=str(cluster.folder / "certificates/apiserver.crt"))
            request = urllib.request.Request(f"{cluster.url}/readyz", headers={"Authorization": f"Bearer {cluster.token}"})
            with urllib.request.urlopen(request, context=trusted, timeout=5) as answer:
                answer.read()
                return
        except (OSError, urllib.error.URLError) as error:
            problem = str(error)
        time.sleep(0.05)
    raise AssertionError(f"kube-apiserver is not ready within {STARTS_WITHIN:.0f} s: {problem}\n"
                         f"{_tail(cluster.folder / 'kube-apiserver.log')}")


def _tail(log: pathlib.Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:]) if log.exists() else f"no {log}"


def _add_foreign_kinds(cluster: Cluster) -> None:
    """The real definitions of the Prometheus operator's and KEDA's kinds."""
    done = cluster.kubectl("create", "-f", tool("crds"), "-o", "name")
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", *done.split())


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loom-kube.", ignore_cleanup_errors=True)))
        client, peer, port = _free_ports(3)
        cluster = Cluster(folder, port)
        etcd = f"http://127.0.0.1:{client}"
        processes = {}
        for name, start in (("etcd", lambda: _etcd(folder, etcd, f"http://127.0.0.1:{peer}")),
                            ("kube-apiserver", lambda: _api_server(cluster, etcd, port))):
            processes[name] = start()
            stack.callback(_stop, processes[name])
        _await_ready(cluster, processes)
        cluster.write_kubeconfig()
        _add_foreign_kinds(cluster)
        yield cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running
