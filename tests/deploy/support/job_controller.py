"""Plays the Job controller of one namespace: nobody runs pods there, so each new Job is declared complete or failed."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from support.kube_server import Cluster


class JobController:
    """Threads: ends jobs on a thread of its own; `seen` is read after the `with` block, or while helm is not at work."""

    def __init__(self, cluster: Cluster, namespace: str, succeeds: bool) -> None:
        self.seen: list[dict[str, Any]] = []  # each Job as it was when it was ended, with `inputs`
        self._cluster, self._namespace, self._succeeds = cluster, namespace, succeeds
        self._ended: set[str] = set()
        self._stop = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="job controller", daemon=True)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[JobController]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join(timeout=60)
        assert self._problem is None, self._problem

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.2):
                for job in self._cluster.get("jobs", "--namespace", self._namespace)["items"]:
                    finished = any(each["type"] in ("Complete", "Failed") for each in job["status"].get("conditions", []))
                    if not finished and job["metadata"]["uid"] not in self._ended:
                        self._end(job)
        except Exception as error:  # noqa: BLE001  (told by at_work)
            self._problem = error

    def _end(self, job: dict[str, Any]) -> None:
        self._ended.add(job["metadata"]["uid"])
        present = self._cluster.kubectl("get", "secrets,configmaps,serviceaccounts", "--namespace", self._namespace, "-o", "name")
        self.seen.append(job | {"inputs": set(present.split())})
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        # In the order in which the real controller comes to them.
        names = ("SuccessCriteriaMet", "Complete") if self._succeeds else ("FailureTarget", "Failed")
        conditions = [{"type": name, "status": "True", "reason": "Test", "lastTransitionTime": now} for name in names]
        status: dict[str, Any] = {"startTime": now, "conditions": conditions, "uncountedTerminatedPods": {}}
        status |= {"succeeded": 1, "completionTime": now} if self._succeeds else {"failed": 1}
        self._cluster.kubectl("patch", "job", job["metadata"]["name"], "--namespace", self._namespace, "--subresource=status",
                              "--type=merge", "--patch", json.dumps({"status": status}))
