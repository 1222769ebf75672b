"""The log, leaf by leaf, as far as it has come since the last look.

It is believed only as a whole: every leaf under a signed head whose root those leaves have, together with all that were read
before. So a log that forgot or changed something cannot pass.
"""

from dataclasses import dataclass, field
from uuid import UUID

from services.audit import checkpoint, entry, merkle
from services.audit.entry import EntryInvalid
from services.audit.verify import PAGE, Source
from services.common.note import NoteInvalid, VerifierKey
from services.reconcile.finding import Finding
from services.reconcile.memory import Memory


@dataclass(slots=True)
class News:
    """What came since the last look."""

    system: str
    size: int
    peaks: list[bytes]
    last_ms: int
    intents: list[UUID] = field(default_factory=list)
    refs: list[UUID] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        """The next leaf. Raises EntryInvalid."""
        leaf = entry.decode_leaf(data)
        if leaf.system == self.system and leaf.kind == entry.INTENT:
            self.intents.append(leaf.id)
        if leaf.system == self.system and leaf.kind == entry.OUTCOME and leaf.ref:
            self.refs.append(leaf.ref)
        self.last_ms = leaf.time_ms
        self.peaks = merkle.extend(self.peaks, self.size, [merkle.leaf_hash(data)])
        self.size += 1


async def catch_up(source: Source, key: VerifierKey, system: str, memory: Memory) -> tuple[int, list[Finding]]:
    """Reads on up to the newest signed head; intents and outcomes of a system go into the memory. Returns log time there.

    What is found wrong ends the reading: nothing of it is remembered. Raises SourceFailed when the log cannot be read.
    """
    size, last_ms = memory.fact("log.size", 0), memory.fact("log.last_ms", 0)
    news = News(system, size, [bytes.fromhex(peak) for peak in memory.fact("log.peaks", [])], last_ms)
    try:
        head = checkpoint.verify((await source.checkpoint()).note, key.name, [key])
    except NoteInvalid as cause:
        return last_ms, [Finding("log-altered", f"head: {cause}")]
    if head.size < size:
        return last_ms, [Finding("log-altered", f"it has shrunk from {size} to {head.size} entries")]
    try:
        while news.size < head.size:
            leaves = await source.leaves(news.size, min(PAGE, head.size - news.size))
            if not leaves:
                return last_ms, [Finding("log-altered", f"entry {news.size} is not given")]
            for leaf in leaves[: head.size - news.size]:
                news.take(leaf)
    except EntryInvalid as cause:
        return last_ms, [Finding("log-altered", f"entry {news.size}: {cause}")]
    if merkle.root_of_peaks(news.peaks) != head.root:
        return last_ms, [Finding("log-altered", f"entries {size} to {head.size} do not continue what was seen before")]
    memory.keep("log.size", news.size)
    memory.keep("log.peaks", [peak.hex() for peak in news.peaks])
    memory.keep("log.last_ms", news.last_ms)
    memory.add_intents(news.intents)
    memory.add_outcomes(news.refs)
    return news.last_ms, []
