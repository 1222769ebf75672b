"""Refusals and the contract's reasons: each refusal has one of them, each reason is given by a refusal, and has one gRPC code."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from anpr.common.v1 import error_pb2

from services.common.errors import Refusal

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "protos" / "anpr" / "common" / "v1" / "error.proto"
PREFIX = "ERROR_REASON_"
# Of what is not built yet, or what grpc itself answers (MESSAGE_TOO_LARGE). Whoever builds it takes it off here.
NOT_GIVEN = {"UNSPECIFIED", "FRAME_NOT_FOUND", "DECISION_NOT_FOUND", "MESSAGE_TOO_LARGE"}


def _kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from _kinds(inner)


def _refusals() -> list[type[Refusal]]:
    """All of the services, wherever they are declared; not those that tests make up."""
    for file in sorted((ROOT / "services").rglob("*.py")):
        if (
            re.search(r"^class \w+\((?:\w+\.)?\w+\):", file.read_text(), re.MULTILINE)
            and "common.errors" in file.read_text()
        ):
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return [kind for kind in _kinds(Refusal) if kind.__module__.startswith("services.")]


def _codes() -> dict[str, str]:
    """The gRPC code of each reason, as the last words of its comment say."""
    found = re.findall(r"\b([A-Z_]+)\.\n  ERROR_REASON_([A-Z_]+) = \d+;", CONTRACT.read_text())
    return {reason: code for code, reason in found}


REFUSALS = _refusals()
CODES = _codes()
REASONS = {name.removeprefix(PREFIX) for name in error_pb2.ErrorReason.DESCRIPTOR.values_by_name}


def test_every_reason_says_which_code_it_has() -> None:
    assert CODES.keys() == REASONS - {"UNSPECIFIED"}
    assert set(CODES.values()) <= {code.name for code in grpc.StatusCode}


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_reason_of_the_contract_and_its_code(kind: type[Refusal]) -> None:
    assert kind.reason in REASONS
    assert kind.code.name == CODES[kind.reason]


def test_every_reason_of_the_contract_is_given_by_a_refusal() -> None:
    assert REASONS - {kind.reason for kind in REFUSALS} == NOT_GIVEN
