"""The daemon: with the unmodified stock client, and byte by byte."""
import base64
import hmac
import json
import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

import logbook
from daemons import CHALLENGE, FAILURE, WELCOME, Daemon
from programs import BOUND_S, ENVIRONMENT, OUR_DAEMON, STOCK_DAEMON, run

ALLOWED = ["echo: CommandFilter, echo, root", "cat: CommandFilter, cat, root",
           "sh: CommandFilter, sh, root", "missing: CommandFilter, no-such-program, root",
           "true: CommandFilter, true, root"]


@pytest.fixture
def allowed(both):
    return both.allow(*ALLOWED)


@pytest.fixture
def daemon(allowed):
    with Daemon(allowed.conf) as running:
        yield running


@pytest.fixture
def channel(daemon):
    with daemon.channel() as found:
        yield found


def until(is_so):
    end = time.monotonic() + BOUND_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


CLIENT = '''
import sys, json, threading
from oslo_rootwrap import client
c = client.Client(sys.argv[1:3])
answers = [c.execute(["echo", "hi"]), c.execute(["cat"], b"\\0\\xff"), c.execute(["cat"], "h\\u00e9\\udc80"),
           c.execute(["sh", "-c", "kill -9 $$"]), c.execute(["nosuch", "x"]),
           c.execute(["no-such-program"]), c.execute(["sh", "-c", "echo out; echo err >&2; exit 3"])]
more = []
def work():
    more.append(c.execute(["echo", "thread"]))
threads = [threading.Thread(target=work) for _ in range(5)]
[t.start() for t in threads]; [t.join() for t in threads]
process = c._process
c._finalize()
print(json.dumps([answers, more, process.wait(30)]))
'''

ANSWERS = [[0, "hi\n", ""], [0, "\0\udcff", ""], [0, "h\u00e9\udc80", ""], [-9, "", ""], [99, "", ""],
           [96, "", ""], [3, "out\n", "err\n"]]


def check_client(python, conf, **env):
    done = run([python, "-c", CLIENT, OUR_DAEMON, conf], env=env)
    assert done.status == 0, done
    assert json.loads(done.stdout.splitlines()[-1]) == [ANSWERS, [[0, "thread\n", ""]] * 5, 0]


def test_the_stock_client_is_served(allowed):
    check_client("/usr/bin/python3", allowed.conf)


def later_python():
    """One of 3.12 or later, with the handshake of HMAC-SHA256; or None."""
    versions = Path.home() / ".pyenv" / "versions"
    for number in range(12, 20):
        for path in [Path(f"/usr/bin/python3.{number}"), *versions.glob(f"3.{number}.*/bin/python3")]:
            if os.access(path, os.X_OK):
                return path
    return None


def test_the_stock_client_of_a_later_python_is_served(allowed, directory):
    python = later_python()
    if python is None:
        pytest.skip("no Python 3.12 or later is here; the handshake alone is tested")
    package = directory / "package"
    package.mkdir()
    for name in ("oslo_rootwrap", "debtcollector", "wrapt", "six.py"):
        source = f"/usr/lib/python3/dist-packages/{name}"
        if os.path.exists(source):
            os.symlink(source, package / name)
    check_client(python, allowed.conf, PYTHONPATH=str(package))


def test_w13_a_denial_is_answered(channel):
    assert channel.run(["nosuch", "x"]) == ["#RETURN", [99, "", ""]]
    assert channel.run(["no-such-program"]) == ["#RETURN", [96, "", ""]]
    assert channel.run(["echo", "still here"]) == ["#RETURN", [0, "still here\n", ""]]


def test_the_calls_of_the_manager_are_those_of_stock(daemon):
    assert daemon.call("dummy") == ["#RETURN", None]
    kind, (ident, methods) = daemon.call("create", "rootwrap")
    assert kind == "#RETURN" and methods == ["cancel_timer", "handle_timeout", "prepare_timer", "reset_timer",
                                             "run_one_command", "shutdown"]
    assert daemon.call("incref", ident) == daemon.call("decref", ident) == ["#RETURN", None]
    assert daemon.call("nosuch")[0] == "#TRACEBACK"
    with daemon.welcome() as wire:
        wire.call(None, "dummy")
        assert wire.ended()


