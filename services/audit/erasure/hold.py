"""A legal hold: what is kept whatever else the law or an order says, until two persons lift it."""

from dataclasses import dataclass, field

from services.audit import jcs
from services.audit.entry import Content
from services.audit.jcs import Value

TAGGED = ("plate", "actor", "case_reference")


@dataclass(frozen=True, slots=True)
class Criteria:
    """Entries that fit any of these are held. first..last: indexes, both included; from_ms <= t < until_ms: log time."""

    plate: str = field(default="", repr=False)
    actor: str = field(default="", repr=False)
    case_reference: str = field(default="", repr=False)
    first: int | None = None
    last: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Which of the criteria are looked up by tags."""
        return tuple(name for name in TAGGED if getattr(self, name))

    def query(self, reference: str) -> dict[str, Value]:
        """What the entry of the hold says."""
        said: dict[str, Value] = {"order": reference, "step": "hold"}
        for name in Criteria.__slots__:
            if (value := getattr(self, name)) not in ("", None):
                said[name] = value
        return said


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold; criteria and reference are None when its entry cannot be read."""

    number: int
    placed_index: int
    is_lifted: bool
    criteria: Criteria | None
    reference: str | None


def read(content: Content) -> tuple[Criteria, str]:
    """Criteria and reference as the entry of the hold says them."""
    said = jcs.decode_object(content.query.encode())
    criteria = Criteria(
        plate=str(said.get("plate", "")),
        actor=str(said.get("actor", "")),
        case_reference=str(said.get("case_reference", "")),
        first=_number(said.get("first")),
        last=_number(said.get("last")),
        from_ms=_number(said.get("from_ms")),
        until_ms=_number(said.get("until_ms")),
    )
    return criteria, str(said["order"])


def _number(value: Value | None) -> int | None:
    return value if isinstance(value, int) else None
