"""Rules about whose vehicle it was."""

from services.audit.oversight.reference import HOUSEHOLD, OWN
from services.audit.oversight.rule import Finding, Seen
from services.audit.oversight.sentence import alone, listed, what, who


def own_vehicle(seen: Seen) -> Finding | None:
    """An own vehicle, or one of the own household."""
    found = [
        (plate, relation)
        for person in seen.lookup.concerned
        for plate in seen.lookup.plates
        if (relation := seen.reference.relation(person, plate))
    ]
    if not found:
        return None
    plate, relation = found[0]
    whose = {OWN: "an own vehicle", HOUSEHOLD: "a vehicle of the own household"}[relation]
    return alone(seen, f"{who(seen)} named {plate}, {whose} by the reference data, in {what(seen)}.")


def colleague_vehicle(seen: Seen) -> Finding | None:
    """A vehicle of a colleague, or of the household of one."""
    for plate in seen.lookup.plates:
        owners = seen.reference.colleagues.get(plate, frozenset())
        if owners and not owners & set(seen.lookup.concerned):
            return alone(seen, f"{who(seen)} named {plate}, a vehicle of {listed(sorted(owners))}, in {what(seen)}.")
    return None


def protected_vehicle(seen: Seen) -> Finding | None:
    """A vehicle on the protected list."""
    for plate in seen.lookup.plates:
        if plate in seen.reference.protected:
            label = seen.reference.protected[plate]
            words = f"{who(seen)} named {plate}, which is on the protected list ({label}), in {what(seen)}."
            return alone(seen, words)
    return None
