"""What every test has: the command, and the proof that nothing of it is left."""
import ctypes
import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest

from command import group_mount, make, why_no_cgroup
from processes import BOUND_S, Process, below, children, until

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


@pytest.fixture(autouse=True, scope="session")
def group():
    """A control group for us alone: whatever others run here meanwhile is elsewhere."""
    if why_no_cgroup():
        yield None
        return
    before = Path(f"{group_mount()}{Process(os.getpid()).cgroup()}")
    own = before / f"tests-{os.getpid()}"
    own.mkdir()
    (own / "cgroup.procs").write_text(str(os.getpid()))
    yield own
    (before / "cgroup.procs").write_text(str(os.getpid()))
    own.rmdir()


def reap():
    """Orphans that fell to us, and have ended."""
    try:
        while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG):
            pass
    except ChildProcessError:
        pass


@pytest.fixture(autouse=True)
def nothing_is_left(group):
    """No process and no control group of a test outlives it."""
    yield
    end = time.monotonic() + LEAVE_S
    while True:
        reap()
        left = children(os.getpid())
        left_groups = [path for path in group.iterdir() if path.is_dir()] if group else []
        if not left and not left_groups or time.monotonic() > end:
            break
        time.sleep(0.002)
    left = below(os.getpid())
    names = [repr(process) for process in left]
    while left:  # the next test must not suffer from it
        for process in left:
            process.send(signal.SIGKILL)
        until(lambda: not any(process.runs() for process in left), BOUND_S)
        left = below(os.getpid())
    reap()
    assert not names and not left_groups, f"left behind: {names} {left_groups}"
