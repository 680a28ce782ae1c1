"""Directories and programs on a file system that does not answer."""
import signal

import pytest

from hanging import hanging
from processes import below, gone, until

BOUND_S = 20
SOON = ("--timeout", "300ms", "--kill-after", "100ms")


@pytest.fixture
def stuck(place):
    """A directory there. What still waits at the end of the test is let go."""
    (place / "stuck").mkdir()
    with hanging(place / "stuck") as where:
        yield where


def waiting(child):
    """A process that waits for the file system: writ itself does not."""
    return until(lambda: [p for p in below(child.pid) if p.state == "D"])


def test_a_directory_that_hangs_does_not_hold_up_the_time_out(writ, level, stuck):
    done = writ.run(*SOON, "--chdir", stuck, "true", seconds=BOUND_S).check(124)
    assert "timed out after 300ms" in done.stderr
    assert (done.record["cause"], done.record["signal"]) == ("timeout", "KILL")
    assert done.record["left_behind"]["survived"] == 0


def test_a_program_that_hangs_does_not_hold_up_the_time_out(writ, level, stuck):
    done = writ.run(*SOON, stuck / "program", seconds=BOUND_S).check(124)
    assert (done.record["cause"], done.record["exe"]) == ("timeout", str(stuck / "program"))


def test_without_a_record_too(writ, level, stuck):
    writ("run", *SOON, "-v", "--chdir", stuck, "true", seconds=BOUND_S).check(124)


def test_signals_end_what_hangs(writ, level, stuck):
    child = writ.start_run("--kill-after", "100ms", "--chdir", stuck, "true")
    waiting(child)
    child.send_signal(signal.SIGTERM)
    assert writ.finish(child, seconds=BOUND_S).status == 128 + signal.SIGTERM


def test_sigkill_of_writ_ends_what_hangs(writ, level, stuck):
    child = writ.start_run("--chdir", stuck, "true")
    stopped = waiting(child)
    child.kill()
    child.wait(BOUND_S)
    assert gone(*stopped)


def test_with_a_killed_launcher_what_hangs_ends(writ, stuck):
    child = writ.start_run("--chdir", stuck, "true", env={"WRIT_CGROUP": "none"})
    stopped = waiting(child)
    [launcher] = [p for p in below(child.pid) if p.words[:2] == ["writ-launcher", "run"]
                  and p.ppid == child.pid]
    launcher.kill()
    assert gone(*stopped)
    writ.finish(child, seconds=BOUND_S)


def test_what_kill_does_not_end_is_named_and_not_waited_for(writ, level, place):
    (place / "stuck").mkdir()
    told = place / "told"  # not a pipe: what is stuck would hold it
    with hanging(place / "stuck", for_good=True) as where, open(told, "wb") as file:
        child = writ.start_run(*SOON, "--chdir", where, "true", stdout=file, stderr=file)
        left = waiting(child)
        done = writ.finish(child, seconds=BOUND_S).check(124)
        assert [p.state for p in left] == ["D"]
        assert f"cannot end: {left[0].pid}@" in told.read_text()
        assert done.record["left_behind"]["survived"] == 1
    assert gone(*left)
    writ("run", "true").check()  # whose guardian removes the group that was left
