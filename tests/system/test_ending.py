"""How a run ends: asked, told, timed out, abandoned; and that nothing is left of it."""
import os
import signal
import subprocess

import pytest

from command import BUILD
from processes import BOUND_S, Process, below, everything, gone, told, until
from programs import COUNT, LEFT, OF_ROOT, SLEEP, hoppers, script, setuid_root

IGNORES = "trap '' TERM HUP INT QUIT; echo $$ >> pids; while :; do sleep 0.05; done"
HELD = sorted(set(LEFT) - {"stopped"})


def start(writ, case, *args, leader=f"exec {SLEEP}", **options):
    """Starts a run that leaves `case` behind; returns it and its processes, the program last."""
    child = writ.start_run(*args, "--", "sh", "-c", script(case, leader), **options)
    return child, told(writ.place / "pids", COUNT.get(case, 1) + 1)


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left_behind_is_ended_with_the_program(writ, level, case):
    done = writ.run("-k", "200ms", "--", "sh", "-c", script(case, "exit 3"))
    assert done.status == 3
    assert gone(*told(writ.place / "pids", COUNT.get(case, 1) + 1), seconds=0)
    left = done.record["left_behind"]
    assert left["count"] == left["killed"] == COUNT.get(case, 1)
    assert (left["kept"], left["survived"]) == (0, 0)
    assert done.record["forced"] is (case == "ignoring TERM")


@pytest.mark.parametrize("case", LEFT)
def test_a_time_out_ends_all_of_it(writ, level, case):
    done = writ.run("-t", "300ms", "-k", "200ms", "--", "sh", "-c", script(case))
    assert done.status == 124
    assert gone(*told(writ.place / "pids", COUNT.get(case, 1) + 1), seconds=0)
    assert done.record["left_behind"]["survived"] == 0


def test_what_is_born_while_term_is_sent_gets_it_too(writ, level):
    """The first to be told makes a process of which no list knew."""
    if writ.level not in ("cgroup", "launcher"):
        pytest.skip("in a session the processes are listed once")
    done = writ.run("-t", "500ms", "-k", "20s", "--", BUILD / "tests/children/heir", "1500")
    assert done.status == 124 and done.record["forced"] is False


@pytest.mark.parametrize("name", ["TERM", "INT", "QUIT", "HUP"])
def test_a_signal_to_writ_ends_all_of_it(writ, level, name):
    child, processes = start(writ, "double fork")
    child.send_signal(getattr(signal, f"SIG{name}"))
    done = writ.finish(child)
    assert done.status == 128 + getattr(signal, f"SIG{name}")
    assert gone(*processes, seconds=0)
    assert done.record["stopped_by"] == name and done.record["cause"] == "cancelled"


def test_the_first_signal_asks_and_the_second_does_not(writ, level):
    child = writ.start_run("-k", "1h", "--", "sh", "-c", IGNORES)
    program = told(writ.place / "pids")
    child.terminate()
    until(lambda: Process(child.pid).state == "S")
    child.send_signal(signal.SIGINT)
    done = writ.finish(child)
    assert done.status == 143 and gone(program, seconds=0)
    assert (done.record["signal"], done.record["forced"], done.record["stopped_by"]) == ("KILL", True, "TERM")


def test_the_first_signal_may_be_another_than_term(writ, level):
    catches = "trap 'echo usr1; exit 0' USR1; echo $$ > pids; while :; do sleep 0.01; done"
    child = writ.start_run("-s", "USR1", "-k", "1h", "--", "sh", "-c", catches)
    told(writ.place / "pids")
    child.terminate()
    assert writ.finish(child).stdout == "usr1\n"


def test_kill_follows_after_the_given_time_for_all_that_is_left(writ, level):
    """timeout(1) gives up its second signal when the program itself has gone."""
    done = writ.run("-t", "300ms", "-k", "300ms", "--", "sh", "-c", script("ignoring TERM"))
    assert done.status == 124 and gone(*told(writ.place / "pids", 2), seconds=0)
    assert done.record["forced"] is True


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "TERM"])
def test_a_signal_ignored_at_the_start_stays_ignored(writ, level, name):
    number = getattr(signal, f"SIG{name}")
    writ.prefix = ["sh", "-c", f"trap '' {name}; exec \"$@\"", "sh", *writ.prefix]
    child = writ.start_run("--", "sh", "-c", "echo $$ > pids; read line; exit 4", stdin=subprocess.PIPE)
    program = told(writ.place / "pids")
    child.send_signal(number)
    # what it does to the program is another matter: its dispositions are the defaults
    ignored = f"/proc/{program.pid}/status"
    with open(ignored, encoding="utf-8") as status:
        masks = dict(line.split(":\t") for line in status.read().splitlines())
    assert int(masks["SigIgn"], 16) == 0
    child.communicate(b"\n", BOUND_S)
    assert child.returncode == 4


