"""The audit service: python -m services.audit."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
import structlog
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc, erasure_pb2, erasure_pb2_grpc, oversight_pb2, oversight_pb2_grpc
from psycopg.conninfo import make_conninfo

from services.audit import durability, epochs, witnesses
from services.audit.epochs import Epochs
from services.audit.erasure import wiring as erasure_wiring
from services.audit.erasure.finisher import Finisher
from services.audit.erasure.server import ErasureServicer
from services.audit.errors import LogBroken
from services.audit.exporter import Exporter
from services.audit.integrator import Integrator
from services.audit.key_files import FileEpochKeys, FileSigner, FileTagKeys
from services.audit.keys import KeyProblem
from services.audit.log import Log
from services.audit.migrate import MIGRATIONS, SCHEMA
from services.audit.oversight import wiring
from services.audit.oversight.reference import MAX_BYTES
from services.audit.oversight.server import OversightServicer
from services.audit.own_ledger import SYSTEM, OwnLedger
from services.audit.proofs import Proofs
from services.audit.public_site import PublicSite
from services.audit.publication_store import PublicationStore
from services.audit.publisher import Publisher
from services.audit.release import Heads, Policy
from services.audit.review import Review
from services.audit.sequencer import Sequencer
from services.audit.server import AuditServicer
from services.audit.settings import Settings
from services.audit.shelf import Account, Shelf
from services.audit.store import Store
from services.audit.tree_store import TreeStore
from services.audit.watch import Limits, Watch
from services.audit.witnesses import WitnessClient
from services.common import database, logs, receipt, settings, web
from services.common.database import Database
from services.common.server import Serving, serve


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of the log."""

    log: FileSigner
    receipts: FileSigner
    epochs: FileEpochKeys
    tags: FileTagKeys


@dataclass(frozen=True, slots=True)
class Databases:
    """The log's database, once per duty; `numbers` is the writer's own connection, `oversight` another pool of the reviewer.

    eraser: None where this process has not its password, and then does not erase.
    """

    numbers: Sequencer
    appender: Database
    integrator: Database
    reviewer: Database
    oversight: Database
    eraser: Database | None


async def main(given: Settings) -> None:
    """Serves until told to stop; ends the process with one line that says why when the log must not be written."""
    try:
        await run(given)
    except (LogBroken, KeyProblem) as cause:
        structlog.get_logger().critical("audit.must_not_run", why=str(cause))
        sys.exit(1)


async def run(given: Settings) -> None:
    """Serves until told to stop. Raises SchemaProblem, KeyProblem or LogBroken when it must not."""
    keys = read_keys(given)
    structlog.get_logger().info("audit.keys", log=keys.log.verifier.encode(), receipts=keys.receipts.verifier.encode())
    async with AsyncExitStack() as stack:
        opened = await open_databases(stack, given)
        await database.verify_schema(opened.appender, SCHEMA, MIGRATIONS)
        await durability.verify(opened.appender)
        book = Epochs(opened.appender, keys.epochs, keys.tags)
        now = epochs.of(datetime.now(UTC))
        for epoch in (now, epochs.after(now)):
            await book.open(epoch)
        integrator = Integrator(TreeStore(opened.integrator), keys.log)
        await integrator.verify()
        publisher = await open_publisher(stack, given, keys, opened)
        await publisher.verify()
        await stack.enter_async_context(public_site(given, opened))
        await serve(serving(given, keys, opened, book, integrator, publisher))


def read_keys(given: Settings) -> Keys:
    """The keys in the files that the settings name."""
    return Keys(
        log=FileSigner(given.log_origin, settings.key(given.log_key_file)),
        receipts=FileSigner(receipt.key_name(given.log_origin), settings.key(given.receipt_key_file)),
        epochs=FileEpochKeys(given.epoch_keys_dir),
        tags=FileTagKeys(settings.key(given.tag_key_file)),
    )


async def open_databases(stack: AsyncExitStack, given: Settings) -> Databases:
    """Pools of each role, closed with the stack."""
    password = settings.secret(given.database_password_file)
    numbers = Sequencer(given.database, password)
    stack.push_async_callback(numbers.close)
    others = (
        ("audit_integrator", given.integrator_password_file, 2),
        ("audit_reviewer", given.reviewer_password_file, 4),
        ("audit_reviewer", given.reviewer_password_file, 4),
    )
    integrator, reviewer, oversight = [
        await stack.enter_async_context(
            database.connect(make_conninfo(given.database, user=role), settings.secret(file), connections=connections)
        )
        for role, file, connections in others
    ]
    appender = await stack.enter_async_context(database.connect(given.database, password, connections=2))
    eraser = None
    if given.eraser_password_file is not None:
        eraser = await stack.enter_async_context(
            database.connect(
                make_conninfo(given.database, user="audit_eraser"), settings.secret(given.eraser_password_file)
            )
        )
    return Databases(numbers, appender, integrator, reviewer, oversight, eraser)


