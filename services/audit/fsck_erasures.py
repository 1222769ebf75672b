"""What is gone of the log, and whether the log itself says why."""

from dataclasses import dataclass, field

from services.audit import jcs
from services.audit.entry import Content, Leaf
from services.audit.jcs import JcsInvalid, Value

ERASURE, OWN_SYSTEM = "erasure", "audit"


@dataclass(slots=True)
class Erasures:
    """Entries of which nothing is left, and what the log says was to be erased (11)."""

    gone: dict[int, Leaf] = field(default_factory=dict)
    entries: set[str] = field(default_factory=set)
    epochs: set[str] = field(default_factory=set)
    unread: int = -1  # index of the last entry of kind erasure that cannot be read: it may have named any before it

    def unread_at(self, index: int, leaf: Leaf) -> None:
        """This entry cannot be read."""
        if leaf.kind == ERASURE:
            self.unread = max(self.unread, index)

    def read(self, leaf: Leaf, content: Content) -> None:
        """What an entry orders."""
        if (leaf.kind, leaf.system) != (ERASURE, OWN_SYSTEM):
            return
        try:
            said = jcs.decode_object(content.query.encode())
        except JcsInvalid:
            return  # it orders nothing
        if said.get("step") == "erase":
            self.entries.update(_texts(said.get("entries")))
        elif said.get("step") == "epoch":
            self.epochs.update(_texts([said["epoch"]] if "epoch" in said else None))

    def unordered(self) -> list[int]:
        """Entries that nothing names."""
        return [
            index
            for index, leaf in self.gone.items()
            if index >= self.unread and str(leaf.id) not in self.entries and leaf.epoch not in self.epochs
        ]


def _texts(value: Value | None) -> set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, list) else set()
