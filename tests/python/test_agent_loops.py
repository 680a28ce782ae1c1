"""writ.agent on the thread of an asyncio loop, in threads, and in a host that
treats its children badly."""
import asyncio
import signal
import subprocess
import sys
import threading
import time
import traceback

import pytest

import writ
from writ import agent


def run(main):
    return asyncio.run(asyncio.wait_for(main, 60))


async def beat(ticks):
    while True:
        ticks.append(time.monotonic())
        await asyncio.sleep(0.005)


# -- asyncio

def test_on_a_loop_a_command_is_awaited_and_others_run():
    async def main():
        ticks = []
        heart = asyncio.ensure_future(beat(ticks))
        assert await agent.execute(["sh", "-c", "sleep 0.3; echo x"]) == "x\n"
        heart.cancel()
        assert len(ticks) > 20
    run(main())


def test_many_commands_are_awaited_at_once():
    async def main():
        start = time.monotonic()
        calls = [agent.execute(["sh", "-c", "sleep 0.5; echo %d" % i]) for i in range(40)]
        assert await asyncio.gather(*calls) == ["%d\n" % i for i in range(40)]
        assert time.monotonic() - start < 40 * 0.5 / 3
    run(main())


def test_what_goes_wrong_is_raised_where_it_is_awaited():
    async def main():
        with pytest.raises(agent.ProcessExecutionError) as caught:
            await agent.execute(["sh", "-c", "echo e >&2; exit 7"])
        assert caught.value.returncode == 7
        with pytest.raises(FileNotFoundError):
            await agent.execute(["no-such-program"])
        with agent.settings.override(output_max_bytes=1000):
            with pytest.raises(agent.OutputTooLong):
                await agent.execute(["yes"])
        with agent.settings.override(timeout=0.1):
            with pytest.raises(agent.CommandTimeout):
                await agent.execute(["sleep", "1000"])
        with pytest.raises(TypeError, match="cmd"):
            agent.execute("echo")  # at once: nothing was begun
    run(main())


def test_a_command_runs_whether_it_is_awaited_or_not(tmp_path):
    async def main():
        agent.execute(["touch", str(tmp_path / "there")])
        while not (tmp_path / "there").exists():
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
    run(main())


def test_privsep_does_not_hold_up_a_loop():
    async def main():
        def privileged(cmd, data, env):
            time.sleep(0.3)
            return "out", "", 0

        ticks = []
        heart = asyncio.ensure_future(beat(ticks))
        with agent.settings.override(privsep=privileged):
            assert await agent.execute(["x"], run_as_root=True, privsep_exec=True) == "out"
        heart.cancel()
        assert len(ticks) > 20
    run(main())


def test_a_kill_on_a_loop_is_awaited():
    async def main():
        child = subprocess.Popen(["sleep", "1000"])
        await agent.kill_process(child.pid, signal.SIGKILL)
        assert child.wait() == -9
        assert await agent.kill_process(child.pid, signal.SIGKILL) is None
    run(main())


def test_avoid_blocking_call_on_a_loop_is_awaited():
    async def main():
        ticks = []
        heart = asyncio.ensure_future(beat(ticks))
        here = threading.get_ident()

        def slow(a, b=None):
            time.sleep(0.3)
            return a, b, threading.get_ident()

        a, b, there = await agent.avoid_blocking_call(slow, 1, b=2)
        heart.cancel()
        assert (a, b) == (1, 2) and there != here
        assert len(ticks) > 20

        def deep_inside():
            raise KeyError("why")

        with pytest.raises(KeyError) as caught:
            await agent.avoid_blocking_call(deep_inside)
        frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert "deep_inside" in frames

        def nested(n):
            return n if n == 0 else agent.avoid_blocking_call(nested, n - 1)

        calls = [agent.avoid_blocking_call(nested, 5) for _ in range(100)]
        assert await asyncio.gather(*calls) == [0] * 100
        assert await agent.avoid_blocking_call(agent.execute, ["echo", "x"]) == "x\n"
    run(main())


