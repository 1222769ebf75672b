"""Oversight put together."""

from services.audit.keys import EpochKeys, TagKeys
from services.audit.log import Log
from services.audit.oversight.by import Book
from services.audit.oversight.desk import Desk
from services.audit.oversight.flag_store import FlagStore
from services.audit.oversight.history import History
from services.audit.oversight.history_store import HistoryStore
from services.audit.oversight.judge import Judge
from services.audit.oversight.reference_store import ReferenceStore
from services.audit.oversight.references import References
from services.audit.oversight.rules import RULES
from services.audit.oversight.runner import EVERY_S, Runner
from services.audit.oversight.sample_store import SampleStore
from services.audit.oversight.samples import Samples
from services.audit.oversight.secrets import Secrets
from services.audit.oversight.server import Parts
from services.audit.oversight.statistics import Statistics
from services.audit.oversight.tally_store import TallyStore
from services.audit.review import Review
from services.audit.store import Store
from services.common.database import Database


def parts(
    database: Database, log: Log, review: Review, epoch_keys: EpochKeys, tag_keys: TagKeys, *, every_s: float = EVERY_S
) -> Parts:
    """All of it. database: as audit_reviewer."""
    store, flags, book = Store(database), FlagStore(database), Book(log)
    history_store = HistoryStore(database)
    history = History(history_store, review, tag_keys)
    secrets = Secrets(history_store, epoch_keys)
    references = References(store, ReferenceStore(database), book, epoch_keys)
    judge = Judge(
        store=store,
        history_store=history_store,
        history=history,
        references=references,
        tag_keys=tag_keys,
        rules=RULES,
    )
    return Parts(
        flags=flags,
        runner=Runner(
            store=store,
            flags=flags,
            history=history,
            judge=judge,
            book=book,
            secrets=secrets,
            epoch_keys=epoch_keys,
            tag_keys=tag_keys,
            rules=RULES,
            every_s=every_s,
        ),
        desk=Desk(store=store, flags=flags, review=review, secrets=secrets, book=book, tag_keys=tag_keys),
        references=references,
        samples=Samples(
            store=store, samples=SampleStore(database), history=history, review=review, book=book, tag_keys=tag_keys
        ),
        statistics=Statistics(
            store=store,
            tallies=TallyStore(database),
            flags=flags,
            history=history,
            epoch_keys=epoch_keys,
            tag_keys=tag_keys,
        ),
    )
