"""docs/containment.md, cell by cell: what each level does about each way out.

The columns are the levels: `cgroup` as root; `launcher`, as root and as an
ordinary user; `session`, which is reached where no launcher can be executed.
"""
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from command import AS_ORDINARY, group_mount, make, why_no_cgroup
from processes import BOUND_S, below, everything, gone, told, until
from programs import LEFT, OF_ROOT, SELF, SLEEP, hoppers, script, setuid_root

# A pid namespace in which no file in memory may be executed, and no other can
# be made: so there is no launcher. Its first process stays, so that the end of
# the namespace ends nothing.
NO_LAUNCHER = """
echo 2 > /proc/sys/vm/memfd_noexec
for dir in /dev/shm /tmp /var/tmp; do
	mount --bind $dir $dir && mount -o remount,bind,{mode} $dir || exit 99
done
mount --bind . . && mount -o remount,bind,rw,exec . && cd "$PWD" || exit 99
"$@"
echo $? > status.new; mv status.new status
exec sleep 1000
"""


class Session:
    """Runs of the level `session`, inside the namespace; pids are those outside."""

    def __init__(self, writ):
        self.writ, self.place = writ, writ.place
        writ.path = shutil.copy(writ.path, self.place / "writ")  # /tmp may be shut to it
        self.namespace = None

    def start(self, *args, mode="ro", prefix=()):
        words = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c",
                 NO_LAUNCHER.replace("{mode}", mode), "sh", *prefix, self.writ.path, "run", "--record",
                 str(self.place / "record"), *map(str, args)]
        self.namespace = subprocess.Popen(words, cwd=self.place, env={**self.writ.env, "WRIT_CGROUP": "none"},
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=open(self.place / "stderr", "wb"))

    def finish(self):
        def look():
            """the end of the run"""
            assert self.namespace.poll() is None, (self.place / "stderr").read_text()
            return (self.place / "status").exists()
        until(look)
        return int((self.place / "status").read_text()), json.loads((self.place / "record").read_text())

    def told(self, count=1):
        """The processes that wrote their pids, which are pids inside."""
        def look():
            """pids in a file"""
            try:
                return len((self.place / "pids").read_text().splitlines()) >= count
            except FileNotFoundError:
                return False
        until(look)
        inside = (self.place / "pids").read_text().split()
        by_number = {}
        for process in below(self.namespace.pid):
            for line in process._text("status").splitlines():
                if line.startswith("NSpid:"):
                    by_number[line.split()[-1]] = process
        return [by_number.get(number) for number in inside]

    def owner(self):
        return [process for process in below(self.namespace.pid) if process.name == "writ"][0]

    def close(self):
        if self.namespace:
            for process in below(self.namespace.pid):
                process.kill()
            self.namespace.kill()
            self.namespace.wait()


@pytest.fixture
def session(place, as_root):
    made = Session(make(place))
    yield made
    made.close()


def test_the_session_level_is_reached_and_named_where_nothing_better_can_be(session):
    session.start("--", "true")
    status, record = session.finish()
    assert (status, record["containment"], record["guarded"]) == (0, "session", False)


def test_a_launcher_that_may_not_be_executed_is_no_obstacle(session):
    session.start("--", "true", mode="noexec")
    status, record = session.finish()
    assert (status, record["containment"]) == (0, "session")


def test_what_calls_setsid_is_ended(writ, level):
    done = writ.run("-t", "500ms", "--", "sh", "-c", script("setsid"))
    assert done.status == 124 and gone(*told(writ.place / "pids", 2), seconds=0)


def test_what_calls_setsid_escapes_from_a_session_unseen(session):
    session.start("--", "sh", "-c", script("setsid", "exit 0"))
    status, record = session.finish()
    assert status == 0 and session.told()[0].runs() and record["left_behind"]["count"] == 0


def test_what_forks_twice_is_ended(writ, level):
    done = writ.run("-t", "500ms", "--", "sh", "-c", script("double fork"))
    assert done.status == 124 and gone(*told(writ.place / "pids", 3), seconds=0)


def test_what_forks_twice_without_setsid_is_ended_in_a_session(session):
    session.start("--", "sh", "-c", f"(sh -c '{SELF}; exec {SLEEP}' &)\nwhile [ ! -s pids ]; do sleep 0.01; done")
    status, record = session.finish()
    assert status == 0 and session.told() == [None] and record["left_behind"]["killed"] == 1


