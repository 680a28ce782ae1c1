"""writ.agent in an eventlet service: each test is a program of its own, as eventlet is
a matter of the whole process; once as it is, once with the standard library patched."""
import importlib.util
import os
import subprocess
import sys
import textwrap

import pytest

if importlib.util.find_spec("eventlet") is None:
    pytest.skip("eventlet is not installed", allow_module_level=True)

BEGIN = """
import os, signal, sys, time
import eventlet
if {patched}:
    eventlet.monkey_patch()
from eventlet import patcher
real_time, real_threading = patcher.original("time"), patcher.original("threading")
from writ import agent

ticks = []
def beat():
    while True:
        ticks.append(real_time.monotonic())
        eventlet.sleep(0.005)
"""


@pytest.fixture(params=[False, True], ids=["as-it-is", "patched"])
def green(request, tmp_path):
    """Runs a program in an eventlet service; it must print "ok" as its last line."""
    def run(program, timeout=60):
        source = BEGIN.format(patched=request.param) + textwrap.dedent(program) + "\nprint('ok')\n"
        script = tmp_path / "service.py"
        script.write_text(source)
        done = subprocess.run([sys.executable, str(script)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                              env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
        assert done.stdout.decode().splitlines()[-1:] == ["ok"], done.stderr.decode()
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()
    return run


def test_others_run_while_a_command_does(green):
    green("""
        eventlet.spawn(beat)
        before = len(ticks)
        assert agent.execute(['sh', '-c', 'sleep 0.3; echo x']) == 'x\\n'
        assert len(ticks) - before > 20, len(ticks)
    """)


def test_many_green_threads_run_commands_at_once(green):
    green("""
        start = real_time.monotonic()
        threads = [eventlet.spawn(agent.execute, ['sh', '-c', 'sleep 0.5; echo %d' % i])
                   for i in range(60)]
        assert [t.wait() for t in threads] == ['%d\\n' % i for i in range(60)]
        took = real_time.monotonic() - start
        assert took < 60 * 0.5 / 3, took  # not one after the other
    """)


def test_each_gets_its_own_answer_or_error(green):
    green("""
        def one(i):
            try:
                return agent.execute(['sh', '-c', 'cat; echo e%d >&2; exit %d' % (i, i % 3)],
                                     process_input='%d' % i, return_stderr=True,
                                     log_fail_as_error=False)
            except agent.ProcessExecutionError as error:
                assert 'Stderr: e%d' % i in str(error), error
                return error.returncode
        threads = [eventlet.spawn(one, i) for i in range(90)]
        for i, thread in enumerate(threads):
            assert thread.wait() == (i % 3 or ('%d' % i, 'e%d\\n' % i)), i
    """)


def test_floods_and_failures_do_not_hold_up_the_rest(green):
    green("""
        eventlet.spawn(beat)
        def flood():
            with_bound = agent.settings.output_max_bytes
            try:
                agent.execute(['head', '-c', '30000000', '/dev/zero'], log_fail_as_error=False)
            except agent.OutputTooLong as error:
                return 'bound'
        def missing():
            try:
                agent.execute(['no-such-program'])
            except FileNotFoundError:
                return 'missing'
        threads = [eventlet.spawn(f) for f in (flood, missing) * 3]
        assert [t.wait() for t in threads] == ['bound', 'missing'] * 3
        assert len(ticks) > 3
    """)


def test_a_green_thread_that_is_killed_leaves_nothing_behind(green):
    green("""
        def open_now():
            return len(os.listdir('/proc/self/fd'))

        def running():
            return [pid for pid in agent.find_child_pids(os.getpid(), recursive=True)
                    if agent.pid_invoked_with_cmdline(pid, ['sleep', '1000'])]

        def round():
            threads = [eventlet.spawn(agent.execute, ['sleep', '1000']) for i in range(5)]
            until(lambda: len(running()) == 5)
            for thread in threads:
                thread.kill()
            until(lambda: running() == [])

        def until(is_so):
            deadline = real_time.monotonic() + 20
            while not is_so():
                assert real_time.monotonic() < deadline
                eventlet.sleep(0.01)

        agent.execute(['true'])     # what a service has once is made now
        round()
        before = open_now()
        round()
        until(lambda: open_now() <= before)
        assert agent.execute(['echo', 'still well']) == 'still well\\n'
    """)


def test_who_is_killed_while_it_waits_for_its_turn_holds_up_nobody(green):
    green("""
        threads = [eventlet.spawn(agent.execute, ['echo', str(i)]) for i in range(60)]
        eventlet.sleep(0)       # all wait for a turn to start in, but one
        for thread in threads[::2]:
            thread.kill()
        assert [t.wait() for t in threads[1::2]] == ['%d\\n' % i for i in range(1, 60, 2)]
        assert agent.execute(['echo', 'x']) == 'x\\n'
    """)


TURNS = """
turn, started = 0, []      # the turns of the hub so far; in which of them a command was started
def count():
    global turn
    while True:
        turn += 1
        eventlet.sleep(0)
eventlet.spawn(count)

import writ
run = writ.run
def noted_run(*args, **options):
    started.append(turn)
    return run(*args, **options)
writ.run = noted_run
"""


def test_in_a_turn_of_the_hub_one_command_is_started(green):
    green(TURNS + """
threads = [eventlet.spawn(agent.execute, ['true']) for _ in range(30)]
for thread in threads:
    thread.wait()
assert len(started) == len(set(started)) == 30, started
""")


def test_who_is_killed_in_its_turn_does_not_let_two_others_have_one(green):
    green(TURNS + """
threads = [eventlet.spawn(agent.execute, ['true']) for _ in range(60)]
killed = 0
while len(started) + killed < 50:
    eventlet.sleep(0)
    threads[len(started) + killed].kill()      # who is next, or has just been let in
    killed += 1
for thread in threads[50:]:
    thread.wait()
assert len(started) == len(set(started)) == 60 - killed, started
""")


def test_an_eventlet_timeout_ends_the_wait(green):
    green("""
        try:
            with eventlet.Timeout(0.2):
                agent.execute(['sleep', '1000'])
        except eventlet.Timeout:
            pass
        else:
            raise AssertionError
        assert agent.execute(['echo', 'x']) == 'x\\n'
    """)


def test_a_bound_in_time_holds(green):
    green("""
        with agent.settings.override(timeout=0.2):
            try:
                agent.execute(['sleep', '1000'])
            except agent.CommandTimeout:
                pass
            else:
                raise AssertionError
    """)


def test_others_run_while_a_kill_is_seen_to_work(green):
    green("""
        import subprocess
        agent.settings.kill_wait = 0.4
        child = subprocess.Popen(['sleep', '1000'])
        agent.settings.kill_by_helper = True
        agent.settings.root_helper = 'true'     # says that it has, and has not
        eventlet.spawn(beat)
        try:
            agent.kill_process(child.pid, signal.SIGKILL, run_as_root=True)
        except agent.ProcessExecutionError as error:
            assert 'still running' in str(error)
        else:
            raise AssertionError
        assert len(ticks) > 20
        agent.kill_process(child.pid, signal.SIGKILL)
        assert child.wait() == -9
    """)


def test_others_run_while_a_kill_without_a_descriptor_is_seen_to_work(green):
    green("""
        import errno, subprocess
        def refuse(*_):
            raise OSError(errno.EPERM, 'refused')
        os.pidfd_open = refuse
        child = subprocess.Popen(['sleep', '1000'])
        agent.settings.kill_wait = 0.4
        agent.settings.root_helper = 'true'     # says that it has, and has not
        eventlet.spawn(beat)
        try:
            agent.kill_process(child.pid, signal.SIGKILL, run_as_root=True)
        except agent.ProcessExecutionError as error:
            assert 'still running' in str(error)
        else:
            raise AssertionError
        assert len(ticks) > 20
        child.kill()
        child.wait()
    """)


# -- avoid_blocking_call

def test_a_call_from_a_green_thread_runs_on_another_thread(green):
    green("""
        eventlet.spawn(beat)
        def slow(a, b=None):
            real_time.sleep(0.3)
            return a, b, real_threading.get_ident()
        here = real_threading.get_ident()
        a, b, there = eventlet.spawn(agent.avoid_blocking_call, slow, 1, b=2).wait()
        assert (a, b) == (1, 2) and there != here
        assert len(ticks) > 20
    """)


def test_a_call_from_the_main_thread_is_a_plain_call(green):
    green("""
        here = real_threading.get_ident()
        assert agent.avoid_blocking_call(real_threading.get_ident) == here
    """)


def test_an_exception_arrives_with_its_traceback(green):
    green("""
        import traceback
        class Own(Exception):
            pass
        def deep_inside():
            raise Own('why')
        def call():
            try:
                agent.avoid_blocking_call(deep_inside)
            except Own as error:
                return [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        assert 'deep_inside' in eventlet.spawn(call).wait()
        def leave():
            raise SystemExit(3)
        def call_leave():
            try:
                agent.avoid_blocking_call(leave)
            except SystemExit as error:
                return error.code
        assert eventlet.spawn(call_leave).wait() == 3
    """)


def test_a_call_inside_a_call_does_not_deadlock(green):
    green("""
        def nested(n):
            return n if n == 0 else agent.avoid_blocking_call(nested, n - 1)
        threads = [eventlet.spawn(agent.avoid_blocking_call, nested, 5) for _ in range(100)]
        assert [t.wait() for t in threads] == [0] * 100
    """)


def test_a_command_inside_a_call_runs(green):
    green("""
        threads = [eventlet.spawn(agent.avoid_blocking_call, agent.execute, ['echo', str(i)])
                   for i in range(40)]
        assert [t.wait() for t in threads] == ['%d\\n' % i for i in range(40)]
    """)


def test_hubs_of_several_threads_get_their_own_answers(green):
    green("""
        answers = []
        def service(name):
            def work(i):
                assert agent.avoid_blocking_call(lambda: (real_time.sleep(0.01), i)[1]) == i
                return agent.execute(['echo', '%s%d' % (name, i)])
            threads = [eventlet.spawn(work, i) for i in range(10)]
            answers.append([t.wait() for t in threads])
        threads = [real_threading.Thread(target=service, args=(n,)) for n in 'abc']
        for t in threads: t.start()
        for t in threads: t.join(50)
        assert sorted(answers) == [['%s%d\\n' % (n, i) for i in range(10)] for n in 'abc'], answers
    """)


# -- create_process

def test_others_run_while_a_process_is_read(green):
    green("""
        eventlet.spawn(beat)
        process, cmd = agent.create_process(['sh', '-c', 'sleep 0.3; echo a; sleep 0.3; echo b'])
        lines = []
        reader = eventlet.spawn(lambda: [lines.append(line) for line in process.stdout])
        reader.wait()
        assert lines == [b'a\\n', b'b\\n']
        assert process.wait() == 0
        assert len(ticks) > 40, len(ticks)
    """)


def test_both_outputs_are_read_by_watchers_as_the_agent_does(green):
    green("""
        process, cmd = agent.create_process(['sh', '-c', 'echo o; echo e >&2; exec sleep 1000'])
        got = []
        def watch(stream):
            while True:
                line = stream.readline()
                got.append(line)
                if not line:
                    return
        watchers = [eventlet.spawn(watch, s) for s in (process.stdout, process.stderr)]
        while len(got) < 2:
            eventlet.sleep(0.01)
        assert sorted(got) == [b'e\\n', b'o\\n']
        assert process.poll() is None
        pid = agent.get_root_helper_child_pid(process.pid, ['sleep', '1000'])
        agent.kill_process(pid, signal.SIGKILL)
        assert process.wait(10) == -9
        for w in watchers: w.wait()
    """)


def test_a_wait_may_be_long(green):
    green("""
        # nothing else is due: the hub waits as long
        process, cmd = agent.create_process(['sh', '-c', 'sleep 0.2; exit 3'])
        assert process.wait(timeout=3000000) == 3
    """)


def test_others_run_while_a_process_is_waited_for(green):
    green("""
        import subprocess
        eventlet.spawn(beat)
        process, cmd = agent.create_process(['sleep', '0.3'])
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            pass
        else:
            raise AssertionError
        assert process.wait() == 0
        assert len(ticks) > 20
        process, cmd = agent.create_process(['cat'])
        assert process.communicate(b'x' * 1000000) == (b'x' * 1000000, b'')
    """)
