"""`python -m services.local DATA`: the supervisor without the `anpr` command, for tests and for debugging."""

import argparse
import sys
from pathlib import Path

from services.local import terminal
from services.local.options import Options


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m services.local", description="Run the suite in one data directory."
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--engine", default=Options().engine)
    parser.add_argument("--standin", type=Path, help="tests only: a script to run in place of the services")
    parser.add_argument("--unsafe-fast", action="store_true", help="tests only: PostgreSQL without fsync")
    given = parser.parse_args()
    return terminal.up(given.data, Options(engine=given.engine, standin=given.standin, unsafe_fast=given.unsafe_fast))


if __name__ == "__main__":
    sys.exit(main())
