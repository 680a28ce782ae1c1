"""Green threads of eventlet and gevent: only the one that waits is stopped. Each test in
an interpreter of its own, with the world as it is and with all of it patched."""
import pytest

from processes import gone, told
from programs import script as leaving

EVENTLET = """
import warnings
warnings.simplefilter("ignore")
import eventlet
if {patched}:
    eventlet.monkey_patch()
from eventlet import sleep, spawn, Timeout
wait = lambda g: g.wait()
kill = lambda g: g.kill()
native = eventlet.patcher.original("time").sleep
start_thread = eventlet.patcher.original("_thread").start_new_thread
Kill = __import__("greenlet").GreenletExit
"""

GEVENT = """
import warnings
warnings.simplefilter("ignore")
import gevent.monkey
if {patched}:
    gevent.monkey.patch_all()
from gevent import sleep, spawn, Timeout
wait = lambda g: g.get()
kill = lambda g: g.kill(block=False)
native = gevent.monkey.get_original("time", "sleep")
start_thread = gevent.monkey.get_original("_thread", "start_new_thread")
Kill = __import__("greenlet").GreenletExit
sleep(0)  # makes the hub
"""

COMMON = """
import os, sys, threading, time
import writ
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        sleep(0.005)
spawn(tick)
sleep(0)
def lines(name):
    try:
        with open(name) as file: return file.read().count("\\n")
    except FileNotFoundError:
        return 0
"""


@pytest.fixture(params=["eventlet", "eventlet patched", "gevent", "gevent patched"])
def green(request, script):
    kind, _, patched = request.param.partition(" ")
    prelude = {"eventlet": EVENTLET, "gevent": GEVENT}[kind].format(patched=bool(patched))

    def run(text, *args, **options):
        return script(prelude + COMMON + text, *args, **options)
    run.kind, run.patched = kind, bool(patched)
    return run


def test_the_others_go_on_while_one_waits(green):
    text = """
r = writ.run(["sh", "-c", "sleep 0.3; echo x; exit 3"])
print(r.exit_code, r.stdout, ticks > 20)
ticks = 0
print(writ.run(["cat"], input="y", text=True, check=True).stdout)
for call in (lambda: writ.run(["no-such-program"]), lambda: writ.run(["true"], cwd=3),
             lambda: writ.run(["false"], check=True), lambda: writ.run(["true"], cwd="/no/such")):
    try: call()
    except Exception as error: print(type(error).__name__)
"""
    assert green(text).splitlines() == ["3 b'x\\n' True", "y", "FileNotFoundError", "TypeError",
                                        "ExitError", "FileNotFoundError"]


def test_many_green_threads_run_at_once(green):
    text = """
start = time.monotonic()
greens = [spawn(writ.run, ["sh", "-c", f"sleep 0.3; echo {n}; exit {n}"]) for n in range(60)]
results = [wait(g) for g in greens]
print(all((r.exit_code, r.stdout) == (n, b"%d\\n" % n) for n, r in enumerate(results)))
print(time.monotonic() - start < 60 * 0.3 / 2)
"""
    assert green(text) == "True\nTrue\n"


def test_a_timeout_that_is_thrown_in_ends_the_tree(green, tmp_path):
    text = """
try:
    with Timeout(1):
        writ.run(["sh", "-c", sys.argv[1]])
except Timeout:
    print("timeout", lines("pids"))
"""
    assert green(text, leaving("double fork")) == "timeout 3\n"
    assert gone(*told(tmp_path / "pids", 3), seconds=0)


def test_a_green_thread_that_is_killed_ends_its_tree(green, tmp_path):
    text = """
def work():
    try:
        writ.run(["sh", "-c", sys.argv[1]])
    except Kill:
        print("killed")
        raise
g = spawn(work)
while lines("pids") < 2: sleep(0.01)
kill(g)
while not g.dead: sleep(0.01)
"""
    assert green(text, leaving("setsid")) == "killed\n"
    assert gone(*told(tmp_path / "pids", 2), seconds=0)


def test_a_process_is_talked_to(green):
    text = """
with writ.Process(["cat"], stdin=writ.PIPE) as p:
    reader = spawn(lambda: [p.readline(), p.readline(), p.readline()])
    sleep(0.05)
    p.write(b"one\\ntwo\\n")
    p.close_stdin()
    print(wait(reader))
with writ.Process(["sleep", "1000"], timeout=0.2) as p:
    print(p.wait().cause, ticks > 10)
with writ.Process(["sleep", "1000"]) as p:
    try: p.read(timeout=0.05)
    except TimeoutError: print("TimeoutError")
    waiters = [spawn(p.wait) for _ in range(3)]
    sleep(0.05)
    p.kill()
    print([wait(w).signal for w in waiters])
"""
    assert green(text).splitlines() == ["[b'one\\n', b'two\\n', b'']", "timeout True", "TimeoutError",
                                        "[9, 9, 9]"]


def test_deadlines_are_kept_while_all_wait(green):
    text = """
start = time.monotonic()
causes = [wait(g).cause for g in [spawn(writ.run, ["sleep", "1000"], timeout=t) for t in (0.4, 0.1, 0.3)]]
print(causes, time.monotonic() - start < 5)
r = writ.run(["sh", "-c", "trap '' TERM; sleep 1000"], timeout=0.2, grace=0.2)
print(r.forced)
"""
    assert green(text) == "['timeout', 'timeout', 'timeout'] True\nTrue\n"


