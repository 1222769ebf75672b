"""Who calls. Until the gateway checks tokens, the caller says so himself, and services listen on loopback only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.common.errors import Unauthenticated

SYSTEM, PERSON, UNIT, ZONE, ROLES = (
    "anpr-system",
    "anpr-person",
    "anpr-unit",
    "anpr-zone",
    "anpr-roles",
)
MAX_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Caller:
    """A machine, and the person behind it if there is one.

    system: machine identity; person, unit: empty for a call between services; zone: whose data the caller works with;
    roles: names of `anpr.common.v1.Role` without the prefix, in lower case, such as "officer".
    """

    system: str
    person: str = field(default="", repr=False)
    unit: str = ""
    zone: str = ""
    roles: frozenset[str] = frozenset()

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The caller as gRPC metadata of an outgoing call."""
        pairs = (
            (SYSTEM, self.system),
            (PERSON, self.person),
            (UNIT, self.unit),
            (ZONE, self.zone),
            (ROLES, ",".join(sorted(self.roles))),
        )
        return tuple(pair for pair in pairs if pair[1])


def service(name: str) -> Caller:
    """A service of this suite that calls another one on nobody's behalf."""
    return Caller(system=name, roles=frozenset({"service"}))


def from_metadata(metadata: Iterable[Sequence[str | bytes]] | None) -> Caller:
    """The caller that a request names. Raises Unauthenticated when it names none, or names it twice or unprintably.

    Nor may blanks surround a name: the same person would be another one to those who search the log.
    """
    values: dict[str, str] = {}
    for key, value in metadata or ():
        if key not in (SYSTEM, PERSON, UNIT, ZONE, ROLES):
            continue
        if key in values:
            raise Unauthenticated("the identity is given twice")
        text = str(value)
        limit = MAX_CHARACTERS * (8 if key == ROLES else 1)
        if not text.isprintable() or not text.isascii() or len(text) > limit or text != text.strip():
            raise Unauthenticated("the identity is not printable ASCII of a sensible length, without blanks around it")
        values[str(key)] = text
    if not values.get(SYSTEM):
        raise Unauthenticated("the call does not say which system makes it")
    return Caller(
        system=values[SYSTEM],
        person=values.get(PERSON, ""),
        unit=values.get(UNIT, ""),
        zone=values.get(ZONE, ""),
        roles=frozenset(role for role in values.get(ROLES, "").split(",") if role),
    )
