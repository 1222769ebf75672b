"""What may be chosen when the suite is started."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of one run; none of them is remembered by the next."""

    engine: str = "networks"
    """Recognition's engine: `networks`, `paddleocr` or `standin`."""
    workers: int = 1
    """Recognition's processes."""
    second_reader: str = ""
    """`paddleocr` to ask it, too, about plates that our own reader is not sure of."""
    models: Path | None = None
    """The folder with the files of our own networks; that of the tree when None."""
    extra: tuple[tuple[str, str, str], ...] = ()
    """Further settings as (service, ANPR_ name, value); they win over ours."""
    standin: Path | None = None
    """Tests of the supervisor only: a script to run in place of every module, with the module's name as its argument."""
    unsafe_fast: bool = False
    """Tests only: PostgreSQL without fsync. A crash of the machine may lose everything."""
