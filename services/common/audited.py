"""The entries of one audited call: intent before, outcome after, nothing of the result in between.

What must hold:
1. The intent is durable before the method runs.
2. An outcome is durable before a byte of what it describes leaves; each message of a stream has one of its own.
3. A method that refuses, fails or is cancelled leaves an outcome that says so.
4. When an entry cannot be made durable the caller gets AuditUnavailable and nothing else.
5. What no entry can hold is not asked: such a call is refused, and its entry shows the beginning.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from itertools import islice
from typing import Any
from uuid import UUID

from anpr.audit.v1 import audit_pb2
from anpr.common.v1 import access_pb2
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.common import access, ids, ledger, metrics, plate
from services.common.access import Rule
from services.common.caller import Caller
from services.common.calls import Call
from services.common.errors import AuditUnavailable, Invalid, Refusal, Unauthenticated
from services.common.ledger import Ledger, Promise

# A request is any generated message with an `access` field, a response any with a `receipt` field: access.rules() checks.
Request = Any
Response = Any

MAX_CHARACTERS = 256
MAX_VALUES = 1000  # of one field; no RPC takes more
VALUES_SHOWN = 8  # of each field of a request that is too long
MAX_INTEGER = 2**53 - 1  # what canonical JSON holds exactly; larger ones are written as text


class Disclosure:
    """One audited call on its way through."""

    def __init__(self, ledger_: Ledger, rule: Rule, caller: Caller, request: Request, system: str) -> None:
        self._ledger, self._rule, self._caller = ledger_, rule, caller
        self._system = system
        self._intent_id = ids.uuid7()
        self._request_id = self._intent_id
        self._access = access_pb2.AccessContext()
        self._access.CopyFrom(request.access)
        for field in ("case_reference", "reason", "decision_id", "on_behalf_of", "request_id"):
            # What is too long is refused below; the entry of that refusal must not carry megabytes.
            setattr(self._access, field, getattr(self._access, field)[: access.MAX_REASON_CHARACTERS + 1])
        self._query, self._is_whole = _query(rule, request)
        self._plate = _plate(rule, request)
        self._intent: Promise | None = None

    async def open(self) -> Call:
        """Checks what the caller declares and makes the intent durable (1). A refusal is an entry too."""
        if not self._caller.person:
            raise Unauthenticated("the call does not say which person makes it")
        try:
            self._request_id = access.verify_context(self._access)
            if not self._is_whole:  # 5
                raise Invalid("the request names more than one entry of the log can hold")
        except Refusal as refusal:
            await self.deny(refusal)
            raise
        self._access.request_id = str(self._request_id)
        self._intent = await self._append(self._fields(self._intent_id, audit_pb2.ENTRY_KIND_INTENT))
        return Call(self._caller, self._intent_id, self._request_id)

    async def deny(self, refusal: Refusal) -> None:
        """Makes the entry of a refused attempt durable. A caller without a person has no entry: nobody is known."""
        if self._caller.person:
            fields = self._fields(ids.uuid7(), audit_pb2.ENTRY_KIND_DENIED)
            fields.status, fields.refusal = refusal.code.name, refusal.reason
            await undisturbed(self._append(fields))

    async def disclose(self, response: Response, *, page: int = 0) -> Response:
        """Makes the outcome durable (2), then gives the response its receipt."""
        count, result_ids = results(self._rule, response)
        outcome = self._outcome("OK", page=page)
        outcome.result_count, outcome.result_digest = count, ledger.digest(result_ids)
        promise = await self._append(outcome)
        if self._intent is None:
            raise TypeError("disclose() before open()")
        response.receipt.CopyFrom(
            access_pb2.Receipt(
                intent_id=str(self._intent_id),
                intent_note=self._intent.note,
                outcome_id=outcome.id,
                outcome_note=promise.note,
                request_id=str(self._request_id),
            )
        )
        return response

    async def fail(self, status: str, refusal: str = "", *, page: int = 0) -> None:
        """Makes the outcome of a call that gave nothing durable (3)."""
        outcome = self._outcome(status, page=page)
        outcome.refusal = refusal
        await self._append(outcome)

    async def _append(self, fields: audit_pb2.EntryFields) -> Promise:
        with metrics.ledger(audit_pb2.EntryKind.Name(fields.kind).removeprefix("ENTRY_KIND_").lower()):
            return await self._ledger.append(fields)

    def _outcome(self, status: str, *, page: int) -> audit_pb2.EntryFields:
        fields = self._fields(ids.uuid7(), audit_pb2.ENTRY_KIND_OUTCOME)
        fields.ref, fields.status, fields.page = str(self._intent_id), status, page
        return fields

    def _fields(self, entry_id: UUID, kind: audit_pb2.EntryKind) -> audit_pb2.EntryFields:
        caller = self._caller
        return audit_pb2.EntryFields(
            id=str(entry_id),
            kind=kind,
            system=self._system,
            actor=caller.person,
            unit=caller.unit,
            zone=caller.zone,
            client=caller.system,
            roles=[f"ROLE_{role.upper()}" for role in sorted(caller.roles) if is_role(role)],
            access=self._access,
            rpc=self._rule.rpc,
            plate=self._plate,
            query=self._query,
        )


def _query(rule: Rule, request: Request) -> tuple[str, bool]:
    """What was asked as canonical JSON, and whether that is all of it. The work is bounded, whatever the request is."""
    text = ledger.canonical(subject(rule, request))
    if len(text.encode()) <= ledger.MAX_QUERY_BYTES and not any(_has_many(request, path) for path in rule.subject):
        return text, True
    return ledger.canonical({**subject(rule, request, most=VALUES_SHOWN), "cut": True}), False


def _has_many(request: Request, path: str) -> bool:
    return len(list(islice(_values(request, path.split(".")), MAX_VALUES + 1))) > MAX_VALUES


def _plate(rule: Rule, request: Request) -> str:
    """The one plate that the request names, normalised; as given, cut short, when no plate can look like that."""
    paths = [path.split(".") for path in rule.subject if path.split(".")[-1] == "plate"]
    found = [str(value) for path in paths for value in islice(_values(request, path), 2)]
    given = found[0] if len(found) == 1 else ""
    try:
        return plate.normalise(given) if given else ""
    except Invalid:
        return given[:MAX_CHARACTERS]


async def answer(
    disclosure: Disclosure, method: Callable[[Request, Call], Awaitable[Response]], request: Request
) -> Response:
    """Runs a method that gives one response."""
    call = await disclosure.open()
    try:
        response = await method(request, call)
    except BaseException as cause:
        await _record_failure(disclosure, cause)
        raise
    try:
        return await undisturbed(disclosure.disclose(response))
    except AuditUnavailable as cause:  # an answer is withheld, but what was changed is changed
        raise AuditUnavailable(
            "the log did not confirm the outcome: if this was a change, it may have been made"
        ) from cause


async def stream(
    disclosure: Disclosure, method: Callable[[Request, Call], AsyncGenerator[Response, None]], request: Request
) -> AsyncGenerator[Response, None]:
    """Runs a method that gives a stream; message n is page n, from 1. The outcome of the end is page 0."""
    call = await disclosure.open()
    page = 0
    with _expected():
        try:
            async with aclosing(method(request, call)) as responses:
                async for response in responses:
                    page += 1
                    yield await undisturbed(disclosure.disclose(response, page=page))
        except BaseException as cause:
            await _record_failure(disclosure, cause)
            raise
        await undisturbed(disclosure.fail("OK"))


async def _record_failure(disclosure: Disclosure, cause: BaseException) -> None:
    """Outcome of a call that ends without a result (3). When it cannot be written, AuditUnavailable replaces the cause (4)."""
    if isinstance(cause, Refusal):
        await undisturbed(disclosure.fail(cause.code.name, cause.reason))
    elif isinstance(cause, (asyncio.CancelledError, GeneratorExit)):
        _keep(asyncio.ensure_future(disclosure.fail("CANCELLED")))
    else:
        await undisturbed(disclosure.fail("INTERNAL", "INTERNAL"))


_running: set[asyncio.Future[Any]] = set()


def _keep(task: asyncio.Future[Any]) -> asyncio.Future[Any]:
    """Holds a task that must end even when its caller is gone, and takes its exception: there is nobody left to tell."""
    _running.add(task)
    task.add_done_callback(_running.discard)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def undisturbed(work: Awaitable[Any], since: asyncio.Event | None = None) -> Any:
    """Awaits what goes on when the client hangs up: what was begun is finished, and its entry says what came of it.

    With `since`, it still ends with the client as long as that is not set.
    """
    task = _keep(asyncio.ensure_future(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if since is not None and not since.is_set():
            task.cancel()
        raise


@contextmanager
def _expected() -> Iterator[None]:
    """`settle` waits for the end of this block."""
    end = asyncio.get_running_loop().create_future()
    _running.add(end)
    try:
        yield
    finally:
        _running.discard(end)
        end.set_result(None)


async def settle(timeout_s: float) -> None:
    """Waits for streams to end that are being cancelled, and for what goes on without a client. Then the ledger may close."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while _running:
                await asyncio.wait(tuple(_running))


