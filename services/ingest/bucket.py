"""The evidence bucket: S3 with versions and object lock, through the blocking minio client on a bounded pool of threads."""

import io
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from minio import Minio
from minio.error import S3Error
from minio.retention import Retention

from services.common import s3
from services.common.errors import StoreUnavailable
from services.ingest.errors import EvidenceAltered

Answer = TypeVar("Answer")

ONE_PART_BYTES = 64 * 1024 * 1024  # above any picture: one put is one request, all of it or nothing
# Answers to a get that mean that there is no such version; the last two to an id that never was one.
GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "InvalidArgument", "InvalidRequest"})


@dataclass(frozen=True, slots=True)
class Lock:
    """Object lock of new evidence. mode: COMPLIANCE (nobody can lift it) or GOVERNANCE; days: from the recording."""

    mode: str = "COMPLIANCE"
    days: int = 366

    def retention(self, recorded_at: datetime, now: datetime) -> Retention:
        """The law counts from the recording, not from the arrival; a day at least, for what arrives at the very end."""
        until = recorded_at + timedelta(days=self.days)
        return Retention(self.mode, max(until, now + timedelta(days=1)))


def connect(endpoint: str, access_key: str, secret_key: str, *, secure: bool, connections: int = 8) -> Minio:
    """A client that neither retries nor waits long: our retries are the camera's."""
    over = s3.pool(connections=connections, read_s=4.0)
    return s3.connect(endpoint, access_key, secret_key, secure=secure, over=over)


class Bucket:
    """`threads` bounds how many transfers run at once, `probes` is a thread apart so that health is answered under load.

    Every call ends within `timeout_s`; what does not work out is StoreUnavailable.
    """

    def __init__(
        self, client: Minio, name: str, lock: Lock, threads: Executor, probes: Executor, *, timeout_s: float = 8.0
    ) -> None:
        self._client, self._name, self._lock = client, name, lock
        self._threads, self._probes, self._timeout_s = threads, probes, timeout_s

    async def put(self, key: str, content: bytes, recorded_at: datetime) -> str:
        """Stores a new version under lock and returns its id. The lock is part of the put: there is no moment without it."""

        def put() -> str:
            result = self._client.put_object(
                self._name,
                key,
                io.BytesIO(content),
                len(content),
                part_size=ONE_PART_BYTES,
                retention=self._lock.retention(recorded_at, datetime.now(UTC)),
            )
            if not result.version_id:
                raise StoreUnavailable("the evidence bucket keeps no versions")
            return result.version_id

        return await self._run(self._threads, put)

    async def get(self, key: str, version_id: str, size_bytes: int) -> bytes:
        """One version. Raises EvidenceAltered when it is gone, or has another size than it was stored with."""

        def get() -> bytes:
            try:
                response = self._client.get_object(self._name, key, version_id=version_id)
            except S3Error as cause:
                if cause.code in GONE:
                    raise EvidenceAltered("the evidence is gone") from cause
                raise
            try:
                content = response.read(size_bytes + 1)
            finally:
                response.close()
                response.release_conn()
            if len(content) != size_bytes:
                raise EvidenceAltered("the evidence has another size than it was stored with")
            return content

        return await self._run(self._threads, get)

    async def verify_alive(self) -> None:
        """Raises StoreUnavailable unless the server answers for the bucket."""

        def probe() -> None:
            if not self._client.bucket_exists(self._name):
                raise StoreUnavailable("there is no evidence bucket")

        await self._run(self._probes, probe)

    async def _run(self, threads: Executor, act: Callable[[], Answer]) -> Answer:
        return await s3.run(threads, act, timeout_s=self._timeout_s)
