"""Every value of the domain has a place in the contract."""

from anpr.common.v1 import plate_pb2

from services.recognition import wire
from services.recognition.reading import Colour, Layout


def test_every_colour_and_layout_has_its_own_value() -> None:
    assert set(wire.COLOURS) == set(Colour)
    assert set(wire.LAYOUTS) == set(Layout)
    assert sorted(wire.COLOURS.values()) == sorted(plate_pb2.PlateColour.values())
    assert sorted(wire.LAYOUTS.values()) == sorted(plate_pb2.PlateLayout.values())
