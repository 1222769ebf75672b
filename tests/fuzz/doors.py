"""The doors of the running suite, and the cases for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from anpr.audit.v1 import audit_pb2
from anpr.ingest.v1 import camera_pb2
from anpr.matching.v1 import alert_pb2, hotlist_pb2, sighting_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from tests.fuzz import bytewise, contract, oddities, samples, structure
from tests.fuzz.calls import BROKEN, OPEN, WHOLE, Case

GATEWAY = "gateway"
AUDITED, UNAUDITED = 35, 45
# Those whose cases are cheap to refuse, or that do the most with what comes, get more.
WEIGHTS: Mapping[str, int] = {
    "SubmitFrame": 110,
    "StreamFrames": 60,
    "Recognize": 110,
    "RecognizeStream": 50,
    "RecordSightings": 45,
    "AppendBatch": 35,
    "ImportEntries": 45,
    "LookupPlate": 60,
}
OPEN_TO_ALL = (
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
)
SERVERS = ("ingest", "matching", "audit", "recognition", GATEWAY)


@dataclass(frozen=True, slots=True)
class Door:
    """make: the case of this number, always the same for the same dice; weight: its share of the cases."""

    name: str
    make: Callable[[Random, int], Case]
    weight: int


def everything(tokens: Mapping[str, str]) -> dict[str, Door]:
    """All doors by name. tokens: valid ones of the running suite, by method."""
    rpcs = [_rpc(method) for method in contract.methods()]
    return {
        door.name: door
        for door in (*rpcs, _headers(), _paths(), *(_token(name, token) for name, token in tokens.items()))
    }


def _rpc(method: MethodDescriptor) -> Door:
    name = f"rpc/{method.full_name.removeprefix('anpr.')}"
    weight = WEIGHTS.get(method.name, AUDITED if contract.rule(method).audited else UNAUDITED)

    def make(dice: Random, number: int) -> Case:
        messages = _messages(dice, method, number)
        manner = WHOLE if dice.randrange(12) else dice.choice((BROKEN, OPEN))
        return Case(
            door=name,
            number=number,
            server=contract.server(method) if dice.randrange(4) else GATEWAY,
            path=contract.path(method),
            metadata=contract.somebody(dice, method),
            messages=messages[: dice.randrange(len(messages) + 1)] if manner != WHOLE else messages,
            manner=manner,
            pause_s=dice.choice((0.0, 0.002, 0.02)),
            endless=method.server_streaming and not method.client_streaming,
        )

    return Door(name, make, weight)


def _messages(dice: Random, method: MethodDescriptor, number: int) -> tuple[bytes, ...]:
    valid = samples.request(dice, method, number)
    if method.name == "ImportEntries" and dice.randrange(3):
        return _upload(dice, valid)
    if method.client_streaming:
        more = (samples.request(dice, method, 7 * number + place) for place in range(dice.choice((0, 1, 3))))
        return tuple(structure.mutate(dice, message) for message in (valid, *more))
    content = structure.mutate(dice, valid)
    # A method that takes one message is sent none, or two.
    return dice.choice(((), (content, content))) if not dice.randrange(50) else (content,)


def _upload(dice: Random, first: object) -> tuple[bytes, ...]:
    """A file cut anywhere."""
    if not isinstance(first, hotlist_pb2.ImportEntriesRequest):
        raise TypeError("an upload begins with an import")
    content = first.chunk if dice.randrange(3) else bytewise.mutate(dice, first.chunk)
    if not dice.randrange(10):
        content = content.replace(b"note", oddities.text(dice).encode() * dice.choice((1, 100)))
    size = dice.choice((1, 16, 100, 1000)) if len(content) < 4000 else 1000
    pieces = [content[place : place + size] for place in range(0, len(content), size)][:200] or [b""]
    first.chunk = pieces[0]
    if dice.randrange(8):
        samples.declare(first, b"".join(pieces))
    rest = [hotlist_pb2.ImportEntriesRequest(chunk=piece) for piece in pieces[1:]]
    if rest and not dice.randrange(20):
        rest[0].hotlist_id = "fuzz-1"
    return tuple(message.SerializeToString() for message in (first, *rest))


def _headers() -> Door:
    """Anything as the caller's identity, for any RPC."""

    def make(dice: Random, number: int) -> Case:
        method = dice.choice(contract.methods())
        pairs = contract.odd_identity(dice)
        if not dice.randrange(10):
            pairs += [(f"x-{place}", "v" * 50) for place in range(dice.choice((50, 150, 400)))]
        return Case(
            door="headers",
            number=number,
            server=contract.server(method) if dice.randrange(3) else GATEWAY,
            path=contract.path(method),
            metadata=tuple(pair for pair in pairs if contract.is_sendable(pair)),
            messages=(samples.request(dice, method, number).SerializeToString(),)
            if method.name != "SubmitFrame"
            else (b"",),
            endless=method.server_streaming and not method.client_streaming,
        )

    return Door("headers", make, 450)


