"""What every test of the package has: nothing of it is left behind, and a fresh
interpreter for what cannot be tried in this one."""
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("WRIT_BUILD", ROOT / "build")).resolve()
sys.path.insert(0, str(ROOT / "tests" / "system"))  # its modules are ours too
sys.path.insert(0, str(BUILD / "python"))

from processes import below, until  # noqa: E402
from writd import place, writd  # noqa: E402, F401

LEAVE_S = 10
PR_SET_CHILD_SUBREAPER = 36

# Whatever a test's processes leave behind becomes our child, and is found so.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def is_guardian(process):
    """One for each host, and hosts are kept."""
    return process.words[:2] == ["writ-launcher", "guard"]


def left():
    return [process for process in below(os.getpid()) if not is_guardian(process)]


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    end = time.monotonic() + LEAVE_S
    while left() and time.monotonic() < end:
        time.sleep(0.002)
    names = [repr(process) for process in left()]
    for process in left():  # the next test must not suffer from it
        process.send(signal.SIGKILL)
    until(lambda: not left())
    assert not names, f"left behind: {names}"


@pytest.fixture
def script(tmp_path):
    """Runs a text of Python in an interpreter of its own; returns what it printed.

    It must end with 0, and write nothing to standard error.
    """
    def run(text, *args, status=0, seconds=120, env=None):
        done = subprocess.run(["/usr/bin/python3", "-B", "-X", "dev", "-c", text, *map(str, args)],
                              cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(BUILD / "python"),
                                                 **(env or {})},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=seconds, text=True)
        assert (done.returncode, done.stderr) == (status, ""), done
        return done.stdout
    return run


@pytest.fixture(params=["cgroup", "launcher"])
def level(request, monkeypatch):
    """With control groups and without: by the launcher."""
    from command import why_no_cgroup
    if request.param == "cgroup" and why_no_cgroup():
        pytest.skip(f"no control group here: {why_no_cgroup()}")
    monkeypatch.setenv("WRIT_CGROUP", "none" if request.param == "launcher" else "")
    return request.param


@pytest.fixture(scope="session")
def noop(tmp_path_factory):
    """A program that does nothing, without libc: what is seen is the running of it."""
    path = tmp_path_factory.mktemp("noop") / "noop"
    subprocess.run(["cc", "-O2", "-static", "-nostdlib", "-o", path, ROOT / "bench" / "noop.c"],
                   check=True)
    return path
