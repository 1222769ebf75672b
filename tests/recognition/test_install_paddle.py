"""The set-up of the Paddle environment: quick when nothing changed, done again when it broke off, clear when it fails."""

import re
from pathlib import Path

import pytest

from services.recognition import install_paddle
from services.recognition.install_paddle import REQUIREMENTS, STAMP, Failed, stamp

Installs = list[Path]


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> Installs:
    """The folders that would be installed into; the installation itself only writes its stamp."""
    done: Installs = []

    def install(folder: Path, wanted: str) -> None:
        done.append(folder)
        folder.mkdir(exist_ok=True)
        (folder / STAMP).write_text(wanted)

    monkeypatch.setattr(install_paddle, "install", install)
    return done


def test_what_is_installed_is_not_installed_again(tmp_path: Path, installs: Installs) -> None:
    folder = tmp_path / "venv"
    assert [install_paddle.main(folder) for _ in range(3)] == [0, 0, 0]
    assert installs == [folder]


@pytest.mark.parametrize("left", [None, "", "0" * 64])
def test_what_broke_off_or_is_of_another_version_is_installed_again(
    tmp_path: Path, installs: Installs, left: str | None
) -> None:
    if left is not None:
        (tmp_path / STAMP).write_text(left)
    assert install_paddle.main(tmp_path) == 0
    assert installs == [tmp_path]
    assert (tmp_path / STAMP).read_text() == stamp()


def test_a_step_that_fails_is_named_and_leaves_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: str) -> None:
        if arguments[0] == "pip":
            raise Failed("uv pip install ended with status 2\nno such index")

    monkeypatch.setattr(install_paddle, "_uv", broken)
    (tmp_path / STAMP).write_text("of another version")
    assert install_paddle.main(tmp_path) == 1
    assert "could not be installed: uv pip install ended with status 2\nno such index" in capsys.readouterr().err
    assert not (tmp_path / STAMP).exists()


@pytest.mark.parametrize("command", [["no-such-program"], ["sh", "-c", "echo out of space >&2; exit 3"]])
def test_a_command_that_fails_says_why(command: list[str | Path]) -> None:
    with pytest.raises(Failed, match=r"the step.*(No such file|status 3\nout of space)"):
        install_paddle._run("the step", command, {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("name", sorted(file.name for file in REQUIREMENTS.glob("paddle*.txt")))
def test_requirements_are_hashed_and_name_no_registry(name: str) -> None:
    text = (REQUIREMENTS / name).read_text()
    assert "://" not in text
    pinned = re.findall(r"^[a-z0-9][\w.-]*==\S+.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-zA-Z0-9]", text, re.MULTILINE)) > 0
