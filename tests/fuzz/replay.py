"""One case again, out of the file that it was written to."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fuzz import calls, probe, probes, sockets
from tests.fuzz.calls import Lines
from tests.fuzz.tally import Outcome, unpacked
from tests.fuzz.town import Town


def read(file: Path) -> Mapping[str, Any]:
    """The case in the file."""
    said: Mapping[str, Any] = json.loads(file.read_text())
    return said


def needs_suite(said: Mapping[str, Any]) -> bool:
    """Whether it goes over the wire."""
    return str(said["kind"]) != "probe"


def within(said: Mapping[str, Any]) -> Outcome:
    """A case of a function."""
    return probe.examine(probes.everything()[said["door"]], unpacked(said["content"]))


async def over_the_wire(said: Mapping[str, Any], town: Town) -> Outcome:
    """A case of a running suite."""
    if said["kind"] == "socket":
        connection = sockets.decode(said)
        ports = town.ports()
        name = next(name for name in ports if name.partition(":")[0] == connection.server.partition(":")[0])
        return await sockets.send(connection, ("127.0.0.1", ports[name]))
    async with Lines(town.addresses()) as lines:
        return await lines.send(calls.decode(said))
