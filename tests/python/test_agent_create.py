"""writ.agent.create_process(): what is used as a subprocess.Popen."""
import errno
import gc
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
import types

import pytest

from writ import agent
from writ.agent import child, waiting


def start(script, **options):
    return agent.create_process(["sh", "-c", script], **options)[0]


def open_now():
    """How many descriptors are open, but for those of control groups: a few of these are
    kept for what will be started."""
    links = [os.path.realpath("/proc/self/fd/" + fd) for fd in os.listdir("/proc/self/fd")]
    return len([link for link in links if not link.startswith("/sys/fs/cgroup/")])


def test_the_process_and_its_arguments_are_returned_and_logged(caplog):
    caplog.set_level(logging.DEBUG, logger="writ.agent")
    process, cmd = agent.create_process(["echo", 5], addl_env={"A": "b"})
    assert cmd == process.args == ["env", "A=b", "echo", "5"]
    assert caplog.records[0].getMessage() == "Running command: ['env', 'A=b', 'echo', '5']"
    assert process.communicate() == (b"5\n", b"")
    with agent.settings.override(root_helper="env -u X"):
        process, cmd = agent.create_process(["echo", "x"], run_as_root=True)
        assert cmd == ["env", "-u", "X", "echo", "x"]
        assert process.communicate() == (b"x\n", b"")


def test_it_has_what_a_popen_has():
    process = start("exit 3")
    assert isinstance(process, subprocess.Popen)
    assert isinstance(process.pid, int) and process.returncode is None
    assert process.wait() == process.returncode == process.poll() == 3
    assert "sh" in repr(process)
    for stream in process.stdin, process.stdout, process.stderr:
        assert isinstance(stream.fileno(), int)
        stream.close()
        stream.close()
        assert stream.closed
    process = subprocess.Popen(["true"])
    process.wait()
    public = {name for name in dir(process) if not name.startswith("_")}
    assert not {name for name in public if not hasattr(start("exit 0"), name)} - {
        "pipesize", "process_group"}


def test_a_signal_that_ended_it_is_a_negative_code():
    for end, number in (("terminate", 15), ("kill", 9)):
        process = start("exec sleep 1000")
        getattr(process, end)()
        assert process.wait(30) == -number
        getattr(process, end)()  # nothing any more
    process = start("trap 'exit 7' HUP; echo x; while :; do sleep 0.02; done")
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 7


def test_a_wait_may_be_bounded():
    process = start("exec sleep 1000")
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        process.wait(timeout=0.05)
    assert caught.value.timeout == 0.05 and caught.value.cmd == process.args
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    assert process.poll() is None
    process.kill()
    assert process.wait() == -9


@pytest.mark.parametrize("timeout", [3000000, float("inf")])
def test_a_wait_may_be_long(timeout, monkeypatch):
    assert start("sleep 0.1; exit 3").wait(timeout) == 3
    monkeypatch.setattr(waiting, "_SLICE_S", 0.01)
    assert start("sleep 0.1; echo x").communicate(timeout=timeout) == (b"x\n", b"")
    with pytest.raises(subprocess.TimeoutExpired):
        start("cat").wait(0.05)


def test_what_is_said_of_it_has_no_secret():
    process, cmd = agent.create_process(["sh", "-c", "exec sleep 1000", "sh", "--token=hunter2"])
    said = [repr(process)]
    for wait in process.wait, process.communicate:
        with pytest.raises(subprocess.TimeoutExpired) as caught:
            wait(timeout=0)
        said += [str(caught.value), repr(caught.value), str(caught.value.cmd)]
    assert not [text for text in said if "hunter2" in text]
    assert process.args == cmd and "--token=hunter2" in cmd
    process.kill()
    process.wait()


def test_it_is_talked_to_line_by_line():
    with start("while read x; do echo got $x; echo e$x >&2; done") as process:
        for word in b"a", b"b":
            process.stdin.write(word + b"\n")  # nothing to flush
            assert process.stdout.readline() == b"got " + word + b"\n"
            assert process.stderr.readline() == b"e" + word + b"\n"
        process.stdin.close()
        assert list(process.stdout) == []
    assert process.returncode == 0


def test_much_goes_in_and_comes_out():
    data = os.urandom(3000000)
    process = start("tee /dev/stderr")
    assert process.communicate(data) == (data, data)
    assert process.stdout.closed and process.returncode == 0
    process = agent.create_process(["cat"])[0]
    writer = threading.Thread(target=lambda: (process.stdin.write(data), process.stdin.close()))
    writer.start()
    assert process.stdout.read() == data
    writer.join()
    assert process.wait() == 0


def test_communicate_has_what_came_with_a_line_that_was_read():
    process = start("echo a; echo b; echo c >&2; exec sleep 1000")
    select.select([process.stderr], [], [], 30)  # both lines are there, and come at once
    assert process.stdout.readline() == b"a\n"
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        process.communicate(timeout=0)
    process.kill()
    assert process.communicate() == (b"b\n", b"c\n")
    assert (caught.value.output, caught.value.stderr) == (b"b\n", b"c\n")


def test_communicate_goes_on_after_its_time_was_over():
    process = start("echo a; sleep 0.4; echo b; cat")
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        process.communicate(b"c", timeout=0.1)
    assert caught.value.output == b"a\n"
    assert process.communicate() == (b"a\nb\nc", b"")


def test_one_that_reads_nothing_is_no_failure():
    process = start("exit 0")
    assert process.communicate(b"x" * 1000000) == (b"", b"")
    process = start("exit 0")
    process.wait()
    with pytest.raises(BrokenPipeError):
        process.stdin.write(b"x" * 1000000)


