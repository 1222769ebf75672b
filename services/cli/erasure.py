"""`anpr erasure`: orders to erase, legal holds, and retention."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer
from anpr.audit.v1 import erasure_pb2 as pb
from anpr.audit.v1 import erasure_pb2_grpc

from services.cli import show
from services.cli.session import (
    DEFAULT_DATA,
    AsJson,
    Case,
    Data,
    Gateway,
    Ground,
    Person,
    Purpose,
    Reason,
    Unit,
    Zone,
    ask,
    caller,
    context,
    window,
)

app = typer.Typer(no_args_is_help=True, help="Erase what entries of the log say, hold it, and end what is too old.")
holds = typer.Typer(no_args_is_help=True, help="Legal holds: what they hold is not destroyed.")
retention = typer.Typer(no_args_is_help=True, help="The end of epochs whose retention is over.")
app.add_typer(holds, name="hold")
app.add_typer(retention, name="retention")

Order = Annotated[str, typer.Option("--order", help="Judgment, decision or request on which it rests.")]
Words = Annotated[str, typer.Option("--because", help="The legal ground in words, at least 10 characters.")]
OrderId = Annotated[str, typer.Argument(help="Id of the order, as the proposal printed it.")]


@app.command()
def propose(
    case: Case,
    person: Person,
    order: Order,
    because: Words,
    index: Annotated[list[int] | None, typer.Option(help="Entry by index; may be repeated.")] = None,
    entry: Annotated[list[str] | None, typer.Option(help="Entry by id; may be repeated.")] = None,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Propose, as an auditor, to erase what entries say. A dpo approves."""
    request = pb.ProposeErasureRequest(
        access=context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason),
        indexes=index or [],
        entry_ids=entry or [],
        order_reference=order,
        ground=because,
    )
    who = caller(person, unit, zone, "auditor")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).ProposeErasure, request)
    _show_orders(answer, [answer.order], as_json=as_json)


@app.command()
def approve(
    order_id: OrderId,
    case: Case,
    person: Person,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Approve an erasure, as a dpo who is not the one who proposed it. It is done at once."""
    access = context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason)
    request = pb.ApproveErasureRequest(access=access, order_id=order_id)
    who = caller(person, unit, zone, "dpo")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).ApproveErasure, request)
    _show_orders(answer, [answer.order], as_json=as_json)


@app.command("list")
def list_orders(
    case: Case,
    person: Person,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Orders to erase and to lift holds."""
    request = pb.ListOrdersRequest(access=context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason))
    who = caller(person, unit, zone, "auditor")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).ListOrders, request)
    _show_orders(answer, answer.orders, as_json=as_json)


@holds.command()
def place(
    case: Case,
    person: Person,
    order: Order,
    because: Words,
    plate: Annotated[str, typer.Option(help="Entries that name this plate.")] = "",
    officer: Annotated[str, typer.Option(help="Entries by this person.")] = "",
    of_case: Annotated[str, typer.Option(help="Entries under this case.")] = "",
    first: Annotated[int | None, typer.Option(help="First index of a range.")] = None,
    last: Annotated[int | None, typer.Option(help="Last index of the range.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", help="Entries from then on ...")] = None,
    until: Annotated[datetime | None, typer.Option(help="... until then.")] = None,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Hold entries that fit any of the criteria, also ones to come."""
    criteria = pb.HoldCriteria(plate=plate, officer=officer, case_reference=of_case, first=first, last=last)
    if since is not None and until is not None:
        span = window(0, since, until)
        getattr(criteria, "from").CopyFrom(getattr(span, "from"))
        criteria.until.CopyFrom(span.until)
    elif since is not None or until is not None:
        raise typer.BadParameter("--from and --until come together")
    access = context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason)
    request = pb.PlaceHoldRequest(access=access, criteria=criteria, order_reference=order, ground=because)
    who = caller(person, unit, zone, "auditor")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).PlaceHold, request)
    _show_holds(answer, [answer.hold], as_json=as_json)


@holds.command()
def lift(
    hold: Annotated[int, typer.Argument(help="Number of the hold.")],
    case: Case,
    person: Person,
    order: Order,
    because: Words,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Propose, as an auditor, to lift a hold. A dpo approves with `approve-lift`."""
    access = context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason)
    request = pb.ProposeLiftRequest(access=access, hold=hold, order_reference=order, ground=because)
    who = caller(person, unit, zone, "auditor")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).ProposeLift, request)
    _show_orders(answer, [answer.order], as_json=as_json)


