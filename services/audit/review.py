"""Reading what entries say: decrypted, and compared with what the leaf committed to."""

import asyncio
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.audit import commitment, entry, epochs, jcs, merkle, seal, stored, tags
from services.audit.entry import Content, EntryInvalid, Leaf
from services.audit.errors import EntryErased, LogAltered, PageTokenInvalid
from services.audit.keys import EpochKeys, KeyDestroyed, TagKeys
from services.audit.seal import SealBroken
from services.audit.store import END_OF_LOG, Filter, Hit, Store
from services.common import plate

INDEX_BYTES = 8
MAX_PAGE_BYTES = 2 * 1024 * 1024
CLOCK_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Search:
    """What an auditor looks for; an empty or None field means any. Times are log time: from_ms <= t < until_ms."""

    actor: str = field(default="", repr=False)
    plate: str = field(default="", repr=False)
    case_reference: str = field(default="", repr=False)
    unit: str = ""
    decision_id: str = field(default="", repr=False)
    purpose: str = ""
    system: str = ""
    rpc: str = ""
    status: str = ""
    kind: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    least_results: int | None = None
    most_results: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry that can be read; content is None when it was erased."""

    index: int
    data: bytes
    leaf: Leaf
    content: Content | None


@dataclass(frozen=True, slots=True)
class Disclosed:
    """An entry with what shows its fields one by one: its secret, or None when it was erased."""

    opened: Opened
    secret: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and the token of the next page; empty on the last."""

    entries: tuple[Opened, ...]
    next_token: str


class Review:
    """The log as an auditor reads it."""

    def __init__(self, store: Store, epoch_keys: EpochKeys, tag_keys: TagKeys) -> None:
        self._store, self._epoch_keys, self._tag_keys = store, epoch_keys, tag_keys

    async def entry(self, index: int) -> Opened:
        """The entry at this index. Raises EntryNotFound, EntryErased, LogAltered."""
        data = await self._store.leaf(index)
        leaf = stored.leaf(index, data)
        sealed = await self._store.sealed(index, leaf.epoch)
        return self._open(index, data, leaf, sealed.payload, sealed.wrapped)

    async def search(self, wanted: Search, *, page_size: int, page_token: str) -> Page:
        """Entries that fit, newest first. Raises PlateInvalid, PageTokenInvalid, LogAltered."""
        before = self._position(wanted, page_token) if page_token else END_OF_LOG
        hits = await self._store.search(await self._filter(wanted), before=before, limit=page_size + 1)
        entries: list[Opened] = []
        for hit in hits[: _fitting(hits[:page_size])]:
            entries.append(self._open_hit(hit, wanted))
            await asyncio.sleep(0)
        token = self._token(wanted, entries[-1].index) if len(hits) > len(entries) else ""
        return Page(tuple(entries), token)

    def open(self, hit: Hit) -> Opened:
        """The entry behind what is stored of it; without content when it was erased. Raises LogAltered."""
        leaf = stored.leaf(hit.index, hit.leaf)
        if hit.payload is None or hit.wrapped is None or not self._epoch_keys.has(leaf.epoch):
            return Opened(hit.index, hit.leaf, leaf, None)
        return self._open(hit.index, hit.leaf, leaf, hit.payload, hit.wrapped)

    def disclosed(self, hit: Hit) -> Disclosed:
        """The same with the entry's secret, for whoever shows fields with their salts. Raises LogAltered."""
        opened = self.open(hit)
        if opened.content is None or hit.wrapped is None:
            return Disclosed(opened, None)
        return Disclosed(opened, self._epoch_keys.unwrap(opened.leaf.epoch, opened.leaf.id, hit.wrapped))

    def _open_hit(self, hit: Hit, wanted: Search) -> Opened:
        opened = self.open(hit)
        if opened.content is not None and not _fits(opened.content, wanted):
            raise LogAltered("the search index does not fit the log", index=hit.index)
        return opened

    def _open(self, index: int, data: bytes, leaf: Leaf, payload: bytes, wrapped: bytes) -> Opened:
        """Decrypts, and compares with the commitment: only what the leaf committed to is shown."""
        if not self._epoch_keys.has(leaf.epoch):
            raise EntryErased("the key of this entry's epoch was destroyed", index=index)
        try:
            secret = self._epoch_keys.unwrap(leaf.epoch, leaf.id, wrapped)
            content = entry.decode_content(seal.unseal(secret, merkle.leaf_hash(data), payload))
        except KeyDestroyed as cause:
            raise EntryErased("the key of this entry's epoch was destroyed", index=index) from cause
        except (SealBroken, EntryInvalid) as cause:
            raise LogAltered("what is stored of this entry does not fit the log", index=index) from cause
        if commitment.commit(commitment.encode(content.fields()), secret) != leaf.commitment:
            raise LogAltered("what is stored of this entry does not fit the log", index=index)
        return Opened(index, data, leaf, content)

    async def _filter(self, wanted: Search) -> Filter:
        texts = {
            "actor": wanted.actor,
            "plate": plate.parse(wanted.plate) if wanted.plate else "",
            "case_reference": wanted.case_reference,
            "unit": wanted.unit,
            "decision": wanted.decision_id,
        }
        within = tuple(epoch for epoch in await self._store.epochs() if _overlaps(epoch, wanted))
        found = {
            name: tuple(self._tag_keys.tag(epoch, name, text) for epoch in within)
            for name, text in texts.items()
            if text
        }
        return Filter(within, found, _plain(wanted))

    def _token(self, wanted: Search, before: int) -> str:
        position = before.to_bytes(INDEX_BYTES, "big")
        return urlsafe_b64encode(position + self._mark(wanted, position)).decode()

    def _position(self, wanted: Search, token: str) -> int:
        try:
            raw = urlsafe_b64decode(token.encode())
        except ValueError as cause:
            raise PageTokenInvalid("the page token is not one of this log", field="page_token") from cause
        position = raw[:INDEX_BYTES]
        if urlsafe_b64encode(raw).decode() != token or not hmac.compare_digest(
            raw[INDEX_BYTES:], self._mark(wanted, position)
        ):
            raise PageTokenInvalid("the page token was made for another search", field="page_token")
        return int.from_bytes(position, "big")

    def _mark(self, wanted: Search, position: bytes) -> bytes:
        asked = {
            **{name: getattr(wanted, name) for name in ("actor", "plate", "case_reference", "unit", "decision_id")},
            **_plain(wanted),
        }
        return self._tag_keys.page_mark(position + jcs.encode(asked))


