"""What other programs learn about a running suite."""

import json
from pathlib import Path

import pytest

from services.local import data_folder, instance
from services.local.errors import NotRunning
from services.local.instance import PORT_NAMES, Instance


def written(folder: Path) -> Instance:
    found = Instance(folder, {name: 20000 + number for number, name in enumerate(PORT_NAMES)})
    instance.write(found)
    return found


def test_what_is_written_is_loaded_while_it_runs(tmp_path: Path) -> None:
    with data_folder.locked(tmp_path / "data") as data:
        found = written(data)
        assert instance.load(data) == found


def test_a_suite_that_ended_is_not_running(tmp_path: Path) -> None:
    with data_folder.locked(tmp_path / "data") as data:
        written(data)
    with pytest.raises(NotRunning, match=r"nothing runs in .*: start it with `anpr up`"):
        instance.load(data)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"ports": []}', '{"ports": {"gateway": "x"}}', "{}"])
def test_a_damaged_file_is_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "ports.json").write_text(content)
    assert instance.ports_of(tmp_path) == {}


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    found = written(tmp_path)
    content = json.loads((tmp_path / "ports.json").read_text())
    assert set(content) == {"gateway", *instance.SERVICES, "log", "s3", "ports"}
    assert content["gateway"] == found.gateway == "127.0.0.1:20000"
