"""S3 through the blocking minio client: how a service connects, and what its failures are."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

import structlog
import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from services.common.errors import StoreUnavailable

log = structlog.get_logger()
Answer = TypeVar("Answer")

REGION = "us-east-1"  # named, so that the client does not ask the server before its first request


def pool(*, connections: int, read_s: float) -> urllib3.PoolManager:
    """Connections that neither retry nor wait long: the client's own retries hide a dead server for 7 s."""
    timeout = urllib3.Timeout(connect=2.0, read=read_s)
    return urllib3.PoolManager(timeout=timeout, retries=False, maxsize=connections, block=False)


def connect(endpoint: str, access_key: str, secret_key: str, *, secure: bool, over: urllib3.PoolManager) -> Minio:
    """A client over these connections."""
    return Minio(endpoint, access_key, secret_key, secure=secure, region=REGION, http_client=over)


async def run(threads: Executor, act: Callable[[], Answer], *, timeout_s: float) -> Answer:
    """Runs a blocking call. Raises StoreUnavailable when the server refuses, does not answer, or takes longer."""
    try:
        async with asyncio.timeout(timeout_s):
            return await asyncio.get_running_loop().run_in_executor(threads, act)
    except S3Error as cause:
        log.warning("s3.refused", code=cause.code)
        raise StoreUnavailable("the object store refuses") from cause
    except (MinioException, urllib3.exceptions.HTTPError, OSError, TimeoutError) as cause:
        log.warning("s3.failed", kind=type(cause).__name__)
        raise StoreUnavailable("the object store does not answer") from cause
