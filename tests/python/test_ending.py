"""How a run ends: by itself, by a time-out, by a signal to us; and that nothing is left."""
import os
import signal
import threading
import time

import pytest

import writ
from processes import gone, told, until
from programs import COUNT, LEFT, hoppers, script as leaving


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left_behind_is_ended_with_the_program(level, case, tmp_path):
    r = writ.run(["sh", "-c", leaving(case, "exit 3")], cwd=tmp_path, grace=0.2)
    assert r.exit_code == 3 and gone(*told(tmp_path / "pids", COUNT.get(case, 1) + 1), seconds=0)
    assert r.left_behind.count == r.left_behind.killed == COUNT.get(case, 1)
    assert r.forced is (case == "ignoring TERM")


@pytest.mark.parametrize("case", LEFT)
def test_a_time_out_ends_all_of_it(level, case, tmp_path):
    r = writ.run(["sh", "-c", leaving(case)], cwd=tmp_path, timeout=0.3, grace=0.2)
    assert r.timed_out and r.cause == "timeout" and r.stopped_by == "timeout"
    assert gone(*told(tmp_path / "pids", COUNT.get(case, 1) + 1), seconds=0)


def test_what_forks_faster_than_it_is_killed_ends(level, tmp_path):
    r = writ.run(["sh", "-c", hoppers(4, "setsid") + "\nexec sleep 1000"], cwd=tmp_path, timeout=0.5,
                 grace=0.1)
    assert r.timed_out and r.left_behind.survived == 0


def test_a_flood_is_bounded_and_ended():
    r = writ.run(["yes"], timeout=0.3, output_max=1 << 16)
    assert r.timed_out and len(r.stdout) == 1 << 16 and r.stdout_info.bytes > 1 << 16


def test_a_flood_of_both_streams_while_it_is_fed():
    r = writ.run(["sh", "-c", "cat >/dev/null & yes err | head -c 3000000 >&2 & yes | head -c 3000000; wait"],
                 input=b"x" * 3_000_000)
    assert (r.exit_code, len(r.stdout), len(r.stderr)) == (0, 3_000_000, 3_000_000)


def test_a_time_out_of_nothing_is_at_once():
    assert writ.run(["sleep", "100"], timeout=0).timed_out
    assert writ.run(["sleep", "100"], timeout=0.0001).timed_out


def test_no_time_out_is_none_and_infinity():
    assert writ.run(["true"], timeout=None).exit_code == 0
    for name in ("timeout", "idle_timeout", "drain", "drain_max", "grace"):
        assert writ.run(["true"], **{name: float("inf")}).exit_code == 0


def test_for_ever_is_long():
    r = writ.run(["sh", "-c", "(sleep 0.6; echo late) & echo soon"], drain=float("inf"))
    assert r.stdout == b"soon\nlate\n"
    r = writ.run(["sh", "-c", "(sleep 0.6; echo late) & echo soon"], drain=0)
    assert r.stdout == b"soon\n"
    r = writ.run(["sh", "-c", "trap 'sleep 0.5; echo bye; exit 0' TERM; while :; do sleep 0.01; done"],
                 timeout=0.1, grace=float("inf"))
    assert r.stdout == b"bye\n" and not r.forced


def test_no_output_for_too_long():
    r = writ.run(["sh", "-c", "echo x; sleep 100"], idle_timeout=0.2)
    assert (r.cause, r.stopped_by, r.stdout) == ("idle-timeout", "idle", b"x\n")


def test_the_steps_of_ending_are_the_callers():
    text = "trap 'echo usr1' USR1; trap '' TERM; while :; do sleep 0.01; done"
    r = writ.run(["sh", "-c", text], timeout=0.2, teardown=[("USR1", 0.2), (signal.SIGTERM, 0.1)])
    assert r.stdout == b"usr1\n" and r.forced
    r = writ.run(["sh", "-c", "trap 'echo int; exit 0' INT; while :; do sleep 0.01; done"], timeout=0.2,
                 stop_signal="INT")
    assert r.stdout == b"int\n" and not r.forced and r.timed_out


def test_what_is_left_behind_may_live_on(tmp_path):
    r = writ.run(["sh", "-c", leaving("setsid", "exit 0")], cwd=tmp_path, keep_tree=True)
    assert r.left_behind.kept == 1
    kept = told(tmp_path / "pids", 2)[0]
    assert kept.runs()
    kept.kill()
    gone(kept)


CTRL_C = """if True:
    import os, signal, sys, threading, time, writ
    def interrupt():
        while not os.path.exists("pids"): time.sleep(0.01)
        time.sleep(0.1)
        for _ in range(int(sys.argv[2])):
            os.kill(os.getpid(), signal.SIGINT); time.sleep(0.3)
    threading.Thread(target=interrupt).start()
    start = time.monotonic()
    try:
        writ.run(["sh", "-c", sys.argv[1]], grace=float(sys.argv[3]))
    except KeyboardInterrupt:
        print("KeyboardInterrupt", time.monotonic() - start < 20)
    print(writ.run(["echo", "again"]).stdout)
    """


