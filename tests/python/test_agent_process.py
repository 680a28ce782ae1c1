"""writ.agent: which processes are there, what they run, and ending them."""
import contextlib
import errno
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from writ import agent
from writ.agent.child import _unwaited

NOBODY = 65534


@pytest.fixture(autouse=True)
def all_that_is_logged(caplog):
    caplog.set_level(logging.DEBUG, logger="writ.agent")


@contextlib.contextmanager
def running(argv, **options):
    """A process, ended and reaped at the end of the block."""
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, **options)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def shell(script, **options):
    """A shell whose first line of output has been read: it is where the script says so."""
    @contextlib.contextmanager
    def block():
        with running(["sh", "-c", script], **options) as child:
            yield child, child.stdout.readline().decode().split()
    return block()


def wait_until(is_so):
    """For what the kernel does a moment later, as showing a program's arguments."""
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


def gone_pid():
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def wait_zombie(pid):
    """Waits until a child has ended, without reaping it."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def errors(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


# -- process_is_running

def test_a_process_is_running_by_number_or_text():
    with running(["sleep", "1000"]) as child:
        assert agent.process_is_running(child.pid) is True
        assert agent.process_is_running(str(child.pid)) is True


def test_what_is_gone_is_not_running():
    assert agent.process_is_running(gone_pid()) is False


def test_a_zombie_is_not_running_unless_it_is_to_be_as_of_old():
    with running(["true"]) as child:
        wait_zombie(child.pid)
        assert agent.process_is_running(child.pid) is False
        with agent.settings.override(zombie_is_running=True):
            assert agent.process_is_running(child.pid) is True


def test_a_thread_is_no_process():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    try:
        assert os.path.exists("/proc/%d" % thread.native_id)
        assert agent.process_is_running(thread.native_id) is False
    finally:
        go.set()
        thread.join()


# -- kill_process

def test_a_signal_ends_a_process():
    for number in signal.SIGTERM, signal.SIGKILL:
        with running(["sleep", "1000"]) as child:
            assert agent.kill_process(child.pid, number) is None
            assert child.wait() == -number


def test_after_sigkill_the_process_is_not_running_any_more():
    for _ in range(20):
        with running(["sleep", "1000"]) as child:
            agent.kill_process(str(child.pid), signal.SIGKILL)
            assert not agent.process_is_running(child.pid)


def test_sighup_reloads_and_ends_nothing():
    script = "trap 'echo reloaded' HUP; echo ready; while :; do sleep 0.05; done"
    with shell(script) as (child, _):
        agent.kill_process(child.pid, signal.SIGHUP)
        assert child.stdout.readline() == b"reloaded\n"
        assert agent.process_is_running(child.pid)


def test_what_is_gone_is_killed_already(caplog):
    pid = gone_pid()
    for number in signal.SIGKILL, signal.SIGTERM, 0:
        assert agent.kill_process(pid, number) is None
    assert errors(caplog) == []


def test_a_zombie_is_killed_already():
    with running(["true"]) as child:
        wait_zombie(child.pid)
        assert agent.kill_process(child.pid, signal.SIGKILL) is None
        assert child.wait() == 0


@contextlib.contextmanager
def as_nobody():
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    os.setresuid(NOBODY, NOBODY, 0)  # the real one too: it may signal its own
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_a_kill_that_is_refused_is_raised_and_logged_in_the_words_of_old(caplog):
    with running(["sleep", "1000"]) as child:
        with as_nobody(), pytest.raises(agent.ProcessExecutionError) as caught:
            agent.kill_process(child.pid, signal.SIGKILL)
        assert agent.process_is_running(child.pid)
        assert str(caught.value) == (
            "Exit code: 1; Cmd: ['kill', '-9', %d]; Stdin: ; Stdout: ; "
            "Stderr: kill: (%d): Operation not permitted\n" % (child.pid, child.pid))
        assert caught.value.returncode == 1
        assert errors(caplog) == [str(caught.value)]


@pytest.fixture
def public_path():
    """A directory that another user may enter: those of pytest are closed."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


