"""A folder of recorders for a PATH, what they shall answer, and what they were asked."""

import json
import os
from pathlib import Path

RECORDER = Path(__file__).with_name("recorder.py")


class Recorded:
    def __init__(self, folder, names):
        self.folder = Path(folder) / "recorded"
        self.folder.mkdir()
        self.answers = []
        for name in names:
            program = self.folder / name
            program.write_text(f"#!/usr/bin/python3 -IS\n{RECORDER.read_text(encoding='utf-8')}", encoding="utf-8")
            program.chmod(0o755)

    def when(self, pattern, **answer):
        """Answers that were given later come first."""
        self.answers.insert(0, {"when": pattern, **answer})

    def environment(self, base=None):
        base = dict(os.environ if base is None else base)
        (self.folder / "answers.json").write_text(json.dumps(self.answers), encoding="utf-8")
        return base | {"PATH": f"{self.folder}:{base['PATH']}", "RECORDER_FOLDER": str(self.folder)}

    @property
    def calls(self):
        path = self.folder / "calls.txt"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def changes(self):
        """The calls that change something, in their order."""
        words = ("make ", " upgrade ", " rollback ", " uninstall ", " scale ", " apply ", " delete ", " install ")
        return [call for call in self.calls if any(word in call + " " for word in words)]


def deployment(name, desired=3, ready=3, group="g"):
    container = {"name": "kafka-to-db-consumer", "env": [{"name": "LOOM_KAFKA_GROUP_ID", "value": group}]}
    return json.dumps({"metadata": {"name": name}, "status": {"readyReplicas": ready},
                       "spec": {"replicas": desired, "selector": {"matchLabels": {"app": name}},
                                "template": {"spec": {"containers": [container]}}}})


def pod(name, ready=True, **container_status):
    return {"metadata": {"name": name},
            "spec": {"nodeName": "node-1", "containers": [{"ports": [{"name": "http", "containerPort": 8001}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
                       "containerStatuses": [{"restartCount": 0, "state": {}, "lastState": {}, **container_status}]}}


def hpa(target, least=3, most=10):
    return {"metadata": {"name": target}, "status": {"currentReplicas": least},
            "spec": {"minReplicas": least, "maxReplicas": most, "scaleTargetRef": {"kind": "Deployment", "name": target}}}


def items(*of):
    return json.dumps({"items": list(of)})
