"""Reasons that are none."""

import re

_WORD = re.compile(r"[^\W_]+")
_WORDS = frozenset(
    {
        "test",
        "tests",
        "testing",
        "demo",
        "inv",
        "invest",
        "investigation",
        "onderzoek",
        "enquete",
        "enquête",
        "werk",
        "werken",
        "travail",
        "work",
        "police",
        "politie",
        "check",
        "controle",
        "contrôle",
        "control",
        "info",
        "none",
        "geen",
        "aucun",
        "tiens",
        "asd",
        "asdf",
        "asdfg",
        "qwert",
        "qwerty",
        "abc",
        "todo",
        "na",
        "nvt",
        "idem",
        "id",
        "ok",
    }
)


def is_placeholder(reason: str) -> bool:
    """Whether a reason was given that is none. An empty one is allowed by the contract, and counted by nobody here."""
    words = _WORD.findall(reason.casefold())
    return bool(reason) and all(word in _WORDS or len(set(word)) < 2 for word in words)
