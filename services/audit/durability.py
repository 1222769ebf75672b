"""Whether this PostgreSQL keeps what it confirms."""

from services.audit.errors import LogBroken
from services.common.database import Database

SELECT_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(%(names)s)"
REQUIRED = {"fsync": "on", "full_page_writes": "on", "data_checksums": "on"}


async def verify(database: Database) -> None:
    """Raises LogBroken when a crash could take back what a commit has confirmed. Raises StoreUnavailable."""
    async with database.transaction() as connection:
        rows = await (await connection.execute(SELECT_SETTINGS, {"names": list(REQUIRED)})).fetchall()
    found = {str(name): str(setting) for name, setting in rows}
    wrong = sorted(name for name, wanted in REQUIRED.items() if found.get(name) != wanted)
    if wrong:
        raise LogBroken(f"the database is not durable: {', '.join(wrong)} must be on")
