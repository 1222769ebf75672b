"""Pictures from outside: what they are, checked before anything is decoded, and their pixels."""

from collections.abc import Callable
from typing import TypeVar

from services.common import raster
from services.common.errors import Invalid
from services.common.raster import DEFAULT_LIMITS, Header, Limits, Pixels

Found = TypeVar("Found")


class PictureUnreadable(Invalid):
    """The bytes are no picture that can be decoded whole."""

    reason = "PICTURE_UNREADABLE"


class PictureTooLarge(Invalid):
    """Too many bytes or pixels."""

    reason = "PICTURE_TOO_LARGE"


def inspect(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Kind and size from the header; costs no decoding, so a damaged body goes unnoticed here.

    Raises PictureUnreadable or PictureTooLarge.
    """
    return _refused(raster.inspect, content, limits)


def verify(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Kind and size of a picture that decodes whole. Raises PictureUnreadable or PictureTooLarge."""
    return _refused(raster.verify, content, limits)


def decode(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Pixels:
    """The first frame as BGR, uint8, height x width x 3, the right way up. Raises PictureUnreadable or PictureTooLarge."""
    return _refused(raster.decode, content, limits)


def _refused(look: Callable[[bytes, Limits], Found], content: bytes, limits: Limits) -> Found:
    try:
        return look(content, limits)
    except raster.TooLarge as cause:
        raise PictureTooLarge(str(cause)) from cause
    except raster.Unreadable as cause:
        raise PictureUnreadable(str(cause)) from cause
