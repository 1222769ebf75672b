"""The reviewer's desk: flags as they are read and decided on.

What must hold:
1. A supervisor sees the flags of the own unit, and nothing else; what he may not see does not exist for him.
2. Nobody decides on a flag that concerns himself, nor on one that nobody can read any more.
3. A verdict is an entry of the log before the flag changes. Earlier verdicts stay.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.audit import jcs
from services.audit.errors import EntryErased, LogAltered
from services.audit.jcs import Value
from services.audit.keys import TagKeys
from services.audit.oversight import sealing
from services.audit.oversight import secrets as entry_secrets
from services.audit.oversight.by import Book, By
from services.audit.oversight.errors import FlagNotFound, NotOneself, PageTokenInvalid, UnitMissing
from services.audit.oversight.flag import Flag, State, Told, Verdict, verify_verdict
from services.audit.oversight.flag_store import END, FlagStore, Stored, Wanted
from services.audit.oversight.lookup import DAY_MS, person
from services.audit.oversight.secrets import Secrets
from services.audit.review import Review
from services.audit.store import Store

NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Search:
    """Which flags a reviewer looks for; None, "" or 0 means any."""

    state: State | None = None
    rule: str = ""
    officer: str = field(default="", repr=False)
    overdue_days: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Flags, newest first, and the token of the next page; empty on the last."""

    flags: tuple[Flag, ...]
    next_token: str


class Desk:
    """Flags, read and decided on."""

    def __init__(
        self, *, store: Store, flags: FlagStore, review: Review, secrets: Secrets, book: Book, tag_keys: TagKeys
    ) -> None:
        self._store, self._flags, self._review = store, flags, review
        self._secrets, self._book, self._tag_keys = secrets, book, tag_keys

    async def page(self, by: By, search: Search, *, size: int, token: str) -> Page:
        """Flags that fit and that the caller may see. Raises PageTokenInvalid, UnitMissing."""
        before = self._position(by, search, token) if token else END
        wanted = await self._wanted(by, search)
        found = await self._flags.flags(wanted, before=before, limit=size + 1)
        flags = await self._opened(by, found[:size])
        next_token = self._token(by, search, flags[-1].number) if len(found) > size else ""
        return Page(tuple(flags), next_token)

    async def flag(self, by: By, flag_id: UUID) -> tuple[Flag, list[Told]]:
        """A flag with its verdicts. Raises FlagNotFound."""
        flag = await self._one(by, flag_id)
        return flag, [await self._told(verdict) for verdict in await self._flags.verdicts(flag_id)]

    async def decide(
        self, by: By, flag_id: UUID, verdict: State, reason: str, *, seen: State
    ) -> tuple[Flag, list[Told]]:
        """Decides on a flag. Raises FlagNotFound, EntryErased, NotOneself, AlreadyDecided, and as `Log.append`."""
        flag = await self._one(by, flag_id)  # 1
        if flag.said is None:
            raise EntryErased("what this flag rests on was erased")  # 2
        if by.is_one_of(flag.said.concerned):
            raise NotOneself("nobody decides about himself")  # 2
        async with self._flags.decision(flag_id) as decision:
            verify_verdict(decision.state, seen, verdict)
            query = {"flag_id": str(flag_id), "rule": f"{flag.rule}/{flag.version}", "verdict": verdict.value}
            written = await self._book.write(by, "ReviewFlag", query, reason)  # 3
            await decision.take(verdict, written.index, written.time_ms)
        return await self.flag(by, flag_id)

    async def precision(self) -> Mapping[tuple[str, int], Mapping[State, int]]:
        """How many flags of each rule and version are in each state."""
        return await self._flags.precision()

    async def _one(self, by: By, flag_id: UUID) -> Flag:
        wanted = await self._wanted(by, Search())
        flags = await self._opened(by, await self._flags.flags(Wanted(id=flag_id, units=wanted.units), limit=1))
        if not flags:
            raise FlagNotFound("there is no such flag")
        return flags[0]

    async def _wanted(self, by: By, search: Search) -> Wanted:
        epochs = await self._store.epochs()
        if not by.sees_all and not by.unit:
            raise UnitMissing("a supervisor has a unit")
        units = None if by.sees_all else [self._tag_keys.tag(epoch, "unit", by.unit) for epoch in epochs]
        who = person(search.officer)
        return Wanted(
            state=State.OPEN if search.overdue_days else search.state,
            rule=search.rule or None,
            units=units,
            officers=[self._tag_keys.tag(epoch, "concerned", who) for epoch in epochs] if who else None,
            raised_before_ms=(
                (await self._store.standing()).now_ms - search.overdue_days * DAY_MS if search.overdue_days else END
            ),
        )

    async def _opened(self, by: By, found: Sequence[Stored]) -> list[Flag]:
        secrets = await self._secrets.of(index for one in found if one.sealed for index in one.entries)
        flags = [
            Flag(
                id=one.id,
                number=one.number,
                rule=one.rule,
                version=one.version,
                raised_ms=one.raised_ms,
                state=State(one.state),
                entries=tuple(one.entries),
                said=_said(one, entry_secrets.all_of(one.entries, secrets)),
            )
            for one in found
        ]
        if not by.sees_all and any(flag.said is not None and flag.said.unit != by.unit for flag in flags):
            raise LogAltered("the index of flags does not fit what they say")  # 1
        return flags

    async def _told(self, verdict: Verdict) -> Told:
        try:
            content = (await self._review.entry(verdict.index)).content
        except EntryErased:
            content = None
        return Told(verdict, content.actor if content else None, content.reason if content else None)

    def _token(self, by: By, search: Search, before: int) -> str:
        position = before.to_bytes(NUMBER_BYTES, "big")
        return urlsafe_b64encode(position + self._mark(by, search, position)).decode()

    def _position(self, by: By, search: Search, token: str) -> int:
        try:
            raw = urlsafe_b64decode(token.encode())
        except ValueError as cause:
            raise PageTokenInvalid("the page token is not one of this log", field="page_token") from cause
        position = raw[:NUMBER_BYTES]
        if not hmac.compare_digest(raw[NUMBER_BYTES:], self._mark(by, search, position)):
            raise PageTokenInvalid("the page token was made for another list", field="page_token")
        return int.from_bytes(position, "big")

    def _mark(self, by: By, search: Search, position: bytes) -> bytes:
        asked: dict[str, Value] = {
            "list": "flags",
            "officer": search.officer,
            "overdue_days": search.overdue_days,
            "rule": search.rule,
            "state": search.state.value if search.state else "",
            "unit": "" if by.sees_all else by.unit,
        }
        return self._tag_keys.page_mark(position + jcs.encode(asked))


def _said(one: Stored, secrets: Sequence[bytes]) -> sealing.Said | None:
    return sealing.unseal_flag(one.id, one.sealed, secrets) if one.sealed and secrets else None
