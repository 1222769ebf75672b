"""Each rule fires on what it is for, and not on its nearest innocent neighbour."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import integers, text

from services.audit.oversight import reference, rule, volume
from services.audit.oversight.lookup import Lookup
from services.audit.oversight.reference import Kind, Reference
from services.audit.oversight.rule import Raised, Seen
from services.audit.oversight.rules import RULES
from services.audit.oversight.volume import OfficerDay
from tests.audit.oversight.lookups import ADD, BEGIN, PLATE, look

DAYS, HOURS, MINUTES = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BY_NAME = {one.name: one for one in RULES}


def known(**files: str) -> Reference:
    """Reference data from lines of files."""
    headers = {
        "roster": "officer,from,until",
        "household": "officer,plate,relation",
        "colleagues": "officer,plate",
        "protected": "plate,label",
    }
    return reference.merge(
        {Kind(kind): reference.parse(Kind(kind), f"{headers[kind]}\n{lines}".encode()) for kind, lines in files.items()}
    )


def judged(name: str, lookups: Sequence[Lookup], holds: Reference | None = None) -> Raised | None:
    """What a rule makes of the last look-up, with the others before it."""
    one = BY_NAME[name]
    seen = Seen(lookups[-1], lookups[:-1], holds or Reference(), one.thresholds)
    return rule.judge(one, seen) if one.suspects(seen) else None


OWN = known(household="Officer-1,1-XYZ-987,own\nofficer-1,2-AAA-111,household")
COLLEAGUE = known(colleagues="officer-2,1-XYZ-987", household="officer-1,2-AAA-111,own\nofficer-3,3-BBB-222,household")
PROTECTED = known(protected="1-XYZ-987,mayor")
ON_DUTY = known(roster="officer-1,2026-11-23T11:30:00+01:00,2026-11-23T19:30:00+01:00")
NIGHT = known(roster="officer-1,2026-11-22T22:00:00+00:00,2026-11-23T06:00:00+00:00")
LONG_AGO = known(roster="officer-1,2026-10-22T22:00:00+00:00,2026-10-23T06:00:00+00:00")
AGAIN = [look(0), look(1, 3 * DAYS, case_reference="BR/2026/0002"), look(2, 13 * DAYS, case_reference="BR/2026/0003")]
OFFICERS = [look(number, number * HOURS, actor=f"officer-{number}") for number in range(6)]
GUESSES = [look(number, number * MINUTES, plate=f"1XYZ98{number}", results=0) for number in range(5)]
WINDOW = '{{"plate":"1-XYZ-987","window.from":"{}","window.until":"2026-11-23T10:00:00Z"}}'
OLD = WINDOW.format("2026-10-20T10:00:00Z")
CAMERAS = json.dumps({"camera_ids": [f"camera-{number}" for number in range(201)]})
DECISION = "0197f000-0000-7000-8000-00000000dec1"

FIRES = {
    "an own vehicle": ("own_vehicle", [look()], OWN),
    "an own vehicle under another spelling of the person": ("own_vehicle", [look(actor="OFFICER-1")], OWN),
    "a vehicle of the household": ("own_vehicle", [look(plate="2AAA111")], OWN),
    "an own vehicle that somebody else asks for": (
        "own_vehicle",
        [look(actor="officer-9", on_behalf_of="officer-1")],
        OWN,
    ),
    "an own vehicle in a list": (
        "own_vehicle",
        [look(plate="", rpc=ADD, query='{"entries.plate":["9-ZZZ-999","1-XYZ-987"]}')],
        OWN,
    ),
    "an own vehicle in the log": (
        "own_vehicle",
        [look(system="audit", rpc="anpr.audit.v1.AuditService.SearchEntries")],
        OWN,
    ),
    "an own vehicle, refused": ("own_vehicle", [look(status="PERMISSION_DENIED")], OWN),
    "a colleague's vehicle": ("colleague_vehicle", [look()], COLLEAGUE),
    "a vehicle of a colleague's household": ("colleague_vehicle", [look(plate="3BBB222")], COLLEAGUE),
    "a protected vehicle": ("protected_vehicle", [look()], PROTECTED),
    "the same plate again and again": ("repeated_plate", AGAIN, None),
    "the same plate without a case": ("repeated_plate", [look(n, n * DAYS, case_reference="") for n in range(3)], None),
    "an hour and more before the shift": ("off_shift", [look(after=-2 * HOURS)], ON_DUTY),
    "an hour and more after the shift": ("off_shift", [look()], NIGHT),
    **{
        f"the reason {words!r}": ("placeholder_reason", [look(reason=words)], None)
        for words in ("test", "TEST.", "inv", "x", "xxx", "...", "werken, tiens", "n/a", "check check")
    },
    "a case of six officers": ("shared_case", OFFICERS, None),
    "a pattern of three characters": ("wide_search", [look(plate="", query='{"pattern":"1-X*8?"}')], None),
    "a window of four months": ("wide_search", [look(query=WINDOW.format("2026-07-20T10:00:00Z"))], None),
    "two hundred cameras and more": (
        "wide_search",
        [look(query=CAMERAS)],
        None,
    ),
    "five similar plates that are nowhere": ("enumeration", GUESSES, None),
    "old data without a decision": ("old_data", [look(query=OLD, results=3)], None),
    "old data for an administrative purpose": (
        "old_data",
        [look(query=OLD, results=3, purpose="administrative_2", decision_id=DECISION)],
        None,
    ),
    "another region that names nobody": ("foreign_region", [look(roles=("peer_region",), client="region-2")], None),
    "five look-ups for others": (
        "on_behalf",
        [look(n, n * MINUTES, on_behalf_of=f"officer-{n + 2}") for n in range(5)],
        None,
    ),
}
DOES_NOT = {
    "another's vehicle": ("own_vehicle", [look(actor="officer-2")], OWN),
    "a vehicle of nobody": ("own_vehicle", [look(plate="9ZZZ999")], OWN),
    "an own vehicle is no colleague's": ("colleague_vehicle", [look(plate="2AAA111")], COLLEAGUE),
    "a vehicle that is not protected": ("protected_vehicle", [look(plate="1XYZ988")], PROTECTED),
    "an auditor who searches the log for a protected plate": ("protected_vehicle", [look(system="audit")], PROTECTED),
    "the same plate in one case": ("repeated_plate", [look(n, n * DAYS) for n in range(5)], None),
    "the same plate twice": ("repeated_plate", AGAIN[:2], None),
    "the same plate over more than two weeks": (
        "repeated_plate",
        [AGAIN[0], AGAIN[1], look(2, 14 * DAYS, case_reference="BR/2026/0003")],
        None,
    ),
    "pages of two searches": (
        "repeated_plate",
        [look(0), look(1, MINUTES), look(2, 2 * MINUTES), look(3, DAYS, case_reference="BR/2026/0002")],
        None,
    ),
    "a list that names the plate again": (
        "repeated_plate",
        [*AGAIN[:2], look(2, 4 * DAYS, rpc=ADD, case_reference="B/3")],
        None,
    ),
    "in the middle of the shift": ("off_shift", [look(after=4 * HOURS)], ON_DUTY),
    "an hour before the shift": ("off_shift", [look(after=-30 * MINUTES)], ON_DUTY),
    "somebody who is not in the roster": ("off_shift", [look(actor="officer-2")], ON_DUTY),
    "a roster of another month": ("off_shift", [look()], LONG_AGO),
    **{
        f"the reason {words!r}": ("placeholder_reason", [look(reason=words)], None)
        for words in (
            "",
            "stolen car, report 4711",
            "test drive of a stolen car",
            "controle na diefstal",
            "BR.55.004711",
        )
    },
    "a case of five officers": ("shared_case", OFFICERS[1:], None),
    "a case of one officer": ("shared_case", [look(number, number * HOURS) for number in range(9)], None),
    "a case of six officers over more than 90 days": (
        "shared_case",
        [*OFFICERS[:5], look(9, 91 * DAYS, actor="o-9")],
        None,
    ),
    "a pattern of four characters": ("wide_search", [look(plate="", query='{"pattern":"1-XY*8?"}')], None),
    "a window of three months": ("wide_search", [look(query=WINDOW.format("2026-08-24T10:00:00Z"))], None),
    "four similar plates": ("enumeration", GUESSES[:4], None),
    "five similar plates that were seen": (
        "enumeration",
        [look(number, number * MINUTES, plate=f"1XYZ98{number}", results=1) for number in range(5)],
        None,
    ),
    "the same plate five times": ("enumeration", [look(n, n * MINUTES, results=0) for n in range(5)], None),
    "five plates that are not similar": (
        "enumeration",
        [look(n, n * MINUTES, plate=f"{n}ABC{n}{n}{n}", results=0) for n in range(5)],
        None,
    ),
    "five similar plates in two hours": (
        "enumeration",
        [look(number, number * 20 * MINUTES, plate=f"1XYZ98{number}", results=0) for number in range(5)],
        None,
    ),
    "old data under a decision": ("old_data", [look(query=OLD, results=3, decision_id=DECISION)], None),
    "old data that was refused": ("old_data", [look(query=OLD, results=0, status="PERMISSION_DENIED")], None),
    "data of a month": ("old_data", [look(query=WINDOW.format("2026-10-24T10:00:00Z"), results=3)], None),
    "another region that names somebody": ("foreign_region", [look(roles=("peer_region",), on_behalf_of="o-7")], None),
    "an officer of this region": ("foreign_region", [look(roles=("officer",))], None),
    "four look-ups for others": ("on_behalf", [look(n, n * MINUTES, on_behalf_of="officer-2") for n in range(4)], None),
    "look-ups for oneself": ("on_behalf", [look(n, n * MINUTES, on_behalf_of="officer-1") for n in range(5)], None),
}


@pytest.mark.parametrize(("name", "lookups", "holds"), FIRES.values(), ids=FIRES)
def test_it_fires_on_what_it_is_for(name: str, lookups: list[Lookup], holds: Reference | None) -> None:
    raised = judged(name, lookups, holds)
    assert raised is not None
    assert raised.rule == name
    assert raised.version == BY_NAME[name].version
    assert lookups[-1].index in raised.entries
    assert set(lookups[-1].concerned) <= set(raised.concerned)
    assert raised.words.endswith(".")


@pytest.mark.parametrize(("name", "lookups", "holds"), DOES_NOT.values(), ids=DOES_NOT)
def test_it_does_not_fire_on_its_innocent_neighbour(name: str, lookups: list[Lookup], holds: Reference | None) -> None:
    assert judged(name, lookups, holds) is None


def test_every_rule_is_among_those_that_fire_and_those_that_do_not() -> None:
    assert {name for name, *_ in FIRES.values()} == {name for name, *_ in DOES_NOT.values()} == set(BY_NAME)


def test_the_words_name_the_numbers_seen() -> None:
    raised = judged("repeated_plate", AGAIN)
    assert raised is not None
    for words in ("officer-1", PLATE, "3 times", "14 days", "3 different case references"):
        assert words in raised.words
    assert raised.entries == (0, 1, 2)


def test_the_flag_of_a_period_has_one_id_however_often_the_rule_fits() -> None:
    more = [*AGAIN, look(3, 13 * DAYS + HOURS, case_reference="BR/2026/0004")]
    ids = {raised.id for raised in (judged("repeated_plate", AGAIN), judged("repeated_plate", more)) if raised}
    assert len(ids) == 1
    night = [look(number, number * MINUTES) for number in range(3)]
    assert len({judged("off_shift", night[: n + 1], NIGHT).id for n in range(3)}) == 1  # type: ignore[union-attr]


def test_a_flag_about_several_units_is_of_none() -> None:
    """A supervisor would see the officers of others in it."""
    several = [look(n, n * HOURS, actor=f"officer-{n}", unit=f"unit-{n % 2}") for n in range(6)]
    assert judged("shared_case", several).unit == ""  # type: ignore[union-attr]
    assert judged("shared_case", OFFICERS).unit == "unit-1"  # type: ignore[union-attr]


def test_another_version_of_a_rule_is_another_flag() -> None:
    assert rule.flag_id("own_vehicle", 1, look().id) != rule.flag_id("own_vehicle", 2, look().id)


@given(reason=text(max_size=500))
def test_no_reason_makes_a_rule_fail_or_slow(reason: str) -> None:
    judged("placeholder_reason", [look(reason=reason)])
    judged("placeholder_reason", [look(reason="x" * 500 + "@")])


def officer_day(count: int, peers: list[int]) -> OfficerDay:
    return OfficerDay(look(), count, tuple(range(min(count, 50))), peers)


def test_far_more_than_the_peers_is_too_much() -> None:
    peers = [*range(1, 41)] * 3
    raised = volume.judge(officer_day(60, peers))
    assert raised is not None
    assert "made 60 look-ups on one day (UTC). Of 120 days" in raised.words
    assert "at most 40" in raised.words
    assert len(raised.entries) == 50
    assert volume.judge(officer_day(40, peers)) is None, "as much as the busiest of them"
    assert volume.judge(officer_day(29, [1] * 120)) is None, "few, if more than the others"
    assert volume.judge(officer_day(500, [1] * 19)) is None, "too few days to compare with"


@given(values=integers(1, 300).map(lambda size: list(range(1, size + 1))))
def test_the_percentile_is_the_nearest_rank(values: list[int]) -> None:
    limit = volume.percentile(values, 99)
    assert sum(value <= limit for value in values) >= 0.99 * len(values)
    assert limit == 1 or sum(value <= limit - 1 for value in values) < 0.99 * len(values)


def test_what_names_persons_and_plates_does_not_show_them() -> None:
    raised = judged("own_vehicle", [look()], OWN)
    for shown in (look(), raised, OWN):
        assert PLATE not in repr(shown)
        assert "officer-1" not in repr(shown)
    assert BEGIN.tzinfo is not None
