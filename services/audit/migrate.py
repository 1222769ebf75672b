"""Brings the schema up to date, as its owner: python -m services.audit.migrate."""

import os
from pathlib import Path

from services.audit.settings import MigrateSettings
from services.common import database, logs, settings

SCHEMA = "audit"
MIGRATIONS = Path(__file__).with_name("migrations")


def main() -> None:
    logs.configure(SCHEMA)
    given = settings.load(MigrateSettings, os.environ)
    database.migrate(given.database, settings.secret(given.database_password_file), SCHEMA, MIGRATIONS)


if __name__ == "__main__":
    main()
