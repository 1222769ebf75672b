"""What became of the frames of a run."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one frame: acknowledged with a frame id, refused with a reason (an ErrorReason), or neither: unanswered.

    attempts: how often it was sent; duplicate: ingest had acknowledged it before.
    """

    camera_id: str
    sequence: int
    attempts: int
    frame_id: str = ""
    duplicate: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A run as a whole. `plates` counts the plates that could be seen whole; `refused` is (reason, frames)."""

    camera_ids: tuple[str, ...]
    frames: int
    acknowledged: int
    duplicates: int
    refused: tuple[tuple[str, int], ...]
    unanswered: int
    resent: int
    plates: int
    seconds: float
    outcomes: tuple[Outcome, ...] = field(repr=False)

    @property
    def is_complete(self) -> bool:
        """True when every frame was acknowledged."""
        return self.acknowledged == self.frames


def sum_up(
    camera_ids: tuple[str, ...], outcomes: tuple[Outcome, ...], *, frames: int, plates: int, seconds: float
) -> Report:
    """The report over the outcomes of a run that was to have `frames` frames."""
    refused = Counter(outcome.reason for outcome in outcomes if outcome.reason)
    acknowledged = sum(1 for outcome in outcomes if outcome.frame_id)
    return Report(
        camera_ids=camera_ids,
        frames=frames,
        acknowledged=acknowledged,
        duplicates=sum(1 for outcome in outcomes if outcome.duplicate),
        refused=tuple(sorted(refused.items())),
        unanswered=frames - acknowledged - refused.total(),
        resent=sum(max(outcome.attempts - 1, 0) for outcome in outcomes),
        plates=plates,
        seconds=round(seconds, 3),
        outcomes=outcomes,
    )