def test_nohup_keeps_its_promise(writ):
    writ.prefix = ["nohup"]
    child = writ.start_run("--", "sh", "-c", "echo $$ > pids; read line; exit 4", stdin=subprocess.PIPE)
    told(writ.place / "pids")
    child.send_signal(signal.SIGHUP)
    child.communicate(b"\n", BOUND_S)
    assert child.returncode == 4


@pytest.mark.parametrize("case", LEFT)
def test_sigkill_of_writ_ends_all_of_it_and_the_record_says_lost(writ, level, case):
    child, processes = start(writ, case)
    child.kill()
    child.wait(BOUND_S)
    gone(*processes)
    path = writ.started[-1].record
    until(lambda: os.path.getsize(path) > 0 and open(path, "rb").read().endswith(b"}\n"))
    record = writ.finish(child).record
    assert (record["cause"], record["stopped_by"], record["exit_code"]) == ("lost", "owner", None)
    assert record["left_behind"] == {"count": len(processes), "killed": len(processes), "kept": 0, "survived": 0}
    assert record["containment"] == writ.level and record["identity"].startswith(f"{processes[-1].pid}@")


def test_sigkill_of_writ_does_not_wait_for_what_ignores_term(writ, level):
    child = writ.start_run("-k", "1h", "--", "sh", "-c", IGNORES)
    program = told(writ.place / "pids")
    child.kill()
    assert gone(program)


def test_a_run_that_ended_well_is_not_reported_lost(writ, level):
    done = writ.run("--", "true").check()
    assert done.record["cause"] == "exited"


@pytest.mark.parametrize("how", ["timeout", "signal", "sigkill"])
def test_a_chain_of_forks_without_end_is_ended(writ, level, how):
    args = ("-t", "700ms", "-k", "100ms") if how == "timeout" else ("-k", "100ms",)
    child = writ.start_run(*args, "--", "sh", "-c", f"{hoppers()}; {SLEEP}")
    told(writ.place / "pids", 4)
    if how == "signal":
        child.terminate()
    elif how == "sigkill":
        child.kill()
    assert child.wait(BOUND_S) in (124, 143, -9)
    until(lambda: not any("pids" in word for process in everything() for word in process.words))


@pytest.mark.parametrize("case", HELD)
def test_keep_tree_lets_live_what_is_left_behind(writ, level, case):
    null = subprocess.DEVNULL  # what lives on would hold our pipes
    done = writ.run("--keep-tree", "--", "sh", "-c", script(case, "exit 0"), stdout=null, stderr=null).check()
    kept = told(writ.place / "pids", COUNT.get(case, 1) + 1)[:-1]
    try:
        assert all(process.runs() for process in kept)
        assert done.record["left_behind"] == {"count": len(kept), "killed": 0, "kept": len(kept), "survived": 0}
        # it is where its caller is now, and nobody's business any more
        assert {process.cgroup() for process in kept} == {Process(os.getpid()).cgroup()}
        until(lambda: not any(process.name == "writ-launcher" for process in below(os.getpid())))
        assert all(process.runs() for process in kept)
    finally:
        for process in kept:
            process.kill()


def test_keep_tree_does_not_hold_in_a_time_out(writ, level):
    done = writ.run("--keep-tree", "-t", "300ms", "--", "sh", "-c", script("setsid"))
    assert done.status == 124 and gone(*told(writ.place / "pids", 2), seconds=0)


def test_keep_tree_does_not_hold_when_writ_is_killed(writ, level):
    child, processes = start(writ, "setsid", "--keep-tree")
    child.kill()
    child.wait()
    assert gone(*processes)


def helpers(child):
    """The guardian and the launcher of a run that this test has started."""
    return [process for process in below(os.getpid()) if process.name == "writ-launcher"]


