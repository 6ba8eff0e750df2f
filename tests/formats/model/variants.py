"""A later version of a schema: other fields, in another order, with other numbers."""

from __future__ import annotations

import copy
import random

from model.schemas import Schemas
from model.types import PROTOBUF, Field, Type


def variant(draw: random.Random, top: Type, formats: frozenset[str]) -> Type:
    """The same for who reads fields by their names. Those that are new, of Protobuf only, are not there in any message."""
    other = copy.deepcopy(top)
    _shuffle(draw, other, formats == {PROTOBUF})
    Schemas(draw, formats).number(other)
    return other


def _shuffle(draw: random.Random, type_: Type, left_out: bool) -> None:
    """`left_out`: what is not there is not null in the JSON of what is stored whole."""
    if type_.kind == "record":
        draw.shuffle(type_.fields)
        for i in range(draw.randint(0, 2) if left_out else 0):
            new = Field(f"new_{i}", Type("string"), optional=True, presence=True)
            type_.fields.insert(draw.randrange(len(type_.fields) + 1), new)
    for below in [field.type for field in type_.fields] + ([type_.element] if type_.element else []) + type_.branches:
        _shuffle(draw, below, left_out)
