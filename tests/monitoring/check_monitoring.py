#!/usr/bin/env python3
"""Holds monitoring/ to what docs/metrics.md and docs/monitoring.md say.

Usage: check_monitoring.py ROOT names|alerts|words|dashboard

names      every metric that a rule or the dashboard asks for is documented, and so is exported (another test compares
           the document with a running service)
alerts     every alert has its words, a test that fires and one that stays quiet, a line in docs/monitoring.md and one in
           docs/operations.md; and these two name no other
words      the alert of each cause for which the database takes nothing says what the live page says
dashboard  every expression of the dashboard is PromQL (promtool checks them as rules), and panels do not overlap
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

OURS = re.compile(r"\b((?:kafka_to_db|kafka_consumergroup|process)_[a-z0-9_]+)\b")
WORDS = ("summary:", "description:", "what_to_do:", "severity:")


def documented(root):
    text = (root / "docs/metrics.md").read_text()
    return dict(re.findall(r"^\| `([a-z0-9_]+)` \| (\w+) \|", text, re.MULTILINE))


def dashboard(root):
    return json.loads((root / "monitoring/grafana-dashboard.json").read_text())


def dashboard_expressions(board):
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for annotation in board["annotations"]["list"]:
        if "expr" in annotation:
            yield "annotation", annotation["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield "variable " + variable["name"], variable["query"]["query"]


def alerts(root):
    """Name -> the rule's lines."""
    text = (root / "monitoring/alerts.yml").read_text()
    parts = re.split(r"^ +- alert: (\w+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def check_names(root):
    known = documented(root)
    asked = [("the dashboard's " + where, text) for where, text in dashboard_expressions(dashboard(root))]
    asked += [(name, text) for name, text in alerts(root).items()]
    asked.append(("alerts_test.yml", (root / "monitoring/alerts_test.yml").read_text()))
    for where, text in asked:
        for name in OURS.findall(text):
            plain = re.sub(r"_(bucket|sum|count)$", "", name)
            if name not in known and known.get(plain) != "histogram":
                yield f"{where} asks for {name}, which is not in docs/metrics.md"
    if len(known) < 20:
        yield f"only {len(known)} metrics found in docs/metrics.md: is its table another now?"


def asked_about(name, tests):
    """The answers that the rule tests expect where they ask for this alert, or where this alert is among the answers."""
    answers = re.findall(r'expr: (.*)\n +eval_time: \w+\n +exp_samples:(.*(?:\n {10,}- .*)*)', tests)
    for expression, answer in answers:
        if f'"{name}"' in expression:
            yield answer
        for sample in answer.splitlines():
            if f'alertname="{name}"' in sample:
                yield sample


def check_alerts(root):
    tests = (root / "monitoring/alerts_test.yml").read_text()
    page = (root / "docs/monitoring.md").read_text()
    runbook = section(root / "docs/operations.md", "When an alert fires")
    for name, rule in alerts(root).items():
        for word in WORDS:
            if word not in rule:
                yield f"{name} has no {word[:-1]}"
        about = list(asked_about(name, tests))
        if not any("value: 1" in answer for answer in about):
            yield f"{name} has no test in which it fires"
        if not any(answer.strip() == "[]" for answer in about):
            yield f"{name} has no test in which it stays quiet"
        if f"`{name}`" not in page:
            yield f"{name} is not in docs/monitoring.md"
        if f"| `{name}` |" not in runbook:
            yield f"{name} has no row in docs/operations.md, When an alert fires"
    for name in set(re.findall(r"`(KafkaToDb\w+)`", page + runbook)) - alerts(root).keys():
        yield f"docs/ name the alert {name}, which monitoring/alerts.yml does not have"


def words_of_causes(root):
    """Cause -> title and what to do, as src/status/cause_words.cpp tells the page."""
    text = (root / "src/status/cause_words.cpp").read_text()
    for cause, words in re.findall(r"case Cause::(\w+):\s*return \{((?:[^\"};]|\"(?:[^\"\\]|\\.)*\")*)\};", text):
        title, *what_to_do = re.findall(r'"((?:[^"\\]|\\.)*)"', words)
        if cause != "none":
            yield cause, title, "".join(what_to_do)


def annotation(rule, name):
    text = re.search(rf"^ +{name}: (.*)$", rule, re.MULTILINE)[1]
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def check_words(root):
    causes = list(words_of_causes(root))
    if len(causes) < 10:
        yield f"only {len(causes)} causes found in src/status/cause_words.cpp: is it written another way now?"
    for cause, title, what_to_do in causes:
        of_cause = {name: rule for name, rule in alerts(root).items() if f'kafka_to_db_trouble{{cause="{cause}"}}' in rule}
        if len(of_cause) != 1:
            yield f"the cause {cause} has not one alert of its own: {', '.join(of_cause) or 'none'}"
            continue
        name, rule = of_cause.popitem()
        if annotation(rule, "summary") != title:
            yield f"{name}: its summary is {annotation(rule, 'summary')}, and the page says {title}"
        if not annotation(rule, "what_to_do").startswith(what_to_do):
            yield f"{name}: what_to_do begins with other words than the page: {what_to_do}"
        if f"{title}: " not in (root / "docs/monitoring.md").read_text():
            yield f"docs/monitoring.md, Alerts, has no line with {title}"


def section(path, title):
    """The text below a heading of the second level, up to the next one."""
    return path.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def overlap(one, two):
    return (one["x"] < two["x"] + two["w"] and two["x"] < one["x"] + one["w"]
            and one["y"] < two["y"] + two["h"] and two["y"] < one["y"] + one["h"])


def check_dashboard(root):
    board = dashboard(root)
    panels = board["panels"]
    if len({panel["id"] for panel in panels}) != len(panels):
        yield "two panels have the same id"
    for index, panel in enumerate(panels):
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{panel['title']} is wider than the page"
        for other in panels[:index]:
            if overlap(place, other["gridPos"]):
                yield f"{panel['title']} lies over {other['title']}"
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                yield f"{panel['title']} does not follow the variable datasource"
    yield from check_promql(root, board)


def check_promql(root, board):
    rules = []
    for index, (where, text) in enumerate(dashboard_expressions(board)):
        text = text.replace("$__rate_interval", "1m")
        if not where.startswith("variable"):
            rules.append({"record": f"expression:{index}", "expr": text})
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        # JSON is YAML, too.
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        done = subprocess.run([root / "scripts/promtool.sh", "check", "rules", file.name],
                              capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield done.stdout + done.stderr


def main():
    root, what = pathlib.Path(sys.argv[1]), sys.argv[2]
    checks = {"names": check_names, "alerts": check_alerts, "words": check_words, "dashboard": check_dashboard}
    problems = list(checks[what](root))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
