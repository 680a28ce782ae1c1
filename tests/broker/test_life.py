"""How writd starts, changes its policy, and ends: nothing of what it started is forgotten."""
import os
import random
import signal
import socket
import subprocess
import threading
import time

import pytest

from command import WRIT
from daemon import WRITD
from frames import ENDED, Client, ask
from processes import Process, below, until

USER = 64123

OPEN = f"""
[Policy]
Allow=user:root user:{USER}

[Command shell]
Exec=/bin/sh -c {{script:text}}
User=root
"""


def sleepers(daemon, count):
    """Clients with a run each: (client, process)."""
    made = []
    for _ in range(count):
        child = daemon.start_ask("/bin/sh", "-c", "echo $$; exec sleep 1000")
        made.append((child, Process(int(child.stdout.readline()))))
    return made


def test_killed_it_leaves_no_tree_and_clients_are_told(daemon):
    daemon.start(OPEN)
    made = sleepers(daemon, 3)
    front = daemon.front
    daemon.kill()
    for child, run in made:
        _, err = child.communicate(timeout=20)
        assert child.returncode == 125 and b"closed the connection" in err
        until(lambda: not run.runs())
    until(lambda: not front.runs())


def test_its_front_killed_ends_the_connections_and_another_serves(daemon):
    daemon.start(OPEN)
    made = sleepers(daemon, 2)
    time.sleep(1.1)  # one that ends sooner would do so again
    os.kill(daemon.front.pid, signal.SIGKILL)
    for child, run in made:
        child.communicate(timeout=20)
        assert child.returncode == 125
        until(lambda: not run.runs())
    until(lambda: daemon.ask("/bin/sh", "-c", "exit 4").returncode == 4)


