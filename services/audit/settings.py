"""Settings of the audit service."""

from dataclasses import dataclass
from pathlib import Path

from services.audit import note


@dataclass(frozen=True, slots=True)
class Settings:
    """database: connection string as audit_appender; log_origin: name of the log, one per log, never used again."""

    listen: str
    region: str
    zone: str
    database: str
    database_password_file: Path
    integrator_password_file: Path
    reviewer_password_file: Path
    log_origin: str
    log_key_file: Path
    receipt_key_file: Path
    epoch_keys_dir: Path
    tag_key_file: Path
    metrics_listen: str = ""

    def __post_init__(self) -> None:
        if not note.is_name(self.log_origin):
            raise ValueError("ANPR_LOG_ORIGIN: a name without spaces and plus signs")
        if not self.epoch_keys_dir.is_dir():
            raise ValueError("ANPR_EPOCH_KEYS_DIR: not a folder")


@dataclass(frozen=True, slots=True)
class MigrateSettings:
    """database: connection string as audit_owner."""

    database: str
    database_password_file: Path
