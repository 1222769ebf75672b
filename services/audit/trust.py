"""Whom a verifier trusts (C2SP tlog-policy): keys of the log, keys of witnesses, and how many of those must have cosigned a head.

    log VKEY [URL]
    witness NAME VKEY [URL]
    group NAME K|any|all MEMBER ...
    quorum NAME|none

The file comes from paper or from the oversight body, never from the log itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.audit import checkpoint
from services.audit.checkpoint import Checkpoint
from services.common import note
from services.common.note import COSIGNATURE, ED25519, NoteInvalid, VerifierKey

NONE = "none"


class TrustInvalid(ValueError):
    """The text is no policy."""


@dataclass(frozen=True, slots=True)
class Group:
    """Members, witnesses or groups, of which so many must have cosigned."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """logs: keys of one log; witnesses: by name; groups: by name; quorum: name of a witness or a group, or none."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str = NONE

    def verify_signed(self, signed: str) -> Checkpoint:
        """The checkpoint in a note that a key of the log signed. Raises NoteInvalid."""
        return checkpoint.verify(signed, self.logs[0].name, self.logs)

    def cosigners(self, signed: str) -> tuple[str, ...]:
        """Names of the witnesses whose lines hold. Raises NoteInvalid when one of a known witness does not."""
        parsed = note.parse(signed)
        names = {key: name for name, key in self.witnesses.items()}
        found = set()
        for line in parsed.signatures:
            key = next((key for key in names if (key.name, key.key_id) == (line.name, line.key_id)), None)
            if key is not None:
                key.verify(parsed.text, line.data)
                found.add(names[key])
        return tuple(sorted(found))

    def is_met_by(self, cosigners: Sequence[str]) -> bool:
        """Whether these witnesses are the quorum."""
        return self.quorum == NONE or self._is_met(self.quorum, set(cosigners))

    def _is_met(self, name: str, cosigners: set[str]) -> bool:
        if name in self.witnesses:
            return name in cosigners
        group = self.groups[name]
        return sum(self._is_met(member, cosigners) for member in group.members) >= group.least


def of_keys(log: VerifierKey, witnesses: Sequence[VerifierKey]) -> Trust:
    """A log, and witnesses that must all have cosigned. Raises TrustInvalid when a key is not for what it is given as."""
    if log.algorithm != ED25519 or any(key.algorithm != COSIGNATURE for key in witnesses):
        raise TrustInvalid("a log has a key for signatures, and a witness one for cosignatures")
    if not witnesses:
        return Trust((log,), {}, {})
    names = {
        key.name if len({one.name for one in witnesses}) == len(witnesses) else key.encode(): key for key in witnesses
    }
    return Trust((log,), names, {"all": Group(len(names), tuple(names))}, "all")


def parse(text: str) -> Trust:
    """A policy from its text. Raises TrustInvalid."""
    logs: list[VerifierKey] = []
    witnesses: dict[str, VerifierKey] = {}
    groups: dict[str, Group] = {}
    quorum = ""
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            match words:
                case ["log", vkey, *url] if len(url) <= 1:
                    logs.append(_key(vkey, ED25519))
                case ["witness", name, vkey, *url] if len(url) <= 1 and _is_new(name, witnesses, groups):
                    witnesses[name] = _witness(vkey, witnesses)
                case ["group", name, least, *members] if members and _is_new(name, witnesses, groups):
                    groups[name] = _group(least, members, {*witnesses, *groups})
                case ["quorum", name] if not quorum and (name == NONE or name in witnesses or name in groups):
                    quorum = name
                case _:
                    raise TrustInvalid(f"this line is none of a policy, or comes too early or twice: {line.strip()}")
        except NoteInvalid as cause:
            raise TrustInvalid(f"{cause}: {line.strip()}") from cause
    if not logs or len({key.name for key in logs}) != 1 or not quorum:
        raise TrustInvalid("a policy names one log, by one key or more, and a quorum")
    return Trust(tuple(logs), witnesses, groups, quorum)


def encode(trust: Trust) -> str:
    """The policy as text."""
    lines = [f"log {key.encode()}" for key in trust.logs]
    lines += [f"witness {name} {key.encode()}" for name, key in trust.witnesses.items()]
    lines += [f"group {name} {group.least} {' '.join(group.members)}" for name, group in trust.groups.items()]
    return "\n".join([*lines, f"quorum {trust.quorum}"]) + "\n"


def _is_new(name: str, *taken: Mapping[str, object]) -> bool:
    return name != NONE and not any(name in names for names in taken)


def _key(vkey: str, algorithm: int) -> VerifierKey:
    key = note.parse_key(vkey)
    if key.algorithm != algorithm:
        raise NoteInvalid("this key is not for that")
    return key


def _witness(vkey: str, known: Mapping[str, VerifierKey]) -> VerifierKey:
    """One that is not there under another name: it would count as two."""
    key = _key(vkey, COSIGNATURE)
    if any(key.public_key == other.public_key for other in known.values()):
        raise TrustInvalid("a policy names each witness once")
    return key


def _group(least: str, members: Sequence[str], known: set[str]) -> Group:
    if len(set(members)) != len(members) or not known.issuperset(members):
        raise TrustInvalid("a group has members that were named before, each once")
    count = {"any": 1, "all": len(members)}.get(least) or (int(least) if least.isascii() and least.isdigit() else 0)
    if not 1 <= count <= len(members):
        raise TrustInvalid("a group asks for at least one, and at most all, of its members")
    return Group(count, tuple(members))
