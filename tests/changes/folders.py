"""The helpers of the other tests, and the environment of tests/formats: imported for what it does to the path."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
for folder in (HERE.parent / "deploy", HERE.parent / "clients", HERE.parent / "formats", HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
