"""How a rule says what it saw: the words that its findings share."""

from collections.abc import Sequence

from services.audit.oversight.rule import Finding, Seen


def alone(seen: Seen, words: str) -> Finding:
    """A finding about the look-up at hand and no other."""
    return Finding(words, seen.lookup, (seen.lookup,))


def who(seen: Seen) -> str:
    """The officer, with unit, and for whom he asked."""
    content = seen.lookup.content
    unit = f" of {content.unit}" if content.unit else ""
    behalf = f", on behalf of {content.on_behalf_of}," if content.on_behalf_of else ""
    return f"{content.actor}{unit}{behalf}"


def what(seen: Seen) -> str:
    """The call, and under which case."""
    content = seen.lookup.content
    attempt = "a refused " if content.status not in ("", "OK") else "a "
    return f"{attempt}{content.rpc.rpartition('.')[2]} under case {content.case_reference or '(none)'}"


def listed(words: Sequence[str]) -> str:
    """One and another and a third."""
    return " and ".join(words)
