"""The API server of the tests never outlives them."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import time

HOLDS_A_CLUSTER = """
import sys
sys.path.insert(0, sys.argv[1])
from support.kube_server import running_cluster
with running_cluster() as cluster:
    print(cluster.folder, flush=True)
    sys.stdin.read()
"""


def _children(pid: int) -> list[int]:
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def _runs(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _start() -> tuple[subprocess.Popen[str], pathlib.Path, list[int]]:
    holder = subprocess.Popen([sys.executable, "-B", "-c", HOLDS_A_CLUSTER, str(pathlib.Path(__file__).parent)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    folder = holder.stdout.readline().strip()
    assert folder, f"the server did not start: exit status {holder.wait()}"
    servers = _children(holder.pid)
    assert len(servers) == 2 and all(map(_runs, servers)), servers
    return holder, pathlib.Path(folder), servers


def _await_gone(servers: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(map(_runs, servers)):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in servers if _runs(pid)]}"
        time.sleep(0.02)


def test_nothing_is_left_when_the_tests_end() -> None:
    holder, folder, servers = _start()
    holder.communicate(input="")
    assert holder.returncode == 0
    assert not any(map(_runs, servers))
    assert not folder.exists()


def test_no_server_is_left_when_the_tests_are_killed() -> None:
    holder, folder, servers = _start()
    holder.kill()
    holder.communicate()
    _await_gone(servers)
    shutil.rmtree(folder)
