"""The published log in S3. Full tiles and bundles lie in a bucket under object lock and are written once; what still grows, and
the head, in another one without lock or versions.

Blocking, on a bounded pool of threads; every call ends within TIMEOUT_S, and what does not work out is StoreUnavailable.
"""

import base64
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, urlsplit

import structlog
from minio.credentials.credentials import Credentials
from minio.error import S3Error
from minio.signer import sign_v4_s3

from services.audit.errors import LogBroken
from services.common import s3
from services.common.errors import StoreUnavailable

log = structlog.get_logger()
Answer = TypeVar("Answer")

TIMEOUT_S = 10.0
THREADS = 4
MAX_READ_BYTES = 1_000_000  # of a head or a bundle; whoever may write to the open bucket may write anything
OCTETS, TEXT = "application/octet-stream", "text/plain; charset=utf-8"
EXISTS = (409, 412)  # the second is what S3 says; some servers say the first while another put of the name is under way


@dataclass(frozen=True, slots=True)
class Account:
    """Where the buckets are. lock_days: how long nobody, the operator included, can remove a full tile; prefix: of all names."""

    endpoint: str
    access_key: str
    secret_key: str
    locked_bucket: str
    open_bucket: str
    secure: bool
    lock_days: int
    prefix: str = ""


class Shelf:
    """Both buckets."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._pool = s3.pool(connections=THREADS, read_s=5.0)
        self._client = s3.connect(
            account.endpoint, account.access_key, account.secret_key, secure=account.secure, over=self._pool
        )
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="shelf")

    def close(self) -> None:
        """Waits for what is under way."""
        self._threads.shutdown()

    async def put_once(self, path: str, data: bytes) -> None:
        """Stores a file under lock; one that is there already must have these bytes. Raises LogBroken when it has others."""

        def put() -> None:
            stored = self._put_if_absent(path, data)
            if stored and stored == self._oldest_version(path):
                return  # a marker may have hidden what somebody put there before
            found = self._oldest(path, len(data) + 1)
            if found is None:
                raise StoreUnavailable("another put of this name is under way")
            if found != data:
                raise LogBroken(f"{path} lies in S3 with other bytes")

        await self._run(put)

    async def put(self, path: str, data: bytes, content_type: str = OCTETS) -> None:
        """Stores a file that may be replaced."""

        def put() -> None:
            self._client.put_object(
                self._account.open_bucket, self._name(path), io.BytesIO(data), len(data), content_type
            )

        await self._run(put)

    async def get_open(self, path: str) -> bytes | None:
        """A file that may be replaced; None when it is not there. Of one that is longer than MAX_READ_BYTES, the beginning."""
        return await self._run(lambda: self._read(self._account.open_bucket, path, None, MAX_READ_BYTES + 1))

    async def get_locked(self, path: str) -> bytes | None:
        """The first version of a file under lock: no marker and no later version hides it. None when it is not there."""
        return await self._run(lambda: self._oldest(path, MAX_READ_BYTES + 1))

    async def remove_open(self, prefix: str) -> None:
        """Removes files that may be replaced, by the beginning of their name."""

        def remove() -> None:
            for found in self._client.list_objects(
                self._account.open_bucket, prefix=self._name(prefix), recursive=True
            ):
                self._client.remove_object(self._account.open_bucket, str(found.object_name))

        await self._run(remove)

    def _put_if_absent(self, path: str, data: bytes) -> str | None:
        """The version that it was stored as; None when there is one already.

        The client cannot send If-None-Match, so this one request is signed here.
        """
        account = self._account
        scheme = "https" if account.secure else "http"
        url = urlsplit(f"{scheme}://{account.endpoint}/{account.locked_bucket}/{quote(self._name(path))}")
        digest, now = hashlib.sha256(data).hexdigest(), datetime.now(UTC)
        headers: dict[str, str | list[str] | tuple[str]] = {
            "Host": url.netloc,
            "Content-Type": OCTETS,
            "Content-MD5": base64.b64encode(
                hashlib.md5(data, usedforsecurity=False).digest()
            ).decode(),  # S3 asks for it
            "If-None-Match": "*",
            "x-amz-content-sha256": digest,
            "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
            "x-amz-object-lock-mode": "COMPLIANCE",
            "x-amz-object-lock-retain-until-date": f"{now + timedelta(days=account.lock_days):%Y-%m-%dT%H:%M:%SZ}",
        }
        credentials = Credentials(account.access_key, account.secret_key)
        signed = sign_v4_s3(
            method="PUT",
            url=url,
            region=s3.REGION,
            headers=headers,
            credentials=credentials,
            content_sha256=digest,
            date=now,
        )
        plain = {name: str(text) for name, text in signed.items()}
        answer = self._pool.request("PUT", url.geturl(), body=data, headers=plain)
        if answer.status in EXISTS:
            return None
        if answer.status != 200:
            log.warning("s3.refused", code=answer.status)
            raise StoreUnavailable("the object store refuses")
        version = answer.headers.get("x-amz-version-id")
        if not version:
            raise LogBroken("the bucket of the log keeps no versions: it was made without object lock")
        return str(version)

    def _oldest(self, path: str, most_bytes: int) -> bytes | None:
        """The first version: what comes later under this name is not the log's."""
        version = self._oldest_version(path)
        return self._read(self._account.locked_bucket, path, version, most_bytes) if version else None

    def _oldest_version(self, path: str) -> str | None:
        found = self._client.list_objects(
            self._account.locked_bucket, prefix=self._name(path), recursive=True, include_version=True
        )
        versions = [one for one in found if one.object_name == self._name(path) and not one.is_delete_marker]
        if not versions:
            return None
        # The newest is listed first, and of two in one second the time does not tell which was first.
        first = min(reversed(versions), key=lambda one: one.last_modified or datetime.max.replace(tzinfo=UTC))
        return None if first.version_id is None else str(first.version_id)

    def _read(self, bucket: str, path: str, version: str | None, most_bytes: int) -> bytes | None:
        try:
            answer = self._client.get_object(bucket, self._name(path), version_id=version)
        except S3Error as cause:
            if cause.code in ("NoSuchKey", "NoSuchVersion"):
                return None
            raise
        try:
            return bytes(answer.read(most_bytes))
        finally:
            answer.close()
            answer.release_conn()

    def _name(self, path: str) -> str:
        return self._account.prefix + path

    async def _run(self, act: Callable[[], Answer]) -> Answer:
        return await s3.run(self._threads, act, timeout_s=TIMEOUT_S)