@holds.command()
def approve_lift(
    order_id: OrderId,
    case: Case,
    person: Person,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Approve, as a dpo, that a hold is lifted."""
    access = context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason)
    request = pb.ApproveLiftRequest(access=access, order_id=order_id)
    who = caller(person, unit, zone, "dpo")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).ApproveLift, request)
    _show_orders(answer, [answer.order], as_json=as_json)


@holds.command("list")
def list_holds(
    case: Case,
    person: Person,
    only_standing: Annotated[bool, typer.Option("--standing", help="Without those that were lifted.")] = False,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Holds, newest first."""
    access = context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason)
    request = pb.ListHoldsRequest(access=access, only_standing=only_standing)
    who = caller(person, unit, zone, "auditor")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).ListHolds, request)
    _show_holds(answer, answer.holds, as_json=as_json)


@retention.command()
def run(
    case: Case,
    person: Person,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what a run would do.")] = False,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Destroy, as a dpo, the epochs whose retention is over. Exit status 1 when something of a destroyed one is left."""
    access = context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason)
    request = pb.RunRetentionRequest(access=access, dry_run=dry_run)
    who = caller(person, unit, zone, "dpo")
    answer = ask(data, gateway, who, lambda channel: _stub(channel).RunRetention, request)
    if as_json:
        show.as_json(answer)
    else:
        rows = (
            (
                epoch.epoch,
                pb.EpochState.Name(epoch.state).removeprefix("EPOCH_STATE_").lower(),
                epoch.keep,
                show.moment(epoch.due) or "never",
                f"{epoch.first}-{epoch.last}" if epoch.HasField("first") else "empty",
                epoch.hold or "",
            )
            for epoch in answer.epochs
        )
        show.table("epochs", ("epoch", "state", "kept", "due", "indexes", "hold"), rows)
        for remain in answer.remains:
            typer.echo(f"LEFT: {remain}")
        if not answer.remains:
            typer.echo("nothing is left of epochs that were destroyed")
    raise typer.Exit(1 if answer.remains else 0)


_stub = erasure_pb2_grpc.ErasureServiceStub
Answer = (
    pb.ProposeErasureResponse
    | pb.ApproveErasureResponse
    | pb.ListOrdersResponse
    | pb.ProposeLiftResponse
    | pb.ApproveLiftResponse
    | pb.PlaceHoldResponse
    | pb.ListHoldsResponse
)


def _show_orders(answer: Answer, orders: Iterable[pb.Order], *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
        return
    rows = (
        (
            order.order_id,
            pb.OrderState.Name(order.state).removeprefix("ORDER_STATE_").lower(),
            f"lift hold {order.hold}" if order.hold else f"erase {', '.join(map(str, order.indexes))}",
            order.proposed_index,
            order.approved_index or "",
            order.logged_index or "",
            show.moment(order.expires),
        )
        for order in orders
    )
    show.table("orders", ("order", "state", "what", "proposed in", "approved in", "done in", "until"), rows)


def _show_holds(answer: Answer, found: Iterable[pb.Hold], *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
        return
    rows = (
        (hold.number, "lifted" if hold.lifted else "stands", hold.order_reference, _criteria(hold), hold.placed_index)
        for hold in found
    )
    show.table("holds", ("hold", "state", "order", "what", "entry"), rows)


def _criteria(hold: pb.Hold) -> str:
    said = hold.criteria
    words = [f"{name} {getattr(said, name)}" for name in ("plate", "officer", "case_reference") if getattr(said, name)]
    if said.HasField("first"):
        words.append(f"{said.first}-{said.last}")
    if said.HasField("from"):
        words.append(f"{show.moment(getattr(said, 'from'))} - {show.moment(said.until)}")
    return ", ".join(words)
