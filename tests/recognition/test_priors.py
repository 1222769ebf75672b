"""Countries are likely by region, by camera, and by how their plates look."""

import pytest

from services.recognition import priors
from services.recognition.alphabet import COUNTRIES
from services.recognition.priors import BELGIAN_ROADS, CountryPrior
from services.recognition.reading import CountryShare


def looks(**shares: float) -> tuple[CountryShare, ...]:
    return tuple(CountryShare(country, share) for country, share in shares.items())


@pytest.mark.parametrize("country", ["", "BE"])
def test_belgium_is_home(country: str) -> None:
    assert priors.region(country) == BELGIAN_ROADS


def test_abroad_the_plates_of_the_country_count_more() -> None:
    assert priors.region("NL").factor("NL") == priors.ABROAD_FACTOR
    assert priors.region("NL").factor("BE") == 1


def test_a_camera_may_have_a_prior_of_its_own() -> None:
    border = CountryPrior((("LU", 20.0),))
    assert (border.factor("LU"), border.factor("FR")) == (20.0, 1.0)


def test_looks_count_by_how_far_they_are_from_what_was_trained() -> None:
    belgian = looks(BE=0.97, NL=0.02)
    assert priors.by_looks(belgian, "BE") > 1 > priors.by_looks(belgian, "FR")
    assert priors.by_looks((), "BE") == 1
    assert priors.by_looks(looks(SK=0.97), "SK") > priors.by_looks(belgian, "BE")


def test_a_plate_that_looks_slovak_gets_no_belgian_grammar() -> None:
    assert not priors.allows_grammar(looks(SK=0.97, BE=0.01), "BE")
    assert priors.allows_grammar(looks(SK=0.97), "SK")
    assert priors.allows_grammar((), "BE")


def test_only_sure_looks_name_a_country() -> None:
    assert priors.sure(looks(SK=0.97)) == "SK"
    assert priors.sure(looks(SK=0.6, CZ=0.4)) == ""


def test_the_countries_are_the_network_s() -> None:
    assert set(priors.TRAINED) <= set(COUNTRIES)
