"""The schema registry of the run, and schemas in it."""

from __future__ import annotations

import os
import struct
import subprocess
import uuid

from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient

from model.avro_form import AvroForm
from model.protobuf_form import ProtobufForm
from support.project import SOURCE

FIRST_MESSAGE = b"\0"  # Protobuf's way to say that it is the first message of the file


def registry_url() -> str:
    """That of the run, else one of our own until this process ends."""
    url = os.environ.get("LOOM_TEST_SCHEMA_REGISTRY")
    if not url:
        command = [str(SOURCE / "scripts/servers.sh"), "start", "--only", "registry", "--while", str(os.getpid())]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        exports = dict(line.removeprefix("export ").split("=", 1) for line in told.splitlines())
        url = os.environ["LOOM_TEST_SCHEMA_REGISTRY"] = exports["LOOM_SCHEMA_REGISTRY_URL"]
    return url


class Registry:
    def __init__(self, url: str) -> None:
        self.url = url
        self.client = SchemaRegistryClient({"url": url})
        self._frames: dict[int, tuple[object, bytes]] = {}

    def register(
        self, subject: str, text: str, kind: str = "AVRO", references: list[SchemaReference] | None = None
    ) -> int:
        """Its id."""
        return int(self.client.register_schema(subject, Schema(text, kind, references or [])))

    def frame(self, form: AvroForm | ProtobufForm) -> bytes:
        """What stands in front of a message of this schema, which is registered under a name of its own."""
        if id(form) not in self._frames:
            if isinstance(form, AvroForm):
                made = framed(self.register(f"random-{uuid.uuid4().hex}", form.schema))
            else:
                made = framed(self.register(f"random-{uuid.uuid4().hex}", form.text, "PROTOBUF")) + FIRST_MESSAGE
            self._frames[id(form)] = (form, made)
        return self._frames[id(form)][1]


def framed(number: int, payload: bytes = b"") -> bytes:
    return struct.pack(">BI", 0, number) + payload