def _paths() -> Door:
    """Methods that nobody has, and those that are open to all."""

    def make(dice: Random, number: int) -> Case:
        method = dice.choice(contract.methods())
        known = contract.path(method)
        wrong = (
            known.lower(),
            known + "/",
            known + "x",
            "/",
            "//",
            "/x",
            "/x/y" * 50,
            known.replace("v1", "v2"),
            known[1:],
        )
        path = dice.choice(OPEN_TO_ALL) if dice.randrange(2) else "/" + dice.choice(wrong).lstrip("/")
        return Case(
            door="paths",
            number=number,
            server=dice.choice(SERVERS),
            path=path,
            metadata=contract.somebody(dice, method),
            messages=tuple(_open_message(dice) for _ in range(dice.choice((1, 1, 3)))),
        )

    return Door("paths", make, 200)


def _open_message(dice: Random) -> bytes:
    """For health and reflection: a name, in field 1 to 7."""
    name = dice.choice(("", "anpr.audit.v1.AuditService", "x" * 1000, oddities.text(dice))).encode()[:10_000]
    size = len(name)
    prefix = bytes([dice.randrange(1, 8) << 3 | 2]) + (
        bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    )
    return bytewise.mutate(dice, prefix + name) if not dice.randrange(3) else prefix + name


def _token(name: str, token: str) -> Door:
    """A token of ours, changed, cut, or for another question."""
    method = next(found for found in contract.methods() if found.name == name)

    def make(dice: Random, number: int) -> Case:
        choice = dice.randrange(6)
        changed = token if not choice else bytewise.mutate(dice, token.encode(), most=4096).decode("utf-8", "replace")
        request = token_request(name)
        if choice == 1:
            request = samples.request(dice, method, number)
        setattr(request, "resume_token" if name == "WatchAlerts" else "page_token", changed)
        return Case(
            door=f"token/{name}",
            number=number,
            server=contract.server(method) if dice.randrange(4) else GATEWAY,
            path=contract.path(method),
            metadata=contract.permitted(dice, method),
            messages=(request.SerializeToString(),),
            endless=name == "WatchAlerts",
        )

    return Door(f"token/{name}", make, 20)


def token_request(name: str) -> Message:
    """The request whose answer has a token, one result a page."""
    ground = samples.ground()
    requests: dict[str, Message] = {
        "WatchAlerts": alert_pb2.WatchAlertsRequest(access=ground),
        "SearchEntries": audit_pb2.SearchEntriesRequest(access=ground, page_size=1),
        "ListEntries": hotlist_pb2.ListEntriesRequest(access=ground, hotlist_id="fuzz-0", page_size=1),
        "ListCameras": camera_pb2.ListCamerasRequest(page_size=1),
        "LookupPlate": sighting_pb2.LookupPlateRequest(
            access=ground, plate="1-FUZ-217", window=samples.last_days(), page_size=1
        ),
    }
    return requests[name]
