"""Protobuf to domain and back, for OversightService."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from anpr.audit.v1 import oversight_pb2 as pb
from anpr.common.v1 import access_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.audit import wire
from services.audit.oversight import volume
from services.audit.oversight.by import By
from services.audit.oversight.desk import Page, Search
from services.audit.oversight.flag import Flag, State, Told
from services.audit.oversight.reference import Kind
from services.audit.oversight.references import Imported
from services.audit.oversight.rule import Rule, Thresholds
from services.audit.oversight.runner import Ran
from services.audit.oversight.sample_store import Draw
from services.audit.oversight.samples import Listed
from services.audit.oversight.statistics import Month
from services.audit.oversight.week import Seed
from services.common import ids
from services.common.calls import Call
from services.common.errors import Invalid

LEAST_REASON, MOST_REASON = 10, 1000
MAX_PAGE, DEFAULT_PAGE = 200, 100
MAX_DAYS = 3650
DIGEST_BYTES = 32
END_OF_TIME_S = wire.END_OF_TIME_S
STATES = {
    pb.FLAG_STATE_OPEN: State.OPEN,
    pb.FLAG_STATE_JUSTIFIED: State.JUSTIFIED,
    pb.FLAG_STATE_REFERRED: State.REFERRED,
}
KINDS = {
    pb.REFERENCE_KIND_ROSTER: Kind.ROSTER,
    pb.REFERENCE_KIND_HOUSEHOLD: Kind.HOUSEHOLD,
    pb.REFERENCE_KIND_COLLEAGUES: Kind.COLLEAGUES,
    pb.REFERENCE_KIND_PROTECTED: Kind.PROTECTED,
}


def decode_by(call: Call, access: access_pb2.AccessContext) -> By:
    """Who acts; the door has checked what was declared."""
    caller = call.caller
    return By(
        person=caller.person,
        unit=caller.unit,
        zone=caller.zone,
        client=caller.system,
        roles=tuple(sorted(caller.roles)),
        purpose=access_pb2.Purpose.Name(access.purpose).removeprefix("PURPOSE_").lower(),
        legal_ground=access_pb2.LegalGround.Name(access.legal_ground).removeprefix("LEGAL_GROUND_").lower(),
        case_reference=access.case_reference,
        request_id=str(call.request_id or ""),
    )


def decode_flag_id(text: str) -> UUID:
    """Id of a flag."""
    return ids.parse(text, "flag_id")


def decode_search(request: pb.ListFlagsRequest) -> Search:
    """Which flags are looked for."""
    if len(request.officer) > wire.MAX_TEXT or len(request.rule) > wire.MAX_TEXT:
        raise Invalid(f"officer and rule are at most {wire.MAX_TEXT} characters long", field="officer")
    state = decode_state(request.state, "state") if request.state else None
    wire.verify_stored(request.rule, "rule")
    return Search(state, request.rule, request.officer, decode_days(request.overdue_days))


def decode_page_size(size: int) -> int:
    """Flags on a page."""
    if not 0 <= size <= MAX_PAGE:
        raise Invalid(f"page_size is 1 to {MAX_PAGE}, or 0 for {DEFAULT_PAGE}", field="page_size")
    return size or DEFAULT_PAGE


def decode_days(days: int) -> int:
    """Days after which something is overdue; 0 for no such condition."""
    if not 0 <= days <= MAX_DAYS:
        raise Invalid(f"overdue_days is 0 to {MAX_DAYS}", field="overdue_days")
    return days


def decode_state(state: pb.FlagState, field: str) -> State:
    """A state of a flag."""
    if state not in STATES:
        raise Invalid(f"{field} is no state of a flag", field=field)
    return STATES[state]


def decode_reason(text: str, field: str) -> str:
    """What a reviewer says: it must say something."""
    said = text.strip()
    if not LEAST_REASON <= len(said) <= MOST_REASON or not said.replace("\n", " ").isprintable():
        raise Invalid(f"{field} is {LEAST_REASON} to {MOST_REASON} printable characters", field=field)
    return said


def decode_kind(kind: pb.ReferenceKind) -> Kind:
    """A kind of reference data."""
    if kind not in KINDS:
        raise Invalid("the kind of reference data is not known", field="kind")
    return KINDS[kind]


def decode_digest(digest: bytes) -> bytes:
    """The SHA-256 that a file should have."""
    if len(digest) != DIGEST_BYTES:
        raise Invalid("sha256 has 32 bytes", field="sha256")
    return digest


def decode_moment(request: pb.ImportReferenceRequest) -> int:
    """From when on reference data holds."""
    moment = request.valid_from
    if not request.HasField("valid_from") or not 0 <= moment.seconds < END_OF_TIME_S or not 0 <= moment.nanos < 10**9:
        raise Invalid("valid_from is a time from 1970 on", field="valid_from")
    return moment.seconds * 1000 + moment.nanos // 1_000_000


def encode_rules(
    rules: Sequence[Rule], precision: Mapping[tuple[str, int], Mapping[State, int]], looked_at: int
) -> pb.ListRulesResponse:
    """The rules with what became of their flags."""
    listed = [(rule.name, rule.version, rule.words, rule.thresholds) for rule in rules]
    listed.append((volume.NAME, volume.VERSION, volume.WORDS, volume.THRESHOLDS))
    return pb.ListRulesResponse(
        rules=[_rule(*one, precision.get((one[0], one[1]), {})) for one in sorted(listed, key=lambda one: one[0])],
        looked_at=looked_at,
    )


def _rule(name: str, version: int, words: str, thresholds: Thresholds, found: Mapping[State, int]) -> pb.Rule:
    return pb.Rule(
        name=name,
        version=version,
        words=words,
        thresholds=dict(thresholds),
        **{state.value: found.get(state, 0) for state in State},
    )


def encode_run(ran: Ran) -> pb.RunRulesResponse:
    """What a run did."""
    return pb.RunRulesResponse(first=ran.first, next=ran.next, size=ran.size, raised=ran.raised)


def encode_page(page: Page) -> pb.ListFlagsResponse:
    """A page of flags."""
    return pb.ListFlagsResponse(flags=[encode_flag(flag, ()) for flag in page.flags], next_page_token=page.next_token)


def encode_flag(flag: Flag, verdicts: Sequence[Told]) -> pb.Flag:
    """A flag with these verdicts."""
    return pb.Flag(
        flag_id=str(flag.id),
        rule=flag.rule,
        rule_version=flag.version,
        state=f"FLAG_STATE_{flag.state.name}",
        raised=_timestamp(flag.raised_ms),
        officers=flag.said.concerned if flag.said else (),
        unit=flag.said.unit if flag.said else "",
        explanation=flag.said.words if flag.said else "",
        entries=flag.entries,
        verdicts=[_verdict(told) for told in verdicts],
    )


def _verdict(told: Told) -> pb.Verdict:
    return pb.Verdict(
        verdict=f"FLAG_STATE_{told.verdict.verdict.name}",
        index=told.verdict.index,
        at=_timestamp(told.verdict.at_ms),
        reviewer=told.reviewer or "",
        reason=told.reason or "",
    )


def encode_import(imported: Imported) -> pb.ImportReferenceResponse:
    """A version that is in the store."""
    return pb.ImportReferenceResponse(version=imported.version, rows=imported.rows, index=imported.index)


def encode_draw(draw: Draw, indexes: Sequence[int]) -> pb.DrawSampleResponse:
    """A sample."""
    return pb.DrawSampleResponse(
        size=draw.size,
        line=draw.line,
        seed=Seed(draw.size, draw.line).value,
        indexes=indexes,
        of_each_unit=draw.of_each_unit,
    )


def encode_sample(listed: Listed) -> pb.SampledLookup:
    """A sampled look-up."""
    sample = listed.sample
    return pb.SampledLookup(
        week=sample.week,
        lookup=wire.encode_entry(listed.lookup),
        drawn=_timestamp(sample.drawn_ms),
        justified=_timestamp(sample.justified_ms) if sample.justified_ms is not None else None,
        justification_index=sample.justified_by or 0,
        justified_by=listed.justified_by,
        justification=listed.justification,
    )


def encode_month(month: Month) -> pb.MonthOfStatistics:
    """The tables of a month."""
    return pb.MonthOfStatistics(
        month=month.name,
        tables=[
            pb.StatisticsTable(
                dimension=dimension,
                cells=[
                    pb.StatisticsCell(name=name, count=count or 0, suppressed=count is None)
                    for name, count in sorted(cells.items())
                ],
            )
            for dimension, cells in month.tables.items()
        ],
    )


def _timestamp(ms: int) -> Timestamp:
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)