def test_ctrl_c_ends_the_tree_and_is_raised(script, tmp_path):
    answer = script(CTRL_C, leaving("double fork"), 1, 5)
    assert answer == "KeyboardInterrupt True\nb'again\\n'\n"
    assert gone(*told(tmp_path / "pids", 3), seconds=0)


def test_a_second_ctrl_c_does_not_wait(script, tmp_path):
    answer = script(CTRL_C, leaving("ignoring TERM"), 2, 3600)
    assert answer == "KeyboardInterrupt True\nb'again\\n'\n"
    assert gone(*told(tmp_path / "pids", 2), seconds=0)


def test_a_handler_that_raises_ends_the_tree():
    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Alarm):
            writ.run(["sleep", "1000"])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_handler_that_returns_changes_nothing_and_may_run_programs():
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(writ.run(["echo", "inside"]).stdout))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        r = writ.run(["sleep", "0.5"])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert r.exit_code == 0 and len(seen) > 1 and set(seen) == {b"inside\n"}


def test_a_host_process_that_ignores_the_end_of_children(script):
    text = """if True:
        import os, signal, writ
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for _ in range(50):
            r = writ.run(["sh", "-c", "echo x; exit 3"])
            assert r.stdout == b"x\\n" and r.cause in ("exited", "lost"), r
            if r.cause == "lost":
                assert r.exit_code is None and r.returncode is None
        print(r.cause)
        """
    assert script(text).strip() in ("exited", "lost")


def test_a_host_process_that_reaps_all_children(script):
    text = """if True:
        import os, threading, writ
        def reap():
            while True:
                try: os.waitpid(-1, 0)
                except ChildProcessError: pass
        threading.Thread(target=reap, daemon=True).start()
        causes = set()
        for _ in range(200):
            r = writ.run(["sh", "-c", "echo x; exit 3"])
            assert r.stdout == b"x\\n", r
            assert (r.cause, r.exit_code) in (("exited", 3), ("lost", None)), r
        print("ended")
        """
    assert script(text) == "ended\n"


def test_who_is_killed_leaves_nothing(level, tmp_path):
    text = f"import writ; writ.run(['sh', '-c', {leaving('double fork')!r}])"
    pid = os.spawnlpe(os.P_NOWAIT, "/usr/bin/python3", "python3", "-c", f"import os; os.chdir({str(tmp_path)!r})\n{text}",
                      {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(writ.__file__))})
    processes = told(tmp_path / "pids", 3)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert gone(*processes)


LINES = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of eventlet

def lines(name):
    try:
        with open(name) as file:
            return file.read().count("\\n")
    except FileNotFoundError:
        return 0

"""


def test_who_ends_with_runs_in_threads_leaves_nothing(script, tmp_path):
    text = f"""if True:
        import os, threading, time, writ
        threading.Thread(target=writ.run, args=(["sh", "-c", {leaving('double fork')!r}],), daemon=True).start()
        p = writ.Process(["sh", "-c", "echo $$ >> other; exec sleep 1000"]).start()
        while lines("pids") < 3 or lines("other") < 1: time.sleep(0.01)
        """
    script(LINES + text)
    assert gone(*told(tmp_path / "pids", 3), told(tmp_path / "other"))


def test_who_ends_while_green_threads_and_loops_run_leaves_nothing(script, tmp_path):
    text = """if True:
        import asyncio, os, time, writ, eventlet
        loop = asyncio.new_event_loop()
        task = loop.create_task(writ.aio.run(["sh", "-c", "echo $$ >> pids; exec sleep 1000"]))
        loop.run_until_complete(asyncio.sleep(0.1))
        g = eventlet.spawn(writ.run, ["sh", "-c", "echo $$ >> pids; exec sleep 1000"])
        while lines("pids") < 2: eventlet.sleep(0.01)
        os._exit(0)
        """
    script(LINES + text)
    assert gone(*told(tmp_path / "pids", 2))


def test_runs_of_many_threads_do_not_disturb_each_other():
    failed = []

    def work(number):
        for turn in range(30):
            r = writ.run(["sh", "-c", f"echo {number} {turn}; exit {number}"])
            if (r.exit_code, r.stdout) != (number, f"{number} {turn}\n".encode()):
                failed.append(r)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_other_threads_go_on_while_one_waits():
    count = 0
    thread = threading.Thread(target=writ.run, args=(["sleep", "0.3"],))
    thread.start()
    end = time.monotonic() + 20
    while thread.is_alive() and time.monotonic() < end:
        count += 1
        time.sleep(0.001)
    thread.join()
    assert count > 20
    until(lambda: not thread.is_alive())
