"""Looks whether the evidence bucket keeps what is put under lock: it has versions and object lock. Changes nothing.

    python verify_bucket.py ENDPOINT BUCKET FOLDER      the folder holds access-key and secret-key

The identity needs GetBucketVersioning and GetBucketObjectLockConfiguration.

Exit status 1, with one line that says why, when evidence could be removed before its time, or the store does not answer.
"""

import sys
from pathlib import Path

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import MinioException, S3Error

NO_LOCK = "ObjectLockConfigurationNotFoundError"


class Unlocked(Exception):
    """The bucket does not keep what is put into it."""


def main(endpoint: str, bucket: str, folder: str, *, secure: bool = True) -> int:
    """Exit status."""
    access_key, secret_key = ((Path(folder) / name).read_text().strip() for name in ("access-key", "secret-key"))
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5.0, read=10.0), retries=False)
    client = Minio(
        endpoint, access_key=access_key, secret_key=secret_key, secure=secure, region="us-east-1", http_client=pool
    )
    try:
        verify(client, bucket)
    except (Unlocked, MinioException, urllib3.exceptions.HTTPError) as cause:
        sys.stderr.write(f"{bucket}: {cause}\n")
        return 1
    sys.stdout.write(f"{bucket}: versions and object lock are on\n")
    return 0


def verify(client: Minio, bucket: str) -> None:
    """Raises Unlocked, or what the client raises."""
    if client.get_bucket_versioning(bucket).status != ENABLED:
        raise Unlocked("versions are off: what is stored again replaces what was there")
    try:
        client.get_object_lock_config(bucket)
    except S3Error as cause:
        if cause.code != NO_LOCK:
            raise
        raise Unlocked("object lock is off: make the bucket anew, it cannot be turned on later") from cause


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