def test_a_killed_guardian_is_no_harm_to_the_run(writ):
    child, processes = start(writ, "setsid", leader="read line; exit 6", stdin=subprocess.PIPE)
    if "cgroup" not in child_level(processes[-1]):
        child.communicate(b"\n")
        pytest.skip("no control group here, so no guardian apart from the launcher")
    for guardian in helpers(child):
        guardian.kill()
        gone(guardian)
    child.communicate(b"\n", BOUND_S)
    assert child.returncode == 6
    gone(*processes)


def child_level(process):
    return "cgroup" if "/writ-" in process.cgroup() else "launcher"


def test_a_killed_launcher_takes_the_program_with_it_and_the_status_is_lost(ordinary):
    child = ordinary.start_run("--", "sh", "-c", f"echo $$ >> pids; exec {SLEEP}")
    program = told(ordinary.place / "pids")
    for launcher in helpers(child):
        launcher.kill()
    done = ordinary.finish(child)
    assert done.status == 125 and "lost" in done.stderr
    assert done.record["cause"] == "lost" and gone(program)


def test_what_belongs_to_another_user_is_named_as_surviving(ordinary):
    setuid_root(ordinary.place)
    done = ordinary.run("-k", "100ms", "--", "sh", "-c", f"{OF_ROOT} while [ ! -e pids ]; do sleep 0.01; done")
    survivor = told(ordinary.place / "pids")
    try:
        assert survivor.runs()
        left = done.record["left_behind"]
        assert (left["count"], left["killed"], left["survived"]) == (1, 0, 1)
        assert left["survivors"][0].startswith(f"{survivor.pid}@")
        assert f"writ: cannot end: {left['survivors'][0]}" in done.stderr
    finally:
        survivor.kill()


def test_what_belongs_to_another_user_is_named_after_a_time_out_too(ordinary):
    setuid_root(ordinary.place)
    done = ordinary.run("-t", "500ms", "-k", "100ms", "--", "sh", "-c", f"{OF_ROOT} {SLEEP}")
    survivor = told(ordinary.place / "pids")
    try:
        assert done.status == 124 and survivor.runs() and done.record["left_behind"]["survived"] == 1
        assert f"writ: cannot end: {survivor.pid}@" in done.stderr
    finally:
        survivor.kill()


def test_another_users_program_itself_is_named_when_it_survives(ordinary):
    setuid_root(ordinary.place)
    done = ordinary.run("-t", "500ms", "-k", "100ms", "--stdout", "null", "--stderr", "null", "--",
                        "./become-root", "--reuid=0", "--regid=0", "--clear-groups", "sh", "-c",
                        f"echo $$ >> pids; exec {SLEEP}")
    survivor = told(ordinary.place / "pids")
    try:
        assert done.status == 124 and survivor.runs()
        assert done.record["left_behind"]["survived"] == 1 and f"cannot end: {survivor.pid}@" in done.stderr
    finally:
        survivor.kill()


def test_root_ends_what_another_user_left(writ, as_root, level):
    if level == "ordinary":
        pytest.skip("that is the test before")
    done = writ.run("--", "sh", "-c", f"setpriv --reuid=1234 --clear-groups {SLEEP} & exit 0").check()
    assert done.record["left_behind"]["killed"] == 1


def test_a_stopped_program_is_ended(writ, level):
    done = writ.run("-t", "300ms", "-k", "1h", "--", "sh", "-c", "kill -STOP $$; exit 0")
    assert done.status == 124 and done.record["forced"] is False


def test_a_program_that_stops_itself_is_waited_for(writ, level):
    child = writ.start_run("--", "sh", "-c", "echo $$ > pids; kill -STOP $$; exit 5")
    program = told(writ.place / "pids")
    until(lambda: program.state == "T")
    assert child.poll() is None
    program.send(signal.SIGCONT)
    assert writ.finish(child).status == 5


def test_stopping_writ_itself_stops_nothing_else(writ, level):
    child = writ.start_run("--", "sh", "-c", "echo $$ > pids; exit 5")
    child.send_signal(signal.SIGSTOP)
    child.send_signal(signal.SIGCONT)
    assert writ.finish(child).status == 5


def test_many_that_are_left_behind_are_all_ended_and_counted(writ, level):
    many = "for i in $(seq 100); do sleep 1000 & done; exit 0"
    done = writ.run("--", "sh", "-c", many).check()
    assert done.record["left_behind"]["count"] == done.record["left_behind"]["killed"] == 100
