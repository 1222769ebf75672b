from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from services.audit import epochs
from services.audit.epochs import Epochs
from services.audit.key_files import FileEpochKeys, FileTagKeys
from services.audit.keys import KeyProblem
from tests.audit.logs import TAG_KEYS, database
from tests.engines import Scratch

NOVEMBER = "2026-11/std"


def test_an_epoch_is_a_month_in_utc() -> None:
    assert epochs.of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == NOVEMBER
    assert epochs.of(datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))) == NOVEMBER
    assert (epochs.after(NOVEMBER), epochs.after("2026-12/std"), epochs.after("2026-01/std")) == (
        "2026-12/std",
        "2027-01/std",
        "2026-02/std",
    )
    assert epochs.begin(NOVEMBER) == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.postgres
async def test_an_epoch_is_opened_once_by_all(scratch: Scratch, key_folder: Path) -> None:
    async with database(scratch, "audit_appender") as appender:
        for _ in range(2):
            await Epochs(appender, FileEpochKeys(key_folder), TAG_KEYS).open(NOVEMBER)
    assert FileEpochKeys(key_folder).has(NOVEMBER)


@pytest.mark.postgres
async def test_a_lost_key_is_not_replaced(scratch: Scratch, key_folder: Path) -> None:
    async with database(scratch, "audit_appender") as appender:
        await Epochs(appender, FileEpochKeys(key_folder), TAG_KEYS).open(NOVEMBER)
        (key_folder / "2026-11.std.key").unlink()
        with pytest.raises(KeyProblem, match="lost"):
            await Epochs(appender, FileEpochKeys(key_folder), TAG_KEYS).open(NOVEMBER)
    assert not FileEpochKeys(key_folder).has(NOVEMBER)


@pytest.mark.postgres
async def test_other_keys_than_the_first_are_refused(scratch: Scratch, key_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    FileEpochKeys(other).create(NOVEMBER)
    async with database(scratch, "audit_appender") as appender:
        await Epochs(appender, FileEpochKeys(key_folder), TAG_KEYS).open(NOVEMBER)
        for keys, tags in (
            (FileEpochKeys(other), TAG_KEYS),
            (FileEpochKeys(key_folder), FileTagKeys(bytes(32))),
        ):
            with pytest.raises(KeyProblem, match="other keys"):
                await Epochs(appender, keys, tags).open(NOVEMBER)


@pytest.mark.postgres
async def test_a_replica_that_makes_the_key_meanwhile_is_no_loss(
    scratch: Scratch, key_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database(scratch, "audit_appender") as appender:
        first, second = (Epochs(appender, FileEpochKeys(key_folder), TAG_KEYS) for _ in range(2))
        is_open = second._is_open

        async def after_the_other(epoch: str) -> bool:
            await first.open(epoch)
            return await is_open(epoch)

        monkeypatch.setattr(second, "_is_open", after_the_other)
        await second.open(NOVEMBER)
