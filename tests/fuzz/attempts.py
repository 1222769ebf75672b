"""Whatever is asked, and whoever asks, the log takes the entry of the attempt."""

import json
from collections.abc import Callable
from random import Random

from anpr.audit.v1 import audit_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from services.audit import wire
from services.common import audited, ids, ledger
from services.common.caller import Caller
from services.common.errors import Invalid
from tests.common.ledgers import MemoryLedger
from tests.fuzz import contract, samples, structure
from tests.fuzz.probe import Probe, claim

SYSTEM = "ingest"


def everything() -> tuple[Probe, ...]:
    """Whatever is asked, and whoever asks, the log takes the entry of the attempt."""
    return tuple(
        Probe(
            f"attempt/{method.full_name.removeprefix('anpr.')}",
            _attempt_maker(method),
            _attempt(method),
            (DecodeError,),
            4,
        )
        for method in contract.methods()
        if contract.rule(method).audited
    )


def _attempt_maker(method: MethodDescriptor) -> Callable[[Random], bytes]:
    def make(dice: Random) -> bytes:
        identity = json.dumps(list(contract.strange_roles(dice))).encode()
        return len(identity).to_bytes(2, "big") + identity + structure.mutate(dice, samples.request(dice, method, 1))

    return make


def _attempt(method: MethodDescriptor) -> Callable[[bytes], object]:
    kind, rule = GetMessageClass(method.input_type), contract.rule(method)

    def look(content: bytes) -> None:
        size = int.from_bytes(content[:2], "big")
        try:
            roles = json.loads(content[2 : 2 + size])
        except ValueError:
            return
        who = Caller("desk", "p4711", "unit-1", "local", frozenset(map(str, roles)))
        attempt = audited.Disclosure(MemoryLedger(), rule, who, kind.FromString(content[2 + size :]), SYSTEM)
        fields = attempt._fields(ids.uuid7(), audit_pb2.ENTRY_KIND_DENIED)
        claim(len(fields.query.encode()) <= ledger.MAX_QUERY_BYTES, "a query is longer than the log takes")
        try:
            wire.decode_entry(fields, SYSTEM)
        except Invalid as refusal:
            raise AssertionError(f"the log refuses the entry of an attempt: {refusal}") from refusal

    return look
