"""Erasure put together."""

from services.audit.erasure.hold_store import HoldStore
from services.audit.erasure.holds import Holds
from services.audit.erasure.order_store import OrderStore
from services.audit.erasure.orders import Orders
from services.audit.erasure.record import Record
from services.audit.erasure.retention import Retention
from services.audit.erasure.retention_store import RetentionStore
from services.audit.erasure.server import Parts
from services.audit.keys import EpochKeys, TagKeys
from services.audit.log import Log
from services.audit.review import Review
from services.common.database import Database


def parts(database: Database, log: Log, review: Review, epoch_keys: EpochKeys, tag_keys: TagKeys) -> Parts:
    """All of it. database: as audit_eraser."""
    record = Record(log)
    holds = Holds(store=HoldStore(database), record_=record, review=review, tag_keys=tag_keys)
    orders = Orders(store=OrderStore(database), holds=holds, record_=record, review=review, tag_keys=tag_keys)
    retention = Retention(store=RetentionStore(database), holds=holds, record_=record, epoch_keys=epoch_keys)
    return Parts(orders, holds, retention)
