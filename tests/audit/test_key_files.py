import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from services.audit import keys
from services.audit.key_files import FileEpochKeys, FileTagKeys
from services.audit.keys import KeyDestroyed, KeyProblem
from services.audit.seal import SealBroken

EPOCH, NEXT = "2026-11/std", "2026-12/std"


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first, second = FileEpochKeys(tmp_path), FileEpochKeys(tmp_path)
    assert not first.has(EPOCH)
    first.create(EPOCH)
    made = (tmp_path / "2026-11.std.key").read_bytes()
    second.create(EPOCH)
    assert (tmp_path / "2026-11.std.key").read_bytes() == made
    assert len(made) == 32
    assert stat.S_IMODE((tmp_path / "2026-11.std.key").stat().st_mode) == 0o600
    assert first.has(EPOCH)
    assert [file.name for file in tmp_path.iterdir()] == ["2026-11.std.key"]


def test_processes_that_make_a_key_at_once_agree(tmp_path: Path) -> None:
    rivals = [FileEpochKeys(tmp_path) for _ in range(8)]
    threads = [Thread(target=rival.create, args=(EPOCH,)) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({rival.check(EPOCH) for rival in rivals}) == 1


def test_a_secret_is_read_under_its_epoch_only(tmp_path: Path) -> None:
    epoch_keys, entry_id = FileEpochKeys(tmp_path), uuid4()
    for epoch in (EPOCH, NEXT):
        epoch_keys.create(epoch)
    wrapped = epoch_keys.wrap(EPOCH, entry_id, bytes(32))
    assert epoch_keys.unwrap(EPOCH, entry_id, wrapped) == bytes(32)
    with pytest.raises(SealBroken):
        epoch_keys.unwrap(NEXT, entry_id, wrapped)


def test_a_missing_or_short_key_is_a_problem(tmp_path: Path) -> None:
    epoch_keys = FileEpochKeys(tmp_path)
    with pytest.raises(KeyProblem, match="missing"):
        epoch_keys.check(EPOCH)
    (tmp_path / "2026-11.std.key").write_bytes(bytes(31))
    with pytest.raises(KeyProblem, match="32 bytes"):
        epoch_keys.check(EPOCH)


@pytest.mark.parametrize("epoch", ["", "../../etc/passwd", "2026-11/../x", "2026-11", "2026-13/std", "2026-11/std\n"])
def test_what_is_no_epoch_names_no_file(tmp_path: Path, epoch: str) -> None:
    with pytest.raises(KeyProblem, match="no name of an epoch"):
        FileEpochKeys(tmp_path).has(epoch)


def test_tags_differ_by_key_epoch_field_and_value() -> None:
    made = {
        FileTagKeys(bytes([key]) * 32).tag(epoch, field, value)
        for key in (1, 2)
        for epoch in (EPOCH, NEXT)
        for field in ("actor", "plate")
        for value in ("1ABC234", "1ABC235")
    }
    assert len(made) == 16
    tag = FileTagKeys(bytes(32)).tag(EPOCH, "plate", "1ABC234")
    assert tag == keys.tag(keys.tag_key(bytes(32), EPOCH, "plate"), "1ABC234")
    assert tag.hex() == "42c02b5d17216cf14a1aad5ce891d8f70d341586c9df3bc4d1808b43716a6df8"


def test_a_key_check_gives_no_key_away(tmp_path: Path) -> None:
    epoch_keys = FileEpochKeys(tmp_path)
    epoch_keys.create(EPOCH)
    key = (tmp_path / "2026-11.std.key").read_bytes()
    assert epoch_keys.check(EPOCH) == keys.check(key, EPOCH) != key


def test_a_destroyed_key_is_gone_for_every_process_and_never_made_again(tmp_path: Path) -> None:
    first, second, entry_id = FileEpochKeys(tmp_path), FileEpochKeys(tmp_path), uuid4()
    first.create(EPOCH)
    wrapped = second.wrap(EPOCH, entry_id, bytes(32))
    for _ in range(2):
        first.destroy(EPOCH)
    assert [file.name for file in tmp_path.iterdir()] == ["2026-11.std.destroyed"]
    for replica in (first, second, FileEpochKeys(tmp_path)):
        assert (replica.has(EPOCH), replica.is_destroyed(EPOCH)) == (False, True)
        attempts: tuple[Callable[[], object], ...] = (
            partial(replica.create, EPOCH),
            partial(replica.check, EPOCH),
            partial(replica.wrap, EPOCH, entry_id, bytes(32)),
            partial(replica.unwrap, EPOCH, entry_id, wrapped),
        )
        for attempt in attempts:
            with pytest.raises(KeyDestroyed):
                attempt()
    assert second._read == {}
    first.create(NEXT)
    assert second.has(NEXT)


def test_a_key_in_memory_is_not_used_when_it_was_destroyed_without_a_question_in_between(tmp_path: Path) -> None:
    first, second = FileEpochKeys(tmp_path), FileEpochKeys(tmp_path)
    first.create(EPOCH)
    second.check(EPOCH)
    first.destroy(EPOCH)
    with pytest.raises(KeyDestroyed):
        second.wrap(EPOCH, uuid4(), bytes(32))


@pytest.mark.parametrize("died", ["before the zeros", "after the zeros"])
def test_a_destruction_that_was_interrupted_destroys_and_is_made_again(tmp_path: Path, died: str) -> None:
    epoch_keys, file = FileEpochKeys(tmp_path), tmp_path / "2026-11.std.key"
    epoch_keys.create(EPOCH)
    (tmp_path / "2026-11.std.destroyed").touch()
    if died == "after the zeros":
        file.write_bytes(bytes(32))
    assert (epoch_keys.has(EPOCH), epoch_keys.is_destroyed(EPOCH)) == (False, False)
    with pytest.raises(KeyDestroyed):
        epoch_keys.check(EPOCH)
    epoch_keys.destroy(EPOCH)
    assert (epoch_keys.is_destroyed(EPOCH), file.exists()) == (True, False)


def test_the_bytes_are_written_over_under_every_name_of_the_file(tmp_path: Path) -> None:
    """A kill while the key was made leaves a second name of the same file."""
    epoch_keys, elsewhere = FileEpochKeys(tmp_path), tmp_path / "elsewhere"
    epoch_keys.create(EPOCH)
    (tmp_path / ".0123456789abcdef.draft").hardlink_to(tmp_path / "2026-11.std.key")
    elsewhere.hardlink_to(tmp_path / "2026-11.std.key")
    epoch_keys.destroy(EPOCH)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["2026-11.std.destroyed", "elsewhere"]
    assert elsewhere.read_bytes() == bytes(32)
