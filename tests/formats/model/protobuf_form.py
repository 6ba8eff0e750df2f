"""Types as .proto files, and values as messages of Google's library."""

from __future__ import annotations

import itertools
import pathlib
import re
import tempfile
from typing import Any

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2
from grpc_tools import protoc

from model.types import Field, Type

SCALARS = {"bool": "bool", "float32": "float", "float64": "double", "string": "string", "bytes": "bytes"}
GOOGLE = {
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
    "google.protobuf.Struct": "struct",
    "google.protobuf.Value": "struct",
    "google.protobuf.ListValue": "struct",
}
_numbers = itertools.count(1)


def compiled(text: str, references: dict[str, str] | None = None) -> descriptor_pb2.FileDescriptorSet:
    """What protoc makes of it, with all that it imports; `references`: files by the path that it imports them by."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in {**(references or {}), "main.proto": text}.items():
            place = pathlib.Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, encoding="utf-8")
        out = pathlib.Path(folder, "set.bin")
        google = pathlib.Path(grpc_tools.__file__).parent / "_proto"
        options = [f"-I{folder}", f"-I{google}", "--include_imports", f"--descriptor_set_out={out}"]
        assert protoc.main(["protoc", *options, "main.proto"]) == 0, text
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


def classes(files: descriptor_pb2.FileDescriptorSet) -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


class ProtobufForm:
    """text:        the .proto file
    descriptor:  what protoc makes of it
    name:        of the message, in full
    """

    def __init__(self, top: Type) -> None:
        self._top, self._package = top, f"loom.p{next(_numbers)}"
        self._named: set[str] = set()
        body = self._message(top, "")
        imports = sorted(set(re.findall(r"google\.protobuf\.\w+", body)))
        files = sorted({GOOGLE.get(name, "wrappers") for name in imports})
        lines = ['syntax = "proto3";', f"package {self._package};"]
        lines += [f'import "google/protobuf/{file}.proto";' for file in files]
        self.text = "\n".join([*lines, body]) + "\n"
        files_made = compiled(self.text)
        self.descriptor = files_made.SerializeToString()
        self.name = f"{self._package}.{top.name}"
        self._class = message_factory.GetMessageClass(classes(files_made).FindMessageTypeByName(self.name))

    def written(self, value: dict[str, Any]) -> bytes:
        message = self._class()
        fill(self._top, message, value)
        written: bytes = message.SerializeToString(deterministic=True)
        return written

    def read(self, payload: bytes) -> dict[str, Any]:
        return read(self._top, self._class.FromString(payload))

    def _message(self, type_: Type, indent: str) -> str:
        inner = indent + "  "
        lines, later, members = [], [], []
        for field in type_.fields:
            for one in named_in(field.type):
                if one.name not in self._named:
                    self._named.add(one.name)
                    later.append(self._enum(one, "") if one.kind == "enum" else self._message(one, inner))
            if field.oneof:
                members.append(f"{inner}  {self._type(field.type)} {field.name} = {field.number};")
            else:
                lines.append(f"{inner}{self._declared(field)}")
        if members:
            lines += [f"{inner}oneof chosen {{", *members, f"{inner}}}"]
        # Enums stand outside, so that several messages can use one.
        outer = [one for one in later if one.startswith("enum")]
        self._outer = getattr(self, "_outer", []) + outer
        nested = [one for one in later if not one.startswith("enum")]
        made = "\n".join([f"{indent}message {type_.name} {{", *lines, *nested, f"{indent}}}"])
        return made if indent else "\n".join([made, *self._outer])

    def _enum(self, type_: Type, indent: str) -> str:
        symbols = [f"{indent}  {symbol} = {number};" for number, symbol in enumerate(type_.symbols)]
        return "\n".join([f"{indent}enum {type_.name} {{", *symbols, f"{indent}}}"])

    def _declared(self, field: Field) -> str:
        type_ = field.type
        if type_.kind == "list":
            return f"repeated {self._type(type_.of())} {field.name} = {field.number};"
        if type_.kind == "map":
            return f"map<{type_.wire}, {self._type(type_.of())}> {field.name} = {field.number};"
        named = self._type(type_)
        is_message = type_.kind in ("record", "dynamic") or "." in named
        return f"{'optional ' if field.presence and not is_message else ''}{named} {field.name} = {field.number};"

    def _type(self, type_: Type) -> str:
        if type_.kind in ("record", "enum"):
            return type_.name
        return type_.wire if type_.wire and type_.wire != "bytes" else SCALARS.get(type_.kind, type_.kind)


def named_in(type_: Type) -> list[Type]:
    if type_.kind in ("record", "enum"):
        return [type_]
    return named_in(type_.of()) if type_.kind in ("list", "map") else []


def fill(type_: Type, message: Any, value: dict[str, Any]) -> None:
    for field in type_.fields:
        item = value.get(field.name)
        if field.type.kind == "list":
            put_list(field.type.of(), getattr(message, field.name), item)
        elif field.type.kind == "map":
            put_map(field.type.of(), getattr(message, field.name), item)
        elif item is not None or field.type.kind == "dynamic":
            put(field, message, item)


def put(field: Field, message: Any, item: Any) -> None:
    inner = getattr(message, field.name)
    if field.type.kind == "enum":
        setattr(message, field.name, number_of(field.type, item))
    elif not hasattr(inner, "SetInParent"):
        setattr(message, field.name, item)
    elif item is not None or field.type.wire == "google.protobuf.Value":
        inner.SetInParent()
        put_message(field.type, inner, item)


def put_message(type_: Type, inner: Any, item: Any) -> None:
    if type_.kind == "record":
        fill(type_, inner, item)
    elif type_.kind == "dynamic":
        # Each schema has classes of its own, of Google's types, too.
        inner.MergeFromString(dynamic(type_.wire.rsplit(".", 1)[-1], item).SerializeToString())
    elif type_.kind in ("instant", "duration"):
        nanos = item * 10 ** (9 - type_.digits) if type_.kind == "instant" else abs(item)
        seconds, below = divmod(nanos, 10**9)
        sign = -1 if type_.kind == "duration" and item < 0 else 1
        inner.seconds, inner.nanos = sign * seconds, sign * below
    else:
        inner.value = item


def put_list(element: Type, out: Any, items: list[Any]) -> None:
    for item in items:
        if element.scalar and "." not in element.wire:
            out.append(number_of(element, item) if element.kind == "enum" else item)
        else:
            put_message(element, out.add(), item)


def put_map(element: Type, out: Any, items: dict[Any, Any]) -> None:
    for key, item in items.items():
        if element.scalar and "." not in element.wire:
            out[key] = number_of(element, item) if element.kind == "enum" else item
        else:
            put_message(element, out[key], item)


def number_of(type_: Type, item: str | int) -> int:
    return type_.symbols.index(item) if isinstance(item, str) else item


def dynamic(kind: str, item: Any) -> Any:
    if kind == "Struct" or isinstance(item, dict):
        made = struct_pb2.Struct()
        for key, one in item.items():
            made.fields[key].CopyFrom(dynamic("Value", one))
        return made if kind == "Struct" else struct_pb2.Value(struct_value=made)
    if kind == "ListValue" or isinstance(item, list):
        made = struct_pb2.ListValue(values=[dynamic("Value", one) for one in item])
        return made if kind == "ListValue" else struct_pb2.Value(list_value=made)
    if item is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(item, bool):
        return struct_pb2.Value(bool_value=item)
    return struct_pb2.Value(number_value=item) if isinstance(item, float) else struct_pb2.Value(string_value=item)


def read(type_: Type, message: Any) -> dict[str, Any]:
    """Back into values of the types."""
    made: dict[str, Any] = {}
    for field in type_.fields:
        there = getattr(message, field.name)
        if field.type.kind == "list":
            made[field.name] = [read_value(field.type.of(), one) for one in there]
        elif field.type.kind == "map":
            made[field.name] = {key: read_value(field.type.of(), there[key]) for key in there}
        elif field.presence and (field.optional or field.oneof) and not message.HasField(field.name):
            made[field.name] = None
        else:
            made[field.name] = read_value(field.type, there)
    return made


def read_value(type_: Type, there: Any) -> Any:
    if type_.kind == "record":
        return read(type_, there)
    if type_.kind == "dynamic":
        return read_dynamic(there)
    if type_.kind == "enum":
        return type_.symbols[there] if there < len(type_.symbols) else there
    if type_.kind in ("instant", "duration"):
        return (there.seconds * 10**9 + there.nanos) // 10 ** (9 - type_.digits if type_.kind == "instant" else 0)
    return there.value if "." in type_.wire else there


def read_dynamic(there: Any) -> Any:
    if isinstance(there, struct_pb2.Struct) or hasattr(there, "fields"):
        return {key: read_dynamic(there.fields[key]) for key in there.fields}
    if hasattr(there, "values"):
        return [read_dynamic(one) for one in there.values]
    kind = there.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    inner = getattr(there, kind)
    return read_dynamic(inner) if kind in ("struct_value", "list_value") else inner
