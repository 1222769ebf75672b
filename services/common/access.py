"""The access duty that every RPC declares in its proto option, and the check of what a caller declares."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from anpr.common.v1 import access_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from services.common import ids
from services.common.errors import Invalid

MAX_REASON_CHARACTERS = 500
CASE = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9./_-]{3,63}")
PLACEHOLDER = re.compile(
    r"(?:TEST|DEMO|NONE|XXX+|ABC|ASD|TODO|INV|N/?A)?[./_-]?(?:0+|1+|9+|123(?:4(?:5(?:6(?:7(?:89?)?)?)?)?)?)"
)


class ContextIncomplete(Invalid):
    """Purpose, legal ground or case is missing."""

    reason = "ACCESS_CONTEXT_INCOMPLETE"


class CaseInvalid(Invalid):
    """The case reference has no valid form, or is a placeholder."""

    reason = "CASE_REFERENCE_INVALID"


class RuleMissing(Exception):
    """An RPC does not declare who may call it; the service must not start."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the contract says of one RPC. Roles have the form of `Caller.roles`; `result_id` is a path of field names.

    streams: it answers by a stream.
    """

    rpc: str
    roles: frozenset[str]
    audited: bool
    streams: bool
    subject: tuple[str, ...]
    results: str
    result_id: tuple[str, ...]


def role_name(role: int) -> str:
    """ROLE_OFFICER as "officer"."""
    return access_pb2.Role.Name(role).removeprefix("ROLE_").lower()


def _option(method: MethodDescriptor) -> access_pb2.AccessRule:
    # The generated stubs type an extension as a bare FieldDescriptor, which the index operator does not take.
    extension: Any = access_pb2.access
    return cast(access_pb2.AccessRule, method.GetOptions().Extensions[extension])


def rules(services: Iterable[ServiceDescriptor]) -> dict[str, Rule]:
    """The rule of every RPC by its full path, such as /anpr.audit.v1.AuditService/Append. Raises RuleMissing."""
    found: dict[str, Rule] = {}
    for service in services:
        for method in service.methods:
            option = _option(method)
            if not option.roles:
                raise RuleMissing(f"{method.full_name} declares no roles")
            if option.audited and "access" not in method.input_type.fields_by_name:
                raise RuleMissing(f"{method.full_name} is audited and takes no access context")
            if option.audited and "receipt" not in method.output_type.fields_by_name:
                raise RuleMissing(f"{method.full_name} is audited and gives no receipt")
            found[f"/{service.full_name}/{method.name}"] = Rule(
                rpc=method.full_name,
                roles=frozenset(role_name(role) for role in option.roles),
                audited=option.audited,
                streams=method.server_streaming,
                subject=tuple(option.subject),
                results=option.results,
                result_id=tuple(option.result_id.split(".")) if option.result_id else (),
            )
    return found


def verify_context(context: access_pb2.AccessContext) -> UUID:
    """Checks that the caller said why. Returns the request id, a new one when the caller chose none.

    Raises ContextIncomplete, CaseInvalid, or Invalid naming the field.
    """
    if context.purpose not in access_pb2.Purpose.values() or not context.purpose:
        raise ContextIncomplete("a purpose from the closed list is required", field="access.purpose")
    if context.legal_ground not in access_pb2.LegalGround.values() or not context.legal_ground:
        raise ContextIncomplete("a legal ground is required", field="access.legal_ground")
    if not context.case_reference:
        raise ContextIncomplete("a case reference is required", field="access.case_reference")
    if not CASE.fullmatch(context.case_reference):
        words = "a case reference is 4 to 64 of A-Z 0-9 . / _ - with at least one digit"
        raise CaseInvalid(words, field="access.case_reference")
    if PLACEHOLDER.fullmatch(context.case_reference):
        raise CaseInvalid("the case reference is a placeholder", field="access.case_reference")
    for field, limit in (("reason", MAX_REASON_CHARACTERS), ("on_behalf_of", 64)):
        text = getattr(context, field)
        if len(text) > limit or (text and not text.isprintable()):
            raise Invalid(f"{field} is at most {limit} printable characters", field=f"access.{field}")
    if context.decision_id:
        ids.parse(context.decision_id, "access.decision_id")
    return ids.parse(context.request_id, "access.request_id") if context.request_id else ids.uuid7()