def test_bytes_go_through_unchanged(channel):
    data = bytes(range(256)) * 50
    expected = data.decode("utf-8", "surrogateescape")
    assert channel.run(["cat"], expected) == ["#RETURN", [0, expected, ""]]
    assert channel.run(["cat"], {"__bytes__": base64.b64encode(data).decode()}) == [
        "#RETURN", [0, expected, ""]]
    for text in ("\ufdd0", "\ufdd0\u0180x", "\udc80\ufdd0\udcff", "\U0001f600", "a\\udc80", "\\", "\"\n\t\x7f\0"):
        assert channel.run(["cat"], text) == ["#RETURN", [0, text, ""]], ascii(text)
    raw = json.dumps([channel.ident, "run_one_command", [["cat"], "\ufdd0é\U0001f600"], {}],
                     ensure_ascii=False).encode()
    channel.wire.send(raw)
    assert channel.end() == ["#RETURN", [0, "\ufdd0é\U0001f600", ""]]
    assert channel.run(["echo", "-n", "x\udcfe\udc80y"]) == ["#RETURN", [0, "x\udcfe\udc80y", ""]]


def test_replies_are_those_of_json_dumps(channel):
    text = "".join(map(chr, range(0x250))) + "\u2028\uffff\U0001f600"
    channel.begin(["cat"], text)
    assert channel.wire.receive() == json.dumps(["#RETURN", [0, text, ""]]).encode()


def test_arguments_by_name_are_understood(channel):
    assert channel.wire.call(channel.ident, "run_one_command", userargs=["echo", "x"], stdin=None) == [
        "#RETURN", [0, "x\n", ""]]


@pytest.mark.parametrize("argv", [[], [1], "echo", None, {"a": 1}, ["echo", "a\0b"], ["echo", None]])
def test_what_is_no_command_is_an_error_of_this_request_alone(channel, argv):
    assert channel.run(argv)[0] == "#UNSERIALIZABLE"
    assert channel.run(["true"]) == ["#RETURN", [0, "", ""]]


def test_what_cannot_be_executed_is_an_error_of_this_request_alone(allowed):
    allowed.program("bad", "no interpreter")
    allowed.allow(*ALLOWED, f"bad: CommandFilter, {allowed.bin}/bad, root", "nobody: CommandFilter, id, no-such-user",
                  "minus: CommandFilter, uname, -1")
    with Daemon(allowed.conf) as daemon, daemon.channel() as channel:
        for name in ("bad", "id", "uname"):
            assert channel.run([name])[0] == "#UNSERIALIZABLE", name
        assert channel.run(["true"])[1][0] == 0


def test_an_unknown_object_or_method_is_told(daemon, channel):
    assert channel.wire.call("000000000000", "run_one_command", ["true"])[0] == "#TRACEBACK"
    assert channel.wire.call(channel.ident, "nosuch")[0] == "#TRACEBACK"
    assert channel.wire.call(channel.ident, "reset_timer") == ["#RETURN", None]


def test_much_input_and_output_go_through(channel):
    text = "x" * (3 << 20)
    assert channel.run(["cat"], text)[1][1] == text


def test_what_a_command_leaves_behind_lives_and_does_not_hold_the_reply(channel):
    """LP #2156611: a descendant that holds the pipes."""
    _, (status, out, _) = channel.run(["sh", "-c", "sleep 1000 & echo $!"])
    pid = int(out)
    assert status == 0 and runs(pid)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_what_runs_end_and_delivers_its_reply(allowed, directory, number):
    with Daemon(allowed.conf) as daemon, daemon.channel() as channel:
        fifo = directory / "fifo"
        os.mkfifo(fifo)
        channel.begin(["sh", "-c", f"read x < {fifo}; echo $x"])
        with open(fifo, "w") as writer:
            daemon.process.send_signal(number)
            until(lambda: not connects(daemon.path))
            writer.write("done\n")
        assert channel.end() == ["#RETURN", [0, "done\n", ""]]
        assert channel.end() == ["#RETURN", None]
        assert channel.wire.ended()
        assert daemon.process.wait(BOUND_S) == 0


