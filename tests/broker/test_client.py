"""writ_ask() from C: it waits, feeds, captures within bounds, and leaves nothing open."""
import os
import signal
import subprocess

import pytest

from command import BUILD
from processes import below, until
from test_ask import OPEN

ASKING = BUILD / "tests" / "broker" / "asking"


@pytest.fixture
def asks(daemon):
    daemon.start(OPEN)

    def run(mode, script, status=0):
        done = subprocess.run([ASKING, daemon.socket, mode, script], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == status, done
        return done.stdout
    return run


def test_both_outputs_are_captured(asks):
    assert asks("plain", "printf out; printf err >&2; exit 3") == "exited 3 3 3 0 [out] [err]\n"


def test_one_goes_where_the_other_does(asks):
    assert asks("merge", "printf out; printf err >&2") == "exited 0 6 6 0 [outerr] []\n"


def test_more_input_than_a_pipe_holds_is_given(asks):
    assert asks("input", "wc -c") == "exited 0 8 8 0 [1048576\n] []\n"
    assert asks("input", "head -c 1") == "exited 0 1 1 0 [x] []\n"  # who reads no more is no error


def test_what_is_past_the_bound_is_counted(asks):
    out = asks("little", "head -c 300000 /dev/zero | tr '\\0' a")
    assert out.startswith("exited 0 300000 100 1 [aaa")


def test_nothing_stays_open(asks):
    assert asks("many", "echo x").endswith("left open: 0\n")


def test_a_pipe_that_lives_on_is_waited_for_but_a_moment(asks):
    assert asks("plain", "echo x; setsid sleep 1000 &") == "exited 0 2 2 0 [x\n] []\n"


def test_a_refusal_is_an_error(asks, daemon):
    daemon.reload(OPEN.replace("/bin/sh", "/bin/dash"))
    assert asks("plain", "true", status=1).startswith("error E_REFUSED: ")


def test_a_daemon_that_goes_is_an_error(daemon):
    daemon.start(OPEN)
    child = subprocess.Popen([ASKING, daemon.socket, "plain", "sleep 1000"], stdout=subprocess.PIPE,
                             text=True)
    until(lambda: [p for p in below(daemon.child.pid) if "sleep" in p.words])
    os.kill(daemon.child.pid, signal.SIGKILL)
    out, _ = child.communicate(timeout=20)
    assert out.startswith("error E_GONE: ") and child.returncode == 1
    daemon.child.wait()
