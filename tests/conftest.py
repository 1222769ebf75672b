"""Fixtures that several folders share."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.engines import Cluster, Scratch, cluster

# `make test` has minutes; `make test-all` asks for the other one.
settings.register_profile("quick", max_examples=25)
settings.register_profile("thorough", max_examples=200)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The session's PostgreSQL server."""
    with cluster(tmp_path_factory.mktemp("engines")) as running:
        yield running


@pytest.fixture
def fresh_database(postgres: Cluster) -> Iterator[Callable[[str], Scratch]]:
    """Makes databases for one test: `fresh_database("matching")`."""
    made: list[Scratch] = []

    def fresh(service: str) -> Scratch:
        made.append(postgres.fresh(service))
        return made[-1]

    yield fresh
    for scratch in made:
        postgres.drop(scratch)
