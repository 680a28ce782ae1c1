"""Clients that do what no client should: it costs them their connection, and others nothing."""
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

import pytest

from frames import ACCEPTED, HELLO, IN, OUT, REFUSED, SIGNAL, STOP, Client, ask, frame, hello, stop
from processes import below, until

NO_RULE, MALFORMED, BAD_DESCRIPTOR, TOO_MANY = 1, 2, 3, 4
USER = 64123

OPEN = f"""
[Policy]
Allow=user:root user:{USER}

[Command shell]
Exec=/bin/sh -c {{script:text}}
User=root
StandardInput=peer
TimeoutSec=30
"""


@pytest.fixture
def served(daemon):
    return daemon.start(OPEN)


def works(daemon):
    """Others are served as ever, by the same two processes."""
    with Client(daemon.socket) as client:
        client.send(ask(1, ["/bin/sh", "-c", "exit 3"]))
        assert client.code(1) == 0 and client.end(1) == (1, 3, 0)
    return daemon.child.poll() is None


BAD_FRAMES = {
    "nothing known": b"x" * 64,
    "a head that is cut": hello()[:15],
    "a size that lies": HELLO + struct.pack("=IQ", 17, 0) + hello()[16:],
    "an unknown kind": frame(b"ELSE", 1),
    "an answer": frame(ACCEPTED, 1),
    "an id of nobody": stop(0),
    "a hello with an id": frame(HELLO, 1, struct.pack("=II", 1, 0)),
    "a second hello": hello(),
    "a signal that is cut": frame(SIGNAL, 1, b"\x0f\0\0\0"),
    "a stop that is cut": frame(STOP, 1),
    "a stop of no kind": stop(1, at_once=2),
    "more than a frame may have": ask(1, ["/bin/sh", "x" * 98304]),
}


