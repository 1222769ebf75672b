"""What ONNX Runtime may run the networks on."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType

CPU = "CPUExecutionProvider"
# What a provider cannot run, the CPU does.
PROVIDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"cpu": (CPU,), "cuda": ("CUDAExecutionProvider", CPU), "openvino": ("OpenVINOExecutionProvider", CPU)}
)
ASK = "import onnxruntime; print(*onnxruntime.get_available_providers())"


class ProviderMissing(Exception):
    """ONNX Runtime was built, or installed, without this provider."""


def verify_provider(provider: str) -> None:
    """Raises ProviderMissing, in words for who chose it."""
    wanted, there = PROVIDERS[provider][0], available()
    if wanted not in there:
        has = ", ".join(there) or "none"
        raise ProviderMissing(
            f"ANPR_PROVIDER={provider} needs an ONNX Runtime with {wanted}; the installed one has {has}"
        )


def available() -> tuple[str, ...]:
    """The providers of the installed ONNX Runtime. Asked in a process of its own: a service needs no 100 MB of it."""
    if importlib.util.find_spec("onnxruntime") is None:
        return ()
    environment = os.environ | {"ORT_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK], capture_output=True, text=True, check=False, env=environment
    )
    return tuple(done.stdout.split())
