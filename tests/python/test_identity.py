"""Processes that are not ours: which, and not merely which number."""
import os
import pickle
import signal
import subprocess


import pytest

import writ
from processes import until


@pytest.fixture
def sleeper():
    child = subprocess.Popen(["sleep", "1000"])
    yield child
    child.kill()
    child.wait()


def test_an_identity_is_taken_written_and_read(sleeper):
    identity = writ.Identity(sleeper.pid)
    assert identity.pid == sleeper.pid and str(identity).startswith(f"{sleeper.pid}@")
    same = writ.Identity(str(identity))
    assert same == identity and hash(same) == hash(identity) and not same != identity
    assert writ.Identity(identity) == identity and identity in {same}
    assert identity != writ.Identity(os.getpid()) and identity != sleeper.pid
    assert eval(repr(identity)) == identity and pickle.loads(pickle.dumps(identity)) == identity


def test_it_tells_whether_the_process_runs(sleeper):
    identity = writ.Identity(sleeper.pid)
    assert identity.alive() and identity.state == "running"
    assert writ.alive(identity) and writ.alive(sleeper.pid) and writ.alive(str(identity))
    sleeper.kill()
    until(lambda: identity.state == "ended")  # a zombie runs no more
    assert not writ.alive(identity) and not writ.alive(sleeper.pid)
    sleeper.wait()
    assert identity.state == "gone" and not identity.alive() and not writ.alive(str(identity))
    assert not writ.alive(sleeper.pid)


def test_another_process_with_the_same_number_is_not_it(sleeper):
    other = writ.Identity(str(writ.Identity(sleeper.pid)).replace("@i", "@i1").replace("@t", "@t1"))
    assert other.state == "replaced" and not other.alive() and other != writ.Identity(sleeper.pid)
    with pytest.raises(ProcessLookupError):
        writ.kill(other)
    assert sleeper.poll() is None


@pytest.mark.parametrize("bad, kind", [("", ValueError), ("x", ValueError), ("1@", ValueError),
                                       (0, ValueError), (-1, ValueError), (1 << 70, ValueError),
                                       ("1\0", ValueError), (1.5, TypeError), (None, TypeError),
                                       (True, TypeError), (2**22 + 5, ProcessLookupError)])
def test_what_is_none_is_refused(bad, kind):
    with pytest.raises(kind):
        writ.Identity(bad)


def test_a_tree_is_listed_parents_first():
    with writ.Process(["sh", "-c", "sleep 1000 & sh -c 'sleep 1000 & echo ready; wait' & wait"]) as p:
        p.readline()
        nodes = writ.tree(p.identity)
        assert nodes[0].identity == p.identity and nodes[0].depth == 0
        assert nodes[0].argv[:2] == ["sh", "-c"] and not nodes[0].escaped
        assert sorted(node.depth for node in nodes) == [0, 1, 1, 2]
        seen = set()
        for node in nodes:
            assert node.depth == 0 or node.ppid in seen
            seen.add(node.identity.pid)
        assert p.identity in [node.identity for node in writ.tree()]
        assert writ.tree(os.getpid())[0].identity.pid == os.getpid()


def test_the_tree_of_a_process_that_is_gone_is_an_error(sleeper):
    identity = writ.Identity(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    with pytest.raises(ProcessLookupError):
        writ.tree(identity)


def test_the_child_that_runs_a_command_is_found():
    with writ.Process(["sh", "-c", "sleep 0.2; sleep 1000 & wait"]) as p:
        child = writ.child_of(p.identity, ["sleep", "1000"], timeout=20)
        assert writ.matches(child, ["sleep", "1000"]) and not writ.matches(child, ["sleep", "1"])
        assert writ.child_of(p.identity, ["nonesuch"], timeout=0.05) is None
        assert writ.child_of(p.identity.pid, ["sleep", "1000"], 0) == child
    with pytest.raises(ProcessLookupError):
        writ.child_of(p.identity, ["sleep", "1000"])
    with pytest.raises(ValueError, match="argv: empty"):
        writ.child_of(os.getpid(), [])
    with pytest.raises(TypeError, match=r"argv\[0\]"):
        writ.matches(os.getpid(), [3])


def test_a_tree_that_is_not_ours_is_ended():
    child = subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 1000 & echo ready; wait; wait"],
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    killed = writ.kill(child.pid, signal="TERM", grace=0.1)
    assert killed.found >= 2 and killed.ended == killed.found and killed.survived == 0
    assert killed.survivors == () and child.wait() == -signal.SIGKILL
    child.stdout.close()
    with pytest.raises(ProcessLookupError):
        writ.kill(child.pid)


def test_a_signal_is_checked():
    for bad, kind in (("NONESUCH", ValueError), (99, ValueError), (1.5, TypeError)):
        with pytest.raises(kind, match="signal"):
            writ.kill(os.getpid(), signal=bad)
