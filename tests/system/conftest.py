"""What every test has: the command, and the proof that nothing of it is left."""
import ctypes
import json
import os
import re
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest

from command import group_mount, make, why_no_cgroup
from processes import BOUND_S, below, until

LEAVE_S = 10  # what ends by itself after a run (the guardian) has long done so by then
PR_SET_CHILD_SUBREAPER = 36

# Whatever a test's processes leave behind becomes our child, and is found so.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@pytest.fixture
def place():
    """A directory that every user may write to, and enter."""
    path = Path(tempfile.mkdtemp(prefix="writ-test-", dir="/tmp"))
    path.chmod(0o1777)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def probe(place):
    """A program for writ to run, and what it saw, once it has run."""
    shutil.copy(Path(__file__).with_name("probe.py"), place / "probe.py")
    seen = place / "seen.json"

    class Probe:
        words = ("/usr/bin/python3", "-I", place / "probe.py", seen)

        def saw(self):
            until(seen.exists)
            result = json.loads(seen.read_text())
            seen.unlink()
            return result
    return Probe()


@pytest.fixture(params=["cgroup", "launcher", "ordinary"])
def level(request):
    """With control groups; without, by the launcher; the same as an ordinary user."""
    if request.param == "cgroup" and why_no_cgroup():
        pytest.skip(f"no control group here: {why_no_cgroup()}")
    if request.param == "ordinary" and os.geteuid() != 0:
        pytest.skip("only root can become an ordinary user; launcher is the same to this one")
    return request.param


@pytest.fixture
def writ(request, place):
    """The command; in the containment of `level` if the test asks for that too."""
    made = make(place, request.getfixturevalue("level") if "level" in request.fixturenames else None)
    yield made
    made.close()


@pytest.fixture
def ordinary(place):
    """The command as an ordinary user runs it."""
    if os.geteuid() != 0:
        pytest.skip("only root can become an ordinary user")
    made = make(place, "ordinary")
    yield made
    made.close()


@pytest.fixture
def as_root():
    if os.geteuid() != 0:
        pytest.skip("only root may do what this test does")


def stale_groups():
    """The control groups of a writ that does not run any more."""
    mount = group_mount()
    found = set()
    for path, names, _ in os.walk(mount) if mount else ():
        for name in names:
            match = re.match(r"writ-(\d+)-", name)
            if match and not os.path.exists(f"/proc/{match[1]}"):
                found.add(f"{path}/{name}")
    return found


def reap():
    """Orphans that fell to us, and have ended."""
    try:
        while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG):
            pass
    except ChildProcessError:
        pass


@pytest.fixture(autouse=True)
def nothing_is_left():
    """No process and no control group of a test outlives it."""
    groups = stale_groups()
    yield
    end = time.monotonic() + LEAVE_S
    while True:
        reap()
        left, left_groups = below(os.getpid()), stale_groups() - groups
        if not left and not left_groups or time.monotonic() > end:
            break
        time.sleep(0.005)
    names = [repr(process) for process in left]
    while left:  # the next test must not suffer from it
        for process in left:
            process.send(signal.SIGKILL)
        until(lambda: not any(process.runs() for process in left), BOUND_S)
        left = below(os.getpid())
    reap()
    assert not names and not left_groups, f"left behind: {names} {left_groups}"
