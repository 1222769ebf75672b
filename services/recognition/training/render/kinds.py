"""What kinds of plates there are, and how often each is drawn."""

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

from numpy.random import Generator

from services.recognition.training.render import (
    belgium,
    britain,
    europe,
    finish,
    france,
    germany,
    invented,
    netherlands,
)
from services.recognition.training.render.chance import Weighted
from services.recognition.training.render.design import Design

# Light text on dark, few characters and layouts that no country has are the hardest to find and to read: they are drawn more
# often than they are seen. REST: share of the rest of Europe.
REST = 20.0
Designer = Callable[[Generator], Design]
_TABLE: tuple[tuple[str, float, Designer], ...] = (
    ("BE_STD_2010", 16.0, belgium.standard),
    ("BE_STD_2010_SQUARE", 3.2, belgium.standard_square),
    ("BE_MOTO", 2.0, belgium.motorcycle),
    ("BE_MOPED", 1.2, belgium.moped),
    ("BE_MOPED_SMALL", 2.0, belgium.small_moped),
    ("BE_STD_2010_REV", 0.75, belgium.reversed_standard),
    ("BE_STD_INDEX_LAST", 0.75, belgium.index_last),
    ("BE_1973", 1.4, belgium.of_1973),
    ("BE_2008", 0.8, belgium.of_2008),
    ("BE_1962", 0.75, belgium.before_1973),
    ("BE_OLDTIMER", 0.8, belgium.oldtimer),
    ("BE_TAXI", 0.75, belgium.taxi),
    ("BE_VVB", 1.2, belgium.hired_with_driver),
    ("BE_TRAILER", 0.8, belgium.trailer),
    ("BE_AGRI", 2.4, belgium.tractor),
    ("BE_COMM", 0.8, belgium.commercial),
    ("BE_TEMP_SHORT", 3.0, belgium.short_term),
    ("BE_NATIONAL", 2.4, belgium.national),
    ("BE_INTL", 0.75, belgium.international),
    ("BE_PERS_2010", 0.75, belgium.personalised_2010),
    ("BE_PERS", 1.6, belgium.personalised),
    ("BE_CD", 0.8, belgium.diplomatic),
    ("BE_EUR", 0.3, belgium.eurocontrol),
    ("BE_COURT", 2.4, belgium.court),
    ("NL", 5.0, netherlands.dutch),
    ("NL_TWO_LINES", 1.6, netherlands.dutch_two_lines),
    ("FR", 5.2, france.siv),
    ("FR_TWO_LINES", 1.4, france.siv_two_lines),
    ("FR_FNI", 0.8, france.fni),
    ("DE", 5.4, germany.german),
    ("DE_TWO_LINES", 1.8, germany.german_two_lines),
    ("LU", 2.2, netherlands.luxembourgish),
    ("GB", 3.0, britain.british),
    ("GB_TWO_LINES", 1.0, britain.british_two_lines),
    ("GB_1973", 0.6, britain.before_1973),
    *((issue.name, issue.weight / europe.TOTAL * REST, partial(europe.issued, issue=issue)) for issue in europe.ISSUES),
    ("random", 15.0, invented.random),
    ("foreign", 14.0, invented.foreign),
)
WEIGHTS = MappingProxyType({name: weight for name, weight, _ in _TABLE})
_DESIGNERS = {name: designer for name, _, designer in _TABLE}
_CHANCES = Weighted(*WEIGHTS.items())


def design(rng: Generator, kind: str | None = None) -> Design:
    """Designs a plate of a kind, or of one that chance picks. KeyError for an unknown kind."""
    return finish.finished(rng, _DESIGNERS[kind if kind is not None else _CHANCES.pick(rng)](rng))
