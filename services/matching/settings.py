"""Settings of matching."""

from dataclasses import dataclass
from pathlib import Path

from services.common import receipts


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is ANPR_<FIELD>.

    listen, metrics_listen: host:port; region, zone: where this runs, and whose data it is when nobody says otherwise.
    database: libpq connection string with the role matching_writer; reader_password_file: that of matching_reader.
    audit_receipt_keys: verifier keys of the log's receipts (C2SP signed-note), with blanks between: an entry that none of them
    promised was not written.
    token_key_file: 32 bytes, the same in all replicas; page and resume tokens end with it.
    sweep_horizon_s: how long after it was recorded a passage is still matched against entries that come later.
    """

    listen: str
    region: str
    zone: str
    database: str
    database_password_file: Path
    reader_password_file: Path
    audit_address: str
    audit_receipt_keys: str
    token_key_file: Path
    metrics_listen: str = ""
    sweep_horizon_s: int = 3600

    def __post_init__(self) -> None:
        receipts.verify_setting(self.audit_receipt_keys)
        # The function matching.hits looks back a little more than a day.
        if not 0 < self.sweep_horizon_s <= 86_400:
            raise ValueError("ANPR_SWEEP_HORIZON_S is between 1 and 86400")


@dataclass(frozen=True, slots=True)
class MigrateSettings:
    """database: connection string with the role matching_owner."""

    database: str
    database_password_file: Path