def test_all_is_ended_when_the_owner_is_killed(writ, level):
    child = writ.start_run("--", "sh", "-c", script("double fork"))
    processes = told(writ.place / "pids", 3)
    child.kill()
    child.wait()
    assert gone(*processes)


def test_a_session_lives_on_when_the_owner_is_killed(session):
    session.start("--", "sh", "-c", script("background"))
    processes = session.told(2)
    session.owner().kill()
    until((session.place / "status").exists)
    assert all(process.runs() for process in processes)


def helpers():
    return [process for process in below(os.getpid()) if process.name == "writ-launcher"]


def test_with_a_killed_guardian_all_is_still_ended_with_the_run(writ, as_root):
    if why_no_cgroup():
        pytest.skip(f"no control group here: {why_no_cgroup()}")
    child = writ.start_run("--", "sh", "-c", script("double fork", "read line; exit 6"), stdin=subprocess.PIPE)
    processes = told(writ.place / "pids", 3)
    (guardian,) = helpers()
    guardian.kill()
    child.communicate(b"\n", BOUND_S)
    assert child.returncode == 6 and gone(*processes, seconds=0)


def test_with_guardian_and_owner_killed_a_control_group_lives_on(writ, as_root):
    """Nobody is left to do anything; the group is still there to be found and ended."""
    if why_no_cgroup():
        pytest.skip(f"no control group here: {why_no_cgroup()}")
    child = writ.start_run("--", "sh", "-c", script("background"))
    processes = told(writ.place / "pids", 2)
    group = Path(f"{group_mount()}{processes[0].cgroup()}")
    (guardian,) = helpers()
    guardian.kill()
    gone(guardian)
    child.kill()
    child.wait()
    assert all(process.runs() for process in processes)
    # by hand, as docs/containment.md tells
    (group / "cgroup.kill").write_text("1")
    gone(*processes)

    def removed():
        """an empty control group"""
        try:
            group.rmdir()
        except OSError:
            return False
        return True
    until(removed)


