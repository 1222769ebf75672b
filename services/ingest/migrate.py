"""Brings the schema up to date, as its owner: `python -m services.ingest.migrate`."""

import os
from dataclasses import dataclass
from pathlib import Path

from services.common import settings
from services.common.database import migrate

SCHEMA = "ingest"
FOLDER = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class Settings:
    """database: connection string of ingest_owner, without its password."""

    database: str
    database_password_file: Path


def main() -> None:
    """Applies what is missing."""
    owner = settings.load(Settings, os.environ)
    migrate(owner.database, settings.secret(owner.database_password_file), SCHEMA, FOLDER)


if __name__ == "__main__":
    main()
