"""A trained network in an ONNX file: one thread, its metadata, and the digest of its file."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.recognition.calibration import TEMPERATURES, Isotonic
from services.recognition.providers import PROVIDERS

METADATA = "anpr"
# Of what goes with every read.
MAX_VERSION_CHARACTERS = 64
# Least serious first: 0 verbose ... 4 fatal. What ONNX Runtime says of a broken file comes as an exception too.
LOG_SEVERITY = 4


class NetworkBroken(ValueError):
    """The file is no network of ours."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was fitted after training and travels with the network. temperature: what to divide its logits by."""

    temperature: float = 1.0
    calibration: Isotonic = field(default_factory=Isotonic)


class Network:
    """Made from the bytes of a file, so that what runs is what the digest is of."""

    def __init__(self, content: bytes, provider: str = "cpu") -> None:
        """provider: of PROVIDERS, and there (`verify_provider`). Raises NetworkBroken."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = LOG_SEVERITY
        # Where weights outside of the file are looked for: the digest is not of them.
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=list(PROVIDERS[provider]))
            told = self._session.get_modelmeta().custom_metadata_map
            self.metadata: Mapping[str, Any] = dict(json.loads(told.get(METADATA, "{}")))
        except Exception as cause:  # ONNX Runtime's exceptions have no base of their own
            raise NetworkBroken("the file holds no network that can be run") from cause
        # Without a library that it needs, a provider gives way to the CPU and says so nowhere.
        if self._session.get_providers()[0] != PROVIDERS[provider][0]:
            raise NetworkBroken(f"{PROVIDERS[provider][0]} cannot be used here: a library or a device is missing")
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.sha256 = hashlib.sha256(content).hexdigest()
        if len(self.version) > MAX_VERSION_CHARACTERS or not self.version.isprintable():
            raise NetworkBroken(f"the network's version is no line of at most {MAX_VERSION_CHARACTERS} characters")

    @classmethod
    def load(cls, file: Path, provider: str = "cpu") -> "Network":
        """The network in a file. Raises OSError or NetworkBroken."""
        return cls(file.read_bytes(), provider)

    def run(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name, for BGR pixels (uint8, N x height x width x 3)."""
        answers = self._session.run(self._outputs, {"pixels": np.ascontiguousarray(pixels)})
        return dict(zip(self._outputs, answers, strict=True))

    @property
    def version(self) -> str:
        """As its trainer named it; else the begin of its digest."""
        return str(self.metadata.get("version") or self.sha256[:12])

    @property
    def fitted(self) -> Fitted:
        """What was fitted after training. Raises NetworkBroken when it makes no sense."""
        try:
            curve = self.metadata.get("calibration") or {"knots": (), "values": ()}
            calibration = Isotonic(tuple(map(float, curve["knots"])), tuple(map(float, curve["values"])))
            temperature = float(self.metadata.get("temperature", 1.0))
        except (TypeError, KeyError, ValueError) as cause:
            raise NetworkBroken("the network's calibration makes no sense") from cause
        if not TEMPERATURES[0] <= temperature <= TEMPERATURES[1]:
            raise NetworkBroken("the network's temperature makes no sense")
        if not all(0 <= number <= 1 for number in (*calibration.knots, *calibration.values)):
            raise NetworkBroken("the network's calibration is not of probabilities")
        return Fitted(temperature, calibration)