def _fitting(hits: Sequence[Hit]) -> int:
    """How many of the hits make a page: all, unless they are so long that no message holds them."""
    total = 0
    for count, hit in enumerate(hits):
        total += len(hit.leaf) + len(hit.payload or b"")
        if total > MAX_PAGE_BYTES:
            return max(count, 1)
    return len(hits)


def _fits(content: Content, wanted: Search) -> bool:
    return (
        wanted.actor in ("", content.actor)
        and wanted.case_reference in ("", content.case_reference)
        and wanted.unit in ("", content.unit)
        and wanted.decision_id in ("", content.decision_id)
        and (not wanted.plate or tags.normal(wanted.plate) in tags.plates(content))
        and wanted.purpose in ("", content.purpose)
        and wanted.rpc in ("", content.rpc)
        and wanted.status in ("", content.status)
        and (wanted.least_results is None or content.result_count >= wanted.least_results)
        and (wanted.most_results is None or content.result_count <= wanted.most_results)
    )


def _plain(wanted: Search) -> dict[str, str | int]:
    """What is asked for beside tags, by name."""
    words = {name: getattr(wanted, name) for name in ("kind", "system", "purpose", "status", "rpc")}
    bounds = {name: getattr(wanted, name) for name in ("from_ms", "until_ms", "least_results", "most_results")}
    return {
        **{name: word for name, word in words.items() if word},
        **{name: bound for name, bound in bounds.items() if bound is not None},
    }


def _overlaps(epoch: str, wanted: Search) -> bool:
    """Whether entries of this epoch can lie in the window; a replica's clock may be a little off the log's at a month's end."""
    begin, end = epochs.begin(epoch) - CLOCK_MARGIN, epochs.begin(epochs.after(epoch)) + CLOCK_MARGIN
    is_early = wanted.until_ms is not None and _moment(wanted.until_ms) <= begin
    is_late = wanted.from_ms is not None and _moment(wanted.from_ms) >= end
    return not is_early and not is_late


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