def connects(path):
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(path)
        return True
    except OSError:
        return False


def test_a_stop_by_a_call_is_answered_as_stock_does(allowed):
    with Daemon(allowed.conf) as daemon:
        with daemon.welcome() as wire:
            assert wire.call(None, "shutdown") == ["#RETURN", None]
            assert json.loads(wire.receive()) == ["#RETURN", None]
        assert daemon.process.wait(BOUND_S) == 0


def test_w14_the_idle_timer_is_set_again(allowed):
    allowed.configure(allowed.mode, daemon_timeout=1)
    with Daemon(allowed.conf) as daemon, daemon.channel() as channel:
        for _ in range(3):
            assert channel.run(["true"])[1][0] == 0
        assert daemon.process.wait(BOUND_S) == 0


def test_a_command_that_runs_is_not_idle(allowed):
    allowed.configure(allowed.mode, daemon_timeout=0)
    with Daemon(allowed.conf) as daemon, daemon.channel() as channel:
        assert channel.run(["sh", "-c", "sleep 3; echo x"]) == ["#RETURN", [0, "x\n", ""]]


def test_it_ends_when_who_started_it_has_gone(place):
    """LP #1658977, #1663458: daemons that are left behind for ever."""
    place.allow(*ALLOWED)
    daemon = Daemon(place.conf)
    daemon.process.stdout.close()
    assert daemon.process.wait(BOUND_S) == 0
    daemon.process.stdin.close()
    daemon.process.stderr.close()


def test_w15_a_denial_is_logged_in_one_line(place, directory, as_root):
    place.allow(*ALLOWED)
    log = logbook.Log(directory)
    prefix = log.command([])
    try:
        with Daemon(place.conf, prefix=prefix) as daemon, daemon.channel() as channel:
            channel.run(["no\nsuch", "x"])
            channel.run(["no-such-program"])
            assert log.next() == b"<44>writ-rootwrap-daemon: Unauthorized command: no?such x (no filter matched)\0"
            assert log.next() == b"<44>writ-rootwrap-daemon: Executable not found for: no-such-program\0"
    finally:
        log.close()


def log_of_a_session(place, directory, program):
    log = logbook.Log(directory)
    try:
        with Daemon(place.conf, program, prefix=log.command([])) as daemon:
            client = subprocess.run(["/usr/bin/python3", "-c", SESSION, daemon.path, daemon.key.hex()],
                                    env=ENVIRONMENT, timeout=BOUND_S, check=False)
            assert client.returncode == 0
            daemon.process.send_signal(signal.SIGINT)
            daemon.process.wait(BOUND_S)
        return [line.replace(b"writ-rootwrap-daemon", b"oslo-rootwrap-daemon") for line in log.all()]
    finally:
        log.close()


SESSION = '''
import sys
from oslo_rootwrap import client, daemon
manager = client.ClientManager(sys.argv[1], authkey=bytes.fromhex(sys.argv[2]))
manager.connect()
proxy = manager.rootwrap()
print(proxy.run_one_command(["echo", "a b"]), proxy.run_one_command(["no-such-program"]),
      proxy.run_one_command(["nosuch", "y"]))
'''


def test_its_log_is_that_of_stock(place, directory, as_root):
    place.allow(*ALLOWED).configure(use_syslog="True", syslog_log_level="INFO")
    ours = log_of_a_session(place, directory, OUR_DAEMON)
    stock = log_of_a_session(place, directory, STOCK_DAEMON)
    assert ours == stock and len(ours) == 6


