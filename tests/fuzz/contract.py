"""Every RPC of every service, who may call it, and who else might try."""

from collections.abc import Iterator
from functools import cache
from random import Random

from anpr.audit.v1 import audit_pb2, erasure_pb2, oversight_pb2
from anpr.common.v1 import access_pb2
from anpr.ingest.v1 import camera_pb2, evidence_pb2, ingest_pb2
from anpr.matching.v1 import alert_pb2, decision_pb2, hotlist_pb2, sighting_pb2
from anpr.recognition.v1 import recognition_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.common import access
from services.common.access import Rule
from services.common.caller import Caller
from tests.fuzz import oddities

FILES = (
    audit_pb2,
    erasure_pb2,
    oversight_pb2,
    camera_pb2,
    evidence_pb2,
    ingest_pb2,
    alert_pb2,
    decision_pb2,
    hotlist_pb2,
    sighting_pb2,
    recognition_pb2,
)
MACHINES = frozenset({"camera", "edge", "service", "peer_region"})
ROLES = tuple(access.role_name(role) for role in access_pb2.Role.values())
Metadata = tuple[tuple[str, str | bytes], ...]


@cache
def services() -> tuple[ServiceDescriptor, ...]:
    """All services of the contract."""
    return tuple(service for file in FILES for service in file.DESCRIPTOR.services_by_name.values())


@cache
def methods() -> tuple[MethodDescriptor, ...]:
    """All RPCs of the contract."""
    return tuple(method for service in services() for method in service.methods)


def path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def response(method: MethodDescriptor) -> type[Message]:
    return GetMessageClass(method.output_type)


def server(method: MethodDescriptor) -> str:
    """The process that answers it, such as "matching"."""
    return method.full_name.split(".")[1]


@cache
def _rules() -> dict[str, Rule]:
    return access.rules(services())


def rule(method: MethodDescriptor) -> Rule:
    return _rules()[path(method)]


def permitted(dice: Random, method: MethodDescriptor) -> Metadata:
    """Somebody who may."""
    role = dice.choice(sorted(rule(method).roles))
    if role == "service":
        who = Caller(system=dice.choice(("ingest", "matching")), roles=frozenset({role}))
    elif role in MACHINES and not rule(method).audited:
        who = Caller(system="fuzz", zone="local", roles=frozenset({role}))
    else:
        who = Caller("desk", f"p{dice.randrange(4000)}", "unit-1", "local", frozenset({role}))
    return who.metadata()


def somebody(dice: Random, method: MethodDescriptor) -> Metadata:
    """Mostly one who may; sometimes one who may not, in a zone that is not his, or nobody."""
    choice = dice.randrange(20)
    if choice < 15:
        found = permitted(dice, method)
    elif choice == 15:
        found = Caller("desk", "p1", zone="local", roles=frozenset({dice.choice(ROLES)})).metadata()
    elif choice == 16:
        found = Caller("desk", "p1", zone="", roles=rule(method).roles).metadata()
    elif choice == 17:
        found = Caller("desk", "p1", zone="elsewhere", roles=frozenset(strange_roles(dice))).metadata()
    else:
        found = tuple(pair for pair in odd_identity(dice) if is_sendable(pair))
    return found + (_trace(dice) if not dice.randrange(8) else ())


def strange_roles(dice: Random) -> Iterator[str]:
    """Roles as the contract writes them, and as it does not."""
    for role in dice.choices(ROLES, k=dice.randrange(40)):
        yield dice.choice(
            (role, role.upper(), role.title(), "".join(map(dice.choice, zip(role, role.upper(), strict=True))))
        )


def odd_identity(dice: Random) -> list[tuple[str, str | bytes]]:
    """The headers that say who calls, one of them wrong, missing or twice; and others of any kind."""
    pairs: list[tuple[str, str | bytes]] = list(Caller("desk", "p1", "u", "local", frozenset({"officer"})).metadata())
    for _ in range(dice.choice((1, 1, 2, 5))):
        place = dice.randrange(len(pairs)) if pairs else 0
        choice = dice.randrange(7)
        if choice == 0 and pairs:
            del pairs[place]
        elif choice == 1 and pairs:
            pairs.append(pairs[place])
        elif choice == 2 and pairs:
            pairs[place] = (pairs[place][0], oddities.text(dice))
        elif choice == 3:
            pairs.append((f"anpr-{dice.choice(('person', 'odd', 'x' * 50))}-bin", oddities.content(dice)))
        elif choice == 4:
            pairs.append((f"x-{dice.randrange(10)}", "v" * dice.choice((1, 100, 4000, 7000))))
        elif choice == 5:
            pairs.extend(_trace(dice))
        elif pairs:
            pairs[place] = (pairs[place][0], dice.choice((" p1", "p1 ", "p" * 64, "p" * 65, "a,b,,c", ",", "p\x7f")))
    return pairs


def _trace(dice: Random) -> Metadata:
    good = f"00-{dice.getrandbits(128):032x}-{dice.getrandbits(64):016x}-01"
    return (("traceparent", dice.choice((good, good.upper(), good[:-1], "00-" + "0" * 32, "", "x" * 300))),)


def is_sendable(pair: tuple[str, str | bytes]) -> bool:
    """Whether gRPC sends this header at all; tests.fuzz.sockets sends the others."""
    key, value = pair
    if key.endswith("-bin") or isinstance(value, bytes):
        return key.endswith("-bin") and isinstance(value, bytes)
    return value.isascii() and value.isprintable() and value == value.strip()
