"""`support` is one package in three folders: the deployment's tests have the servers and how commands are run, those of
the clients databases and processes, ours has registries. Imported for what it does to the path."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE.parent / "deploy", HERE.parent / "clients", HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