def test_killed_at_random_under_load_it_leaves_nothing_and_a_record_that_verifies(daemon):
    chance = random.Random(3)
    for turn in range(6):
        daemon.start(OPEN)
        stop = threading.Event()

        def load():
            while not stop.is_set():
                try:
                    with Client(daemon.socket) as client:
                        for number in range(1, 20):
                            client.send(ask(number, ["/bin/sh", "-c", "sleep 0.01 & wait"]))
                        for number in range(19):
                            while client.receive()[0] != ENDED:
                                pass
                except (OSError, TypeError, AssertionError):
                    pass
        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.2 + chance.random() * 0.3)
        inside = [p for p in below(daemon.child.pid) if p.runs()]
        daemon.kill()
        stop.set()
        for thread in threads:
            thread.join()
        until(lambda: not [p for p in inside if p.runs()])
        daemon.socket.unlink()
    done = subprocess.run([WRIT, "log", "verify", daemon.record], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_policy_that_is_wrong_leaves_the_old_one_and_says_where(daemon):
    daemon.start(OPEN)
    daemon.reload(OPEN + "Colour=red\n")
    assert f"{daemon.policies}/test.policy:8: " in daemon.errors(), daemon.errors()
    assert daemon.ask("/bin/sh", "-c", "exit 4").returncode == 4
    daemon.reload(OPEN.replace("/bin/sh -c", "/bin/sh -ec"))
    assert daemon.ask("/bin/sh", "-c", "exit 4").returncode == 125
    assert daemon.ask("/bin/sh", "-ec", "exit 4").returncode == 4


def test_who_lost_every_rule_is_disconnected_and_its_runs_end(daemon):
    daemon.start(OPEN)
    child = daemon.start_ask("/bin/sh", "-c", "echo $$; exec sleep 1000", uid=USER)
    run = Process(int(child.stdout.readline()))
    daemon.reload(OPEN.replace(f"user:{USER}", ""))
    child.communicate(timeout=20)
    assert child.returncode == 125
    until(lambda: not run.runs())


def test_what_runs_keeps_its_rule_over_a_reload(daemon):
    daemon.start(OPEN)
    child = daemon.start_ask("/bin/sh", "-c", "echo on; sleep 0.7; exit 9")
    assert child.stdout.readline() == b"on\n"
    for n in range(3):
        daemon.reload(OPEN.replace("shell]", f"other{n}]"))
    child.communicate(timeout=20)
    assert child.returncode == 9


def test_told_to_end_it_lets_what_runs_end(daemon):
    daemon.start(OPEN)
    child = daemon.start_ask("/bin/sh", "-c", "echo on; sleep 0.5; exit 9")
    assert child.stdout.readline() == b"on\n"
    daemon.child.terminate()
    child.communicate(timeout=20)
    assert child.returncode == 9 and daemon.child.wait(20) == 0
    assert not daemon.socket.exists()


def test_told_twice_it_ends_what_runs(daemon):
    daemon.start(OPEN)
    (child, run), = sleepers(daemon, 1)
    daemon.child.terminate()
    time.sleep(0.2)
    daemon.child.terminate()
    assert daemon.child.wait(20) == 0
    child.communicate(timeout=20)
    until(lambda: not run.runs())


def test_check_reads_the_policy_as_at_the_start(daemon):
    daemon.policy(OPEN)
    assert daemon.check() == (0, "1 rules\n", "")
    daemon.policy(OPEN + "User=\n")
    status, out, err = daemon.check()
    assert status == 1 and out == "" and f"{daemon.policies}/test.policy:8: " in err
    assert len(err.splitlines()) <= 3


def test_what_is_not_done_as_the_policy_has_it_is_said(daemon):
    daemon.policy(OPEN + "KeepTree=yes\nKeepIn=peer\n")
    status, out, err = daemon.check()
    assert status == 0 and f"{daemon.policies}/test.policy:5: KeepIn=peer" in err, err


@pytest.mark.parametrize("words,says", [
    (["--socket"], "requires an argument"), (["--nonsense"], "unrecognized option"),
    (["operand"], "takes no operands"), (["--front-user", "no-such-user"], "no such user"),
    (["--front-user", "0:0"], "not a user without privilege"),
    (["--front-user", "root"], "not a user without privilege"),
    (["--policy", "relative"], "not an absolute path"),
])
def test_a_wrong_option_is_told(words, says):
    done = subprocess.run([WRITD, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2) and says in done.stderr


def test_a_living_daemon_is_not_replaced_and_a_dead_ones_socket_is(daemon):
    daemon.start(OPEN)
    done = subprocess.run([str(word) for word in daemon.command()], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 1
    assert "another" in done.stderr
    daemon.kill()
    assert daemon.socket.exists()
    daemon.start()
    assert until(lambda: daemon.ask("/bin/sh", "-c", "exit 4").returncode == 4)


def test_a_socket_is_taken_from_who_activates_it(daemon):
    daemon.policy(OPEN)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(daemon.socket))
    listener.listen()
    text = """if True:
        import os, sys
        os.dup2(int(sys.argv[1]), 3)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
        os.execv(sys.argv[2], sys.argv[2:])
        """
    command = [str(word) for word in daemon.command()]
    daemon.err = open(daemon.place / "err", "w+")
    daemon.child = subprocess.Popen(["/usr/bin/python3", "-c", text, str(listener.fileno()), *command],
                                    pass_fds=[listener.fileno()], stderr=daemon.err)
    assert daemon.ask("/bin/sh", "-c", "exit 4").returncode == 4
    assert daemon.stop() == 0
    assert daemon.socket.exists()  # it was not its own


def test_systemd_is_told(daemon):
    daemon.policy(OPEN)
    path = daemon.place / "notify"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(20)
    os.environ["NOTIFY_SOCKET"] = str(path)
    try:
        daemon.start()
    finally:
        del os.environ["NOTIFY_SOCKET"]
    assert listener.recv(100).startswith(b"READY=1\nMONOTONIC_USEC=")
    daemon.child.send_signal(signal.SIGHUP)
    assert listener.recv(100).startswith(b"RELOADING=1\n")
    assert listener.recv(100).startswith(b"READY=1\n")
    daemon.child.terminate()
    assert listener.recv(100).startswith(b"STOPPING=1\n")
