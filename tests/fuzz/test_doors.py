"""Whatever comes, the answer is a result or a refusal."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import anpr
import pytest
from anpr.common.v1 import access_pb2
from hypothesis import given, settings
from hypothesis.strategies import binary, integers, lists, sampled_from, text, tuples

from services.common import access, caller, plate
from services.common.errors import Invalid, Refusal, Unauthenticated
from services.common.plate import PlateInvalid
from services.matching.seal import Broken
from tests.fuzz import contract, doors, probe, probes, sockets
from tests.fuzz.campaign import Plan
from tests.fuzz.tally import FAULTS

PROBES = probes.everything()
ANY_TEXT = text()  # lone surrogates included


@pytest.mark.parametrize("name", sorted(PROBES))
def test_each_function_that_takes_what_comes_from_outside_survives_it(name: str) -> None:
    for number in range(12):
        content = PROBES[name].make(Random(f"test:{number}"))
        outcome = probe.examine(PROBES[name], content)
        assert outcome.word not in FAULTS, (number, outcome)


@given(raw=ANY_TEXT)
@settings(deadline=None)
def test_a_plate_is_normalised_once_for_all_or_refused(raw: str) -> None:
    try:
        normal = plate.normalise(raw)
    except PlateInvalid:
        return
    assert plate.normalise(normal) == normal
    assert normal == normal.upper()
    assert 1 <= len(normal) <= plate.MAX_CHARACTERS


@given(content=binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_a_list_of_vehicles_or_a_refusal(content: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        probes.read_csv(b"\0" + content)
    assert refusal.value.reason == "CSV_INVALID"


@given(token=ANY_TEXT)
@settings(deadline=None)
def test_a_token_that_was_not_made_here_is_broken(token: str) -> None:
    with pytest.raises(Broken):
        probes.open_token(token.encode("utf-8", "surrogatepass"), 8)


@given(
    pairs=lists(
        tuples(sampled_from([caller.SYSTEM, caller.PERSON, caller.ZONE, caller.ROLES, "x"]), ANY_TEXT), max_size=6
    )
)
@settings(deadline=None)
def test_a_caller_is_known_or_turned_away(pairs: list[tuple[str, str]]) -> None:
    try:
        who = caller.from_metadata(pairs)
    except Unauthenticated:
        return
    assert who.system
    assert all(value.isprintable() and value.isascii() for value in (who.system, who.person, who.zone))


@given(case=ANY_TEXT.filter(lambda found: found.isprintable()), purpose=integers(-3, 20), ground=integers(-3, 20))
@settings(deadline=None)
def test_who_may_read_has_said_why(case: str, purpose: int, ground: int) -> None:
    context = access_pb2.AccessContext(case_reference=case.encode("utf-8", "replace").decode())
    context.MergeFromString(_varint_fields(purpose, ground))
    try:
        access.verify_context(context)
    except Invalid:
        return
    assert purpose in access_pb2.Purpose.values()[1:]
    assert ground in access_pb2.LegalGround.values()[1:]
    assert access.CASE.fullmatch(case)


def _varint_fields(*values: int) -> bytes:
    """Enum values, those that have no name included."""
    return b"".join(bytes([number << 3]) + _varint(value % 2**64) for number, value in enumerate(values, start=1))


def _varint(value: int) -> bytes:
    return (bytes([value & 0x7F | 0x80]) + _varint(value >> 7)) if value > 0x7F else bytes([value])


def _declared() -> Iterator[str]:
    """Services of all generated modules."""
    for root in map(Path, anpr.__path__):
        for file in root.rglob("*_pb2.py"):
            module = importlib.import_module(".".join(file.relative_to(root.parent).with_suffix("").parts))
            yield from (service.full_name for service in module.DESCRIPTOR.services_by_name.values())


def test_no_service_of_the_contract_is_left_out() -> None:
    assert {service.full_name for service in contract.services()} == set(_declared())


def test_every_rpc_has_a_door() -> None:
    known = doors.everything({})
    plan = Plan(cases=1, seed=1)
    paths = {known[name].make(plan.dice(name, 1), 1).path for name in known if name.startswith("rpc/")}
    assert paths == {contract.path(method) for method in contract.methods()}


def test_the_same_seed_gives_the_same_cases() -> None:
    known = doors.everything({"ListCameras": "dG9rZW4="})
    for number in range(3):
        for name, door in known.items():
            first, second = (door.make(Plan(1, 7).dice(name, number), number) for _ in range(2))
            assert first == second, name
        first_socket, second_socket = (sockets.make(Plan(1, 7).dice("s", number), number, ("a", "b")) for _ in range(2))
        assert first_socket == second_socket
    assert known["headers"].make(Plan(1, 8).dice("headers", 0), 0) != known["headers"].make(
        Plan(1, 7).dice("headers", 0), 0
    )


def test_each_door_gets_its_share() -> None:
    shares = Plan(cases=1000, seed=1).shares({"a": 3, "b": 1, "c": 0}, 1000)
    assert shares == {"a": 750, "b": 250, "c": 1}
    assert Plan(cases=1000, seed=1, only="b").shares({"a": 3, "b": 1}, 10) == {"b": 10}
