"""How long frames have been due is measured, whatever their number."""

import pytest
from prometheus_client import REGISTRY

from services.common.errors import Refusal
from services.ingest import metrics
from services.ingest.errors import CameraUnknown
from services.ingest.overdue import Overdue
from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.parts import ZONE, Parts, submission

pytestmark = [pytest.mark.postgres, pytest.mark.s3]


def overdue(state: str) -> float:
    return REGISTRY.get_sample_value("anpr_ingest_backlog_overdue_seconds", {"state": state}) or 0.0


def change(scratch: Scratch, statement: str) -> None:
    with scratch.connect() as connection:
        connection.execute(statement.encode())


async def test_the_frame_that_is_due_longest_is_measured(parts: Parts, scratch: Scratch) -> None:
    look = Overdue(parts.pool).look
    await look()
    assert (overdue("waiting"), overdue("read")) == (0, 0)
    await parts.register()
    for sequence in (1, 2):
        await parts.intake().take(submission(pictures.jpeg(sequence), sequence), ZONE)
    change(scratch, "UPDATE ingest.frame SET next_attempt_at = now() - interval '90 s' WHERE sequence = 1")
    await look()
    assert 90 <= overdue("waiting") < 180
    change(scratch, "UPDATE ingest.frame SET state = 'read', next_attempt_at = now() + interval '1 h'")
    await look()
    assert (overdue("waiting"), overdue("read")) == (0, 0), "what is postponed is not due"


def test_a_frame_that_is_refused_is_counted_by_its_reason() -> None:
    before = REGISTRY.get_sample_value("anpr_ingest_frames_refused_total", {"reason": "CAMERA_UNKNOWN"}) or 0.0
    with pytest.raises(Refusal), metrics.refusals():
        raise CameraUnknown("no camera has this id")
    assert REGISTRY.get_sample_value("anpr_ingest_frames_refused_total", {"reason": "CAMERA_UNKNOWN"}) == before + 1