@pytest.mark.parametrize("bad", BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
def test_a_bad_frame_ends_the_connection(served, bad):
    with Client(served.socket) as client:
        client.send(bad)
        assert client.is_shut()
    assert works(served)


def test_before_the_hello_nothing_is_answered(served):
    for first in (ask(1, ["/bin/sh", "-c", "true"]), stop(1), hello(version=2)):
        with Client(served.socket, greet=False) as client:
            client.send(first)
            assert client.is_shut()


def test_who_says_no_hello_is_dismissed(served):
    start = time.monotonic()
    with Client(served.socket, greet=False) as client:
        assert client.is_shut()
    assert 4 < time.monotonic() - start < 15


def test_random_bytes(served):
    chance = random.Random(1)
    good = ask(1, ["/bin/sh", "-c", "true"], ["A=1"])
    for _ in range(300):
        with Client(served.socket) as client:
            data = bytearray(good)
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                client.send(bytes(data))
            except BrokenPipeError:
                pass
    assert works(served)


BAD_REQUESTS = {
    "no command": ask(1, []),
    "words that are missing": ask(1, ["a", "b"]).replace(struct.pack("=I", 2), struct.pack("=I", 3), 1),
    "unknown flags": ask(1, ["/bin/sh"], flags=64),
    "a negative time": ask(1, ["/bin/sh"], timeout_ms=-1),
    "a descriptor that is missing": ask(1, ["/bin/sh"], flags=IN),
}


@pytest.mark.parametrize("bad", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_a_bad_request_is_refused_and_the_next_is_judged_anew(served, bad):
    with Client(served.socket) as client:
        client.send(bad)
        assert client.code(1) == MALFORMED
        client.send(ask(1, ["/bin/sh", "-c", "exit 2"]))
        assert client.code(1) == 0 and client.end(1) == (1, 2, 0)
        client.send(ask(1, ["/bin/true"]))
        assert client.code(1) == NO_RULE


def test_an_id_under_way_is_not_used_twice(served):
    with Client(served.socket) as client:
        client.send(ask(1, ["/bin/sh", "-c", "sleep 1000"]))
        assert client.code(1) == 0
        client.send(ask(1, ["/bin/sh", "-c", "true"]))
        assert client.code(1) == MALFORMED
        client.send(stop(1))
        assert client.end(1)[0] == 6  # cancelled


def test_descriptors_that_come_with_nothing_are_closed(served):
    read, write = os.pipe()
    with Client(served.socket) as client:
        client.send(stop(1), [write])
        os.close(write)
        assert client.is_shut()
        assert os.read(read, 1) == b""  # nobody holds the other end
    os.close(read)


def test_more_descriptors_than_there_may_be(served):
    with Client(served.socket) as client:
        client.send(ask(1, ["/bin/sh", "-c", "true"], flags=OUT), [1] * 100)
        assert client.is_shut()
    assert works(served)


def made(kind):
    if kind == "terminal":
        return os.openpty()[1]
    if kind == "directory":
        return os.open("/", os.O_RDONLY)
    if kind == "path":
        return os.open("/dev/null", os.O_PATH)
    if kind == "device":
        return os.open("/dev/zero", os.O_RDWR)
    if kind == "to read only":
        return os.open("/dev/null", os.O_RDONLY)
    if kind == "datagrams":
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].detach()
    if kind == "network":
        return socket.socket(socket.AF_INET).detach()
    if kind == "epoll":
        with select.epoll() as poll:
            return os.dup(poll.fileno())
    if kind == "kernel's file":
        return os.open("/proc/self/comm", os.O_RDWR)
    if kind == "file":
        return os.open("/var/tmp", os.O_TMPFILE | os.O_RDWR)
    if kind == "memory":
        return os.memfd_create("x")
    if kind == "stream":
        return socket.socketpair()[0].detach()
    if kind == "pipe":
        return os.pipe()[1]
    return os.open("/dev/null", os.O_RDWR)


@pytest.mark.parametrize("kind", ["terminal", "directory", "path", "device", "to read only", "datagrams",
                                  "network", "epoll", "kernel's file"])
def test_a_descriptor_of_another_kind_is_refused(served, kind):
    fd = made(kind)
    with Client(served.socket) as client:
        client.send(ask(1, ["/bin/sh", "-c", "true"], flags=OUT), [fd])
        os.close(fd)
        assert client.code(1) == BAD_DESCRIPTOR
    assert works(served)


@pytest.mark.parametrize("kind", ["null", "memory", "stream", "pipe", "file"])
def test_a_descriptor_of_these_kinds_is_accepted(served, kind):
    fd = made(kind)
    with Client(served.socket) as client:
        client.send(ask(1, ["/bin/sh", "-c", "true"], flags=OUT), [fd])
        os.close(fd)
        assert client.code(1) == 0 and client.end(1) == (1, 0, 0)


def test_silent_connections_of_one_user_cost_others_nothing(served):
    text = """if True:
        import os, resource, socket, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
        os.setresgid(64123, 64123, 64123); os.setresuid(64123, 64123, 64123)
        held = []
        for _ in range(10000):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.connect(sys.argv[1]); held.append(s)
        print("connected", flush=True)
        sys.stdin.read()
        """
    child = subprocess.Popen(["/usr/bin/python3", "-c", text, str(served.socket)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        for _ in range(20):
            assert works(served)
        assert child.stdout.readline() == b"connected\n"
        assert works(served)
        assert len(os.listdir(f"/proc/{served.front.pid}/fd")) < 200
        assert len(os.listdir(f"/proc/{served.child.pid}/fd")) < 200
    finally:
        child.communicate(b"")


def test_a_socket_that_was_handed_on_asks_for_who_connected_it(daemon):
    daemon.start(f"[Policy]\nAllow=user:{USER}\n[Command id]\nExec=/bin/sh -c {{s:text}}\nUser=nobody\n")
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        client = Client(daemon.socket)
        socket.send_fds(theirs, [b"x"], [client.socket.fileno()])
        os._exit(0)
    _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    os.waitpid(pid, 0)
    handed = Client.__new__(Client)
    handed.socket = socket.socket(fileno=fds[0])
    handed.socket.settimeout(20)
    handed.send(ask(1, ["/bin/sh", "-c", "exit 6"]))  # we are root, and have no rule here
    assert handed.code(1) == 0 and handed.end(1) == (1, 6, 0)
    handed.close()


def test_root_of_a_container_is_nobody_here(daemon):
    """The same user by number, in another user namespace: refused, unless a rule says so."""
    daemon.start(OPEN)
    inside = ["unshare", "--user", "--map-root-user"]
    done = subprocess.run([*inside, *daemon.asking(["/bin/sh", "-c", "exit 5"])], capture_output=True,
                          timeout=60)
    assert done.returncode == 125
    for space in ("--pid", "--mount"):
        done = subprocess.run(["unshare", space, "--fork", *daemon.asking(["/bin/sh", "-c", "exit 5"])],
                              capture_output=True, timeout=60)
        assert done.returncode == 125, space
    daemon.reload(OPEN + "Namespace=any\n")
    done = subprocess.run(["unshare", "--mount", "--fork", *daemon.asking(["/bin/sh", "-c", "exit 5"])],
                          capture_output=True, timeout=60)
    assert done.returncode == 5


def test_answers_that_nobody_takes_end_the_connection(served):
    """Refusals without end, none of which is read."""
    with Client(served.socket) as client:
        client.socket.settimeout(0.2)
        sent = 0
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            end = time.monotonic() + 20
            while time.monotonic() < end:
                try:
                    client.send(ask(1, ["/bin/nothing"]))
                    sent += 1
                except TimeoutError:
                    pass
    assert sent > 1000 and works(served)


def test_one_connection_has_so_many_requests_and_no_more(served):
    with Client(served.socket) as client:
        for number in range(1, 71):
            client.send(ask(number, ["/bin/sh", "-c", "sleep 1000"]))
        answers = [client.receive() for _ in range(70)]
        refused = [number for kind, number, _ in answers if kind == REFUSED]
        assert refused == list(range(65, 71))


def test_a_client_may_die_at_any_point(served):
    chance = random.Random(2)
    for turn in range(150):
        client = Client(served.socket, greet=turn % 3 > 0)
        if turn % 3 > 1:
            read, write = os.pipe()
            client.send(ask(1, ["/bin/sh", "-c", "echo x; sleep 1000"], flags=OUT), [write])
            os.close(write)
            if chance.random() < 0.5:
                os.read(read, 2)
            os.close(read)
        time.sleep(chance.random() * 0.003)
        client.close()
    assert works(served)
    until(lambda: not [p for p in below(served.child.pid) if p.words[:1] == ["/bin/sh"]])


def test_a_slow_client_holds_up_nobody(served):
    """One that floods while others ask: each is served."""
    stop = threading.Event()

    def flood():
        with Client(served.socket) as client:
            client.socket.settimeout(0.05)
            while not stop.is_set():
                try:
                    client.send(ask(1, ["/bin/nothing"]))
                    client.receive()
                except (TimeoutError, OSError):
                    pass
    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        start = time.monotonic()
        for _ in range(30):
            assert works(served)
        assert time.monotonic() - start < 20
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_the_front_can_do_nothing(served):
    status = dict(line.split(":\t") for line in
                  open(f"/proc/{served.front.pid}/status").read().splitlines() if ":\t" in line)
    assert status["Uid"].split() == ["65533"] * 4 and status["Gid"].split() == ["65533"] * 4
    assert status["Groups"].strip() == ""
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0, kind
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
