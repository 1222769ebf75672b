"""Become another program that dies with its parent, and that runs as an unprivileged account where it must.

    python -I -S launch.py PARENT_PID DEATH_SIGNAL MODE[:UID:GID] PROGRAM [ARGUMENT...]

A file of its own, run as a script with nothing but the standard library, because the steps between fork and exec are
not safe in a process that already has threads (subprocess's `preexec_fn`). The pid stays the same through the exec.

Modes. `self` changes nothing. The others are for root, which PostgreSQL refuses to run as:
`search` takes the account's uid and gid and keeps one capability, to read and search (not write) what is closed to it;
`override` is the same with the wider capability, which containers grant where they withhold the first;
`namespace` stays the same user to the kernel, without capabilities, in a user namespace where its uid is the account's.
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CLONE_NEWUSER = 0x10000000
KEPT = {"search": CAP_DAC_READ_SEARCH, "override": CAP_DAC_OVERRIDE}

libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    parent, death_signal, mode, program, *rest = arguments
    become(mode)
    die_with_parent(int(parent), int(death_signal))
    os.execv(program, [program, *rest])  # noqa: S606


def become(mode: str) -> None:
    """Take the identity that the mode names; raises OSError where the kernel does not permit it."""
    if mode == "self":
        return
    kind, uid, gid = mode.split(":")
    if kind == "namespace":
        enter_namespace(int(uid), int(gid))
    else:
        drop_to(int(uid), int(gid), KEPT[kind])


def drop_to(uid: int, gid: int, kept: int) -> None:
    call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    # Without this access(2) ignores the kept capability, and initdb takes its own neighbours for not executable.
    call("prctl", PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    hold_only(kept)
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept, 0, 0)


def hold_only(capability: int) -> None:
    """Drop every capability but this one, which becomes inheritable so that it can be ambient (capabilities(7))."""
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable; low words, then high
    call("capset", header, sets)


def enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")  # the kernel's condition for an unprivileged gid map
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")


def die_with_parent(parent: int, death_signal: int) -> None:
    """Ask for the signal when the parent ends. Must follow `become`: the kernel forgets it on a change of identity."""
    call("prctl", PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel was asked
        sys.exit("the supervisor is gone")


def call(function: str, *arguments: object) -> None:
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


if __name__ == "__main__":
    main(sys.argv[1:])
