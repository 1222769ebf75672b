"""How much may go on at once."""

import pytest

from services.common.errors import TooMuch
from services.common.limit import Limit


def test_each_key_has_its_own_places_and_gets_them_back() -> None:
    limit = Limit(2, "too many")
    with limit.held("a"), limit.held("b"), limit.held("a"):
        for _ in range(2):
            with pytest.raises(TooMuch), limit.held("a"):
                raise AssertionError("there was no place")
        with limit.held("b"):
            pass
    with limit.held("a"), limit.held("a"):
        pass


def test_a_place_is_given_back_when_the_work_fails() -> None:
    limit = Limit(1, "too many")
    for _ in range(3):
        with pytest.raises(KeyError), limit.held():
            raise KeyError
