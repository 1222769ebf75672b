"""Words of the command line that make no sense: one clear complaint, never a traceback. The rest is in tests/e2e."""

import pytest
from anpr.audit.v1 import audit_pb2
from anpr.common.v1 import access_pb2
from anpr.matching.v1 import hotlist_pb2
from typer.testing import CliRunner

from services.cli.__main__ import app
from services.cli.session import Category, Ground, Kind, Purpose

NOWHERE = ("--gateway", "127.0.0.1:1")
CASE = ("--case", "AN.11.004711/2026")


@pytest.mark.parametrize(
    "words",
    [
        ("lookup", "1-ABC-123", *NOWHERE),
        ("lookup", "1-ABC-123", *CASE, "--person", "Jérôme", *NOWHERE),
        ("lookup", "1-ABC-123", *CASE, "--days", "nan", *NOWHERE),
        ("lookup", "1-ABC-123", *CASE, "--days", "1e12", *NOWHERE),
        ("lookup", "1-ABC-123", *CASE, "--purpose", "curiosity", *NOWHERE),
        ("lookup", "1-ABC-123", *CASE, "--limit", "0", *NOWHERE),
        ("hotlist", "create", "x", *CASE, "--category", "nonsense", *NOWHERE),
        ("audit", "search", *CASE, "--kind", "intents", *NOWHERE),
        ("up", "--engine", "nonsense"),
        ("ingest", "camera-1", __file__, "--first", "-1", *NOWHERE),
    ],
    ids=lambda words: " ".join(words[:4]),
)
def test_what_makes_no_sense_is_a_usage_error(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words", [("lookup", "1-ABC-123", *CASE), ("audit", "verify"), ("hotlist", "list"), ("simulate",)]
)
def test_nothing_running_is_one_line(words: tuple[str, ...], tmp_path: object) -> None:
    result = CliRunner().invoke(app, [*words, "--data", f"{tmp_path}/none"])
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1


def test_the_words_are_those_of_the_contract() -> None:
    for words, prefix, enum in (
        (Purpose, "PURPOSE_", access_pb2.Purpose),
        (Ground, "LEGAL_GROUND_", access_pb2.LegalGround),
        (Category, "HOTLIST_CATEGORY_", hotlist_pb2.HotlistCategory),
        (Kind, "ENTRY_KIND_", audit_pb2.EntryKind),
    ):
        names = [value.name for value in enum.DESCRIPTOR.values][1:]
        assert [f"{prefix}{word.name}" for word in words] == names
        assert [word.value for word in words] == [word.name.lower().replace("_", "-") for word in words]
