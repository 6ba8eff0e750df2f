"""The deployment, its pods and what they use, by kubectl."""

import json


def nothing(why):
    return {"known": False, "why": why, "desired": None, "ready": None, "group": None, "hpa": None, "pods": []}


def read(kubectl, name):
    """As far as kubectl may look; no metrics-server only leaves the use empty."""
    answer = kubectl.get("deployment", name, "-o", "json")
    if not answer.good:
        return nothing(answer.why)
    deployment = json.loads(answer.out)
    selector = ",".join(f"{key}={value}" for key, value in sorted(deployment["spec"]["selector"]["matchLabels"].items()))
    desired = deployment["spec"].get("replicas", 1)
    found = {"known": True, "why": None, "deployment": name, "namespace": kubectl.namespace, "desired": desired,
             "ready": deployment.get("status", {}).get("readyReplicas", 0),
             "group": group_of(deployment), "hpa": hpa_of(kubectl, name), "pods": []}
    listed = kubectl.get("pods", "-l", selector, "-o", "json")
    if not listed.good:
        found["why"] = "its pods: " + listed.why
        return found
    found["pods"] = [pod_of(item) for item in json.loads(listed.out)["items"]]
    use = kubectl.top("pods", "-l", selector, "--no-headers")
    if use.good:
        by_name = {words[0]: words for words in map(str.split, use.out.splitlines()) if len(words) >= 3}
        for pod in found["pods"]:
            if pod["name"] in by_name:
                pod["cpu"], pod["memory"] = by_name[pod["name"]][1:3]
    elif found["pods"]:
        found["why"] = "what the pods use: " + use.why
    return found


def group_of(deployment):
    """The consumer group, where the deployment's own environment names it."""
    for container in deployment["spec"].get("template", {}).get("spec", {}).get("containers", []):
        for variable in container.get("env", []):
            if variable["name"] in ("LOOM_KAFKA_GROUP_ID", "KAFKA_GROUP_ID") and variable.get("value"):
                return variable["value"]
    return None


def hpa_of(kubectl, deployment):
    answer = kubectl.get("hpa", "-o", "json")
    if not answer.good:
        return None
    for item in json.loads(answer.out)["items"]:
        target = item["spec"]["scaleTargetRef"]
        if target["kind"] == "Deployment" and target["name"] == deployment:
            return {"name": item["metadata"]["name"], "min": item["spec"].get("minReplicas", 1), "max": item["spec"]["maxReplicas"],
                    "current": item.get("status", {}).get("currentReplicas")}
    return None


def pod_of(item):
    status = item.get("status", {})
    containers = status.get("containerStatuses", [])
    trouble = [(state.get("waiting") or state.get("terminated") or {}).get("reason")
               for state in (c.get("state", {}) for c in containers)]
    last = [c.get("lastState", {}).get("terminated", {}).get("reason") for c in containers]
    unscheduled = [c.get("message") for c in status.get("conditions", []) if c["type"] == "PodScheduled" and c["status"] == "False"]
    return {"name": item["metadata"]["name"], "phase": status.get("phase"), "node": item["spec"].get("nodeName"),
            "port": next((p["containerPort"] for c in item["spec"].get("containers", []) for p in c.get("ports", [])
                          if p.get("name") == "http"), 8001),
            "going": "deletionTimestamp" in item["metadata"],
            "ready": any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", [])),
            "restarts": sum(c.get("restartCount", 0) for c in containers),
            "trouble": next((reason for reason in [*trouble, *unscheduled] if reason), None),
            "last_end": next((reason for reason in last if reason), None), "cpu": None, "memory": None}