def test_with_a_killed_launcher_the_program_ends_and_its_orphans_live_on_unseen(ordinary):
    child = ordinary.start_run("--", "sh", "-c", script("setsid"), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    orphan, program = told(ordinary.place / "pids", 2)
    (launcher,) = helpers()
    launcher.kill()
    done = ordinary.finish(child)
    assert gone(program) and orphan.runs()
    orphan.kill()
    assert done.record["cause"] == "lost" and done.status == 125


def test_root_ends_what_became_another_user(writ, as_root, level):
    if level == "ordinary":
        pytest.skip("that is the next test")
    left = f"setpriv --reuid=1234 --regid=1234 --clear-groups sh -c 'echo $$ >> pids; exec {SLEEP}' &"
    done = writ.run("-t", "500ms", "--", "sh", "-c", f"{left} exec {SLEEP}")
    assert gone(told(writ.place / "pids"), seconds=0) and done.record["left_behind"]["survived"] == 0


def test_an_ordinary_user_is_told_what_became_another_user(ordinary):
    setuid_root(ordinary.place)
    done = ordinary.run("-t", "500ms", "-k", "100ms", "--", "sh", "-c", f"{OF_ROOT} {SLEEP}")
    survivor = told(ordinary.place / "pids")
    assert survivor.runs() and f"writ: cannot end: {survivor.pid}@" in done.stderr
    survivor.kill()


def test_root_ends_what_became_another_user_in_a_session(session):
    left = f"setpriv --reuid=1234 --regid=1234 --clear-groups sh -c '{SELF}; exec {SLEEP}' &"
    session.start("--", "sh", "-c", f"{left} while [ ! -s pids ]; do sleep 0.01; done")
    status, record = session.finish()
    assert status == 0 and session.told() == [None] and record["left_behind"]["killed"] == 1


def test_an_ordinary_user_is_told_what_became_another_user_in_a_session(session):
    setuid_root(session.place)
    session.start("-k", "100ms", "--", "sh", "-c", f"{OF_ROOT} while [ ! -s pids ]; do sleep 0.01; done",
                  prefix=AS_ORDINARY)
    status, record = session.finish()
    (survivor,) = session.told()
    assert status == 0 and survivor.runs() and record["containment"] == "session"
    assert record["left_behind"]["survived"] == 1
    assert "writ: cannot end: " in (session.place / "stderr").read_text()


@pytest.fixture
def delegated(ordinary):
    """An ordinary user, in a control group that root has given away."""
    if why_no_cgroup():
        pytest.skip(f"no control group here: {why_no_cgroup()}")
    group = group_mount() / f"test-{os.getpid()}"
    group.mkdir()
    for path in (group, group / "cgroup.procs", group / "cgroup.subtree_control", group / "cgroup.threads"):
        if path.exists():
            os.chown(path, 65534, 65534)
    ordinary.prefix = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh", *ordinary.prefix]
    ordinary.env["WRIT_CGROUP"] = str(group)
    yield ordinary
    until(lambda: not (group / "cgroup.procs").read_text())
    group.rmdir()


def test_in_a_control_group_an_ordinary_user_ends_what_became_another_user(delegated):
    """Who may write to cgroup.kill need not be the owner of the processes."""
    setuid_root(delegated.place)
    done = delegated.run("-t", "500ms", "-k", "100ms", "--", "sh", "-c", f"{OF_ROOT} {SLEEP}")
    assert done.status == 124 and done.record["containment"] == "cgroup", done
    assert gone(told(delegated.place / "pids"), seconds=0) and done.record["left_behind"]["survived"] == 0


MOVED = f"sh -c 'echo $$ > {{group}}/cgroup.procs; {SELF}; exec {SLEEP}' &\n"
WAIT = "while [ ! -s pids ]; do sleep 0.01; done;"


def test_what_root_moves_to_another_group_escapes_from_its_group_unseen(writ, as_root):
    if why_no_cgroup():
        pytest.skip(f"no control group here: {why_no_cgroup()}")
    done = writ.run("--", "sh", "-c", f"{MOVED.format(group=group_mount())} {WAIT} exit 0",
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).check()
    moved = told(writ.place / "pids")
    assert moved.runs() and done.record["left_behind"]["count"] == 0
    moved.kill()


def test_the_program_itself_is_ended_wherever_root_moves_it(writ, as_root):
    if why_no_cgroup():
        pytest.skip(f"no control group here: {why_no_cgroup()}")
    moves = f"echo $$ > {group_mount()}/cgroup.procs; {SELF}; exec {SLEEP}"
    done = writ.run("-t", "500ms", "-k", "200ms", "--", "sh", "-c", moves)
    assert done.status == 124 and gone(told(writ.place / "pids"), seconds=0)


def test_a_launcher_does_not_care_to_which_group_it_is_moved(place, as_root):
    if group_mount() is None:
        pytest.skip("no control groups here")
    writ = make(place, "launcher")
    done = writ.run("--", "sh", "-c", f"{MOVED.format(group=group_mount())} {WAIT} exit 0").check()
    assert gone(told(place / "pids"), seconds=0) and done.record["left_behind"]["killed"] == 1
    writ.close()


@pytest.mark.parametrize("words", [(), ("setsid",)], ids=["plain", "setsid"])
def test_forks_without_end_are_ended(writ, level, words):
    child = writ.start_run("-k", "100ms", "--", "sh", "-c", f"{hoppers(4, *words)}; {SLEEP}")
    told(writ.place / "pids", 4)
    child.terminate()
    assert writ.finish(child).record["left_behind"]["survived"] == 0
    assert not [process for process in everything() if any("pids" in word for word in process.words)]


def test_forks_without_end_are_ended_in_a_session(session):
    session.start("-t", "1s", "-k", "100ms", "--", "sh", "-c", f"{hoppers(2)}; {SLEEP}")
    status, _ = session.finish()
    assert status == 124
    until(lambda: not any("pids" in word for process in everything() for word in process.words
                          if process.pid != session.namespace.pid and "memfd_noexec" not in word))


def test_each_level_can_be_demanded(writ, level):
    assert writ.run("--contain", writ.level, "--", "true").check().record["containment"] == writ.level


def test_a_demand_that_cannot_be_met_refuses_the_run(session):
    session.start("--contain", "launcher", "--", "touch", "ran")
    status, record = session.finish()
    assert status == 125 and record["error"]["stage"] == "contain" and not (session.place / "ran").exists()


@pytest.mark.parametrize("case", sorted(LEFT))
def test_signals_to_the_owner_reach_every_case(writ, level, case):
    child = writ.start_run("-k", "200ms", "--", "sh", "-c", script(case))
    processes = told(writ.place / "pids", 3 if case == "double fork" else 2)
    child.send_signal(signal.SIGTERM)
    assert writ.finish(child).status == 143 and gone(*processes, seconds=0)
