"""Brings the schema up to date, as its owner: python -m services.matching.migrate"""

import os
from pathlib import Path

from services.common import database, logs, settings
from services.matching.settings import MigrateSettings

SCHEMA = "matching"
MIGRATIONS = Path(__file__).with_name("migrations")


def main() -> None:
    logs.configure("matching-migrate")
    own = settings.load(MigrateSettings, os.environ)
    database.migrate(own.database, settings.secret(own.database_password_file), SCHEMA, MIGRATIONS)


if __name__ == "__main__":
    main()
