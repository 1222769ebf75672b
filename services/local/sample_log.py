"""A log of invented look-ups, made by the real append path, integrator and a witness, and exported, to try a verifier on.

Everything runs in a scratch folder that is removed: PostgreSQL of its own, keys of its own.
"""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.audit import checkpoint, cosignature, merkle, tree_export, trust
from services.audit.checkpoint import Checkpoint
from services.audit.entry import INTENT, OUTCOME, Content, Entry
from services.audit.epochs import Epochs
from services.audit.integrator import Integrator
from services.audit.key_files import FileEpochKeys, FileSigner, FileTagKeys
from services.audit.log import MAX_BATCH, Log
from services.audit.migrate import MIGRATIONS, SCHEMA
from services.audit.sequencer import Sequencer
from services.audit.store import Store
from services.audit.tree_export import TreeWriter
from services.audit.tree_store import TreeStore
from services.common import database, ids, ledger, note, receipt
from services.common.note import COSIGNATURE
from services.local import databases, postgres, secret_files
from services.witness.heads import Heads
from services.witness.witness import Witness

APPENDERS = 4
PUBLISHED = 8
LETTERS = "ABCDEFGHJKLMNPRSTUVXYZ"
RPC = "anpr.matching.v1.SightingService.LookupPlate"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Parts:
    log: Log
    integrator: Integrator
    store: Store
    signer: FileSigner
    receipts: FileSigner
    witness: Witness
    witness_key: note.VerifierKey


def make(folder: Path, entries: int, progress: Progress = lambda _done, _of: None) -> Checkpoint:
    """Makes a log of so many entries and writes it into the folder. Returns its head. Raises ExportFailed, EngineFailed."""
    if folder.exists() and any(folder.iterdir()):
        raise tree_export.ExportFailed(f"{folder} is not empty")
    with tempfile.TemporaryDirectory(prefix="anpr-sample-log-") as scratch:
        Path(scratch).chmod(0o755)  # PostgreSQL may run as another user below it
        server = postgres.start(Path(scratch) / "postgres")
        try:
            return asyncio.run(_make(Path(scratch), server, folder, entries, progress))
        finally:
            postgres.stop(server)


async def _make(scratch: Path, server: postgres.Server, folder: Path, entries: int, progress: Progress) -> Checkpoint:
    async with _opened(scratch, server) as parts:
        heads = [await _publish(parts, 0)]
        pairs = _look_ups()
        for part in range(1, PUBLISHED + 1):
            until = entries * part // PUBLISHED // 2 * 2 if part < PUBLISHED else entries  # no pair is torn apart
            known = checkpoint.unverified(heads[-1]).size
            if until > known:
                await _append(parts.log, list(islice(pairs, until - known)))
                heads.append(await _publish(parts, known))
                progress(until, entries)
        return await _export(parts, folder, heads if entries == 0 else heads[1:])


@asynccontextmanager
async def _opened(scratch: Path, server: postgres.Server) -> AsyncIterator[_Parts]:
    passwords, epoch_folder = scratch / "passwords", scratch / "epochs"
    passwords.mkdir(mode=0o700)
    epoch_folder.mkdir(mode=0o700)
    databases.ensure(server.cluster, databases.AUDIT, passwords)
    origin = f"sample.anpr.example/{secret_files.random_name()}"

    def account(role: str) -> tuple[str, str]:
        name = f"audit_{role}"
        password = databases.password_file(passwords, name).read_text().strip()
        return server.conninfo(databases.AUDIT.name, name), password

    database.migrate(*account("owner"), SCHEMA, MIGRATIONS)
    signer, receipts = _signer(origin), _signer(receipt.key_name(origin))
    witness_key = _signer(f"witness.{origin}", COSIGNATURE)
    epoch_keys, tag_keys = FileEpochKeys(epoch_folder), FileTagKeys(random.SystemRandom().randbytes(32))
    async with AsyncExitStack() as stack:
        appender, integrator, reviewer = [
            await stack.enter_async_context(database.connect(*account(role)))
            for role in ("appender", "integrator", "reviewer")
        ]
        sequencer = Sequencer(*account("appender"))
        stack.push_async_callback(sequencer.close)
        heads = Heads(scratch / "witness")
        stack.callback(heads.close)
        log = Log(
            sequencer=sequencer,
            epochs=Epochs(appender, epoch_keys, tag_keys),
            epoch_keys=epoch_keys,
            tag_keys=tag_keys,
            origin=origin,
            signer=receipts,
            gate=lambda: None,
        )
        growing = Integrator(TreeStore(integrator), signer)
        await growing.verify()
        writer = asyncio.create_task(log.run())
        try:
            witness = Witness(witness_key, {origin: [signer.verifier]}, heads)
            yield _Parts(log, growing, Store(reviewer), signer, receipts, witness, witness_key.verifier)
        finally:
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer


