"""The audit service: python -m services.audit."""

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from psycopg.conninfo import make_conninfo

from services.audit import durability, epochs, receipt
from services.audit.epochs import Epochs
from services.audit.integrator import Integrator
from services.audit.key_files import FileEpochKeys, FileSigner, FileTagKeys
from services.audit.log import Log
from services.audit.migrate import MIGRATIONS, SCHEMA
from services.audit.own_ledger import SYSTEM, OwnLedger
from services.audit.proofs import Proofs
from services.audit.review import Review
from services.audit.sequencer import Sequencer
from services.audit.server import AuditServicer
from services.audit.settings import Settings
from services.audit.store import Store
from services.audit.tree_store import TreeStore
from services.audit.watch import Watch
from services.common import database, logs, settings
from services.common.server import Serving, serve


async def run(given: Settings) -> None:
    """Serves until it is told to stop."""
    log_signer = FileSigner(given.log_origin, settings.key(given.log_key_file))
    receipt_signer = FileSigner(receipt.key_name(given.log_origin), settings.key(given.receipt_key_file))
    epoch_keys, tag_keys = FileEpochKeys(given.epoch_keys_dir), FileTagKeys(settings.key(given.tag_key_file))
    appender_password = settings.secret(given.database_password_file)
    async with AsyncExitStack() as stack:
        appender = await stack.enter_async_context(database.connect(given.database, appender_password, connections=2))
        integrator_dsn = make_conninfo(given.database, user="audit_integrator")
        trees = await stack.enter_async_context(
            database.connect(integrator_dsn, settings.secret(given.integrator_password_file), connections=2)
        )
        reviewer_dsn = make_conninfo(given.database, user="audit_reviewer")
        reviewer = await stack.enter_async_context(
            database.connect(reviewer_dsn, settings.secret(given.reviewer_password_file), connections=4)
        )
        await database.verify_schema(appender, SCHEMA, MIGRATIONS)
        await durability.verify(appender)

        epoch_book = Epochs(appender, epoch_keys, tag_keys)
        current = epochs.of(datetime.now(UTC))
        for epoch in (current, epochs.after(current)):
            await epoch_book.open(epoch)
        integrator = Integrator(TreeStore(trees), log_signer)
        await integrator.verify()

        sequencer = Sequencer(given.database, appender_password)
        stack.push_async_callback(sequencer.close)
        store = Store(reviewer)
        watch = Watch(store)
        log = Log(
            sequencer=sequencer,
            epochs=epoch_book,
            epoch_keys=epoch_keys,
            tag_keys=tag_keys,
            origin=given.log_origin,
            signer=receipt_signer,
            gate=watch.gate,
        )
        servicer = AuditServicer(
            log,
            Review(store, epoch_keys, tag_keys),
            Proofs(store, log_signer.verifier),
            log_key=log_signer.verifier,
            receipt_key=receipt_signer.verifier,
        )
        await serve(
            Serving(
                name=SYSTEM,
                listen=given.listen,
                services={audit_pb2.DESCRIPTOR.services_by_name["AuditService"]: watch.check},
                register=lambda server: audit_pb2_grpc.add_AuditServiceServicer_to_server(servicer, server),
                ledger=OwnLedger(log),
                background=(log.run, integrator.run),
            )
        )


def main() -> None:
    logs.configure(SYSTEM)
    asyncio.run(run(settings.load(Settings, os.environ)))


if __name__ == "__main__":
    main()
