"""Tells the schema registry which schema the messages were written with, before anyone reads them."""

import json
import sys
import urllib.request
from pathlib import Path

# drain-benchmark writes this id in front of the messages. The registry is new, so its first schema has it; one that
# counts otherwise has to be seen here, not in what each tool makes of it.
WRITTEN_ID = 1


def register(address, topic, schema):
    """`schema`: a file. Fails: SystemExit, when the registry gives it another id."""
    request = urllib.request.Request(
        f"{address}/apis/ccompat/v7/subjects/{topic}-value/versions",
        data=json.dumps({"schema": Path(schema).read_text(encoding="utf-8")}).encode(),
        headers={"Content-Type": "application/vnd.schemaregistry.v1+json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        number = json.load(answer)["id"]
    if number != WRITTEN_ID:
        sys.exit(f"error: the registry calls the messages' schema {number}, the messages say {WRITTEN_ID}")