def test_w16_silent_peers_cost_others_nothing(daemon):
    silent = [daemon.connect() for _ in range(200)]
    threads = len(os.listdir(f"/proc/{daemon.process.pid}/task"))
    assert threads == 1
    with daemon.channel() as channel:
        assert channel.run(["echo", "x"]) == ["#RETURN", [0, "x\n", ""]]
    for wire in silent[:100]:
        wire.receive()  # the challenge; then it was closed to make room
        assert wire.ended()
    for wire in silent:
        wire.close()


def test_w16_only_the_service_may_connect_where_it_is_known(place, as_root):
    """CVE-2022-42919: bytes of another user are not even read."""
    place.allow(*ALLOWED)
    with Daemon(place.conf, env={"SUDO_UID": "12345"}) as daemon:
        found = os.stat(daemon.path)
        assert (found.st_uid, found.st_mode & 0o777) == (12345, 0o600)
        other = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c",
                                "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])",
                                daemon.path], capture_output=True, timeout=BOUND_S, check=False)
        assert b"PermissionError" in other.stderr
        with daemon.channel() as channel:
            assert channel.run(["true"])[1][0] == 0


def test_w16_a_socket_handed_to_another_user_does_not_change_whose_it_is(place, as_root):
    place.allow(*ALLOWED)
    with Daemon(place.conf, env={"SUDO_UID": "12345"}) as daemon:
        os.chmod(daemon.path, 0o666)
        found = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c",
                                "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
                                "print(s.recv(100))", daemon.path], capture_output=True, text=True,
                               timeout=BOUND_S, check=False)
        assert found.stdout == "b''\n" or "ConnectionResetError" in found.stderr


def test_w17_a_stranger_learns_that_it_failed_and_no_more(daemon):
    for answer in (b"", b"x" * 16, b"x" * 40, b"{sha256}" + b"x" * 32, b"{md5}" + b"x" * 16, CHALLENGE):
        with daemon.connect() as wire:
            wire.receive()
            wire.send(answer)
            assert wire.receive() == FAILURE
            assert wire.ended()


def test_w17_a_challenge_that_is_none_is_not_answered(daemon):
    for challenge in (b"", CHALLENGE, b"x" * 20, CHALLENGE + b"{sha999}" + b"x" * 40, CHALLENGE + b"x" * 21):
        with daemon.connect() as wire:
            message = wire.receive()[len(CHALLENGE):]
            wire.send(b"{sha256}" + hmac.digest(daemon.key, message, "sha256"))
            assert wire.receive() == WELCOME
            wire.send(challenge)
            assert wire.receive() == FAILURE


def test_w18_a_length_is_not_believed(daemon):
    for wire, length in ((daemon.connect(), 257), (daemon.connect(), 1 << 63), (daemon.welcome(), 1 << 40)):
        with wire:
            if length != 1 << 40:
                wire.receive()
            wire.socket.sendall(struct.pack("!Q", length))
            assert wire.ended()
    with daemon.welcome() as wire:  # one that is promised, and never comes, takes no memory
        wire.socket.sendall(struct.pack("!Q", 60 << 20))
        with daemon.channel() as channel:
            channel.run(["true"])
        with open(f"/proc/{daemon.process.pid}/statm") as file:
            assert int(file.read().split()[1]) * 4 < 32 * 1024


def test_w18_an_output_without_end_is_an_error(place):
    """CVE-2022-31030."""
    place.allow("yes: CommandFilter, yes, root")
    with Daemon(place.conf) as daemon, daemon.channel() as channel:
        kind, why = channel.run(["yes"])
        assert kind == "#UNSERIALIZABLE" and "of output" in why


def test_w18_nesting_has_a_bound(daemon):
    """CVE-2025-7519."""
    with daemon.channel() as channel:
        channel.wire.send(b"[" * 100000)
        assert channel.end()[0] == "#TRACEBACK"


@pytest.mark.parametrize("digest", ["md5", "sha256"])
def test_w19_both_digests_are_understood(daemon, digest):
    with daemon.welcome(digest) as wire:
        assert wire.call(None, "dummy") == ["#RETURN", None]


