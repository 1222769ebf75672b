"""Settings of ingest."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from services.common import raster, receipts
from services.ingest import shapes


@dataclass(frozen=True, slots=True)
class Settings:
    """See README.md. Times end in `_s` (seconds) or `_days`."""

    listen: str
    region: str
    zone: str
    database: str
    database_password_file: Path
    s3_endpoint: str
    s3_access_key_file: Path
    s3_secret_key_file: Path
    s3_bucket: str
    evidence_key_file: Path
    recognition_address: str
    matching_address: str
    audit_address: str
    audit_receipt_keys: str
    metrics_listen: str = ""
    s3_secure: bool = False
    country: str = "BE"
    retention_mode: str = "COMPLIANCE"
    retention_days: int = 366
    clock_ahead_s: float = 5.0
    live_s: float = 60.0
    picture_bytes: int = raster.MAX_BYTES
    frames_at_once: int = 32
    frames_at_once_bytes: int = 8 * raster.MAX_BYTES
    stream_frames_at_once: int = 8
    streams_at_once: int = 512
    frames_waiting: int = 250_000
    decoders: int = 2
    transfers: int = 8
    reads_at_once: int = 4
    recognition_deadline_s: float = 20.0
    matching_deadline_s: float = 5.0
    lease_s: float = 15.0

    def __post_init__(self) -> None:
        receipts.verify_setting(self.audit_receipt_keys)
        problems = [words for words, holds in self._rules() if not holds]
        if problems:
            raise ValueError("\n".join(problems))

    def _rules(self) -> list[tuple[str, bool]]:
        counts = (
            self.frames_at_once,
            self.stream_frames_at_once,
            self.streams_at_once,
            self.frames_waiting,
            self.decoders,
            self.transfers,
            self.reads_at_once,
            self.retention_days,
        )
        spans = (self.clock_ahead_s, self.live_s, self.recognition_deadline_s, self.matching_deadline_s)
        return [
            (
                "ANPR_REGION and ANPR_ZONE are ids",
                all(shapes.ZONE.fullmatch(name) for name in (self.region, self.zone)),
            ),
            ("ANPR_RETENTION_MODE is COMPLIANCE or GOVERNANCE", self.retention_mode in ("COMPLIANCE", "GOVERNANCE")),
            ("numbers of things at once, and days, are at least 1", all(count >= 1 for count in counts)),
            ("spans of time are positive", all(span > 0 for span in spans)),
            ("ANPR_LEASE_S is at least 3: it is renewed three times", self.lease_s >= 3),
            (
                f"ANPR_PICTURE_BYTES is at least 64 KiB and at most {raster.MAX_BYTES}",
                64 * 1024 <= self.picture_bytes <= raster.MAX_BYTES,
            ),
            (
                "ANPR_FRAMES_AT_ONCE_BYTES is at least ANPR_PICTURE_BYTES",
                self.frames_at_once_bytes >= self.picture_bytes,
            ),
            (
                "without ANPR_S3_SECURE, ANPR_S3_ENDPOINT is on loopback",
                self.s3_secure or _on_loopback(self.s3_endpoint),
            ),
        ]


def _on_loopback(endpoint: str) -> bool:
    try:
        return ip_address(endpoint.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False
