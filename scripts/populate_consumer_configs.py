#!/usr/bin/env python3
"""Gives each service of the pipeline its row in pipeline_consumer_configs: `kafka-to-db-consumer configs populate`.

The database is LOOM_DATABASE_URL's (or DATABASE_URL's). Rows that are there stay, unless --overwrite is given."""

import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import program  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--overwrite", action="store_true", help="also the settings of services that have a row")
    parser.add_argument("--program", help="the program (default: build/release's, else the PATH's)")
    options = parser.parse_args()
    more = ["--overwrite"] if options.overwrite else []
    return program.run(program.find(options.program), "configs", "populate", *more)


if __name__ == "__main__":
    sys.exit(main())
