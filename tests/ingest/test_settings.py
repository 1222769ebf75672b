"""Settings that cannot work are refused before anything starts."""

from pathlib import Path

import pytest

from services.common.settings import SettingsProblem, load
from services.ingest.settings import Settings
from tests.audit.keyring import RECEIPTS


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "file"
    file.write_text("content")
    texts = {
        "LISTEN": "127.0.0.1:0",
        "REGION": "region-x",
        "ZONE": "zone-one",
        "S3_ENDPOINT": "127.0.0.1:8333",
        "AUDIT_RECEIPT_KEYS": RECEIPTS.verifier.encode(),
    }
    names = ("DATABASE", "S3_BUCKET", "RECOGNITION_ADDRESS", "MATCHING_ADDRESS", "AUDIT_ADDRESS")
    files = ("DATABASE_PASSWORD_FILE", "S3_ACCESS_KEY_FILE", "S3_SECRET_KEY_FILE", "EVIDENCE_KEY_FILE")
    values = {**texts, **dict.fromkeys(names, "somewhere"), **dict.fromkeys(files, str(file))}
    return {f"ANPR_{name}": value for name, value in values.items()}


def test_the_defaults_are_the_strict_ones(environment: dict[str, str]) -> None:
    settings = load(Settings, environment)
    assert (settings.retention_mode, settings.retention_days, settings.s3_secure) == ("COMPLIANCE", 366, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGION", "no region"),
        ("ZONE", "../zone"),
        ("RETENTION_MODE", "NONE"),
        ("RETENTION_DAYS", "0"),
        ("FRAMES_AT_ONCE", "0"),
        ("FRAMES_AT_ONCE_BYTES", "1000"),
        ("PICTURE_BYTES", "1000"),
        ("PICTURE_BYTES", "16777217"),
        ("STREAM_FRAMES_AT_ONCE", "0"),
        ("STREAMS_AT_ONCE", "0"),
        ("FRAMES_WAITING", "0"),
        ("DECODERS", "-1"),
        ("LEASE_S", "1"),
        ("RECOGNITION_DEADLINE_S", "0"),
        ("S3_ENDPOINT", "198.51.100.7:9000"),
        ("S3_ENDPOINT", "s3.example.org:9000"),
        ("S3_SECURE", "perhaps"),
        ("AUDIT_RECEIPT_KEYS", ""),
        ("AUDIT_RECEIPT_KEYS", "no key"),
        ("EVIDENCE_KEY_FILE", "nowhere/at/all"),
        ("MISSPELT", "1"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(environment: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(SettingsProblem):
        load(Settings, {**environment, f"ANPR_{name}": value})


def test_over_tls_the_object_store_may_be_elsewhere(environment: dict[str, str]) -> None:
    environment |= {"ANPR_S3_ENDPOINT": "s3.example.org:9000", "ANPR_S3_SECURE": "true"}
    assert load(Settings, environment).s3_endpoint == "s3.example.org:9000"
