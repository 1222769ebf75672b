"""Whose data a caller works with. A zone sees its own; sharing between zones is a matter of policies that are not built yet."""

from services.common.caller import Caller
from services.matching.errors import ZoneForeign


def of(caller: Caller) -> str:
    """The zone the caller acts for. Raises ZoneForeign when he acts for none."""
    if not caller.zone:
        raise ZoneForeign("the call does not say for which zone it is made")
    return caller.zone


def verify_own(caller: Caller, zone: str) -> None:
    """Raises ZoneForeign unless the caller acts for this zone."""
    if of(caller) != zone:
        raise ZoneForeign("this belongs to another zone", field="zone")
