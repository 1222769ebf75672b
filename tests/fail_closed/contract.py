"""Every audited RPC there is, found in the generated contract: nobody has to remember to name a new one."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import anpr
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor

from services.common import access
from services.common.access import Rule


def _files() -> Iterator[FileDescriptor]:
    for root in map(Path, anpr.__path__):
        for file in sorted(root.rglob("*_pb2.py")):
            name = ".".join(("anpr", *file.relative_to(root).with_suffix("").parts))
            yield importlib.import_module(name).DESCRIPTOR


SERVICES = [service for file in _files() for service in file.services_by_name.values()]
METHODS: dict[str, MethodDescriptor] = {
    f"/{service.full_name}/{method.name}": method for service in SERVICES for method in service.methods
}
AUDITED: dict[str, Rule] = {path: rule for path, rule in access.rules(SERVICES).items() if rule.audited}
