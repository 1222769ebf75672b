"""Children: a bare environment, a session of their own, and no life after ours."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.local import kernel, process
from services.local.errors import EngineFailed
from services.local.process import Program

GRANDPARENT = """
import sys, time
from pathlib import Path
from services.local import process
folder = Path(sys.argv[1])
child = process.spawn(process.Program("sleeper", ("/bin/sleep", "600"), folder, folder / "log"))
print(child.pid, flush=True)
time.sleep(600)
"""


def program(folder: Path, *command: str, **changes: object) -> Program:
    return Program("sample", command, folder, folder / "sample.log", **changes)  # type: ignore[arg-type]


def python(folder: Path, code: str, **changes: object) -> Program:
    return program(folder, sys.executable, "-c", code, **changes)


def is_gone(pid: int) -> bool:
    try:
        return kernel.entry(pid).is_dead
    except ProcessLookupError:
        return True


def await_gone(*pids: int) -> None:
    deadline = time.monotonic() + 20
    while not all(is_gone(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in pids if not is_gone(pid)]}"
        time.sleep(0.02)


def await_line(path: Path) -> str:
    deadline = time.monotonic() + 20
    while not path.exists() or not path.read_text().endswith("\n"):
        assert time.monotonic() < deadline, f"nothing in {path}"
        time.sleep(0.02)
    return path.read_text().splitlines()[0]


def test_a_child_sees_only_what_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANPR_SECRET", "AWS_SECRET_ACCESS_KEY", "HTTP_PROXY", "PGPASSWORD"):
        monkeypatch.setenv(name, "leak")
    process.run(
        python(tmp_path, "import json, os; print(json.dumps(dict(os.environ)))", environment=(("ANPR_LISTEN", "x"),)),
        20,
    )
    seen = json.loads((tmp_path / "sample.log").read_text())
    assert seen["ANPR_LISTEN"] == "x"
    assert "leak" not in seen.values()


def test_a_log_is_for_us_alone(tmp_path: Path) -> None:
    process.run(program(tmp_path, "/bin/true"), 20)
    assert (tmp_path / "sample.log").stat().st_mode & 0o777 == 0o600


def test_a_failing_program_is_an_error_that_names_its_log(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"exit 3: see .*sample\.log"):
        process.run(program(tmp_path, "/bin/sh", "-c", "exit 3"), 20)


def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="took too long"):
        process.run(python(tmp_path, "import os, time; print(os.getpid(), flush=True); time.sleep(600)"), 0.5)
    if lines := (tmp_path / "sample.log").read_text().split():
        assert is_gone(int(lines[0]))


def test_a_child_that_ignores_its_stop_signal_is_killed_with_all_it_started(tmp_path: Path) -> None:
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = subprocess.Popen(['/bin/sleep', '600'])\n"
        "print(grandchild.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    child = process.spawn(python(tmp_path, code, grace_s=0.1))
    grandchild = int(await_line(tmp_path / "sample.log"))
    process.end(child)
    await_gone(child.pid, grandchild)


def test_what_a_killed_program_leaves_lying_is_removed(tmp_path: Path) -> None:
    litter = tmp_path / "socket"
    child = process.spawn(
        python(tmp_path, "open('socket', 'w').close(); print(1, flush=True); input(); ", litter=(litter,))
    )
    await_line(tmp_path / "sample.log")
    process.kill(child)
    assert not litter.exists()


def test_a_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", GRANDPARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not is_gone(child)
        parent.send_signal(signal.SIGKILL)
    await_gone(child)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes identity")
@pytest.mark.parametrize("mode", ["search", "override"])
def test_root_hands_over_all_but_one_capability(tmp_path: Path, mode: str) -> None:
    from services.local.account import Account  # noqa: PLC0415

    code = "print(open('/proc/self/status').read())"
    closed = Account(f"{mode}:65534:65534", 65534, 65534)
    process.run(python(tmp_path, code, account=closed), 20)
    lines = dict(line.split(":\t") for line in (tmp_path / "sample.log").read_text().splitlines() if ":\t" in line)
    assert lines["Uid"].split() == ["65534"] * 4
    assert lines["Groups"].strip() == ""
    assert int(lines["CapEff"], 16) == int(lines["CapPrm"], 16) == {"search": 1 << 2, "override": 1 << 1}[mode]
