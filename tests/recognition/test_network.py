"""A file is refused whose metadata, or whose weights, cannot be trusted."""

import json
from pathlib import Path

import pytest

from services.recognition.network import MAX_VERSION_CHARACTERS, Network, NetworkBroken
from tests.recognition.onnx_files import network


def test_its_metadata_may_be_missing() -> None:
    found = Network(network())
    assert found.version == found.sha256[:12]
    assert found.fitted.calibration.applied(0.3) == 0.3


@pytest.mark.parametrize("metadata", ["", "{", "null", "7", '"text"', "[" * 100_000], ids=range(6))
def test_metadata_that_is_no_object_is_refused(metadata: str) -> None:
    with pytest.raises(NetworkBroken):
        Network(network(metadata))


@pytest.mark.parametrize("version", ["x" * (MAX_VERSION_CHARACTERS + 1), "x" * 1_000_000, "1\n2", "1\0", "\ud800"])
def test_a_version_that_no_read_can_carry_is_refused(version: str) -> None:
    with pytest.raises(NetworkBroken, match="version"):
        Network(network(json.dumps({"version": version})))
    assert Network(network(json.dumps({"version": "x" * MAX_VERSION_CHARACTERS}))).version


@pytest.mark.parametrize("temperature", ["NaN", "Infinity", "-1", "0", "1e-320", "1e308", "null", '"x"', "[1]"])
def test_a_temperature_that_nothing_fits_is_refused(temperature: str) -> None:
    with pytest.raises(NetworkBroken):
        _ = Network(network(f'{{"temperature": {temperature}}}')).fitted


@pytest.mark.parametrize("knots", ["[0, 1]", "[NaN, 1]", "[0, 2]"])
@pytest.mark.parametrize("values", ["[0, Infinity]", "[NaN, NaN]", "[-5, -4]", "[5, 7]", "[1]", "7", "null"])
def test_a_curve_that_is_not_of_probabilities_is_refused(knots: str, values: str) -> None:
    with pytest.raises(NetworkBroken):
        _ = Network(network(f'{{"calibration": {{"knots": {knots}, "values": {values}}}}}')).fitted


def test_weights_in_another_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest would not be of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").write_bytes(bytes(16))
    (tmp_path / "folder").mkdir()
    for place in ("weights", "folder/../weights", f"../{tmp_path.name}/weights", str(tmp_path / "weights")):
        with pytest.raises(NetworkBroken):
            Network(network(weights_in=place))
