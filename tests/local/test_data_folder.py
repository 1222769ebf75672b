"""The data directory belongs to one supervisor of one user."""

import os
from pathlib import Path

import pytest

from services.local import data_folder
from services.local.errors import AlreadyRunning, LocalError


def test_it_is_made_for_us_alone(tmp_path: Path) -> None:
    with data_folder.locked(tmp_path / "a" / "b") as data:
        assert data == tmp_path / "a" / "b"
        assert data.stat().st_mode & 0o777 == 0o700


def test_a_second_lock_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with data_folder.locked(folder):
        assert data_folder.is_locked(folder)
        with pytest.raises(AlreadyRunning, match="another `anpr up` runs in"), data_folder.locked(folder):
            pass
    assert not data_folder.is_locked(folder)
    with data_folder.locked(folder):
        pass


def test_the_lock_leaves_nothing_behind(tmp_path: Path) -> None:
    with data_folder.locked(tmp_path / "data") as data:
        assert list(data.iterdir()) == []


def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"picture")
    with pytest.raises(LocalError, match="not empty and was not made by"), data_folder.locked(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(LocalError, match="can be written by other users"), data_folder.locked(folder):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    with pytest.raises(LocalError, match="belongs to another user"), data_folder.locked(folder):
        pass


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="cannot be used as data directory"), data_folder.locked(tmp_path / "file"):
        pass
