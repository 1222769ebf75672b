"""What a caller must say about why."""

import pytest
from anpr.common.v1 import access_pb2

from services.common import access
from services.common.access import CaseInvalid


def _context(case: str) -> access_pb2.AccessContext:
    return access_pb2.AccessContext(
        purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
        legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
        case_reference=case,
    )


@pytest.mark.parametrize("case", ["BR.55.L3.004711/2026", "2026-CR-000123", "PV-1234", "AN27.L1.12/26", "20260001"])
def test_a_real_case_reference_is_taken(case: str) -> None:
    access.verify_context(_context(case))


@pytest.mark.parametrize(
    "case",
    [
        "123",
        "1234",
        "12345",
        "123456789",
        "0000",
        "1111",
        "TEST1",
        "TEST-123",
        "XXX1",
        "N/A1",
        "werken",
        "A B 1",
        "é123",
        "ABCD",
    ],
)
def test_a_placeholder_is_refused(case: str) -> None:
    with pytest.raises(CaseInvalid):
        access.verify_context(_context(case))


def test_a_request_id_is_made_when_the_caller_has_none() -> None:
    assert access.verify_context(_context("PV-4711/2026")).version == 7