def test_w20_channels_do_not_wait_for_each_other(daemon, directory):
    fifo = directory / "fifo"
    os.mkfifo(fifo)
    with daemon.channel() as slow, daemon.channel() as quick:
        slow.begin(["sh", "-c", f"read x < {fifo}; echo slow $x"])
        for number in range(20):
            assert quick.run(["echo", str(number)]) == ["#RETURN", [0, f"{number}\n", ""]]
        fifo.open("w").write("now\n")
        assert slow.end() == ["#RETURN", [0, "slow now\n", ""]]


def test_many_channels_get_their_own_replies(daemon):
    wrong = []

    def work(name):
        with daemon.channel() as channel:
            for number in range(20):
                text = f"{name} {number}"
                if channel.run(["echo", text]) != ["#RETURN", [0, text + "\n", ""]]:
                    wrong.append(text)
    threads = [threading.Thread(target=work, args=(name,)) for name in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND_S)
    assert not wrong


def test_w21_a_command_ends_with_its_client(place, directory):
    place.allow(*ALLOWED)
    fifo = directory / "fifo"
    os.mkfifo(fifo)
    with Daemon(place.conf) as daemon:
        channel = daemon.channel()
        channel.begin(["sh", "-c", f"echo $$ > {fifo}; sleep 1000"])
        pid = int(fifo.open().read())
        assert runs(pid)
        channel.wire.close()
        until(lambda: not runs(pid))
        with daemon.channel() as other:
            assert other.run(["true"])[1][0] == 0


def test_w21_a_command_has_a_time_limit_if_asked(place):
    place.allow(*ALLOWED).configure(writ_command_timeout="200ms")
    with Daemon(place.conf) as daemon, daemon.channel() as channel:
        assert channel.run(["sh", "-c", "sleep 1000"])[1][0] == 124
    assert place.run("sh", "-c", "exec sleep 1000").status == 124


def test_a_kill_goes_to_the_process_that_was_looked_at(place):
    place.allow("kill: KillFilter, root, /usr/bin/sleep, -9")
    child = subprocess.Popen(["/usr/bin/sleep", "1000"])
    with Daemon(place.conf) as daemon, daemon.channel() as channel:
        assert channel.run(["kill", "-9", str(child.pid)]) == ["#RETURN", [0, "", ""]]
        assert child.wait(BOUND_S) == -9
        assert channel.run(["kill", "-9", str(child.pid)]) == ["#RETURN", [99, "", ""]]


def test_random_bytes_do_no_harm(daemon):
    rng = random.Random(7)
    for _ in range(60):
        with daemon.connect() as wire:
            try:
                wire.socket.sendall(rng.randbytes(rng.randrange(1, 400)))
            except ConnectionError:
                pass
    channel = daemon.channel()
    for _ in range(60):
        payload = bytearray(json.dumps([channel.ident, "run_one_command", [["echo", "x"], None], {}]).encode())
        payload[rng.randrange(len(payload))] = rng.randrange(256)
        try:
            channel.wire.send(bytes(payload))
            channel.wire.receive()
        except (EOFError, ConnectionError):
            channel.wire.close()
            channel = daemon.channel()
    channel.wire.close()
    assert daemon.process.poll() is None


def test_a_client_that_dies_at_any_point_costs_nothing(daemon):
    whole = json.dumps([None, "dummy", [], {}]).encode()
    for cut in range(0, len(whole) + 8, 3):
        with daemon.welcome() as wire:
            wire.socket.sendall((struct.pack("!Q", len(whole)) + whole)[:cut])
    assert daemon.call("dummy") == ["#RETURN", None]
    until(lambda: len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < 32)


def test_without_one_argument_it_is_98(place):
    for words in ([], [place.conf, "x"]):
        done = run([OUR_DAEMON, *words])
        assert (done.status, done.stderr) == (98, f"{OUR_DAEMON}: Extra arguments to daemon\n")


def test_the_commands_have_the_lowered_limit(place):
    place.allow(*ALLOWED).configure(rlimit_nofile=77)
    with Daemon(place.conf) as daemon, daemon.channel() as channel:
        assert channel.run(["sh", "-c", "ulimit -n"])[1][1] == "77\n"