def test_a_kill_that_is_refused_goes_by_the_root_helper(public_path):
    tmp_path = public_path
    helper = tmp_path / "helper"
    helper.write_text("#!/bin/sh\necho \"$@\" >>%s/asked\nexit $(cat %s/code)\n"
                      % (tmp_path, tmp_path))
    helper.chmod(0o755)
    code, asked = tmp_path / "code", tmp_path / "asked"
    code.write_text("0")
    asked.write_text("")
    asked.chmod(0o666)
    with running(["sleep", "1000"]) as child, \
            agent.settings.override(root_helper=str(helper), kill_wait=0.2):
        with as_nobody():
            agent.kill_process(child.pid, signal.SIGTERM, run_as_root=True)
        assert asked.read_text() == "kill -15 %d\n" % child.pid
        # it says that it has, and has not
        with as_nobody(), pytest.raises(agent.ProcessExecutionError, match="still running"):
            agent.kill_process(child.pid, signal.SIGKILL, run_as_root=True)
        code.write_text("3")
        with as_nobody(), pytest.raises(agent.ProcessExecutionError) as caught:
            agent.kill_process(child.pid, signal.SIGTERM, run_as_root=True)
        assert caught.value.returncode == 3


@pytest.fixture(params=[errno.EPERM, errno.EMFILE, errno.ENOSYS])
def refused(request, monkeypatch):
    """The kernel gives no descriptor of a process; the text of its reason."""
    def refuse(*_):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "pidfd_open", refuse)
    return os.strerror(request.param)


def test_a_process_without_a_descriptor_is_not_taken_for_gone(refused, caplog):
    with running(["sleep", "1000"]) as child:
        with pytest.raises(agent.ProcessExecutionError, match=refused):
            agent.kill_process(child.pid, signal.SIGKILL)
        assert agent.process_is_running(child.pid)
        assert len(errors(caplog)) == 1 and refused in errors(caplog)[0]


def test_a_process_without_a_descriptor_is_killed_by_the_root_helper(refused):
    with running(["sleep", "1000"]) as child:
        with agent.settings.override(root_helper="true", kill_wait=0.1):
            with pytest.raises(agent.ProcessExecutionError, match="still running"):
                agent.kill_process(child.pid, signal.SIGKILL, run_as_root=True)
        with agent.settings.override(root_helper="env"):
            agent.kill_process(child.pid, signal.SIGKILL, run_as_root=True)
        assert not agent.process_is_running(child.pid)
    agent.kill_process(child.pid, signal.SIGKILL)  # gone


def test_the_root_helper_is_not_asked_in_vain_unless_that_is_wanted(caplog):
    with running(["sleep", "1000"]) as child, agent.settings.override(root_helper="false"):
        with agent.settings.override(kill_by_helper=True):
            with pytest.raises(agent.ProcessExecutionError):
                agent.kill_process(child.pid, signal.SIGTERM, run_as_root=True)
            assert agent.process_is_running(child.pid)
        agent.kill_process(child.pid, signal.SIGKILL, run_as_root=True)
        assert not agent.process_is_running(child.pid)


class Reused(agent.Pid):
    """What was given out for a process whose number is another's by now."""

    def __new__(cls, identity, number):
        self = str.__new__(cls, number)
        self.identity = identity
        return self


@pytest.fixture(params=["of a Pid", "of a child"])
def reused(request, monkeypatch):
    """A pid of one that is gone; a shell with a child has the number."""
    with shell("sleep 1000 & echo $!; wait") as (new, (leaf,)):
        old, _ = agent.create_process(["true"])
        while old.identity.state != "gone":  # it is reaped, though nobody has waited for it
            agent.create_process(["true"])[0].wait(30)
        if request.param == "of a child":
            monkeypatch.setitem(_unwaited, new.pid, old)
        yield new.pid if request.param == "of a child" else Reused(old.identity, new.pid)
        assert new.poll() is None
        assert old.wait() == 0
        end_all(leaf)