def test_other_trees_are_looked_at_beside(green):
    text = """
with writ.Process(["sh", "-c", "sleep 0.3; sleep 1000 & wait"]) as p:
    ticks = 0
    child = writ.child_of(p.identity, ["sleep", "1000"], timeout=20)
    print(child.alive(), ticks > 10)
    print(writ.kill(p.identity).survived)
"""
    assert green(text) == "True True\n0\n"


def test_a_native_thread_beside_is_plain(green):
    """As those of a pool, which have no hub."""
    text = """
def work():
    return writ._writ.world(), writ.run(["echo", "x"]).stdout
print(writ.offload(work), work())
"""
    assert green(text) == "('plain', b'x\\n') ('green', b'x\\n')\n"


def test_a_program_without_green_threads_is_plain(script):
    text = """if True:
        import warnings; warnings.simplefilter("ignore")
        import eventlet, gevent, asyncio, writ
        print(writ._writ.world(), writ.run(["echo", "x"]).stdout)
        """
    assert script(text) == "plain b'x\\n'\n"


def test_the_hubs_own_green_thread_must_not_wait(green):
    text = """
told = []
def call():
    try: writ.run(["true"])
    except writ.WouldBlock as why: told.append(str(why))
if "eventlet" in sys.modules:
    eventlet.hubs.get_hub().schedule_call_global(0, call)
else:
    gevent.get_hub().loop.run_callback(call)
while not told: sleep(0.01)
print("hub" in told[0])
"""
    assert green(text) == "True\n"


def test_a_fork_runs_programs_and_ends_nothing_of_the_parent(green):
    text = """
slow = spawn(writ.run, ["sh", "-c", "sleep 0.5; echo slow"])
sleep(0.1)
pid = os.fork()
if pid == 0:
    try:
        assert writ.run(["echo", "child"]).stdout == b"child\\n"
        assert writ.offload(lambda: 3) == 3
        if "eventlet" in sys.modules:
            eventlet.hubs.use_hub()
            sleep(0)
            assert writ._writ.world() == "green"
            assert wait(spawn(writ.run, ["echo", "green"])).stdout == b"green\\n"
            assert writ.offload(lambda: 4) == 4
        os._exit(0)
    except BaseException:
        import traceback; traceback.print_exc()
        os._exit(9)
status = os.waitpid(pid, 0)[1]
print(status, wait(slow).stdout, writ.run(["echo", "parent"]).stdout)
"""
    assert green(text) == "0 b'slow\\n' b'parent\\n'\n"


def test_hubs_of_several_threads(script):
    text = """if True:
        import warnings; warnings.simplefilter("ignore")
        import eventlet, threading, writ
        failed = []
        def work(number):
            greens = [eventlet.spawn(writ.run, ["echo", f"{number}.{n}"]) for n in range(10)]
            for n, g in enumerate(greens):
                if g.wait().stdout != f"{number}.{n}\\n".encode(): failed.append(number)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
        for t in threads: t.start()
        for t in threads: t.join()
        print(failed)
        """
    assert script(text) == "[]\n"


def test_thousands_of_green_runs_leak_nothing(green, noop):
    text = """
import gc, resource
def turn(n):
    for _ in range(n // 10):
        for g in [spawn(writ.run, [sys.argv[1]], timeout=60) for _ in range(10)]: wait(g)
    gc.collect()
def pages():
    with open("/proc/self/statm") as file: return int(file.read().split()[1])
turn(300)
before = pages(), len(os.listdir("/proc/self/fd"))
turn(1500)
print((pages() - before[0]) * resource.getpagesize() < 500_000, len(os.listdir("/proc/self/fd")) - before[1])
"""
    assert green(text, noop) == "True 0\n"


def test_ctrl_c_ends_the_tree_and_is_raised(green, tmp_path):
    text = """
import signal
if "gevent" in sys.modules:
    gevent.get_hub().exception_stream = None  # it would print the KeyboardInterrupt
def interrupt():
    while lines("pids") < 2: native(0.01)
    os.kill(os.getpid(), signal.SIGINT)
writ._writ.start_thread(interrupt)
try:
    writ.run(["sh", "-c", sys.argv[1]])
except KeyboardInterrupt:
    print("KeyboardInterrupt")
print(writ.run(["echo", "again"]).stdout)
"""
    assert green(text, leaving("setsid")) == "KeyboardInterrupt\nb'again\\n'\n"
    assert gone(*told(tmp_path / "pids", 2), seconds=0)


def test_a_process_is_of_the_green_threads_that_began_it(green):
    text = """
p = writ.Process(["sleep", "1000"])
p.start()
told = []
def read():
    try:
        p.read()
    except RuntimeError as error:
        told.append(str(error))
writ._writ.start_thread(read)
while not told: sleep(0.01)
print(told)
p.kill()
"""
    assert green(text) == "['this process belongs to the green threads of another thread']\n"


def test_threads_that_come_and_go_with_hubs_leave_nothing(green):
    """Their hubs stay: eventlet's for ever, with a descriptor each, and gevent's until
    somebody destroys them."""
    text = """
done = []
def work(destroy=False):
    sleep(0)
    writ.run(["true"])
    p = writ.Process(["sleep", "1000"])
    p.start()
    identity = p.identity
    if destroy and "gevent" in sys.modules:
        gevent.get_hub().destroy(destroy_loop=True)
    done.append((identity, p))
def turn(destroy=False):
    before = len(done)
    start_thread(work, (destroy,))
    while len(done) == before: sleep(0.01)
    while done[-1][0].alive(): sleep(0.01)
def held():
    sleep(0.05)
    return len(os.listdir("/proc/self/fd"))
for _ in range(3): turn()
before = held()
for n in range(20): turn(n % 2 == 0)
print((held() - before) / 20 < 5)
"""
    assert green(text) == "True\n"
