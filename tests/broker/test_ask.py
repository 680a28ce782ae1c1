"""What is asked of writd runs as its rule says, and ends as `writ run` does."""
import json
import os
import pty
import signal
import subprocess
import time

import pytest

from frames import ACCEPTED, ENDED, OUT, RECORD, REFUSED, WANTS_RECORD, Client, ask, stop
from processes import Process, below, children, until

USER = 64123  # of no name
GROUP = 64124

OPEN = f"""
[Policy]
Allow=user:root user:{USER}

[Command shell]
Exec=/bin/sh -c {{script:text}} [{{more:text}}...]
User=root
StandardInput=peer
TimeoutSec=30
"""


def sh(daemon, script, **options):
    return daemon.ask("/bin/sh", "-c", script, **options)


def test_streams_and_status_are_the_programs(daemon):
    daemon.start(OPEN)
    done = sh(daemon, "cat; echo err >&2; exit 7", stdin=b"in")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"in", b"err\n")
    assert sh(daemon, "kill -9 $$").returncode == 128 + 9


def test_an_ordinary_user_gets_what_the_rule_gives(daemon):
    daemon.start(f"""
[Policy]
Allow=user:{USER}

[Command who]
Exec=/bin/sh -c {{script:text}}
User=nobody
UMask=0027
WorkingDirectory=/usr
LimitNOFILE=64:128
Environment=LANG=C
""")
    script = "id -u; id -g; id -G; umask; pwd; ulimit -Sn; ulimit -Hn; grep NoNewPrivs /proc/self/status; env"
    done = sh(daemon, script, uid=USER)
    assert done.returncode == 0, done
    lines = done.stdout.decode().splitlines()
    assert lines[:8] == ["65534", "65534", "65534", "0027", "/usr", "64", "128", "NoNewPrivs:\t1"]
    names = {line.partition("=")[0] for line in lines[8:]}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "USER", "LOGNAME", "LANG"}


def test_who_has_no_rule_is_disconnected(daemon):
    daemon.start(OPEN)
    done = sh(daemon, "true", uid=USER + 1)
    assert done.returncode == 125 and b"closed the connection" in done.stderr
    until(lambda: "without any rule" in daemon.errors())


def test_a_refusal_tells_only_what_the_policy_opens(daemon):
    daemon.start(OPEN)
    done = daemon.ask("/bin/sh", "-x")
    assert done.returncode == 125 and b"no rule of its policy" in done.stderr
    assert b"shell" not in done.stderr
    daemon.reload(OPEN.replace("[Policy]", "[Policy]\nExplain=yes"))
    done = daemon.ask("/bin/sh", "-x")
    assert done.returncode == 125 and b"shell" in done.stderr and b"argument 1" in done.stderr


def test_the_name_of_the_program_is_not_looked_up(daemon):
    daemon.start(OPEN)
    assert daemon.ask("sh", "-c", "echo $0").stdout == b"/bin/sh\n"
    for name in ("./sh", "/tmp/sh", "../bin/sh", "/bin//sh", ""):
        assert daemon.ask(name, "-c", "true").returncode == 125


def test_variables_are_those_the_rule_passes(daemon):
    daemon.start(OPEN + "PassEnvironment=LEVEL:int(1..9)\n")
    done = sh(daemon, "echo $LEVEL", options=["-e", "LEVEL=3"])
    assert done.stdout == b"3\n"
    for bad in ("LEVEL=10", "LEVEL=", "OTHER=1", "LD_PRELOAD=/tmp/x.so", "PATH=/tmp"):
        assert sh(daemon, "true", options=["-e", bad]).returncode == 125


def test_a_variable_may_be_made_of_an_argument(daemon):
    daemon.start("[Policy]\nAllow=user:root\n[Command e]\nExec=/usr/bin/env --unset={dev:word}\n"
                 "User=nobody\nEnvironment=DEVICE={dev} KIND=tap\n")
    done = daemon.ask("/usr/bin/env", "--unset=tap0")
    assert {b"DEVICE=tap0", b"KIND=tap"} <= set(done.stdout.split(b"\n")), done


def test_the_shorter_time_limit_counts(daemon):
    daemon.start(OPEN)
    start = time.monotonic()
    done = sh(daemon, "sleep 100", options=["-t", "300ms"])
    assert done.returncode == 124 and time.monotonic() - start < 10
    daemon.reload(OPEN.replace("TimeoutSec=30", "TimeoutSec=300ms"))
    assert sh(daemon, "sleep 100", options=["-t", "50"]).returncode == 124


def test_signals_go_to_the_program(daemon):
    daemon.start(OPEN)
    child = daemon.start_ask("/bin/sh", "-c", "trap 'echo got; exit 3' TERM; echo on; while :; do sleep 0.05; done")
    assert child.stdout.readline() == b"on\n"
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=20)
    assert (out, child.returncode) == (b"got\n", 3)