async def _append(log: Log, entries: list[Entry]) -> None:
    """Several appenders at once, each a group after the other; an outcome never comes before its intent."""
    groups = iter([entries[start : start + MAX_BATCH] for start in range(0, len(entries), MAX_BATCH)])

    async def appender() -> None:
        for group in groups:
            await log.append(group)

    await asyncio.gather(*(appender() for _ in range(APPENDERS)))


async def _publish(parts: _Parts, known: int) -> str:
    """The newest head, signed and cosigned."""
    while await parts.integrator.step():
        pass
    head = await parts.store.newest_head()
    proof: list[bytes] = []
    if 0 < known < head.size:
        proof = await parts.store.subtree_hashes(merkle.consistency_ranges(known, head.size))
    verdict = parts.witness.add(cosignature.request(known, proof, head.note))
    if verdict.status != 200:
        raise tree_export.ExportFailed(f"the witness refuses the head: {verdict.text.strip()}")
    return head.note + verdict.text


async def _export(parts: _Parts, folder: Path, heads: list[str]) -> Checkpoint:
    writer, size = TreeWriter(folder, heads), (await parts.store.newest_head()).size
    while writer.size < size:
        writer.take(await parts.store.leaves(writer.size, min(writer.size + 4096, size)))
    keys = {
        "log": parts.signer.verifier.encode(),
        "receipts": parts.receipts.verifier.encode(),
        "witness": parts.witness_key.encode(),
    }
    policy = trust.encode(trust.of_keys(parts.signer.verifier, [parts.witness_key]))
    return writer.end(keys, policy)


def _look_ups() -> Iterator[Entry]:
    """Intents and the outcomes that answer them, about invented persons and plates, for ever."""
    dice = random.Random(20261130)  # noqa: S311 - invented, and the same each time
    while True:
        plate = f"1{''.join(dice.choices(LETTERS, k=3))}{dice.randrange(1000):03}"
        asked = Content(
            actor=f"officer-{dice.randrange(200)}",
            unit=f"unit-{dice.randrange(12)}",
            zone="local",
            client="desk",
            roles=("officer",),
            purpose="judicial_offence",
            legal_ground="technical_database",
            case_reference=f"AN.11.L2.{dice.randrange(10**6):06}/2026",
            reason="vehicle reported stolen",
            request_id=str(ids.uuid7()),
            rpc=RPC,
            plate=plate,
            query=ledger.canonical({"plate": plate}),
        )
        intent = Entry(ids.uuid7(), INTENT, None, "matching", asked)
        yield intent
        count = dice.randrange(4)
        digest = ledger.digest(f"{plate}-{number}" for number in range(count))
        answered = {name: getattr(asked, name) for name in asked.__slots__}
        answered |= {"status": "OK", "result_count": count, "result_digest": digest}
        yield Entry(ids.uuid7(), OUTCOME, intent.id, "matching", Content(**answered))


def _signer(name: str, algorithm: int = note.ED25519) -> FileSigner:
    return FileSigner(name, random.SystemRandom().randbytes(32), algorithm)
