"""Settings of the audit service."""

from dataclasses import dataclass
from pathlib import Path

from services.audit import witnesses
from services.audit.release import Policy
from services.common import note
from services.common.note import NoteInvalid


@dataclass(frozen=True, slots=True)
class Settings:
    """database: connection string as audit_appender; log_origin: name of the log, one per log, never used again.

    release: what the result of a look-up waits for, by purpose, such as "*=durable,oversight=integrated" (release.py).
    publication_listen: host:port for the published log over HTTP; witnesses: URL and verifier key of each, with blanks between;
    witness_limit_s: the log takes nothing when no head was cosigned for so long, 0 for never. s3_*: where the published log is
    kept, nowhere when the endpoint is empty; s3_bucket has object lock, s3_heads_bucket has none, s3_prefix begins all names;
    lock_days: how long nobody can remove a full tile. eraser_password_file: of the role that erases; a process without it does
    not. retention_daily: whether it destroys once a day what the law lets it keep no longer.
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
    publication_listen: str = ""
    witnesses: str = ""
    witness_limit_s: int = 0
    publish_every_s: float = 2.0
    s3_endpoint: str = ""
    s3_access_key_file: Path | None = None
    s3_secret_key_file: Path | None = None
    s3_bucket: str = ""
    s3_heads_bucket: str = ""
    s3_prefix: str = ""
    s3_secure: bool = False
    lock_days: int = 3650
    eraser_password_file: Path | None = None
    retention_daily: bool = False

    def __post_init__(self) -> None:
        if not note.is_name(self.log_origin):
            raise ValueError("ANPR_LOG_ORIGIN: a name without spaces and plus signs")
        try:
            Policy(self.release)
        except ValueError as cause:
            raise ValueError(f"ANPR_RELEASE: {cause}") from cause
        try:
            witnesses.parse(self.witnesses)
        except NoteInvalid as cause:
            raise ValueError(f"ANPR_WITNESSES: {cause}") from cause
        if self.s3_endpoint and not all(
            (self.s3_access_key_file, self.s3_secret_key_file, self.s3_bucket, self.s3_heads_bucket)
        ):
            raise ValueError("ANPR_S3_ENDPOINT: needs both key files and both buckets")
        if not 0.1 <= self.publish_every_s <= 60 or self.witness_limit_s < 0 or self.lock_days < 1:
            raise ValueError(
                "ANPR_PUBLISH_EVERY_S is 0.1 to 60, ANPR_WITNESS_LIMIT_S 0 or more, ANPR_LOCK_DAYS 1 or more"
            )
        if not self.epoch_keys_dir.is_dir():
            raise ValueError("ANPR_EPOCH_KEYS_DIR: not a folder")


@dataclass(frozen=True, slots=True)
class MigrateSettings:
    """database: connection string as audit_owner."""

    database: str
    database_password_file: Path
