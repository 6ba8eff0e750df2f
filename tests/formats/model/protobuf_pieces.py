"""Protobuf's encoding as it may be, and as libraries do not write it: fields in any order, messages and packed lists in
pieces, lists not packed, fields that come twice, fields that nobody knows. It means the same."""

from __future__ import annotations

import dataclasses
import random

from model.types import Field, Type

VARINT, FIXED64, LENGTH, GROUP, END, FIXED32 = 0, 1, 2, 3, 4, 5
UNKNOWN = range(5100, 5200)
SIZES = {"fixed32": 4, "sfixed32": 4, "float": 4, "fixed64": 8, "sfixed64": 8, "double": 8}


@dataclasses.dataclass
class Piece:
    number: int
    wire: int
    content: bytes  # without a length

    def written(self) -> bytes:
        length = varint(len(self.content)) if self.wire == LENGTH else b""
        return varint(self.number << 3 | self.wire) + length + self.content


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def pieces_of(data: bytes) -> list[Piece]:
    made, at = [], 0
    while at < len(data):
        tag, at = read_varint(data, at)
        begin = at
        if tag & 7 == VARINT:
            _, at = read_varint(data, at)
        elif tag & 7 == LENGTH:
            size, begin = read_varint(data, at)
            at = begin + size
        else:
            at += 8 if tag & 7 == FIXED64 else 4
        made.append(Piece(tag >> 3, tag & 7, data[begin:at]))
    return made


class Pieces:
    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def rewritten(self, type_: Type, data: bytes) -> bytes:
        fields = {field.number: field for field in type_.fields}
        made = [new for piece in pieces_of(data) for new in self._again(fields[piece.number], piece)]
        return b"".join(one.written() for one in self._mixed(made))

    def _chance(self, share: float) -> bool:
        return self._draw.random() < share

    def _again(self, field: Field, piece: Piece) -> list[Piece]:
        type_ = field.type
        if type_.kind == "record":
            return self._in_pieces(type_, piece)
        if type_.kind == "map":
            return self._entry(type_, piece)
        if type_.kind == "list":
            element = type_.of()
            if element.kind == "record":
                return [Piece(piece.number, LENGTH, self.rewritten(element, piece.content))]
            packed = piece.wire == LENGTH and element.kind not in ("string", "bytes") and "." not in element.wire
            return self._elements(element, piece) if packed else [piece]
        # The last one counts. Messages would be merged.
        is_message = type_.kind == "dynamic" or "." in type_.wire
        if is_message or field.oneof or not self._chance(0.15):
            return [piece]
        return [Piece(piece.number, piece.wire, self._other(piece)), piece]

    def _other(self, piece: Piece) -> bytes:
        if piece.wire == VARINT:
            return b"\1"
        return b"x" if piece.wire == LENGTH else b"\1" * len(piece.content)

    def _in_pieces(self, type_: Type, piece: Piece) -> list[Piece]:
        """Merged by whoever reads."""
        if self._chance(0.7):
            return [Piece(piece.number, LENGTH, self.rewritten(type_, piece.content))]
        inner = pieces_of(piece.content)
        at = self._draw.randint(0, len(inner))
        halves = inner[:at], inner[at:]
        return [Piece(piece.number, LENGTH, b"".join(one.written() for one in half)) for half in halves]

    def _entry(self, type_: Type, piece: Piece) -> list[Piece]:
        inner = pieces_of(piece.content)
        if type_.of().kind == "record":
            for one in inner:
                if one.number == 2:
                    one.content = self.rewritten(type_.of(), one.content)
        if self._chance(0.3):
            inner.reverse()
        entry = Piece(piece.number, LENGTH, b"".join(one.written() for one in inner))
        key = b"".join(one.written() for one in inner if one.number == 1)
        # A key that comes again counts as its last entry has it.
        return [Piece(piece.number, LENGTH, key), entry] if self._chance(0.15) else [entry]

    def _elements(self, element: Type, piece: Piece) -> list[Piece]:
        """Of a packed list: some alone, others packed in several pieces."""
        size = SIZES.get({"float32": "float", "float64": "double"}.get(element.kind, element.wire), 0)
        values, at = [], 0
        while at < len(piece.content):
            begin = at
            at = at + size if size else read_varint(piece.content, at)[1]
            values.append(piece.content[begin:at])
        made = []
        while values:
            count = self._draw.randint(1, len(values))
            if count == 1:
                made.append(Piece(piece.number, {0: VARINT, 4: FIXED32, 8: FIXED64}[size], values[0]))
            else:
                made.append(Piece(piece.number, LENGTH, b"".join(values[:count])))
            values = values[count:]
        return made

    def _mixed(self, pieces: list[Piece]) -> list[Piece]:
        """In another order, but those of one field among themselves; with fields that nobody knows."""
        by_number: dict[int, list[Piece]] = {}
        for piece in pieces:
            by_number.setdefault(piece.number, []).append(piece)
        numbers = [piece.number for piece in pieces]
        if self._chance(0.6):
            self._draw.shuffle(numbers)
        made = [by_number[number].pop(0) for number in numbers]
        for _ in range(self._draw.choice((0, 0, 1, 3))):
            made.insert(self._draw.randint(0, len(made)), self._unknown())
        return made

    def _unknown(self) -> Piece:
        number = self._draw.choice(UNKNOWN)
        wire = self._draw.choice((VARINT, FIXED64, LENGTH, GROUP, FIXED32))
        contents = {VARINT: varint(self._draw.getrandbits(64)), FIXED64: bytes(8), FIXED32: b"\xff" * 4}
        contents[LENGTH] = self._draw.randbytes(self._draw.randint(0, 40))
        contents[GROUP] = (
            Piece(1, VARINT, b"\5").written() + Piece(2, LENGTH, b"abc").written() + varint(number << 3 | END)
        )
        return Piece(number, wire, contents[wire])
