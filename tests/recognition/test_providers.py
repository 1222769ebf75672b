"""What the networks may run on is known before the first worker starts."""

import pytest

from services.recognition.providers import ProviderMissing, verify_provider


def test_a_provider_that_is_not_installed_is_said_so() -> None:
    verify_provider("cpu")
    with pytest.raises(ProviderMissing, match="ANPR_PROVIDER=openvino needs an ONNX Runtime with OpenVINO"):
        verify_provider("openvino")


def test_without_onnx_runtime_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ProviderMissing, match="has none"):
        verify_provider("cpu")
