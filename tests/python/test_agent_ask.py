"""writ.agent with writd as its root helper: what is root's is asked for."""
import asyncio
import logging
import os
import shutil

import pytest

from command import WRIT
from processes import Process, gone, told
from writ import agent
from writd import POLICY

USER = 64123  # of no name


@pytest.fixture
def by_writd(writd):
    with agent.settings.override(root_helper=str(writd.socket)):
        yield writd


def execute(script, *more, **options):
    return agent.execute(["/bin/sh", "-c", script, *more], run_as_root=True, **options)


def test_what_is_roots_is_asked_for(by_writd, caplog):
    caplog.set_level(logging.DEBUG, logger="writ.agent")
    assert execute("cat; echo err >&2; echo $LEVEL $0", "x y", process_input="in\u20ac",
                   addl_env={"LEVEL": "3"}, return_stderr=True) == ("in\u20ac3 x y\n", "err\n")
    assert [r.getMessage() for r in caplog.records] == [
        "Running command: ['env', 'LEVEL=3', '/bin/sh', '-c', 'cat; echo err >&2; echo $LEVEL $0', 'x y']"]
    for _ in range(3):
        assert execute("echo $PPID") == f"{by_writd.child.pid}\n"
    assert agent.execute(["sh", "-c", "echo $PPID"]) != f"{by_writd.child.pid}\n"


def test_of_the_services_variables_none_is_passed(by_writd, monkeypatch):
    monkeypatch.setenv("LEVEL", "5")
    assert execute("echo $LEVEL") == "\n"


def test_a_failure_is_one_of_the_command(by_writd):
    with pytest.raises(agent.ProcessExecutionError) as caught:
        execute("echo out; echo err >&2; exit 4")
    assert caught.value.returncode == 4
    assert str(caught.value).endswith("Stdout: out\n; Stderr: err\n")
    assert execute("exit 4", extra_ok_codes=[4]) == ""
    with pytest.raises(agent.ProcessExecutionError) as caught:
        execute("kill -9 $$")
    assert caught.value.returncode == -9


def test_a_refusal_is_a_failure_too(by_writd, caplog):
    with pytest.raises(agent.ProcessExecutionError) as caught:
        agent.execute(["ip", "--token", "hunter2hunter2"], run_as_root=True)
    assert caught.value.returncode == 125
    assert str(caught.value) == (
        "Exit code: 125; Cmd: ['ip', '--token', '[REDACTED:option]']; Stdin: ; Stdout: ; "
        "Stderr: writd: no rule of its policy allows it\n")
    assert "hunter2" not in caplog.text
    assert agent.execute(["ip"], run_as_root=True, check_exit_code=False, return_stderr=True) == (
        "", "writd: no rule of its policy allows it\n")


def test_what_is_allowed_and_not_there_is_code_127(by_writd):
    program = by_writd.place / "program"
    shutil.copy("/bin/true", program)
    by_writd.reload(POLICY + f"\n[Command none]\nExec={program}\nUser=root\n")
    assert agent.execute([program], run_as_root=True) == ""
    program.unlink()
    with pytest.raises(agent.ProcessExecutionError) as caught:
        agent.execute([program], run_as_root=True)
    assert caught.value.returncode == 127


def test_that_nobody_listens_is_logged_and_raised(place, caplog):
    with agent.settings.override(root_helper=str(place / "writd.sock")):
        with pytest.raises(ConnectionRefusedError):
            agent.execute(["ip", "--token", "hunter2hunter2"], run_as_root=True)
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR] == [
        "writd error running command: ['ip', '--token', '[REDACTED:option]']"]


def test_the_bounds_hold(by_writd):
    with agent.settings.override(output_max_bytes=1000):
        with pytest.raises(agent.OutputTooLong):
            execute("exec cat /dev/zero")
    with agent.settings.override(timeout=0.3):
        with pytest.raises(agent.CommandTimeout):
            execute("sleep 1000")


def test_on_a_loop_it_is_awaited(by_writd):
    async def main():
        asked = [execute(f"echo {number}") for number in range(100)]
        return await asyncio.gather(*asked)
    assert asyncio.run(main()) == [f"{number}\n" for number in range(100)]

    async def refused():
        with pytest.raises(agent.ProcessExecutionError, match="no rule"):
            await agent.execute(["ip"], run_as_root=True)
    asyncio.run(refused())