def is_role(name: str) -> bool:
    """Whether the contract knows this role, written as the rules write it: "officer", and not "Officer" as well."""
    return name == name.lower() and f"ROLE_{name.upper()}" in access_pb2.Role.DESCRIPTOR.values_by_name


def subject(rule: Rule, request: Request, *, most: int = MAX_VALUES) -> dict[str, str | int | bool | list[str]]:
    """What was asked: the fields that the rule names, as texts and integers, by path; bytes in hexadecimal. Unset fields are
    left out.

    A repeated field is looked at up to its value number `most`.
    """
    found: dict[str, str | int | bool | list[str]] = {}
    for path in rule.subject:
        given = islice(_values(request, path.split(".")), most)
        values = [_text(value) for value in given if value not in ("", b"", 0)]
        if values:
            found[path] = values[0] if len(values) == 1 else [str(value) for value in values]
    return found


def results(rule: Rule, response: Response) -> tuple[int, list[str]]:
    """Count and ids of the results in a response."""
    if rule.results:
        rows = list(getattr(response, rule.results))
        path = list(rule.result_id)
        return len(rows), [str(value) for row in rows for value in _values(row, path)]
    found = [str(value) for value in _values(response, list(rule.result_id))] if rule.result_id else []
    return len(found), found


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at the end of the path, one by one: a hostile request has millions."""
    if not path:
        yield value
    elif not isinstance(value, Message) or _present(value, path[0]):
        inner = getattr(value, path[0])
        many = inner if not isinstance(inner, (str, bytes, Message)) and hasattr(inner, "__len__") else [inner]
        for item in many:
            yield from _values(item, path[1:])


def _present(message: Message, name: str) -> bool:
    """Whether a path goes on there: an absent inner message would answer with the defaults of its fields."""
    field = message.DESCRIPTOR.fields_by_name[name]
    return field.message_type is None or field.is_repeated or message.HasField(name)


def _text(value: Any) -> str | int | bool:
    if isinstance(value, Timestamp):
        return _moment(value)
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:  # bool is an int
        return value
    if isinstance(value, bytes):
        return value[: MAX_CHARACTERS // 2].hex()
    return str(value)[:MAX_CHARACTERS]


def _moment(value: Timestamp) -> str:
    """A caller may send what is no time. That is for the method to refuse; here it is written down."""
    try:
        return str(value.ToJsonString())
    except ValueError:
        return f"{value.seconds} s {value.nanos} ns"
