"""Lines of the log's own safeguards, each with a replacement that disables it: with any of them a run must end unequal."""

from dataclasses import dataclass

from tests.chaos.sabotage import Sabotage

SEQUENCER = "services/audit/sequencer.py"
TREE_STORE = "services/audit/tree_store.py"
INTEGRATOR = "services/audit/integrator.py"


@dataclass(frozen=True, slots=True)
class Safeguard:
    """Lines that are disabled together. words: what then happens; rows: of the table, of which one at least is unequal then."""

    lines: tuple[Sabotage, ...]
    words: str
    rows: tuple[str, ...]


def _line(file: str, line: str, instead: str) -> Sabotage:
    return Sabotage(file, line, instead, "", "")


LOST = "acknowledged entries = where promised"
FAULTS = "internal errors, answered or logged"
SAFEGUARDS = {
    "answered-before-durable": Safeguard(
        (
            _line(
                SEQUENCER,
                "await connection.execute(STRICT_COMMIT)",
                'await connection.execute("SET synchronous_commit = off")',
            ),
        ),
        "an entry is promised before its commit is on disk",
        (LOST,),
    ),
    "swap-unchecked": Safeguard(
        (
            _line(TREE_STORE, "WHERE log = 1 AND size = %(old_size)s AND root = %(old_root)s", "WHERE log = 1"),
            _line(
                TREE_STORE,
                "yield Turn(connection, others_turn=locked != (True,))",
                "yield Turn(connection, others_turn=not locked)",
            ),
        ),
        "two integrators sign at once, and neither looks whether the other has moved the head",
        (FAULTS, "newest head = the largest, of all entries"),
    ),
    "edge-of-yesterday": Safeguard(
        (
            _line(
                INTEGRATOR, "if signed is None or signed != self._signed:", "if signed is None or self._signed is None:"
            ),
        ),
        "an integrator goes on from its own edge after another has moved the head",
        (FAULTS, "heads ever signed = prefixes of the log"),
    ),
    "lock-for-ever": Safeguard(
        (
            _line(
                SEQUENCER,
                'OPTIONS = "-c statement_timeout=3s -c lock_timeout=2s -c transaction_timeout=1500ms"',
                'OPTIONS = "-c statement_timeout=3s -c lock_timeout=2s -c idle_in_transaction_session_timeout=0"',
            ),
        ),
        "who is stopped while it holds the lock keeps it",
        ("holder of the lock stopped = others wrote",),
    ),
}
