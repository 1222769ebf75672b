"""The witness as a process: its key, its folder, its door."""

import asyncio
import os
import signal
import sys
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path

import structlog

from services.audit.cosignature import SIZE_TYPE
from services.audit.key_files import FileSigner
from services.common import logs, note, web
from services.common.note import COSIGNATURE, ED25519, NoteInvalid, VerifierKey
from services.common.web import Request, Response
from services.witness import heads as kept
from services.witness.heads import FolderInUse, Heads
from services.witness.witness import MAX_BODY_BYTES, Logs, Verdict, Witness

log = structlog.get_logger()

KEY, VKEY = "witness.key", "witness.vkey"
SEED_BYTES = 32
ADD = "/add-checkpoint"
NO_STORE = {"Cache-Control": "no-store"}


class WitnessProblem(Exception):
    """The witness cannot run; the text says why."""


def key(folder: Path, name: str) -> FileSigner:
    """The witness's key, made at the first start, and its public half beside it. Raises WitnessProblem."""
    file = folder / KEY
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        if any(folder.glob("*.checkpoint")):
            raise WitnessProblem(f"{file} is missing, though heads were cosigned with it: restore it")
        kept.write(file, os.urandom(SEED_BYTES))
    seed = file.read_bytes()
    if len(seed) != SEED_BYTES:
        raise WitnessProblem(f"{file} does not have {SEED_BYTES} bytes")
    signer = FileSigner(name, seed, COSIGNATURE)
    known = folder / VKEY
    if not known.exists():
        kept.write(known, signer.verifier.encode().encode() + b"\n")
    elif known.read_text("utf-8").strip() != signer.verifier.encode():
        raise WitnessProblem(f"{known} names another key or another name: a witness keeps both for ever")
    return signer


def logs_of(file: Path) -> Logs:
    """The logs to watch: a verifier key a line; the name of a key is the origin of its log. Raises WitnessProblem."""
    found: dict[str, list[VerifierKey]] = {}
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
        for vkey in (note.parse_key(line) for line in lines if line and not line.startswith("#")):
            if vkey.algorithm != ED25519:
                raise WitnessProblem(f"{file}: {vkey.name} is no key that a log signs with")
            found.setdefault(vkey.name, []).append(vkey)
    except (OSError, NoteInvalid) as cause:
        raise WitnessProblem(f"{file}: {cause}") from cause
    if not found:
        raise WitnessProblem(f"{file} names no log")
    return found


async def serve(folder: Path, name: str, logs_file: Path, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT. Raises WitnessProblem."""
    watched = logs_of(logs_file)
    try:
        heads = Heads(folder)
    except FolderInUse as cause:
        raise WitnessProblem(str(cause)) from cause
    try:
        witness = Witness(signer := key(folder, name), watched, heads)
        witness.verify_kept()
        await _serve(witness, signer.verifier, watched, host, port)
    except NoteInvalid as cause:
        raise WitnessProblem(f"a head in {folder} is damaged, or was cosigned by another: {cause}") from cause
    finally:
        heads.close()


async def _serve(witness: Witness, verifier: VerifierKey, watched: Logs, host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def answer(request: Request) -> Response:
        return await asyncio.to_thread(respond, witness, request)

    try:
        async with web.served(host, port, answer, max_body_bytes=MAX_BODY_BYTES) as at:
            log.info("witness.serving", port=at, key=verifier.encode(), logs=sorted(watched))
            await stop.wait()
    except OSError as cause:
        raise WitnessProblem(f"cannot listen on {host}:{port}: {cause.strerror}") from cause


def respond(witness: Witness, request: Request) -> Response:
    """POST /add-checkpoint, and GET /HASH/checkpoint, where HASH is the hexadecimal SHA-256 of an origin."""
    if request.path == ADD:
        if request.method != "POST":
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
        verdict = witness.add(request.body)
        log.info("witness.answered", status=verdict.status)
        return _response(verdict)
    if request.method not in ("GET", "HEAD"):
        return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
    hashed, _, rest = request.path.removeprefix("/").partition("/")
    return _response(witness.newest(hashed)) if rest == "checkpoint" else Response(HTTPStatus.NOT_FOUND)


def _response(verdict: Verdict) -> Response:
    kind = SIZE_TYPE if verdict.is_size else web.TEXT
    return Response(verdict.status, verdict.text.encode(), kind, NO_STORE)


def run(folder: Path, name: str, logs_file: Path, listen: str, *, anywhere: bool = False) -> None:
    """Runs the witness. Exit status 1, with one line that says why, when it cannot."""
    try:
        host, port = _address(listen, name, anywhere=anywhere)
        logs.configure("witness")
        asyncio.run(serve(folder, name, logs_file, host, port))
    except WitnessProblem as problem:
        sys.exit(f"witness: {problem}")


def _address(listen: str, name: str, *, anywhere: bool) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not port.isdigit() or not (anywhere or _is_loopback(host)):
        raise WitnessProblem("it listens on host:port of loopback; elsewhere only with --anywhere, behind TLS")
    if not note.is_name(name):
        raise WitnessProblem("the name of a witness has neither blanks nor plus signs")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