def test_a_number_of_which_more_is_known_means_no_other_process(reused):
    assert agent.kill_process(reused, signal.SIGKILL) is None
    assert not agent.process_is_running(reused)
    assert agent.get_cmdline_from_pid(reused) == []
    assert agent.find_child_pids(reused) == [] and agent.find_parent_pid(reused) is None
    assert agent.get_root_helper_child_pid(reused, ["sleep", "1000"], run_as_root=True) is None


def test_nothing_stays_open():
    with running(["sleep", "1000"]) as child:
        before = os.listdir("/proc/self/fd")
        agent.kill_process(child.pid, signal.SIGHUP)
        agent.kill_process(gone_pid(), signal.SIGHUP)
        agent.process_is_running(child.pid)
        assert len(os.listdir("/proc/self/fd")) == len(before)


# -- what runs

def test_the_arguments_of_a_process(caplog):
    argv = ["sh", "-c", "echo ready; read x", "name", "a\nb", "", "\udcff"]
    with running(argv, stdin=subprocess.PIPE) as child:
        child.stdout.readline()
        assert agent.get_cmdline_from_pid(child.pid) == argv
        child.stdin.close()
    assert any(line.startswith("Found cmdline ['sh', ") and
               line.endswith(" for process with PID %d." % child.pid)
               for line in (r.getMessage() for r in caplog.records))
    assert agent.get_cmdline_from_pid(gone_pid()) == []


def test_a_title_is_split_at_blanks():
    with running(["a title with blanks"], executable="/bin/cat", stdin=subprocess.PIPE) as child:
        wait_until(lambda: agent.get_cmdline_from_pid(child.pid)[:1] == ["a"])
        assert agent.get_cmdline_from_pid(child.pid) == ["a", "title", "with", "blanks"]
        child.stdin.close()


@pytest.mark.parametrize("cmd, expected, name, answer", [
    (["/bar/../foo"], ["/bar/../foo"], None, True),
    (["python", "script"], ["script"], None, True),
    (["/usr/bin/python", "/usr/bin/script", "-x"], ["/opt/script", "-x"], None, True),
    ("foo", "bar", None, False), (["x", "y"], ["x"], None, False), ([], ["x"], None, False),
    (None, ["x"], None, False), ([], [], None, True), (["p"], ["a"], "p", False),
    (["proc_name", "(python", "script)"], ["script"], "proc_name", True),
    (["proc_name", "(python", "/bar/../foo)"], ["/bar/../foo"], "proc_name", True),
    (["proc_name", "(/bar/../foo", "input_param)"], ["/bar/../foo", "input_param"], "proc_name",
     True),
    (["other", "(a)"], ["a"], "proc_name", False),
])
def test_a_command_matches_what_was_expected(cmd, expected, name, answer):
    assert agent.cmd_matches_expected(cmd, expected, name) is answer
    if name is None:
        assert agent.cmd_matches_expected(cmd, expected) is answer


def test_the_directory_of_a_program_is_taken_off():
    given = ["/usr/bin/ping", "8.8.8.8"]
    assert agent.remove_abs_path(given) == ["ping", "8.8.8.8"]
    assert given[0] == "/usr/bin/ping"
    assert agent.remove_abs_path(["ping"]) == ["ping"]
    assert agent.remove_abs_path([]) == [] and agent.remove_abs_path(None) is None


def test_a_pid_runs_a_command(tmp_path):
    with running(["sleep", "1000"]) as child:
        wait_until(lambda: agent.pid_invoked_with_cmdline(child.pid, ["/bin/sleep", "1000"]))
        assert not agent.pid_invoked_with_cmdline(child.pid, ["sleep", "1"])
    assert not agent.pid_invoked_with_cmdline(child.pid, ["sleep", "1000"])
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho ready\nread x\n")
    script.chmod(0o755)
    with running([str(script), "a"], stdin=subprocess.PIPE) as child:
        child.stdout.readline()
        assert agent.pid_invoked_with_cmdline(child.pid, ["script", "a"])
        child.stdin.close()


# -- families

FAMILY = "sh -c 'sleep 1000 & echo $$ $!; wait' & wait"


