"""What failing closed is: no message, and the word that the log does not take the entry."""

from collections.abc import Mapping

from tests.fail_closed.asking import Answer
from tests.fail_closed.outages import DEAD, HUNG
from tests.fail_closed.town import Town

UNAVAILABLE, NOT_BUILT = "UNAVAILABLE", "UNIMPLEMENTED"
AUDIT_UNAVAILABLE = (UNAVAILABLE, "AUDIT_UNAVAILABLE")
# A process that is dead or hangs says nothing: what callers of its own RPCs get are the words of their own library.
SILENT = {DEAD: {UNAVAILABLE}, HUNG: {UNAVAILABLE, "DEADLINE_EXCEEDED"}}


def not_closed(
    town: Town, answers: Mapping[str, Answer], outage: str, *, at_gateway: bool = False
) -> dict[str, Answer]:
    """Answers that gave something away, or did not say why they give nothing."""
    return {
        path: answer
        for path, answer in answers.items()
        if answer.messages or not _is_refused(town, path, answer, outage, at_gateway=at_gateway)
    }


def _is_refused(town: Town, path: str, answer: Answer, outage: str, *, at_gateway: bool) -> bool:
    if path not in town.homes:  # in the contract, and in no service
        return answer.code in {NOT_BUILT, *SILENT[HUNG]}
    if town.is_of_audit(path) and outage in SILENT:
        return answer.code in SILENT[outage]
    if at_gateway and answer.code == UNAVAILABLE and not answer.reason:  # it asks nobody who says that he cannot work
        return True
    return (answer.code, answer.reason) == AUDIT_UNAVAILABLE
