"""Refusals of recognition."""

from services.common.errors import TooMuch, Unavailable


class EngineBusy(TooMuch):
    """All workers are busy and enough pictures wait."""

    reason = "ENGINE_BUSY"


class EngineFailed(Unavailable):
    """The engine died or gave up on this picture, on two workers. Another try seldom helps: callers should count them."""

    reason = "ENGINE_FAILED"


class EngineCold(Unavailable):
    """No worker is up, or none can be started. Says nothing about the picture: it is SERVICE_UNAVAILABLE."""