def test_a_process_on_a_loop_is_awaited():
    async def main():
        process, _ = agent.create_process(["cat"])
        assert await process.communicate(b"x" * 1000000) == (b"x" * 1000000, b"")
        assert process.returncode == 0
        process, _ = agent.create_process(["sleep", "1000"])
        with pytest.raises(subprocess.TimeoutExpired):
            await process.wait(0.05)
        process.kill()
        assert await process.wait() == -9
    run(main())


def test_a_process_on_a_loop_is_a_context_to_be_awaited():
    async def main():
        process, _ = agent.create_process(["sh", "-c", "cat; exit 3"])
        with pytest.raises(writ.WouldBlock, match="async with"):
            with process:
                raise AssertionError
        async with process as same:
            assert same is process and process.poll() is None
        assert process.returncode == 3
        assert process.stdin.closed and process.stdout.closed and process.stderr.closed
    run(main())


def test_the_daemon_of_a_root_helper_does_not_hold_up_a_loop(monkeypatch):
    class Slow:
        def execute(self, cmd, stdin):
            time.sleep(0.3)
            return 0, b"out", b""

    async def main():
        ticks = []
        heart = asyncio.ensure_future(beat(ticks))
        with agent.settings.override(root_helper_daemon="daemon"):
            assert await agent.execute(["x"], run_as_root=True) == "out"
            assert len(ticks) > 20
            del ticks[:]
            assert await agent.execute_rootwrap_daemon(["x"], None, None) == ("out", "", 0)
            assert len(ticks) > 20
        heart.cancel()

    monkeypatch.setattr(agent.RootwrapDaemonHelper, "_client", Slow())
    run(main())


# -- threads

def test_a_plain_call_is_a_plain_call():
    assert agent.avoid_blocking_call(threading.get_ident) == threading.get_ident()
    with pytest.raises(KeyError):
        agent.avoid_blocking_call({}.__getitem__, "x")


def test_threads_run_commands_at_once_and_under_load():
    failed = []

    def work(number):
        try:
            for i in range(10):
                text = "%d-%d" % (number, i)
                assert agent.execute(["cat"], process_input=text) == text
                with pytest.raises(agent.ProcessExecutionError):
                    agent.execute(["false"], log_fail_as_error=False)
        except BaseException as error:
            failed.append(error)
            raise

    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for each in busy:
            each.kill()
            each.wait()
    assert failed == []


# -- hosts that treat children badly: each a program of its own

def hosted(program):
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    assert done.stdout.decode().splitlines()[-1:] == ["ok"], done.stderr.decode()


def test_a_host_that_ignores_sigchld():
    hosted("""
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from writ import agent
for i in range(20):
    try:
        # the kernel throws the code away: an answer without one is none
        assert agent.execute(["echo", "x"]) == "x\\n"
    except agent.ProcessExecutionError as error:
        assert "lost" in str(error).lower(), error
try:
    agent.execute(["no-such-program"])
except FileNotFoundError:
    print("ok")
""")


def test_a_host_that_reaps_what_is_not_its_own():
    hosted("""
import os, signal, threading
def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
signal.signal(signal.SIGCHLD, reap)
from writ import agent
for i in range(20):
    try:
        # an answer whose code was stolen is none
        assert agent.execute(["echo", "x"]) == "x\\n"
    except agent.ProcessExecutionError as error:
        assert "lost" in str(error).lower(), error
print("ok")
""")


def test_a_host_that_forks():
    hosted("""
import os
from writ import agent
assert agent.execute(["echo", "x"]) == "x\\n"
pid = os.fork()
if pid == 0:
    code = 1
    try:
        code = 0 if agent.execute(["echo", "y"]) == "y\\n" else 2
    finally:
        os._exit(code)
assert os.waitpid(pid, 0)[1] == 0
assert agent.execute(["echo", "z"]) == "z\\n"
print("ok")
""")


def test_a_host_without_standard_streams():
    hosted("""
import os
out = os.dup(1)
for fd in 0, 1, 2:
    os.close(fd)
from writ import agent
assert agent.execute(["cat"], process_input="x") == "x"
process, _ = agent.create_process(["cat"])
assert process.communicate(b"x") == (b"x", b"")
os.write(out, b"ok\\n")
""")
