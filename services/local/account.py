"""The account PostgreSQL runs as. A normal user runs it as themself; root, which it refuses, hands it to `nobody`.

The data directory may lie below folders closed to that account (a HOME at 0700, `mktemp -d`), and those stay closed:
nothing here changes a parent folder. Instead the launcher's modes are tried from the least privilege to the most, each
with a real run of the program in the real folder, because what a container permits cannot be known beforehand.
"""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from services.local import binaries
from services.local.errors import NoAccount

LAUNCHER = Path(__file__).with_name("launch.py")
ROOT_MODES = ("search", "override", "namespace")
# initdb looks for the programs beside it, so this also shows whether the folder of the programs is open to the account.
PROBE = 'cd "$1" && : > .probe && rm .probe && exec "$2" --show --username=probe --pgdata=.probe'
NO_SIGNAL = 0


@dataclass(frozen=True, slots=True)
class Account:
    """How the launcher starts a program: its mode, and the owner that the program's own files must have."""

    mode: str
    uid: int
    gid: int


def myself() -> Account:
    return Account("self", os.geteuid(), os.getegid())


def launcher(account: Account, death_signal: int) -> tuple[str, ...]:
    """The words to put before a program so that it runs as this account and gets the signal when we end."""
    return (sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(death_signal)), account.mode)


def for_postgres(folder: Path) -> Account:
    """The account that can run PostgreSQL in this folder, which becomes its own; creates the folder at 0700."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return myself()
    for account in _candidates():
        if _can_run(account, folder):
            _give(folder, account)
            return account
    raise NoAccount("PostgreSQL refuses to run as root and no unprivileged account works here: start as a normal user")


def _candidates() -> list[Account]:
    nobody = pwd.getpwnam("nobody")
    return [_candidate(kind, nobody) for kind in ROOT_MODES]


def _candidate(kind: str, user: pwd.struct_passwd) -> Account:
    mode = f"{kind}:{user.pw_uid}:{user.pw_gid}"
    # In the namespace the kernel still sees us, so the files stay ours.
    return Account(mode, 0, 0) if kind == "namespace" else Account(mode, user.pw_uid, user.pw_gid)


def _can_run(account: Account, folder: Path) -> bool:
    try:
        os.chown(folder, account.uid, account.gid)
    except OSError:  # not permitted, or a uid that does not exist in our namespace
        return False
    probe = ["/bin/sh", "-c", PROBE, "probe", str(folder), str(binaries.postgres("initdb"))]
    command = [*launcher(account, NO_SIGNAL), *probe]
    done = subprocess.run(command, capture_output=True, check=False, timeout=20)
    return done.returncode == 0


def _give(folder: Path, account: Account) -> None:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if path.lstat().st_uid != account.uid:
                os.chown(path, account.uid, account.gid, follow_symlinks=False)
