"""Erasure by order, and the lifting of holds: two persons, an entry before the deed, and the deed, once begun, to its end.

What must hold:
1. The first person has another role than the second, and is another person.
2. Nothing under a hold is destroyed, whenever the hold came. Nor is what the log says of itself: what auditors read, who erased
   what, which key came or went. It goes with its epoch.
3. The entry that tells of the deed is in the log before the deed.
4. proposed -> approved -> logged -> done. Each step is a transaction of its own and may be made again; whoever finds an order
   between the second and the last goes on, so that a crash leaves an entry and, a moment later, the deed. Before each of the last
   two the order is compared with what the log says of it (deed.py).
5. A proposal that is not approved in time is worth nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.audit.entry import DENIED, INTENT, OUTCOME, Content, decode_leaf
from services.audit.erasure import deed, record
from services.audit.erasure.errors import EntryHeld, HoldLifted, OrderNotFound, RecordKept
from services.audit.erasure.holds import Holds
from services.audit.erasure.order import Kind, Order, State, verify_second
from services.audit.erasure.order_store import OrderStore, Proposal, Step, Target
from services.audit.erasure.record import Record
from services.audit.errors import EntryErased, EntryNotFound
from services.audit.jcs import Value
from services.audit.keys import TagKeys
from services.audit.oversight.by import By
from services.audit.review import Review
from services.common import ids
from services.common.errors import Refusal

MAX_TARGETS = 500
VALID = timedelta(days=14)
LISTED = 500
ERASABLE = frozenset({INTENT, OUTCOME, DENIED})


@dataclass(frozen=True, slots=True)
class Ground:
    """On what an order rests: the reference of the judgment or decision, and the legal ground in words."""

    reference: str
    words: str


class Orders:
    """Orders, proposed, approved and carried out."""

    def __init__(
        self,
        *,
        store: OrderStore,
        holds: Holds,
        record_: Record,
        review: Review,
        tag_keys: TagKeys,
        valid: timedelta = VALID,
    ) -> None:
        self._store, self._holds, self._record, self._review = store, holds, record_, review
        self._tag_keys, self._valid = tag_keys, valid

    async def propose_erasure(self, by: By, indexes: Sequence[int], entry_ids: Sequence[UUID], ground: Ground) -> Order:
        """The first of two. Raises EntryNotFound, EntryErased, EntryHeld, RecordKept, and as `Log.append`."""
        await self._holds.refresh()
        wanted = sorted({*indexes, *await self._indexes(entry_ids)})
        found = await self._store.targets(wanted)
        for index in wanted:
            _verify_erasable(index, found.get(index))  # 2
        entries: list[Value] = [str(decode_leaf(found[index].leaf).id) for index in wanted]
        query: dict[str, Value] = {"entries": entries, "order": ground.reference, "step": "propose"}
        return await self._propose(by, Kind.ERASE, "ProposeErasure", query, ground, targets=tuple(wanted))

    async def propose_lift(self, by: By, hold: int, ground: Ground) -> Order:
        """The first of two. Raises HoldNotFound, HoldLifted, and as `Log.append`."""
        if (await self._holds.one(hold)).is_lifted:
            raise HoldLifted("the hold was lifted before")
        query: dict[str, Value] = {"hold": hold, "order": ground.reference, "step": "propose"}
        return await self._propose(by, Kind.LIFT, "ProposeLift", query, ground, hold=hold)

    async def approve(self, by: By, kind: Kind, order_id: UUID) -> Order:
        """The second of two, and the deed. Raises OrderNotFound, OrderClosed, SamePerson, EntryHeld, and as `Log.append`.

        When it raises StoreUnavailable the approval may stand: what was approved is then carried out a moment later.
        """
        await self._holds.refresh()
        async with self._store.step(order_id) as step:
            order = step.order
            if order.kind is not kind:
                raise OrderNotFound("there is no such order")
            approver = record.person_tag(self._tag_keys, order.epoch, by.person)
            verify_second(order, approver)  # 1, 5
            _verify_free(await step.targets())  # 2
            query: dict[str, Value] = {"order": str(order.id), "proposal": order.proposed_index, "step": "approve"}
            rpc = "ApproveErasure" if kind is Kind.ERASE else "ApproveLift"
            await step.approve(approver, await self._record.write(record.by_person(by, rpc, query, "")))
        return await self.finish(order_id)

    async def finish(self, order_id: UUID) -> Order:
        """Brings an approved order to its end (4). Raises OrderNotFound, StoreUnavailable, and as `Log.append`."""
        try:
            async with self._store.step(order_id) as step:
                if step.order.state is State.APPROVED:
                    said = await self._deed(step)
                    await step.log(await self._record.write(said, entry_id=step.order.entry_id))  # 3
            async with self._store.step(order_id) as step:
                if step.order.state is State.LOGGED:
                    await self._deed(step)
                    await _do(step)
        except EntryHeld as held:
            await self._stop(order_id, held)
        return await self._one(order_id)

    async def finish_all(self) -> None:
        """Brings every approved order to its end. Raises as `finish`."""
        first: Refusal | None = None
        for order_id in await self._store.unfinished():
            try:
                await self._holds.refresh()
                await self.finish(order_id)
            except Refusal as refusal:  # the others are not to wait for this one
                first = first or refusal
        if first is not None:
            raise first

    async def listed(self) -> list[Order]:
        """Orders, newest first, at most 500."""
        return await self._store.orders(LISTED)

    async def _propose(
        self,
        by: By,
        kind: Kind,
        rpc: str,
        query: dict[str, Value],
        ground: Ground,
        *,
        targets: tuple[int, ...] = (),
        hold: int | None = None,
    ) -> Order:
        content = record.by_person(by, rpc, query, ground.words, count=len(targets))
        proposed = await self._record.write(content)
        epoch = (await self._review.entry(proposed)).leaf.epoch
        proposal = Proposal(
            id=ids.uuid7(),
            kind=kind,
            epoch=epoch,
            proposer=record.person_tag(self._tag_keys, epoch, by.person),
            proposed=proposed,
            entry_id=ids.uuid7(),
            valid=self._valid,
            hold=hold,
            targets=targets,
        )
        await self._store.propose(proposal)
        return await self._one(proposal.id)

    async def _deed(self, step: Step) -> Content:
        """What the entry before the deed says. Raises EntryHeld, LogAltered, EntryErased."""
        order, targets = step.order, await step.targets()
        _verify_free(targets)  # 2
        ids_ = [str(decode_leaf(target.leaf).id) for target in sorted(targets, key=lambda target: target.index)]
        proposal = await self._review.entry(order.proposed_index)
        approval = await self._review.entry(order.approved_index if order.approved_index is not None else -1)
        return deed.content(order, ids_, proposal, approval)

    async def _stop(self, order_id: UUID, held: EntryHeld) -> None:
        """Tells in the log that a hold came before the deed, and leaves it at that."""
        async with self._store.step(order_id) as step:
            if step.order.state in (State.APPROVED, State.LOGGED):
                query: dict[str, Value] = {"proposal": step.order.proposed_index, "step": "stop"}
                await self._record.write(record.by_itself(query, held.words))
                await step.stop()

    async def _indexes(self, entry_ids: Sequence[UUID]) -> list[int]:
        found = await self._store.indexes(entry_ids)
        for entry_id in entry_ids:
            if entry_id not in found:
                raise EntryNotFound("no entry has one of these ids")
        return list(found.values())

    async def _one(self, order_id: UUID) -> Order:
        async with self._store.step(order_id) as step:
            return step.order


def _verify_free(targets: Sequence[Target]) -> None:
    for target in targets:
        _verify_not_held(target)


async def _do(step: Step) -> None:
    await (step.erase() if step.order.kind is Kind.ERASE else step.lift())


def _verify_erasable(index: int, target: Target | None) -> None:
    if target is None:
        raise EntryNotFound("no entry has this index", index=index)
    if decode_leaf(target.leaf).kind not in ERASABLE:
        raise RecordKept(f"entry {index} is a record of the log itself, which goes with its epoch only", index=index)
    if target.left_in is None:
        raise EntryErased("what this entry said was erased", index=index)
    _verify_not_held(target)


def _verify_not_held(target: Target) -> None:
    if target.hold is not None:
        raise EntryHeld(f"entry {target.index} is under hold {target.hold}", index=target.index, hold=target.hold)
