"""The shipped expectation is what the migrations make."""

import pytest

from services.reconcile import expectation
from tests.engines import Cluster
from tests.reconcile.expected import fresh_definitions

pytestmark = pytest.mark.postgres


def test_the_shipped_expectation_is_that_of_the_migrations(postgres: Cluster) -> None:
    assert expectation.SHIPPED.read_text() == expectation.encode(fresh_definitions(postgres)), (
        "run python -m tests.reconcile.expected, and read the difference"
    )
