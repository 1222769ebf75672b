"""Why a bench gives no row."""


class PeerMissing(Exception):
    """The peer is not installed; the text says why."""
