"""What every test of writd has: a daemon, and the proof that nothing of it is left."""
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))  # its modules are ours too

from daemon import Daemon  # noqa: E402
from processes import below, until  # noqa: E402

LEAVE_S = 10
PR_SET_CHILD_SUBREAPER = 36

import ctypes  # noqa: E402

# Whatever a test's processes leave behind becomes our child, and is found so.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@pytest.fixture(autouse=True)
def nothing_is_left():
    if os.geteuid() != 0:
        pytest.skip("writd must be started by root")
    yield
    end = time.monotonic() + LEAVE_S

    def left():
        return [process for process in below(os.getpid()) if process.runs()]
    while left() and time.monotonic() < end:
        time.sleep(0.005)
    names = [repr(process) for process in left()]
    for process in left():
        process.send(signal.SIGKILL)
    until(lambda: not left())
    assert not names, f"left behind: {names}"


@pytest.fixture
def daemon():
    """In a directory that only root can change: /tmp is everybody's."""
    place = Path(tempfile.mkdtemp(prefix="writ-test-", dir="/run"))
    place.chmod(0o755)
    made = Daemon(place)
    yield made
    made.stop()
    shutil.rmtree(place)
