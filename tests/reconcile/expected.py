"""Writes services/reconcile/expected.txt anew, from the migrations: python -m tests.reconcile.expected. Read the difference."""

import asyncio
import tempfile
from pathlib import Path

from services.reconcile import expectation, store
from tests import engines
from tests.engines import Cluster


def fresh_definitions(cluster: Cluster) -> frozenset[str]:
    """What a freshly migrated database has, with a partition."""
    scratch = cluster.fresh("matching")
    try:
        with scratch.connect("matching_owner") as owner:
            owner.execute("SELECT matching.ensure_partitions(ARRAY[(clock_timestamp() AT TIME ZONE 'UTC')::date])")
        return asyncio.run(_definitions(scratch.dsn("overseer"), scratch.password("overseer")))
    finally:
        cluster.drop(scratch)


async def _definitions(dsn: str, password: str) -> frozenset[str]:
    async with store.connected(dsn, password) as overseer:
        return await overseer.definitions()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, engines.cluster(Path(folder)) as cluster:
        expectation.SHIPPED.write_text(expectation.encode(fresh_definitions(cluster)))


if __name__ == "__main__":
    main()