def end_all(*pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def test_the_children_of_a_process():
    with shell(FAMILY) as (top, (middle, leaf)):
        assert agent.find_child_pids(top.pid) == [middle]
        assert agent.find_child_pids(str(top.pid), recursive=True) == [middle, leaf]
        assert agent.find_child_pids(leaf) == []
        assert agent.find_parent_pid(leaf) == middle
        assert agent.find_parent_pid(int(middle)) == str(top.pid)
        end_all(middle, leaf)
    assert agent.find_child_pids(gone_pid()) == []
    assert agent.find_parent_pid(gone_pid()) is None


def test_each_descendant_is_named_once():
    script = "sh -c \"sh -c 'sleep 1000 & echo \\$\\$ \\$!; wait' & wait\" & wait"
    with shell(script) as (top, (middle, leaf)):
        found = agent.find_child_pids(top.pid, recursive=True)
        assert len(found) == len(set(found)) == 3
        assert found[1:] == [middle, leaf]
        end_all(*found)


def test_the_top_of_a_fork():
    script = "import os, time\nif os.fork() and os.fork(): print(os.getpid(), flush=True)\ntime.sleep(99)"
    with running([sys.executable, "-c", script]) as top:
        top.stdout.readline()
        children = agent.find_child_pids(top.pid)
        assert agent.find_fork_top_parent(children[0]) == str(top.pid)
        assert agent.find_fork_top_parent(top.pid) == top.pid  # as it was given
        end_all(*children)
    assert agent.find_fork_top_parent(1) == 1


def test_processes_are_counted_by_name(tmp_path):
    name = "writ-agent-test-with-a-long-name"
    os.symlink("/bin/sleep", tmp_path / name)
    assert agent.get_process_count_by_name(name) == 0
    with running([str(tmp_path / name), "1000"]), running([str(tmp_path / name), "1000"]):
        wait_until(lambda: agent.get_process_count_by_name(name) == 2)
        assert agent.get_process_count_by_name(name[:15]) == 0
    assert agent.get_process_count_by_name(name) == 0


# -- the child of a root helper

def test_without_a_helper_the_pid_is_the_answer_as_text():
    with running(["sleep", "1000"]) as child:
        for pid in child.pid, str(child.pid):
            found = agent.get_root_helper_child_pid(pid, ["whatever"])
            assert found == str(child.pid) and isinstance(found, str)
            assert found.identity.alive()
    assert agent.get_root_helper_child_pid(gone_pid(), ["x"]) is None


def test_the_child_of_a_helper_is_found_by_its_command():
    with shell(FAMILY) as (top, (middle, leaf)):
        find = lambda cmd: agent.get_root_helper_child_pid(top.pid, cmd, run_as_root=True)
        wait_until(lambda: find(["/bin/sleep", "1000"]) is not None)
        assert find(["/bin/sleep", "1000"]) == leaf
        assert isinstance(find(["sleep", "1000"]), str)
        assert find(["sleep", "1"]) is None
        end_all(middle, leaf)
    assert agent.get_root_helper_child_pid(gone_pid(), ["x"], run_as_root=True) is None


def test_the_child_of_sudo_is_found_and_killed():
    if subprocess.run(["sudo", "-n", "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("sudo asks for a password")
    process, cmd = agent.create_process(["sleep", "1000"], run_as_root=True)
    assert cmd == ["sudo", "sleep", "1000"]
    find = lambda: agent.get_root_helper_child_pid(process.pid, ["sleep", "1000"], True)
    wait_until(lambda: find() is not None)
    pid = find()
    assert pid != str(process.pid)
    agent.kill_process(pid, signal.SIGKILL, run_as_root=True)
    process.communicate()
    assert process.returncode != 0


def test_a_command_that_is_expected_is_a_list():
    with pytest.raises(TypeError, match="expected_cmd"):
        agent.get_root_helper_child_pid(os.getpid(), "sleep 1", run_as_root=True)
    with pytest.raises(ValueError, match="expected_cmd"):
        agent.get_root_helper_child_pid(os.getpid(), [], run_as_root=True)