async def open_publisher(stack: AsyncExitStack, given: Settings, keys: Keys, opened: Databases) -> Publisher:
    """The publisher, with its buckets and witnesses."""
    shelf = None
    if given.s3_endpoint and given.s3_access_key_file and given.s3_secret_key_file:
        account = Account(
            endpoint=given.s3_endpoint,
            access_key=settings.secret(given.s3_access_key_file),
            secret_key=settings.secret(given.s3_secret_key_file),
            locked_bucket=given.s3_bucket,
            open_bucket=given.s3_heads_bucket,
            secure=given.s3_secure,
            lock_days=given.lock_days,
            prefix=given.s3_prefix,
        )
        shelf = Shelf(account)
        stack.callback(shelf.close)
    clients = [WitnessClient(address) for address in witnesses.parse(given.witnesses)]
    store = PublicationStore(opened.integrator)
    return Publisher(store, keys.log.verifier, clients, shelf, interval_s=given.publish_every_s)


@asynccontextmanager
async def public_site(given: Settings, opened: Databases) -> AsyncIterator[None]:
    """The published log over HTTP, while the block runs; nothing when no address is given. It holds nothing personal."""
    if not given.publication_listen:
        yield
        return
    host, _, port = given.publication_listen.rpartition(":")
    async with web.served(host.strip("[]"), int(port), PublicSite(Store(opened.reviewer)).answer):
        yield


def serving(  # noqa: PLR0917 - all that the process is made of
    given: Settings, keys: Keys, opened: Databases, book: Epochs, integrator: Integrator, publisher: Publisher
) -> Serving:
    """The service with its tasks: the writer, the integrator, the publisher, the rules of oversight, and what ends erasures."""
    store = Store(opened.reviewer)
    watch = Watch(store, Limits(is_published=True, witness_s=given.witness_limit_s))
    log = Log(
        sequencer=opened.numbers,
        epochs=book,
        epoch_keys=keys.epochs,
        tag_keys=keys.tags,
        origin=given.log_origin,
        signer=keys.receipts,
        gate=watch.gate,
    )
    review = Review(store, keys.epochs, keys.tags)
    oversight = wiring.parts(opened.oversight, log, review, keys.epochs, keys.tags)
    erasure = (
        erasure_wiring.parts(opened.eraser, log, review, keys.epochs, keys.tags) if opened.eraser is not None else None
    )
    servicer = AuditServicer(
        log,
        review,
        Proofs(store, keys.log.verifier),
        Heads(store),
        Policy(given.release),
        Exporter(store, review, log, keys.receipts),
        log_key=keys.log.verifier,
        receipt_key=keys.receipts.verifier,
    )

    async def can_append() -> None:
        await watch.check()
        await log.verify_writes()

    def register(server: grpc.aio.Server) -> None:
        audit_pb2_grpc.add_AuditServiceServicer_to_server(servicer, server)
        oversight_pb2_grpc.add_OversightServiceServicer_to_server(OversightServicer(oversight), server)
        if erasure is not None:
            erasure_pb2_grpc.add_ErasureServiceServicer_to_server(ErasureServicer(erasure), server)

    services = {
        audit_pb2.DESCRIPTOR.services_by_name["AuditService"]: can_append,
        oversight_pb2.DESCRIPTOR.services_by_name["OversightService"]: oversight.runner.verify_works,
    }
    background = [log.run, integrator.run, publisher.run, oversight.runner.run]
    if erasure is not None:
        services[erasure_pb2.DESCRIPTOR.services_by_name["ErasureService"]] = can_append
        background.append(Finisher(erasure.orders, erasure.retention, daily=given.retention_daily).run)
    return Serving(
        name=SYSTEM,
        listen=given.listen,
        metrics_listen=given.metrics_listen,
        services=services,
        register=register,
        whole=can_append,  # the log goes on when a rule of oversight fails
        ledger=OwnLedger(log),
        background=background,
        max_message_bytes=MAX_BYTES + 64 * 1024,  # an import of reference data, and what is said about it
    )


if __name__ == "__main__":
    logs.configure(SYSTEM)
    asyncio.run(main(settings.load(Settings, os.environ)))
