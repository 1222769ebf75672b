"""The four services and their migrations as programs: which module, with which settings."""

import os
import sys

from services.local import keys, seaweedfs, secret_files
from services.local.instance import Instance
from services.local.options import Options
from services.local.process import Program

MIGRATED = ("audit", "matching", "ingest")
Settings = tuple[tuple[str, str], ...]


def service(name: str, instance: Instance, options: Options) -> Program:
    """The service `name`, listening on its port of the instance."""
    own = {"audit": _audit, "matching": _matching, "ingest": _ingest}
    settings = _recognition(options) if name == "recognition" else own[name](instance)
    common = (
        ("ANPR_LISTEN", instance.address(name)),
        ("ANPR_METRICS_LISTEN", instance.address(f"{name}-metrics")),
        ("ANPR_REGION", "local"),
        ("ANPR_ZONE", "local"),
    )
    extra = tuple((key, value) for target, key, value in options.extra if target == name)
    return _program(name, _run(name, options), instance, (*common, *settings, *extra))


def migration(name: str, instance: Instance, options: Options) -> Program:
    """The program that brings the schema of the service `name` up to date, as the schema's owner."""
    settings = _database(instance, f"{name}_owner")
    return _program(f"{name}-migrate", _run(f"{name}.migrate", options), instance, settings)


def witness(instance: Instance) -> Program:
    """The witness of this machine, watching this one log."""
    logs = instance.data / "witness-logs"
    secret_files.write(logs, f"{keys.log_verifier(instance)}\n".encode())
    words = ("--folder", str(instance.witness), "--name", keys.witness_name(instance), "--logs", str(logs))
    command = ("-m", "services.witness", *words, "--listen", instance.address("witness"))
    return _program("witness", command, instance, ())


def reconciler(instance: Instance) -> Program:
    """The overseer's reconciler on this machine. A real one runs elsewhere, at the oversight body's."""
    folder = instance.reconciler
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = {
        "--database": instance.conninfo("overseer"),
        "--password-file": str(instance.password_file("overseer")),
        "--log": instance.gateway,
        "--log-key": keys.log_verifier(instance),
        "--since": str(folder / "state"),
        "--metrics-listen": instance.address("reconcile-metrics"),
    }
    options = [word for pair in words.items() for word in pair]
    return _program("reconcile", ("-m", "services.reconcile", *options, "--watch"), instance, ())


def _run(module: str, options: Options) -> tuple[str, str]:
    script = "-m" if options.standin is None else str(options.standin.absolute())
    return (script, f"services.{module}")


def _program(name: str, run: tuple[str, ...], instance: Instance, settings: Settings) -> Program:
    # The child finds exactly the code that we run, and nothing in its working directory (-P).
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return Program(
        name=name,
        command=(sys.executable, "-P", *run),
        folder=instance.data,
        log=instance.logs / f"{name}.log",
        environment=(("PYTHONPATH", path), ("PYTHONUNBUFFERED", "1"), *settings),
        grace_s=8.0,
    )


def _audit(instance: Instance) -> Settings:
    store = instance.store
    return (
        *_database(instance, "audit_appender"),
        ("ANPR_INTEGRATOR_PASSWORD_FILE", str(instance.password_file("audit_integrator"))),
        ("ANPR_REVIEWER_PASSWORD_FILE", str(instance.password_file("audit_reviewer"))),
        ("ANPR_ERASER_PASSWORD_FILE", str(instance.password_file("audit_eraser"))),
        ("ANPR_LOG_ORIGIN", keys.log_origin(instance)),
        ("ANPR_LOG_KEY_FILE", str(keys.audit_key(instance, "log"))),
        ("ANPR_RECEIPT_KEY_FILE", str(keys.audit_key(instance, "receipt"))),
        ("ANPR_TAG_KEY_FILE", str(keys.audit_key(instance, "tag"))),
        ("ANPR_EPOCH_KEYS_DIR", str(keys.epoch_keys(instance))),
        ("ANPR_PUBLICATION_LISTEN", instance.address("log-site")),
        ("ANPR_WITNESSES", f"http://{instance.address('witness')} {keys.witness_verifier(instance)}"),
        ("ANPR_S3_ENDPOINT", store.endpoint),
        ("ANPR_S3_ACCESS_KEY_FILE", str(store.access_file("log"))),
        ("ANPR_S3_SECRET_KEY_FILE", str(store.secret_file("log"))),
        ("ANPR_S3_BUCKET", seaweedfs.LOG_BUCKET),
        ("ANPR_S3_HEADS_BUCKET", seaweedfs.LOG_HEADS_BUCKET),
        ("ANPR_LOCK_DAYS", "1"),  # what is tried on a laptop shall not stay for ten years
    )


def _matching(instance: Instance) -> Settings:
    return (
        *_database(instance, "matching_writer"),
        ("ANPR_READER_PASSWORD_FILE", str(instance.password_file("matching_reader"))),
        ("ANPR_TOKEN_KEY_FILE", str(keys.token_key(instance))),
        ("ANPR_AUDIT_ADDRESS", instance.address("audit")),
        ("ANPR_AUDIT_RECEIPT_KEYS", keys.receipt_verifier(instance)),
    )


def _ingest(instance: Instance) -> Settings:
    store = instance.store
    return (
        *_database(instance, "ingest_writer"),
        ("ANPR_S3_ENDPOINT", store.endpoint),
        ("ANPR_S3_ACCESS_KEY_FILE", str(store.access_file("writer"))),
        ("ANPR_S3_SECRET_KEY_FILE", str(store.secret_file("writer"))),
        ("ANPR_S3_BUCKET", seaweedfs.BUCKET),
        ("ANPR_EVIDENCE_KEY_FILE", str(keys.evidence_key(instance))),
        ("ANPR_RECOGNITION_ADDRESS", instance.address("recognition")),
        ("ANPR_MATCHING_ADDRESS", instance.address("matching")),
        ("ANPR_AUDIT_ADDRESS", instance.address("audit")),
        ("ANPR_AUDIT_RECEIPT_KEYS", keys.receipt_verifier(instance)),
    )


def _recognition(options: Options) -> Settings:
    models = () if options.models is None else (("ANPR_MODELS_DIR", str(options.models.absolute())),)
    return (
        ("ANPR_ENGINE", options.engine),
        ("ANPR_WORKERS", str(options.workers)),
        ("ANPR_SECOND_READER", options.second_reader),
        *models,
    )


def _database(instance: Instance, role: str) -> Settings:
    return (
        ("ANPR_DATABASE", instance.conninfo(role)),
        ("ANPR_DATABASE_PASSWORD_FILE", str(instance.password_file(role))),
    )