def test_one_child_is_called_as_the_command_and_its_death_ends_the_run(daemon):
    """As an agent looks for what it started below its root helper, and kills it."""
    daemon.start(OPEN)
    words = ["/bin/sh", "-c", "echo $$; exec sleep 1000"]
    child = daemon.start_ask(*words)
    run = Process(int(child.stdout.readline()))
    shadow, = map(Process, until(lambda: children(child.pid)))
    assert shadow.words == words and run.runs()
    os.kill(shadow.pid, signal.SIGKILL)
    child.communicate(timeout=20)
    assert child.returncode == 128 + 9
    until(lambda: not run.runs())


def test_the_end_of_the_client_is_the_end_of_the_tree(daemon):
    daemon.start(OPEN)
    child = daemon.start_ask("/bin/sh", "-c", "setsid sleep 1000 & echo $! $$; wait")
    runs = [Process(int(pid)) for pid in child.stdout.readline().split()]
    child.kill()
    child.communicate()
    until(lambda: not any(run.runs() for run in runs))


def test_many_requests_on_one_connection_are_never_mixed_up(daemon):
    daemon.start(OPEN)
    with Client(daemon.socket) as client:
        pipes = {}
        for number in range(1, 41):
            read, write = os.pipe()
            client.send(ask(number, ["/bin/sh", "-c", f"sleep 0.0{number % 7}; echo {number}; exit {number}"],
                            flags=OUT), [write])
            os.close(write)
            pipes[number] = read
        ends = {}
        while len(ends) < 40:
            kind, number, body = client.receive()
            assert kind in (ACCEPTED, ENDED)
            if kind == ENDED:
                ends[number] = body
        for number, read in pipes.items():
            with open(read, "rb") as file:
                assert file.read() == b"%d\n" % number


def test_the_record_of_the_run_comes_when_asked_for(daemon):
    daemon.start(OPEN)
    with Client(daemon.socket) as client:
        client.send(ask(1, ["/bin/sh", "-c", "exit 4", "x" * 60000], flags=WANTS_RECORD))
        text = b""
        while (answer := client.receive())[0] != ENDED:
            if answer[0] == RECORD:
                text += answer[2]
        assert json.loads(text)["exit_code"] == 4


def test_a_terminal_never_crosses(daemon):
    daemon.start(OPEN)
    master, slave = pty.openpty()
    child = subprocess.Popen(daemon.asking(["/bin/sh", "-c", "test -t 0 || test -t 1 || echo none; read x; echo got $x"]),
                             stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    seen = b""
    while b"none" not in seen:
        seen += os.read(master, 1000)
    os.write(master, b"hello\n")
    while b"got hello" not in seen:
        seen += os.read(master, 1000)
    assert child.wait(20) == 0
    os.close(master)


def test_what_a_rule_keeps_lives_on(daemon):
    daemon.start(OPEN + "KeepTree=yes\n")
    done = sh(daemon, "setsid sleep 1000 >/dev/null 2>&1 & echo $!")
    kept = Process(int(done.stdout))
    try:
        assert kept.runs()
        assert daemon.stop() == 0
        assert kept.runs()
    finally:
        os.kill(kept.pid, signal.SIGKILL)
        until(lambda: not kept.runs())


def test_a_rule_runs_at_most_so_often(daemon):
    daemon.start(OPEN + "MaxRunning=2\n")
    with Client(daemon.socket) as client:
        for number in (1, 2, 3):
            client.send(ask(number, ["/bin/sh", "-c", "sleep 1000"]))
        answers = [client.receive()[:2] for _ in range(3)]
        assert sorted(answers) == [(REFUSED, 3), (ACCEPTED, 1), (ACCEPTED, 2)]
        client.send(stop(1))
        client.end(1)
        client.send(ask(4, ["/bin/sh", "-c", "true"]))
        assert client.code(4) == 0


def test_ends_and_decisions_are_on_record(daemon):
    daemon.start(OPEN)
    sh(daemon, "exit 5")
    daemon.ask("/bin/sh", "--password=hunter2hunter2")
    daemon.stop()
    lines = [json.loads(line) for line in daemon.record.read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert events == ["note", "accepted", "ended", "refused", "note"]
    assert lines[1]["rule"] == "test/shell" and lines[1]["argv"] == ["/bin/sh", "-c", "exit 5"]
    assert lines[1]["peer"]["uid"] == 0 and lines[2]["exit_code"] == 5
    assert "hunter2" not in daemon.record.read_text()


def test_a_record_that_cannot_be_written_stops_rules_that_need_it(daemon):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=0700", "none",
                    daemon.record.parent], check=True)
    try:
        daemon.start(OPEN + "Log=required\n")
        assert sh(daemon, "true").returncode == 0
        fill = os.open(daemon.record.parent / "full", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError):
            while True:
                os.write(fill, b"x" * 1024)
        os.close(fill)
        done = sh(daemon, "true " + "x" * 5000)
        assert done.returncode == 125 and "record cannot be written" in daemon.errors()
        daemon.stop()
    finally:
        subprocess.run(["umount", "-l", daemon.record.parent], check=True)


