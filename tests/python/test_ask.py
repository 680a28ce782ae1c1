"""writ.ask: what writd runs for us comes back as if writ.run() had run it."""
import os
import pty
import shutil
import subprocess
import threading
import time

import pytest

import writ
from processes import Process, gone, told, until
from writd import POLICY, sh


@pytest.fixture
def ask(writd):
    def run(script, *more, **options):
        return writ.ask(sh(script, *more), socket=writd.socket, **options)
    return run


def sockets():
    """How many connections this process has."""
    found = 0
    for fd in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
        except FileNotFoundError:
            pass
    return found


def test_code_output_and_input_are_the_programs(ask):
    r = ask("cat; echo err >&2; exit 7", input=b"in")
    assert (r.exit_code, r.returncode, r.status) == (7, 7, 7)
    assert (r.stdout, r.stderr, r.cause) == (b"in", b"err\n", "exited")
    assert r.argv == ("/bin/sh", "-c", "cat; echo err >&2; exit 7")
    r = ask("kill -9 $$")
    assert (r.exit_code, r.signal, r.returncode, r.cause) == (None, 9, -9, "signaled")


def test_what_writd_tells_is_told_and_the_rest_is_none(ask):
    r = ask("exit 0")
    assert len(r.id) == 26 and r.wall_ns > 0 and r.started_ns > 0
    assert r.usage.max_rss_bytes > 0 and r.containment in ("cgroup", "launcher")
    assert r.left_behind.count == 0 and r.stdout_info.bytes == 0 and not r.timed_out
    assert r.identity is r.record is r.record_text is r.record_errno is None
    assert r.usage.source is None and r.stdin.read_all is None


def test_more_than_a_pipe_goes_in_and_out(ask):
    data = os.urandom(5_000_000)
    r = ask("cat", input=data)
    assert r.stdout == data and r.stdin.bytes == len(data)
    r = ask("exec <&-; exit 3", input=data)  # which nobody reads
    assert r.exit_code == 3 and r.stdin.bytes < len(data)
    assert ask("cat", input=b"").stdout == b""
    assert ask("cat").stdout == b""


def test_output_is_text_where_that_is_asked_for(ask):
    assert ask("printf 'a\\r\\nb'", text=True).stdout == "a\nb"
    assert ask("cat", input="\u20ac", encoding="utf-8").stdout == "\u20ac"
    r = ask("printf '\\377'", encoding="utf-8")
    assert r.stdout_bytes == b"\xff"
    with pytest.raises(UnicodeDecodeError):
        r.stdout  # pylint: disable=pointless-statement
    assert ask("printf '\\377'", encoding="utf-8", errors="surrogateescape").stdout == "\udcff"


def test_streams_are_what_they_are_bound_to(ask, place):
    out = place / "out"
    (place / "in").write_bytes(b"from a file")
    r = ask("cat; echo err >&2", stdin=place / "in", stdout=out, stderr=writ.STDOUT)
    assert out.read_bytes() == b"from a fileerr\n" and r.stdout is None and r.stderr is None
    with open(out, "wb") as file:
        ask("echo x", stdout=file, stderr=writ.NULL)
    assert out.read_bytes() == b"x\n"
    r = ask("echo a; echo b >&2", stdout=writ.PIPE, stderr=writ.STDOUT)
    assert r.stdout == b"a\nb\n" and r.stderr is None
    with pytest.raises(FileNotFoundError):
        ask("true", stdin=place / "not" / "there")
    with pytest.raises(IsADirectoryError):
        ask("true", stdin=place)
    with pytest.raises(OSError, match="Bad file descriptor"):
        ask("true", stdout=999)


