"""The log as the ledger of its own service: reading the log is an entry in it."""

from anpr.audit.v1 import audit_pb2

from services.audit import wire
from services.audit.log import Log
from services.common.errors import AuditUnavailable, Refusal
from services.common.ledger import Promise

SYSTEM = "audit"


class OwnLedger:
    """See `services.common.ledger.Ledger`."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def append(self, fields: audit_pb2.EntryFields) -> Promise:
        """Makes one entry durable. Raises AuditUnavailable."""
        try:
            (appended,) = await self._log.append([wire.decode_entry(fields, SYSTEM)])
        except Refusal as cause:
            raise AuditUnavailable("the audit log did not confirm the entry") from cause
        return Promise(appended.index, appended.note)
