"""Settings of the audit service."""

from dataclasses import dataclass
from pathlib import Path

from services.audit.release import Policy
from services.common import note


@dataclass(frozen=True, slots=True)
class Settings:
    """database: connection string as audit_appender; log_origin: name of the log, one per log, never used again.

    release: what the result of a look-up waits for, by purpose, such as "*=durable,oversight=integrated" (release.py).
    """

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
    release: str = ""

    def __post_init__(self) -> None:
        if not note.is_name(self.log_origin):
            raise ValueError("ANPR_LOG_ORIGIN: a name without spaces and plus signs")
        try:
            Policy(self.release)
        except ValueError as cause:
            raise ValueError(f"ANPR_RELEASE: {cause}") from cause
        if not self.epoch_keys_dir.is_dir():
            raise ValueError("ANPR_EPOCH_KEYS_DIR: not a folder")


@dataclass(frozen=True, slots=True)
class MigrateSettings:
    """database: connection string as audit_owner."""

    database: str
    database_password_file: Path
