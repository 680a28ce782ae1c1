"""Which process: id, alive, kill, tree, child, match."""
import json
import os
import re
import shutil
import subprocess

import pytest

from processes import Process, below, gone, told, until
from programs import LEFT, SLEEP, script

TOKEN = r"\d+@[it][0-9a-f]+\.[0-9a-f]{16}\n"


@pytest.fixture
def sleeper():
    """Starts processes of our own, and ends them."""
    started = []

    def start(*words, **options):
        child = subprocess.Popen(words or SLEEP.split(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, **options)
        started.append(child)
        until(lambda: Process(child.pid).words and Process(child.pid).words[0] == (words or ["sleep"])[0]
              or child.poll() is not None or options.get("executable"))
        return child
    yield start
    for child in started:
        for process in below(child.pid):
            process.kill()
        child.kill()
        child.wait()


@pytest.fixture
def zombie():
    """A process that has ended, and that nobody has asked about yet."""
    child = subprocess.Popen(["true"])
    until(lambda: Process(child.pid).state == "Z")
    yield child
    child.wait()


def identity(writ, pid):
    return writ("id", str(pid)).check().stdout.strip()


def replaced(writ, pid):
    """An identity of the same pid and boot, but of another process."""
    number, _, rest = identity(writ, pid).partition("@")
    token, _, boot = rest.partition(".")
    return f"{number}@{token[0]}{int(token[1:], 16) + 1:x}.{boot}"


def test_an_identity_names_one_process_for_ever(writ, sleeper):
    child = sleeper()
    first = writ("id", str(child.pid)).check().stdout
    assert re.fullmatch(TOKEN, first) and first == writ("id", str(child.pid)).stdout
    assert writ("id", str(child.pid), str(os.getpid())).stdout.splitlines()[0] == first.strip()
    assert json.loads(writ("id", "--json", str(child.pid)).check().stdout) == {
        "writ": "id/1", "identities": [first.strip()]}


def test_an_identity_may_be_given_where_a_pid_may(writ, sleeper):
    ref = identity(writ, sleeper().pid)
    assert writ("id", ref).check().stdout == ref + "\n"


@pytest.mark.parametrize("ref", ["", "0", "-1", "x", "1x", "1@", "1@x", "1@i", "1@i1", "1@i1.", "1@i1.x", "1@i1.1x",
                                 " 1", "+1", "99999999999999999999", "2147483648", "1@i11111111111111111.1"])
@pytest.mark.parametrize("command", ["id", "alive", "kill", "tree", "match"])
def test_what_is_no_process_is_refused(writ, command, ref):
    done = writ(command, "--", ref, *(["--", "x"] if command == "match" else []))
    assert done.status == 2 and done.stdout == "" and done.stderr.startswith("writ: "), done


def test_a_pid_that_nobody_has_is_said_to_be_so(writ):
    assert writ("id", "2147483647").status == 2
    assert writ("alive", "2147483647").stdout == "2147483647 gone\n"
    assert writ("kill", "2147483647").status == 1
    assert writ("tree", "2147483647").status == 1
    assert writ("match", "2147483647", "--", "x").status == 1
    assert writ("child", "2147483647", "--", "x").status == 1


def test_the_number_of_a_thread_is_no_process(writ, sleeper):
    script_text = "import threading,time; threading.Thread(target=time.sleep, args=(1000,)).start(); time.sleep(1000)"
    child = sleeper("/usr/bin/python3", "-c", script_text)
    until(lambda: len(os.listdir(f"/proc/{child.pid}/task")) == 2)
    thread = max(os.listdir(f"/proc/{child.pid}/task"), key=int)
    assert writ("id", thread).status == 2 and writ("kill", thread).status == 1
    assert child.poll() is None


def test_alive_tells_running_ended_gone_and_replaced(writ, sleeper, zombie):
    child = sleeper()
    ref, other = identity(writ, child.pid), replaced(writ, child.pid)
    done = writ("alive", ref, str(zombie.pid), other)
    assert done.status == 1
    assert done.stdout == f"{ref} running\n{zombie.pid} ended\n{other} replaced\n"
    assert writ("alive", ref, str(child.pid)).status == 0
    child.kill()
    child.wait()
    assert writ("alive", ref).stdout == f"{ref} gone\n"
    assert writ("alive", "-q", ref).stdout == ""


def test_alive_can_be_read_by_a_machine(writ, sleeper):
    ref = identity(writ, sleeper().pid)
    assert json.loads(writ("alive", "--json", ref, "2147483647").stdout) == {"writ": "alive/1", "processes": [
        {"ref": ref, "state": "running"}, {"ref": "2147483647", "state": "gone"}]}


def test_an_identity_of_another_boot_is_gone(writ, sleeper):
    ref = identity(writ, sleeper().pid)
    other = ref[:-1] + ("0" if ref[-1] != "0" else "1")
    assert writ("alive", other).stdout == f"{other} gone\n"


def test_kill_ends_a_process_and_all_below_it(writ, sleeper, place):
    child = sleeper("sh", "-c", script("background"), cwd=place)
    processes = told(place / "pids", 2)
    ref = identity(writ, child.pid)
    writ("kill", ref).check()
    assert gone(*processes, seconds=0)
    child.wait()


@pytest.mark.parametrize("case", sorted(set(LEFT) - {"double fork"}))
def test_kill_ends_stubborn_ones_too(writ, sleeper, place, case):
    child = sleeper("sh", "-c", script(case), cwd=place)
    processes = told(place / "pids", 2)
    done = writ("kill", "--json", "--grace", "200ms", str(child.pid)).check()
    assert gone(*processes, seconds=0)
    assert json.loads(done.stdout)["processes"] == [
        {"ref": str(child.pid), "state": "ended", "found": 2, "ended": 2, "survived": 0}]


def test_kill_touches_nobody_who_only_has_the_number(writ, sleeper):
    child = sleeper()
    done = writ("kill", replaced(writ, child.pid))
    assert done.status == 1 and "another process" in done.stderr and child.poll() is None


def test_kill_counts_a_zombie_as_gone(writ, zombie):
    assert writ("kill", str(zombie.pid)).status == 1


def test_kill_tells_the_worst_of_several(writ, sleeper):
    assert writ("kill", str(sleeper().pid), "2147483647").status == 1
    assert writ("kill", "2147483647", "x").status == 2


def test_kill_sends_the_signal_it_is_told_first(writ, sleeper, place):
    catches = "trap 'echo usr1 > got; exit' USR1; echo $$ > pids; while :; do sleep 0.01; done"
    child = sleeper("sh", "-c", catches, cwd=place)
    told(place / "pids")
    writ("kill", "-s", "USR1", str(child.pid)).check()
    assert (place / "got").read_text() == "usr1\n"


def test_kill_names_what_survives(ordinary, sleeper):
    child = sleeper()
    done = ordinary("kill", "--grace", "100ms", str(child.pid))
    assert done.status == 3 and child.poll() is None
    assert f"cannot end: {identity(ordinary, child.pid)}" in done.stderr
    assert "Operation not permitted" in done.stderr


def test_kill_ends_a_run_with_what_escaped_from_it(writ, level):
    child = writ.start_run("--", "sh", "-c", script("double fork"))
    processes = told(writ.place / "pids", 3)
    writ("kill", str(processes[-1].pid)).check()
    assert gone(*processes, seconds=0)
    writ.finish(child)


def test_kill_of_writ_itself_ends_its_run(writ, level):
    child = writ.start_run("--", "sh", "-c", script("setsid"))
    processes = told(writ.place / "pids", 2)
    writ("kill", str(child.pid)).check()
    assert gone(*processes, seconds=0)
    child.wait()


def test_tree_shows_parents_before_children(writ, sleeper, place):
    child = sleeper("sh", "-c", script("background"), cwd=place)
    told(place / "pids", 2)
    lines = writ("tree", str(child.pid)).check().stdout.splitlines()
    assert len(lines) == 2 and lines[0].startswith(f"{child.pid}@") and lines[1].startswith("  ")
    nodes = json.loads(writ("tree", "--json", str(child.pid)).stdout)["processes"]
    assert [(node["depth"], node["escaped"]) for node in nodes] == [(0, False), (1, False)]
    assert nodes[1]["ppid"] == child.pid and nodes[1]["argv"] == SLEEP.split()
    assert nodes[0]["identity"] == identity(writ, child.pid)


def test_tree_of_a_run_shows_what_escaped(writ, level):
    child = writ.start_run("--", "sh", "-c", script("double fork"))
    processes = told(writ.place / "pids", 3)
    nodes = json.loads(writ("tree", "--json", str(processes[-1].pid)).check().stdout)["processes"]
    assert sorted((int(node["identity"].split("@")[0]), node["escaped"]) for node in nodes) == sorted(
        (process.pid, process != processes[-1]) for process in processes)
    assert writ("tree", str(processes[-1].pid)).stdout.count("(escaped: its parent has ended)") == 2
    # without REF: all runs; others may run here as well
    pids = [node["identity"].split("@")[0] for node in json.loads(writ("tree", "--json").stdout)["processes"]]
    assert {str(process.pid) for process in processes} <= set(pids)
    child.terminate()
    writ.finish(child)


def test_tree_shows_no_control_bytes(writ, sleeper):
    child = sleeper("sh", "-c", "sleep 1000; true", "a\033[31m\nb")
    assert "\033" not in writ("tree", str(child.pid)).stdout


def test_tree_has_arguments_that_are_not_utf_8(writ, sleeper):
    child = sleeper("sh", "-c", "sleep 1000; true", b"\xff")
    done = writ("tree", "--json", str(child.pid)).check()
    assert json.loads(done.stdout)["processes"][0]["argv"][-1] == {"base64": "/w=="}


def test_match_compares_argument_by_argument(writ, sleeper):
    child = sleeper()
    ref = identity(writ, child.pid)
    assert writ("match", ref, "--", "sleep", "1000").status == 0
    assert writ("match", ref, "sleep", "1000").status == 0
    assert writ("match", ref, "--", "/any/where/sleep", "1000").status == 0
    for words in (("sleep",), ("sleep", "1000", ""), ("sleep", "1001"), ("sleep 1000",), ("slee", "1000")):
        assert writ("match", ref, "--", *words).status == 1, words
    assert writ("match", "-v", ref, "--", "sleep", "1000").stdout == "yes\n"
    assert json.loads(writ("match", "--json", ref, "--", "x").stdout) == {
        "writ": "match/1", "ref": ref, "match": False}


def test_match_sees_through_the_interpreter_of_a_script(writ, sleeper, place):
    for line in ("#!/bin/sh", "#!/bin/sh -e", "#!/usr/bin/env sh"):
        (place / "prog").write_text(f"{line}\necho $$ > pid; sleep 1000; true\n")
        (place / "prog").chmod(0o755)
        (place / "pid").unlink(missing_ok=True)
        child = sleeper("./prog", "one", "two", cwd=place, executable=place / "prog")
        told(place / "pid")
        assert writ("match", str(child.pid), "--", "prog", "one", "two").status == 0, line
        assert writ("match", str(child.pid), "--", "prog", "one").status == 1, line
        assert writ("match", str(child.pid), "--", "one", "two").status == 1, line


def test_match_takes_no_argument_for_a_program(writ, sleeper):
    child = sleeper("sh", "-c", "sleep 1000; true", "git", "push")
    for words in (("git", "push"), ("sleep 1000; true", "git", "push"), ("-c", "sleep 1000; true", "git", "push")):
        assert writ("match", str(child.pid), "--", *words).status == 1, words
    child = sleeper("unshare", "--fork", "sleep", "1000")
    until(lambda: below(child.pid))
    assert writ("match", str(child.pid), "--", "sleep", "1000").status == 1


def test_a_zombie_runs_nothing(writ, zombie):
    assert writ("match", str(zombie.pid), "--", "true").status == 1


def test_match_of_another_process_with_the_number_is_no(writ, sleeper):
    child = sleeper()
    assert writ("match", replaced(writ, child.pid), "--", "sleep", "1000").status == 1


def test_child_finds_the_program_below_a_wrapper(writ, sleeper):
    child = sleeper("sh", "-c", "sh -c 'sleep 1000; true'; true")
    done = writ("child", str(child.pid), "--", "sleep", "1000").check()
    assert done.stdout == identity(writ, done.stdout.split("@")[0]) + "\n"
    assert json.loads(writ("child", "--json", str(child.pid), "--", "sleep", "1000").stdout) == {
        "writ": "child/1", "identity": done.stdout.strip()}


def test_child_finds_the_program_below_sudo(writ, sleeper):
    if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        pytest.skip("no sudo without a password here")
    child = sleeper("sudo", "-n", "sleep", "1000")
    done = writ("child", str(child.pid), "-t", "10s", "--", "sleep", "1000").check()
    found = Process(done.stdout.split("@")[0])
    assert found.words == ["sleep", "1000"] and found.pid != child.pid
    found.kill()


def test_child_is_the_program_and_not_a_helper_on_the_way_to_it(writ, sleeper):
    """sudo with a monitor process has its whole command line twice above the program."""
    child = sleeper("sh", "-c", "unshare --fork sleep 1000; true")
    until(lambda: len(below(child.pid)) == 2)
    done = writ("child", str(child.pid), "--", "sleep", "1000").check()
    assert Process(done.stdout.split("@")[0]).words == ["sleep", "1000"]


def test_child_is_never_the_wrapper_itself(writ, sleeper):
    child = sleeper("sh", "-c", "sleep 1000; true")
    done = writ("child", "-t", "100ms", str(child.pid), "--", "sh", "-c", "sleep 1000; true")
    assert done.status == 1 and done.stdout == ""


def test_child_waits_for_what_comes_later(writ, sleeper, place):
    child = sleeper("sh", "-c", "while [ ! -e go ]; do sleep 0.01; done; sleep 1000; true", cwd=place)
    asking = writ.start("child", str(child.pid), "-t", "1m", "--", "sleep", "1000")
    (place / "go").touch()
    assert writ.finish(asking).check().stdout


def test_child_gives_up_in_time_or_when_the_wrapper_ends(writ, sleeper):
    child = sleeper("sh", "-c", "sleep 1000; true")
    assert writ("child", str(child.pid), "-t", "50ms", "--", "no-such").status == 1
    asking = writ.start("child", identity(writ, child.pid), "-t", "1h", "--", "no-such")
    until(lambda: Process(asking.pid).state == "S")
    for process in [*below(child.pid), Process(child.pid)]:
        process.kill()
    child.wait()
    assert writ.finish(asking).status == 1
