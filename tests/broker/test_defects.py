"""Defects of other root helpers, each tried on this one; the rows are those of docs/defects.md."""
import json
import os
import subprocess

import pytest

from daemon import WRITD
from frames import Client, ask
from processes import Process, until

USER = 64123

OPEN = f"""
[Policy]
Allow=user:root user:{USER}

[Command shell]
Exec=/bin/sh -c {{script:text}} [{{more:text}}...]
User=nobody
TimeoutSec=30
"""


@pytest.fixture
def served(daemon):
    return daemon.start(OPEN)


def sh(daemon, script, *more, **options):
    return daemon.ask("/bin/sh", "-c", script, *more, **options)


def test_row_1_backslashes_arrive_as_they_are(served):
    words = ["\\", "x\\", "\\" * 60000, "a\\b"]
    done = sh(served, 'for w; do printf "%s|" "$w"; done', "sh", *words)
    assert done.stdout == "".join(word + "|" for word in words).encode()


@pytest.mark.parametrize("user", ["-1", "4294967295", "#-1", "0x0", "+0", "00", "12abc", "nosuchuser"])
def test_rows_2_25_32_a_number_that_is_none_is_no_user(daemon, user):
    daemon.policy(OPEN.replace("nobody", user))
    status, _, err = daemon.check()
    assert status == 1 or "inert" in err or "no such user" in err or "unknown" in err, err


def test_row_12_percent_signs_are_text(served):
    done = sh(served, 'printf "%s" "$1"', "sh", "%n%n%s%1$*1$d")
    assert done.stdout == b"%n%n%s%1$*1$d"
    served.ask("%n%s%n", "%n")
    assert '"%n%s%n"' in served.record.read_text()


def test_row_14_a_line_of_the_record_is_one_line(served):
    served.ask("/bin/sh", "\n<86>sudo: fake", "\x1b[2J")
    lines = served.record.read_text().splitlines()
    assert json.loads(lines[-1])["argv"] == ["/bin/sh", "\n<86>sudo: fake", "\x1b[2J"]
    assert "\x1b" not in served.record.read_text()


def test_row_20_the_program_has_a_session_of_its_own_and_no_terminal(served):
    done = sh(served, "ps -o sid=,pid=,tty= -p $$")
    session, pid, terminal = done.stdout.split()
    assert session == pid and terminal == b"?"


def test_row_22_who_may_not_know_learns_nothing(served):
    """The same answer for a program that is there, one that is not, and one of another's rule."""
    answers = {served.ask(*words).stderr for words in
               (["/bin/true"], ["/no/such"], ["/bin/sh", "-x"], ["/root/.ssh/id_rsa"])}
    assert len(answers) == 1


def test_row_26_the_groups_are_those_of_the_rules_user(served):
    done = sh(served, "grep -E '^(Uid|Gid|Groups)' /proc/self/status")
    uid, gid, groups = (line.split()[1:] for line in done.stdout.splitlines())
    assert uid == gid == [b"65534"] * 4 and set(groups) <= {b"65534"}


def test_row_27_the_callers_path_does_not_choose(served):
    done = sh(served, "echo $PATH", env={**os.environ, "PATH": "/tmp/evil"})
    assert b"evil" not in done.stdout


def test_row_64_the_program_has_three_descriptors_and_a_clean_mask(served):
    done = sh(served, "ls /proc/self/fd | tr '\\n' ' '; grep -E '^Sig(Blk|Ign)' /proc/self/status; pwd")
    fds, *rest = done.stdout.split(b"SigBlk")
    assert fds.split() == [b"0", b"1", b"2", b"3"]  # the last is the directory that ls reads
    assert rest[0].split() == [b":", b"0" * 16, b"SigIgn:", b"0" * 16, b"/"]


def test_row_84_an_empty_setting_is_an_error(daemon):
    for key in ("User", "Allow", "TimeoutSec", "Environment", "AmbientCapabilities", "OutputMax",
                "CapabilityBoundingSet", "NetworkNamespace", "WorkingDirectory", "LimitNOFILE"):
        daemon.policy(OPEN + f"{key}=\n")
        status, _, err = daemon.check()
        assert status == 1 and "test.policy:" in err, key


@pytest.mark.parametrize("closed", range(1, 8))
def test_row_93_it_serves_with_standard_descriptors_closed(daemon, closed):
    daemon.policy(OPEN)
    shut = " ".join(f"{fd}<&-" for fd in range(3) if closed & 1 << fd)
    words = " ".join(map(str, daemon.command()))
    daemon.err = open(daemon.place / "err", "w+")
    daemon.child = subprocess.Popen(["/bin/sh", "-c", f"exec {words} {shut}"], stdin=subprocess.DEVNULL,
                                    stdout=daemon.err, stderr=daemon.err)
    until(daemon.socket.exists)
    done = sh(daemon, "echo out; echo err >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"out\n", b"err\n")
    asking = daemon.asking(["/bin/sh", "-c", "exit 5"])
    assert subprocess.run(["/bin/sh", "-c", f'exec "$@" {shut}', "sh", *asking]).returncode == 5


def test_row_99_nothing_is_setuid():
    for program in (WRITD, WRITD.parents[1] / "cli" / "writ"):
        assert program.stat().st_mode & 0o6000 == 0


def test_row_100_text_is_no_part_of_a_script(daemon):
    """What is a value cannot become an option, nor anything but its own argument."""
    daemon.start("[Policy]\nAllow=user:root\n[Command echo]\nExec=/bin/echo {name:ifname} {n:int}\nUser=nobody\n")
    for words in (["a/d ; 1e exec sh 1>&0 ; /", "1"], ["-e", "1"], ["eth0", "1 2"], ["eth0", "-1"],
                  ["eth0\n", "1"], ["eth0", "1", "2"]):
        assert daemon.ask("/bin/echo", *words).returncode == 125, words
    assert daemon.ask("/bin/echo", "eth0", "1").stdout == b"eth0 1\n"


def test_row_7_a_name_with_brackets_changes_nothing(served):
    pid = os.fork()
    if pid == 0:
        try:
            with open("/proc/self/comm", "w") as file:
                file.write("a) R 1 (b c")
            with Client(served.socket) as client:
                client.send(ask(1, ["/bin/sh", "-c", "exit 6"]))
                os._exit(client.end(1)[1])
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 6


def test_row_42_a_signal_never_goes_to_a_number(daemon):
    """A pid that was given back is nobody's, also when another has it now."""
    daemon.start("[Policy]\nAllow=user:root\n[Command end]\nSignal=KILL\nTarget=/bin/sleep\n")
    gone = subprocess.Popen(["/bin/sleep", "0"])
    gone.wait()
    assert daemon.ask("kill", "-9", str(gone.pid)).returncode == 1
    for pid in ("0", "-1", "1", str(os.getpid())):
        assert daemon.ask("kill", "-9", pid).returncode in (1, 125)
    assert Process(os.getpid()).runs()