def test_what_is_kept_of_an_output_is_bounded(ask):
    script = "i=0; while [ $i -lt 1000 ]; do printf %05d $i; i=$((i+1)); done"
    whole = b"".join(b"%05d" % i for i in range(1000))
    for overflow, kept in (("both", whole[:10] + whole[-10:]), ("head", whole[:20]),
                           ("tail", whole[-20:])):
        r = ask(script, output_max=20, overflow=overflow)
        assert r.stdout == kept and r.stdout_info.truncated and r.stdout_info.bytes == 5000
        assert r.exit_code == 0
    assert ask(script, output_max=20).stdout_info.cut_at == 10
    for odd in (1, 3, 4999, 5000, 5001):
        r = ask(script, output_max=odd)
        head = odd - odd // 2
        assert r.stdout == (whole if odd >= 5000 else
                            whole[:head] + whole[5000 - odd // 2:5000])
        assert r.stdout_info.truncated == (odd < 5000)
    r = ask("head -c 50000000 /dev/zero", output_max=1_000_000)
    assert r.stdout_info.bytes == 50_000_000 and len(r.stdout) == 1_000_000


def test_past_the_bound_it_is_ended_where_that_is_asked_for(ask):
    r = ask("exec cat /dev/zero", output_max=100_000, overflow="kill")
    assert r.cause == "output-limit" and r.stopped_by == "limit" and r.stdout == bytes(100_000)
    with pytest.raises(writ.OutputLimit):
        ask("exec cat /dev/zero >&2", output_max=1, overflow="kill", check=True)


def test_variables_are_those_that_the_rule_passes(ask, monkeypatch):
    monkeypatch.setenv("LEVEL", "5")
    assert ask("echo $LEVEL").stdout == b"\n"
    assert ask("echo $LEVEL", env={"LEVEL": "3"}).stdout == b"3\n"
    for name, value in (("LEVEL", "10"), ("PATH", "/tmp"), ("LD_PRELOAD", "/tmp/x.so")):
        with pytest.raises(writ.Refused):
            ask("true", env={name: value})


def test_a_directory_is_given_by_its_descriptor(ask, writd, place):
    writd.reload(POLICY + "WorkingDirectory=peer\n")
    fd = os.open(place, os.O_PATH | os.O_DIRECTORY)
    try:
        assert ask("pwd", cwd=fd).stdout.decode() == f"{place}\n"
    finally:
        os.close(fd)
    with pytest.raises(TypeError, match="cwd: must be a descriptor"):
        ask("pwd", cwd=str(place))


def test_check_raises_as_of_run(ask):
    with pytest.raises(writ.ExitError, match="^/bin/sh: exited with 3: why$") as caught:
        ask("echo part; echo why >&2; exit 3", check=True)
    assert caught.value.stdout == b"part\n"
    assert ask("true", check=True).exit_code == 0


def test_the_shorter_time_limit_counts(ask, writd):
    r = ask("sleep 1000", timeout=0.3)
    assert r.cause == "timeout" and r.timed_out and r.wall_ns < 20e9
    with pytest.raises(writ.TimeoutExpired):
        ask("sleep 1000", timeout=0, check=True)
    writd.reload(POLICY.replace("TimeoutSec=60", "TimeoutSec=300ms"))
    assert ask("sleep 1000", timeout=float("inf")).timed_out


def test_a_refusal_says_what_the_policy_is_open_about(ask, writd):
    with pytest.raises(writ.Refused) as caught:
        writ.ask(["/bin/sh", "-x"], socket=writd.socket)
    error = caught.value
    assert isinstance(error, PermissionError) and error.errno == 1
    assert error.code == "E_REFUSED" and error.stage == "ask"
    assert error.reason == "no rule of its policy allows it" and error.hint == ""
    writd.reload(POLICY.replace("[Policy]", "[Policy]\nExplain=yes"))
    with pytest.raises(writ.Refused, match="closest rule is test/shell: argument 1"):
        writ.ask(["/bin/sh", "-x"], socket=writd.socket)


def test_a_terminal_is_not_accepted(ask):
    master, slave = pty.openpty()
    with pytest.raises(writ.Refused) as caught:
        ask("true", stdin=slave)
    assert caught.value.reason == "a descriptor is not accepted"
    os.close(master), os.close(slave)


def test_more_than_a_rule_takes_at_once_are_refused(ask, writd):
    writd.reload(POLICY + "MaxRunning=1\n")
    read, write = os.pipe()
    said, says = os.pipe()
    first = threading.Thread(target=ask, args=("echo on; read x",),
                             kwargs={"stdin": read, "stdout": says})
    first.start()
    assert os.read(said, 3) == b"on\n"
    with pytest.raises(writ.Refused) as caught:
        ask("true")
    assert caught.value.reason == "as many as the rule allows are running"
    os.close(write)
    first.join()
    for fd in read, said, says:
        os.close(fd)
    assert ask("true").exit_code == 0


def test_what_is_allowed_and_cannot_be_executed_is_an_error_of_the_system(writd, place):
    program = place / "program"
    shutil.copy("/bin/true", program)
    writd.reload(POLICY + f"\n[Command none]\nExec={program}\nUser=root\n")
    assert writ.ask([program], socket=writd.socket).exit_code == 0
    program.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        writ.ask([program], socket=writd.socket)
    assert caught.value.code == "E_REFUSED" and not isinstance(caught.value, writ.Refused)


@pytest.mark.parametrize("argv, options, kind, text", [
    ("ls", {}, TypeError, "argv: must be a list of words, not str"),
    ([], {}, ValueError, "argv: empty"),
    (["a", 3], {}, TypeError, r"argv\[1\]: must be str, bytes or os.PathLike, not int"),
    (["a\0"], {}, ValueError, "NUL"),
    (["a"], {"env": 5}, TypeError, "env: must be a mapping"),
    (["a"], {"env": {"A": 5}}, TypeError, r"env\['A'\]: must be str"),
    (["a"], {"timeout": -1}, ValueError, "timeout: not a number of seconds"),
    (["a"], {"timeout": "1"}, TypeError, "timeout: must be a number of seconds"),
    (["a"], {"input": "text"}, TypeError, "input: must be bytes"),
    (["a"], {"input": b"", "stdin": 0}, ValueError, "input: stdin is given too"),
    (["a"], {"stdin": writ.PIPE}, ValueError, "nobody could write"),
    (["a"], {"stdout": writ.STDOUT}, ValueError, "STDOUT is for stderr"),
    (["a"], {"stdout": 1.5}, TypeError, "stdout: must be a descriptor or a file"),
    (["a"], {"encoding": "no-such"}, ValueError, "encoding: there is no such"),
    (["a"], {"overflow": "no"}, ValueError, "overflow: not one of"),
    (["a"], {"output_max": 0}, ValueError, "output_max"),
    (["a"], {"check": 1}, TypeError, "check: must be a bool"),
    (["a"], {"socket": 5}, TypeError, "socket: must be str, bytes or os.PathLike, not int"),
    (["a"], {"socket": "relative"}, ValueError, "not an absolute path"),
    (["a"], {"socket": "/" + "x" * 200}, ValueError, "longer than a socket's"),
    (["a"], {"socket": "/a\0"}, ValueError, "NUL"),
    (["a"], {"user": "root"}, TypeError, "user: the policy of writd says it"),
    (["a"], {"shell": True}, TypeError, "shell: there is no shell"),
    (["a"], {"nonsense": 1}, TypeError, "'nonsense' is not an option of a request"),
])
def test_a_bad_request_names_the_argument(argv, options, kind, text):
    with pytest.raises(kind, match=text):
        writ.ask(argv, **{"socket": "/nowhere/at/all", **options})


def test_past_what_a_request_may_have_is_a_bad_request(ask):
    with pytest.raises(ValueError, match="more than a request may have"):
        ask("true", "x" * 200_000)
    assert ask("true", "x" * 60_000).exit_code == 0


def test_nobody_there_is_a_connection_refused(place):
    with pytest.raises(ConnectionRefusedError, match="socket"):
        writ.ask(["true"], socket=place / "socket")


def test_connections_are_kept(ask):
    ask("true")
    before = sockets()
    for _ in range(50):
        ask("true")
    assert sockets() == before


def test_many_threads_ask_at_once_over_few_connections(ask, writd):
    """And all go on when there is another writd."""
    def work(number):
        r = ask(f"echo {number}; read x; exit {number}", stdin=read)
        results[number] = r.exit_code, r.stdout

    before = sockets()
    for _ in range(2):
        read, write = os.pipe()
        results = {}
        threads = [threading.Thread(target=work, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        assert sockets() <= before + 9
        os.write(write, b"\n" * 100)
        for thread in threads:
            thread.join(60)
        os.close(read), os.close(write)
        assert results == {number: (number, b"%d\n" % number) for number in range(100)}
        assert writd.stop() == 0
        writd.start()


def test_many_threads_are_told_when_writd_dies(ask, writd, place):
    def work():
        try:
            ask("echo >>$0; exec sleep 1000", place / "runs")
        except ConnectionError as error:
            told_so.append(error.code)
    told_so = []
    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    until(lambda: (place / "runs").exists() and (place / "runs").read_text() == "\n" * 20)
    writd.kill()
    for thread in threads:
        thread.join(60)
    assert told_so == ["E_GONE"] * 20


def test_when_writd_dies_the_call_says_so_and_the_next_goes_to_another(ask, writd, place):
    """What may have run is never asked for again."""
    runs = place / "runs"
    thread = threading.Thread(target=lambda: (told(runs), writd.kill()))
    thread.start()
    with pytest.raises(ConnectionResetError) as caught:
        ask("echo $$ >>$0; exec sleep 1000", runs)
    assert caught.value.code == "E_GONE"
    thread.join()
    gone(told(runs))
    until(lambda: _is_refused_connection(ask))
    writd.socket.unlink()
    writd.start()
    assert ask("echo back").stdout == b"back\n"
    assert runs.read_text().count("\n") == 1


def _is_refused_connection(ask):
    """the end of the front, who may still take a request"""
    try:
        ask("true")
    except ConnectionRefusedError:
        return True
    except ConnectionError:
        return False
    return False


def test_a_connection_that_broke_while_idle_is_replaced(ask, writd):
    assert ask("true").exit_code == 0
    assert writd.stop() == 0
    writd.start()
    assert ask("echo back").stdout == b"back\n"


def test_an_output_that_is_held_is_not_waited_for(writd):
    writd.reload(POLICY + "KeepTree=yes\n")
    start = time.monotonic()
    r = writ.ask(sh("setsid sleep 1000 & echo $!"), socket=writd.socket)
    kept = Process(int(r.stdout))
    try:
        assert time.monotonic() - start < 20
        assert r.stdout_info.held_by_descendant and kept.runs()
        r = writ.ask(sh("(sleep 0.3; echo late) & echo soon"), socket=writd.socket, drain=10,
                     drain_max=10)
        assert r.stdout == b"soon\nlate\n" and not r.stdout_info.held_by_descendant
    finally:
        kept.kill()
        gone(kept)


def test_an_exception_of_a_handler_ends_the_run(writd, script, place):
    out = script("""
import signal, sys, os, time, threading
import writ
def note(*_): raise KeyError("handler")
signal.signal(signal.SIGUSR1, note)
def send():
    while not os.path.exists(sys.argv[2]): time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGUSR1)
threading.Thread(target=send).start()
try:
    writ.ask(["/bin/sh", "-c", "echo $$ >$0.new; mv $0.new $0; exec sleep 1000", sys.argv[2]],
             socket=sys.argv[1])
except KeyError as error:
    print(error)
print(writ.ask(["/bin/sh", "-c", "echo on"], socket=sys.argv[1]).stdout)
""", writd.socket, place / "pid")
    assert out == "'handler'\nb'on\\n'\n"
    gone(told(place / "pid"))


def test_a_writd_that_does_not_answer_is_not_waited_for_after_an_exception(writd, script):
    assert script("""
import os, signal, sys
import writ
from writ import broker
broker.END_S = 0.2
def note(*_): raise KeyError("handler")
signal.signal(signal.SIGALRM, note)
def ask(text): return writ.ask(["/bin/sh", "-c", text], socket=sys.argv[1])
print(ask("echo on").stdout)
os.kill(int(sys.argv[2]), signal.SIGSTOP)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    ask("true")
except KeyError as error:
    print(error)
os.kill(int(sys.argv[2]), signal.SIGCONT)
print(ask("echo on").stdout)
""", writd.socket, writd.child.pid) == "b'on\\n'\n'handler'\nb'on\\n'\n"


def test_the_end_of_the_process_is_the_end_of_its_runs_though_a_fork_lives(writd, place):
    from conftest import BUILD
    child = subprocess.Popen(["/usr/bin/python3", "-B", "-c", """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
import writ
def work():
    writ.ask(["/bin/sh", "-c", "echo $$ >$0; exec sleep 1000", sys.argv[3] + "/run"],
             socket=sys.argv[2])
threading.Thread(target=work, daemon=True).start()
while not os.path.exists(sys.argv[3] + "/run") or not os.path.getsize(sys.argv[3] + "/run"):
    time.sleep(0.01)
pid = os.fork()
if pid == 0:
    while True: time.sleep(1)
with open(sys.argv[3] + "/fork", "w") as file: file.write("%d\\n" % pid)
time.sleep(1000)
""", str(BUILD / "python"), str(writd.socket), str(place)], stdin=subprocess.DEVNULL)
    fork, run = told(place / "fork"), told(place / "run")
    assert run.runs()
    child.kill()
    child.wait()
    gone(run)
    assert fork.runs()
    fork.kill()
    gone(fork)


def test_a_fork_has_connections_of_its_own(writd, script):
    out = script("""
import os, sys
import writ
from writ import _writ
def ask(text): return writ.ask(["/bin/sh", "-c", text], socket=sys.argv[1]).stdout
def sockets():
    fds = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
           if os.path.lexists(f"/proc/self/fd/{fd}")]
    return sum(name.startswith("socket:") for name in fds)
ask("true")
broker = _writ.Broker(sys.argv[1])
asked = broker.start(["/bin/sh", "-c", "read x; echo $x"], {"stdin": 0}, False, None)
assert sockets() == 2
pid = os.fork()
if pid == 0:
    assert sockets() == 0
    for call in asked.result, asked.stop, broker.step, broker.fileno:
        try:
            call()
        except RuntimeError as error:
            assert "forked" in str(error)
        else:
            os._exit(3)
    assert ask("echo child") == b"child\\n"
    assert sockets() == 1
    del asked, broker
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
while not asked.ended:
    broker.wait()
print(asked.result().exit_code, ask("echo parent"))
""", writd.socket)
    assert out == "0 b'parent\\n'\n"


def test_what_is_let_go_of_ends(writd, place):
    from writ import _writ
    broker = _writ.Broker(writd.socket)
    asked = broker.start(sh("echo $$ >$0; exec sleep 1000", place / "one"), {}, False, None)
    one = told(place / "one")
    del asked
    gone(one)
    asked = broker.start(sh("echo $$ >$0; exec sleep 1000", place / "two"), {}, False, None)
    two = told(place / "two")
    broker.close()
    gone(two)
    with pytest.raises(RuntimeError, match="closed"):
        asked.result()
    with pytest.raises(RuntimeError, match="closed"):
        broker.start(sh("true"), {}, False, None)


def test_who_has_no_rule_is_told_that_the_connection_is_gone(writd, script):
    assert script("""
import os, sys
import writ
os.setgroups([]), os.setgid(64123), os.setuid(64123)
for _ in range(3):
    try:
        writ.ask(["/bin/sh", "-c", "true"], socket=sys.argv[1])
    except ConnectionError as error:
        print(error.code)
""", writd.socket) == "E_GONE\n" * 3


def test_sigpipe_ends_nobody(writd, script):
    assert script("""
import signal, sys
import writ
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
print(writ.ask(["/bin/sh", "-c", "exec <&-; exit 4"], input=b"x" * 1000000,
               socket=sys.argv[1]).exit_code)
""", writd.socket) == "4\n"
