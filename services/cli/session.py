"""What the commands that call the gateway share: the channel, who asks and why, and refusals in one line."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import grpc
import typer
from anpr.common.v1 import access_pb2, plate_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.common import refusals
from services.common.caller import Caller
from services.common.errors import Refusal
from services.local import instance
from services.local.errors import LocalError

Request = TypeVar("Request")
Result = TypeVar("Result")
LARGEST_ANSWER = 32 * 1024 * 1024
DEADLINE_S = 30.0


class Purpose(StrEnum):
    """The closed list of purposes, as words of the command line."""

    JUDICIAL_OFFENCE = "judicial-offence"
    JUDICIAL_TRAFFIC = "judicial-traffic"
    JUDICIAL_MISSING_PERSON = "judicial-missing-person"
    ADMINISTRATIVE_2 = "administrative-2"
    ADMINISTRATIVE_3 = "administrative-3"
    ADMINISTRATIVE_4 = "administrative-4"
    ADMINISTRATIVE_5 = "administrative-5"
    OVERSIGHT = "oversight"
    SUBJECT_ACCESS = "subject-access"


class Ground(StrEnum):
    """The legal grounds, as words of the command line."""

    TECHNICAL_DATABASE = "technical-database"
    VISIBLE_CAMERA = "visible-camera"
    NON_VISIBLE_CAMERA = "non-visible-camera"
    PROSECUTOR_DECISION = "prosecutor-decision"
    IMMINENT_DANGER = "imminent-danger"
    OVERSIGHT = "oversight"


class Category(StrEnum):
    """What a hotlist is about."""

    STOLEN = "stolen"
    WANTED = "wanted"
    MISSING_PERSON = "missing-person"
    IMMINENT_DANGER = "imminent-danger"
    SCHENGEN = "schengen"
    UNINSURED = "uninsured"
    UNINSPECTED = "uninspected"
    OTHER = "other"


class Kind(StrEnum):
    """Kinds of entries of the log."""

    INTENT = "intent"
    OUTCOME = "outcome"
    DENIED = "denied"
    EXPORT = "export"
    REVIEW = "review"
    ERASURE = "erasure"
    KEY = "key"
    SHARD = "shard"


class Engine(StrEnum):
    """Recognition engines."""

    NETWORKS = "networks"
    PADDLEOCR = "paddleocr"
    STANDIN = "standin"


Data = Annotated[Path, typer.Option("--data", help="Data directory of the running suite.", envvar="ANPR_CLI_DATA")]
Gateway = Annotated[str, typer.Option("--gateway", help="host:port; that of the running suite when empty.")]
Person = Annotated[
    str, typer.Option("--person", help="Who asks.", envvar="ANPR_CLI_PERSON", default_factory=getpass.getuser)
]
Unit = Annotated[str, typer.Option("--unit", help="Unit of who asks.", envvar="ANPR_CLI_UNIT")]
Zone = Annotated[str, typer.Option("--zone", help="Zone of who asks.", envvar="ANPR_CLI_ZONE")]
Case = Annotated[str, typer.Option("--case", help="Case or report number.")]
Why = Annotated[Purpose, typer.Option("--purpose", help="Purpose, from the closed list.")]
On = Annotated[Ground, typer.Option("--ground", help="Legal ground.")]
Reason = Annotated[str, typer.Option("--reason", help="Concrete reason, in your words.")]
Decision = Annotated[str, typer.Option("--decision", help="Id of a recorded decision of the prosecutor.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]

DEFAULT_DATA = Path(".anpr")


@dataclass(frozen=True, slots=True)
class Session:
    """An open channel to a gateway in the name of a caller."""

    channel: grpc.aio.Channel
    caller: Caller

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return self.caller.metadata()


def caller(person: str, unit: str, zone: str, role: str) -> Caller:
    """Who the command line speaks for. Until tokens exist this is a claim, which the gateway of a laptop believes."""
    for name in (person, unit, zone):
        if not name.isascii():
            raise typer.BadParameter(f"{name} is not ASCII: give the id of the person, unit or zone")
    return Caller(system="anpr-cli", person=person, unit=unit, zone=zone, roles=frozenset({role}))


def context(
    purpose: Purpose, ground: Ground, case: str, reason: str = "", decision: str = ""
) -> access_pb2.AccessContext:
    """What the command line declares about a look-up."""
    return access_pb2.AccessContext(
        purpose=f"PURPOSE_{purpose.name}",
        legal_ground=f"LEGAL_GROUND_{ground.name}",
        case_reference=case,
        reason=reason,
        decision_id=decision,
    )


def window(days: float, since: datetime | None, until: datetime | None) -> plate_pb2.TimeWindow:
    """The last `days` days, or from `since` until `until`; times without a zone are local."""
    end = (until or datetime.now(UTC) + timedelta(minutes=1)).astimezone(UTC)
    try:
        begin = since.astimezone(UTC) if since else end - timedelta(days=days)
    except (ValueError, OverflowError):
        raise typer.BadParameter("--days is not a number of days that a window can have") from None
    return plate_pb2.TimeWindow(**{"from": _timestamp(begin), "until": _timestamp(end)})


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


@asynccontextmanager
async def connected(data: Path, gateway: str, who: Caller) -> AsyncIterator[Session]:
    """A session with the gateway given, or with that of the suite that runs in `data`."""
    address = gateway or instance.load(data).gateway
    options = [("grpc.max_receive_message_length", LARGEST_ANSWER), ("grpc.max_send_message_length", LARGEST_ANSWER)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield Session(channel, who)


def run(data: Path, gateway: str, who: Caller, action: Callable[[Session], Awaitable[Result]]) -> Result:
    """Runs one action in a session. A refusal ends the program with exit status 1 and one line that says why."""

    async def whole() -> Result:
        async with connected(data, gateway, who) as session:
            return await action(session)

    with refusals_in_one_line():
        return asyncio.run(whole())


def ask(
    data: Path,
    gateway: str,
    who: Caller,
    method: "Callable[[grpc.aio.Channel], grpc.aio.UnaryUnaryMultiCallable[Request, Result]]",
    request: Request,
) -> Result:
    """Calls one method with one request, in the name of `who`."""

    async def call(session: Session) -> Result:
        return await method(session.channel)(request, metadata=session.metadata, timeout=DEADLINE_S)

    return run(data, gateway, who, call)


@contextmanager
def refusals_in_one_line() -> Iterator[None]:
    """What the other side refuses, or cannot do, becomes one line on standard error and exit status 1."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        words = f"refused: {refusals.reason(error) or error.code().name}: {error.details()}"
    except Refusal as refusal:
        words = f"refused: {refusal.reason}: {refusal.words}"
    except (LocalError, OSError) as error:
        words = str(error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    else:
        return
    typer.echo(words, err=True)
    raise typer.Exit(1)