@pytest.mark.parametrize("bad", ["text", 5, ["x"]])
def test_an_input_that_is_no_bytes_is_refused(bad):
    process = start("exit 0")
    with pytest.raises(TypeError, match="input"):
        process.communicate(bad)
    process.communicate()


def test_what_cannot_be_started_leaves_nothing_open():
    start("exit 0").communicate()  # what lives as long as the process is made now
    before = open_now()
    for _ in range(5):
        with pytest.raises(FileNotFoundError, match="no-such-program"):
            agent.create_process(["no-such-program"])
        with pytest.raises(PermissionError):
            agent.create_process(["/etc/passwd"])
        with pytest.raises(FileNotFoundError):
            agent.create_process(["no-such-program"], addl_env={"A": "b"})
    assert open_now() == before


def test_what_is_thrown_into_a_start_ends_it(monkeypatch):
    class Thrown(BaseException):
        """As eventlet's Timeout, a GreenletExit, or what a signal's handler raises."""

    def throw(*_):
        raise Thrown

    def running():
        return [pid for pid in agent.find_child_pids(os.getpid(), recursive=True)
                if agent.pid_invoked_with_cmdline(pid, ["sleep", "1001"])]

    start("exit 0").communicate()
    before = open_now()
    with monkeypatch.context() as patch:
        patch.setattr(child._Hub, "step", throw)
        with pytest.raises(Thrown):
            agent.create_process(["sleep", "1001"])
    end = time.monotonic() + 30
    while running() or open_now() > before:
        start("exit 0").communicate()  # takes note of what has ended
        assert time.monotonic() < end


class Refusing:
    """An epoll descriptor, where the kernel has no room for what is to be watched."""

    def register(self, *_):
        raise OSError(errno.ENOSPC, "no room")

    def close(self):
        pass


@pytest.mark.parametrize("epoll", [Refusing, lambda: Refusing().register()])
def test_a_wait_that_cannot_be_made_leaves_nothing_open(monkeypatch, epoll):
    process = start("exec sleep 1000")
    before = open_now()
    with monkeypatch.context() as patch:
        patch.setattr(waiting, "real", lambda _: types.SimpleNamespace(epoll=epoll))
        with pytest.raises(OSError):
            process.wait(30)
    assert open_now() == before
    process.kill()
    assert process.wait() == -9


def test_nothing_stays_open_when_it_is_dropped():
    start("exit 0").communicate()
    before = open_now()
    for _ in range(5):
        start("echo x").communicate()
        start("cat")  # sees the end of its input
    gc.collect()
    end = time.monotonic() + 30
    while open_now() > before:
        start("exit 0").communicate()  # takes note of those that have ended
        assert time.monotonic() < end


def test_one_that_is_dropped_runs_on_as_of_old():
    process = start("echo $$; exec sleep 1000")
    pid = int(process.stdout.readline())
    del process
    gc.collect()
    assert agent.process_is_running(pid)
    agent.kill_process(pid, signal.SIGKILL)


def test_what_it_leaves_running_lives_on():
    process = start("sleep 1000 >/dev/null 2>&1 <&1 & echo $!")
    pid = int(process.communicate()[0])
    assert process.returncode == 0
    assert agent.process_is_running(pid)
    agent.kill_process(pid, signal.SIGKILL)


def test_until_it_is_waited_for_its_pid_means_it():
    process = start("exit 0")
    end = time.monotonic() + 30
    while agent.process_is_running(process.pid):
        assert time.monotonic() < end
    # of old there was a zombie; the agent asks, kills, and then waits
    pid = agent.get_root_helper_child_pid(process.pid, ["sh"])
    assert pid == str(process.pid)
    assert agent.kill_process(pid, signal.SIGKILL) is None
    assert process.wait() == 0
    assert agent.get_root_helper_child_pid(process.pid, ["sh"]) is None


def test_any_thread_may_wait_for_it():
    processes = [start("exit %d" % (i % 7)) for i in range(30)]
    codes = {}

    def wait(i):
        codes[i] = processes[i].wait(30)

    threads = [threading.Thread(target=wait, args=(i,)) for i in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {i: i % 7 for i in range(30)}


def test_many_threads_start_and_end_them():
    failed = []

    def work(number):
        try:
            for i in range(10):
                text = b"%d-%d" % (number, i)
                assert agent.create_process(["cat"])[0].communicate(text) == (text, b"")
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def hosted(program):
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    assert done.stdout.decode().splitlines()[-1:] == ["ok"], done.stderr.decode()


def test_in_a_host_that_ignores_sigchld():
    hosted("""
import select
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from writ import agent
for i in range(10):
    process = agent.create_process(["sh", "-c", "echo x; exit 4"])[0]
    assert process.communicate() == (b"x\\n", b"")
    assert process.returncode in (4, -1), process.returncode
print("ok")
""")


def test_in_a_host_that_forks():
    hosted("""
import os
from writ import agent
process = agent.create_process(["cat"])[0]
pid = os.fork()
if pid == 0:
    code = 1
    try:
        assert process.poll() is None and agent.process_is_running(process.pid)
        for call in process.wait, process.kill:
            try:
                call()
                raise AssertionError
            except RuntimeError as error:
                assert "forked" in str(error), error
        other = agent.create_process(["cat"])[0]
        code = 0 if other.communicate(b"y") == (b"y", b"") else 2
    finally:
        os._exit(code)
assert os.waitpid(pid, 0)[1] == 0
assert process.communicate(b"x") == (b"x", b"")
assert process.returncode == 0
print("ok")
""")