SIGNALS = """
[Policy]
Allow=user:root

[Command sleep]
Exec=/bin/sleep {n:int}
User=nobody

[Command end-sleep]
Signal=TERM KILL
Target=run(sleep)

[Command hup-python]
Signal=HUP TERM
Target=/usr/bin/python3.11
"""


def test_a_signal_goes_to_what_was_started_under_the_rule_and_to_nobody_else(daemon):
    daemon.start(SIGNALS)
    child = daemon.start_ask("/bin/sleep", "1000")
    run, = until(lambda: [p for p in below(daemon.child.pid) if p.words == ["/bin/sleep", "1000"]])
    other = subprocess.Popen(["/bin/sleep", "1000"])
    try:
        done = daemon.ask("kill", "-9", str(other.pid))
        assert done.returncode == 1 and b"not a process that may be signalled" in done.stderr
        assert other.poll() is None
        assert daemon.ask("kill", "-HUP", str(run.pid)).returncode == 1  # another rule's signal
        assert daemon.ask("kill", "-USR1", str(run.pid)).returncode == 125  # no rule's
        assert daemon.ask("kill", "-9", str(run.pid)).returncode == 0
        child.communicate(timeout=20)
        assert child.returncode == 128 + 9
        assert daemon.ask("kill", "-9", str(run.pid)).returncode == 1  # it is gone
    finally:
        other.kill()
        other.wait()


def test_a_signal_goes_to_a_program_by_its_file(daemon):
    daemon.start(SIGNALS)
    python = subprocess.Popen(["/usr/bin/python3.11", "-c", "import time; time.sleep(1000)"])
    assert daemon.ask("kill", "-TERM", str(python.pid)).returncode == 0
    assert python.wait(20) == -15


def test_output_past_the_rules_bound_ends_the_run(daemon):
    daemon.start(OPEN + "OutputMax=100K\n")
    done = sh(daemon, "head -c 100000 /dev/zero; echo err >&2; exit 3")
    assert (done.returncode, len(done.stdout), done.stderr) == (3, 100000, b"err\n")
    done = sh(daemon, "cat /dev/zero; sleep 1000")
    assert (done.returncode, len(done.stdout)) == (125, 102400)
    done = sh(daemon, "cat /dev/zero >&2")
    assert done.returncode == 125 and len(done.stderr) >= 102400


def test_bounded_output_is_counted_and_a_client_that_does_not_read_holds_up_nobody(daemon):
    daemon.start(OPEN.replace("TimeoutSec=30", "TimeoutSec=1") + "OutputMax=10M\n")
    with Client(daemon.socket) as client:
        read, write = os.pipe()
        client.send(ask(1, ["/bin/sh", "-c", "echo 12345"], flags=OUT), [write])
        assert client.code(1) == 0
        fields = client.result(1)
        assert fields[7] == 6  # out_bytes
        client.send(ask(2, ["/bin/sh", "-c", "cat /dev/zero"], flags=OUT), [write])
        assert client.code(2) == 0
        assert client.result(2)[9] == 3  # timed out, though nobody reads
        os.close(read)
        os.close(write)


NETNS = """
[Policy]
Allow=user:root

[Command inside]
CallerPrefix=ip netns exec {ns:netns(wt-*)}
NetworkNamespace={ns}
Exec=/bin/sh -c {script:text}
User=nobody
AmbientCapabilities=CAP_NET_ADMIN
"""


def test_a_command_in_a_network_namespace(daemon):
    name = f"wt-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        daemon.start(NETNS)
        script = "ip -o link | cut -d: -f2; ip link set lo up && echo up; id -u"
        for words in ((), ("--netns", name)):
            command = ["/bin/sh", "-c", script] if words else \
                ["ip", "netns", "exec", name, "/bin/sh", "-c", script]
            done = daemon.ask(*command, options=words)
            assert done.stdout.split() == [b"lo", b"up", b"65534"], done
        assert daemon.ask("/bin/sh", "-c", "true").returncode == 125
        assert daemon.ask("ip", "netns", "exec", "other", "/bin/sh", "-c", "true").returncode == 125
        missing = daemon.ask("ip", "netns", "exec", "wt-none", "/bin/sh", "-c", "true")
        assert missing.returncode == 125 and b"could not be started" in missing.stderr
        accepted, ended = map(json.loads, daemon.record.read_text().splitlines()[-2:])
        assert (accepted["event"], ended["event"]) == ("accepted", "ended")
        assert ended["cause"] == "not-started" and ended["error"]["subject"]
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)