def test_other_green_threads_go_on(by_writd, script):
    assert script("""
import warnings
warnings.simplefilter("ignore")
import eventlet
eventlet.monkey_patch()
import sys
from writ import agent
agent.settings.root_helper = sys.argv[1]
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        eventlet.sleep(0.005)
eventlet.spawn(tick)
threads = [eventlet.spawn(agent.execute, ["/bin/sh", "-c", "sleep 0.3; echo %d" % number],
                          run_as_root=True) for number in range(20)]
assert [thread.wait() for thread in threads] == ["%d\\n" % number for number in range(20)]
print(ticks > 10)
""", by_writd.socket) == "True\n"


@pytest.mark.parametrize("value, socket", [
    ("writd", None), (["writd"], None), ("/run/x.sock", "/run/x.sock")])
def test_what_means_writd(value, socket):
    with agent.settings.override(root_helper=value):
        from writ.agent.helper import Order
        order = Order(["ip"], True, {"A": "b"})
        assert (order.writd.socket, order.helper, order.argv) == (socket, [], ["ip"])
        order = Order(["ip"], True, {"A": "b"}, as_command=True)
        where = ["--socket", socket] if socket else []
        assert order.argv == order.line == ["writ", "ask", *where, "-e", "A=b", "--", "ip"]
        assert Order(["ip"], False, None).writd is None
    for other in "sudo", "writd x", "/usr/bin/env", "./x.sock", None:
        with agent.settings.override(root_helper=other):
            assert Order(["ip"], True, None).writd is None


SIGNALS = f"""
[Policy]
Allow=user:{USER}

[Command sleep]
Exec=/bin/sleep {{n:int}}
User=root

[Command end-sleep]
Signal=TERM KILL
Target=run(sleep)
"""


def test_signals_and_processes_of_an_ordinary_user(writd, script):
    """create_process asks by `writ ask`; what that started is found below it, and ended."""
    writd.reload(SIGNALS)
    out = script("""
import logging, os, signal, sys, time
from writ import agent
logging.disable()
os.setgroups([]), os.setgid(64123), os.setuid(64123)
agent.settings.root_helper = sys.argv[1]
process, argv = agent.create_process(["/bin/sleep", "1000"], run_as_root=True)
print(argv[:3], argv[-3:])
def find(words):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % name) as file:
                    if file.read().split("\\0")[:-1] == words and os.stat("/proc/" + name).st_uid == 0:
                        return int(name)
            except OSError:
                pass
        time.sleep(0.01)
below = None
while below is None:
    below = agent.get_root_helper_child_pid(process.pid, ["/bin/sleep", "1000"], run_as_root=True)
pid = find(["/bin/sleep", "1000"])
assert int(below) != pid
try:
    agent.kill_process(pid, signal.SIGHUP, run_as_root=True)
except agent.ProcessExecutionError as error:
    print(error.returncode)
try:
    agent.kill_process(pid, signal.SIGKILL)
except agent.ProcessExecutionError as error:
    print(error.returncode)
agent.kill_process(pid, signal.SIGKILL, run_as_root=True)
assert not agent.process_is_running(pid)
print(process.wait(20))
process, argv = agent.create_process(["/bin/sleep", "1001"], run_as_root=True)
pid = find(["/bin/sleep", "1001"])
below = None
while below is None:
    below = agent.get_root_helper_child_pid(process.pid, ["/bin/sleep", "1001"], run_as_root=True)
agent.kill_process(below, signal.SIGKILL, run_as_root=True)
print(process.wait(20))
while agent.process_is_running(pid):
    time.sleep(0.01)
""", writd.socket, env={"PATH": f"{WRIT.parent}:{os.environ['PATH']}"})
    assert out.splitlines() == ["['writ', 'ask', '--socket'] ['--', '/bin/sleep', '1000']",
                                "125", "1", "137", "137"]


def test_the_end_of_the_service_is_the_end_of_what_was_asked(by_writd, place, script):
    out = script("""
import sys, threading, os, time
from writ import agent
agent.settings.root_helper = sys.argv[1]
threading.Thread(target=agent.execute, daemon=True, args=(
    ["/bin/sh", "-c", "echo $$ >$0; exec sleep 1000", sys.argv[2]],),
    kwargs={"run_as_root": True}).start()
while not os.path.exists(sys.argv[2]) or not os.path.getsize(sys.argv[2]):
    time.sleep(0.01)
print("on", flush=True)
os._exit(0)
""", by_writd.socket, place / "pid")
    assert out == "on\n"
    gone(told(place / "pid"))


def test_what_a_rule_keeps_lives_on(by_writd):
    by_writd.reload(POLICY + "KeepTree=yes\n")
    kept = Process(int(execute("setsid sleep 1000 & echo $!")))
    assert kept.runs()
    kept.kill()
    gone(kept)
