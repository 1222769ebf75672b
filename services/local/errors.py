"""What the supervisor refuses or fails at. Every message is one line for the person at the terminal."""


class LocalError(Exception):
    """Any failure of the one-machine suite that a person can act on."""


class AlreadyRunning(LocalError):
    """Another supervisor, or what it left running, holds this data directory."""


class NotRunning(LocalError):
    """No instance file, or none that can be read, lies in this data directory."""


class EngineMissing(LocalError):
    """An engine's program is not installed in this environment."""


class EngineFailed(LocalError):
    """An engine or a service could not be started, or did not become ready in time."""


class NoAccount(LocalError):
    """Root cannot hand PostgreSQL to an unprivileged account on this machine."""
