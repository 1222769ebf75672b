"""The keys of the services. Most can never be replaced: they are made before the data that needs them, and never again."""

from pathlib import Path

from services.audit.key_files import FileSigner
from services.common import receipt
from services.common.note import COSIGNATURE
from services.local import secret_files
from services.local.errors import LocalError
from services.local.instance import Instance


def evidence_key(instance: Instance) -> Path:
    """The key that the keys of the evidence frames are encrypted with: 32 bytes."""
    return instance.secrets / "evidence.key"


def audit_key(instance: Instance, name: str) -> Path:
    """`log` and `receipt` (Ed25519 seeds) and `tag` (HMAC): 32 bytes each."""
    return instance.secrets / "audit" / f"{name}.key"


def log_verifier(instance: Instance) -> str:
    """The public key of the log, as text (C2SP signed-note)."""
    return FileSigner(log_origin(instance), audit_key(instance, "log").read_bytes()).verifier.encode()


def witness_name(instance: Instance) -> str:
    """Name of the witness of this machine."""
    return f"witness.{log_origin(instance)}"


def witness_verifier(instance: Instance) -> str:
    """Its public key."""
    seed = (instance.witness / "witness.key").read_bytes()
    return FileSigner(witness_name(instance), seed, COSIGNATURE).verifier.encode()


def receipt_verifier(instance: Instance) -> str:
    """The public key of the log's receipts, as text (C2SP signed-note)."""
    seed = audit_key(instance, "receipt").read_bytes()
    return FileSigner(receipt.key_name(log_origin(instance)), seed).verifier.encode()


def epoch_keys(instance: Instance) -> Path:
    """The folder where audit keeps the keys of its epochs."""
    return instance.secrets / "audit" / "epochs"


def token_key(instance: Instance) -> Path:
    """Signs the resume tokens of matching: 32 bytes. The one key here that can be replaced: subscribers start afresh."""
    return instance.secrets / "matching-token.key"


def log_origin(instance: Instance) -> str:
    """The name of this log, its own for ever: no two logs may share one."""
    return (instance.data / "log-origin").read_text()


def ensure(instance: Instance) -> None:
    """Make what is missing. Raises LocalError where data exists that an absent key belongs to."""
    _key(evidence_key(instance), instance.services_cluster.data)
    for name in ("log", "receipt", "tag"):
        _key(audit_key(instance, name), instance.audit_cluster.data)
    secret_files.key(token_key(instance))
    epoch_keys(instance).mkdir(mode=0o700, parents=True, exist_ok=True)
    instance.witness.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret_files.key(instance.witness / "witness.key")
    origin = instance.data / "log-origin"
    if not origin.exists():
        _verify_new(origin, instance.audit_cluster.data)
        secret_files.write(origin, f"local.anpr.example/{secret_files.random_name()}".encode())


def _key(path: Path, data: Path) -> None:
    if not path.exists():
        _verify_new(path, data)
        secret_files.key(path)


def _verify_new(path: Path, data: Path) -> None:
    if data.exists():
        raise LocalError(f"{path} is missing, and the data in {data.name} cannot be used without it: restore it")
