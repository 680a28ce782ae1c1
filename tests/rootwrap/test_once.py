"""One command at a time, against what the stock program does with the same words."""
import os
import signal
import subprocess
import time

import pytest

from programs import BOUND_S, ENVIRONMENT, OURS, STOCK, run


def until(is_so):
    end = time.monotonic() + BOUND_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def both_say(place, *argv, **options):
    """The outcome of both, whose first words are the names they were called by."""
    ours, stock = place.run(*argv, **options), place.stock(*argv, **options)
    assert ours.status == stock.status, (ours, stock)
    assert ours.stdout == stock.stdout
    assert ours.stderr.replace(OURS, "PROG") == stock.stderr.replace(STOCK, "PROG")
    return ours


ALLOWED = ["echo: CommandFilter, echo, root", "sh: CommandFilter, sh, root",
           "cat: CommandFilter, cat, root", "missing: CommandFilter, /no/such/Program, root"]


@pytest.mark.parametrize("argv", [
    ["echo", "a b", "c"], ["sh", "-c", "exit 3"], ["sh", "-c", "exit 255"], ["sh", "-c", "kill -9 $$"],
    ["sh", "-c", "kill -15 $$"], ["nosuch", "x", "y"], ["Program", "x"],
    ["sh", "-c", "echo out; echo err >&2; exit 7"], ["sh", "-c", "echo $0; ulimit -n; ulimit -Hn; umask; pwd"],
], ids=lambda argv: " ".join(argv))
def test_status_and_streams_are_those_of_stock(both, argv):
    both_say(both.allow(*ALLOWED), *argv)


def test_input_goes_to_the_command(both):
    assert both_say(both.allow(*ALLOWED), "cat", stdin=b"\0\xff\n" * 1000).stdout


@pytest.mark.parametrize("words", [[], ["CONF"]])
def test_without_a_command_it_is_98(place, words):
    words = [place.conf for _ in words]
    ours, stock = run([OURS, *words]), run([STOCK, *words])
    assert ours.status == stock.status == 98
    assert ours.stderr == f"{OURS}: No command specified\n"


@pytest.mark.parametrize("text", [
    "", "[DEFAULT]\n", "junk\n", "[DEFAULT]\nfilters_path=/x\nfilters_path=/y\n",
    "[DEFAULT]\nfilters_path=/x\ndaemon_timeout=abc\n", "[DEFAULT]\nfilters_path=/x\nrlimit_nofile=1.5\n",
    "[DEFAULT]\nfilters_path=/x\nuse_syslog=oui\n", "[DEFAULT]\nfilters_path=/x\nsyslog_log_level=bar\n",
    "[DEFAULT]\nfilters_path=/x\nsyslog_log_facility=moo\n", "[a]\nx=1\n[a]\ny=2\n",
    "[DEFAULT]\nfilters_path=/x\nuse_syslog=x\ndaemon_timeout=y\nsyslog_log_level='\n",
], ids=range(11))
def test_a_bad_configuration_is_told_as_stock_does(place, text):
    place.conf.write_text(text)
    ours, stock = place.run("echo"), place.stock("echo")
    assert ours.status == stock.status == 97
    assert ours.stderr.splitlines()[0] == stock.stderr.strip().replace(STOCK, OURS)


def test_a_configuration_that_is_not_there_is_97(place):
    place.conf.unlink()
    assert both_say_first(place) == 97


def both_say_first(place):
    ours, stock = place.run("echo"), place.stock("echo")
    assert ours.stderr.splitlines()[0] == stock.stderr.strip().replace(STOCK, OURS)
    assert ours.status == stock.status
    return ours.status


def test_an_unknown_class_is_skipped_in_the_words_of_stock(both):
    both.allow("x: NoSuchFilter, y, root", *ALLOWED)
    assert "Skipping unknown filter class (NoSuchFilter)" in both_say(both, "echo", "x").stderr


def test_a_file_that_cannot_be_executed_is_no_success(both):
    both.program("script", "echo no interpreter\n")
    both.allow(f"script: CommandFilter, {both.bin}/script, root", "dir: CommandFilter, /etc, root")
    assert both.run("script").status in (126, 125)
    assert both.stock("script").status == 1
    assert both.run("etc").status in (96, 126)  # strict: a directory is no program


class Running:
    """A command under our program, which says when it is there."""

    def __init__(self, place, script, **options):
        self.child = subprocess.Popen(
            [OURS, place.conf, "sh", "-c", script], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, env=ENVIRONMENT, **options)
        self.said = [self.child.stdout.readline().decode().strip()]

    def line(self):
        return self.child.stdout.readline().decode().strip()

    def end(self):
        self.child.stdout.read()
        self.child.stdout.close()
        return self.child.wait(BOUND_S)


def test_it_stays_as_parent_of_one_child(place):
    place.allow(*ALLOWED)
    running = Running(place, "echo $$ $PPID; read x; exit 4", )
    pid, parent = map(int, running.said[0].split())
    assert parent == running.child.pid and running.end() == 4
    assert pid != parent


def test_the_session_and_the_group_are_the_callers(place):
    place.allow(*ALLOWED)
    running = Running(place, "ps -o sid=,pgid= -p $$")
    assert running.said[0].split() == [str(os.getsid(0)), str(os.getpgid(0))]
    assert running.end() == 0


def test_the_control_group_is_the_callers(place):
    place.allow(*ALLOWED)
    own = open("/proc/self/cgroup").read()
    assert place.run("sh", "-c", "cat /proc/self/cgroup").stdout == own


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_w21_signals_reach_the_command(place, number):
    place.allow(*ALLOWED)
    running = Running(place, f"trap 'echo got; exit 9' {number.name[3:]}; echo ready; "
                             "while :; do read -t 1 x; sleep 0.01; done")
    running.child.send_signal(number)
    assert running.line() == "got" and running.end() == 9


def test_a_signal_that_kills_the_command_is_128_and_its_number(place):
    place.allow(*ALLOWED)
    running = Running(place, "echo ready; exec sleep 1000")
    running.child.terminate()
    assert running.end() == 128 + signal.SIGTERM


def test_what_the_command_leaves_behind_lives(place, directory):
    place.allow(*ALLOWED)
    done = place.run("sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!")
    pid = int(done.stdout)
    assert open(f"/proc/{pid}/comm").read() == "sleep\n"
    os.kill(pid, signal.SIGKILL)


def test_closed_standard_streams_are_no_files_of_ours(place):
    """CVE-2023-29403: a descriptor of ours never takes their place."""
    place.allow("facts: CommandFilter, sh, root")
    for closed in range(8):
        shut = [fd for fd in range(3) if closed & 1 << fd]
        script = 'for f in 0 1 2; do readlink /proc/self/fd/$f; done > "$1"'
        out = place.path / f"out-{closed}"
        child = subprocess.run(
            ["sh", "-c", " ".join(f"exec {fd}>&-;" for fd in shut) + ' exec "$@"', "sh", OURS, place.conf,
             "sh", "-c", script, "sh", out], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=ENVIRONMENT, timeout=BOUND_S)
        assert child.returncode == 0, child
        told = out.read_text().splitlines()
        for fd in shut:
            if fd != 1:  # which the script has sent elsewhere
                assert told[fd] == "/dev/null", told


def test_nothing_is_open_but_the_standard_streams(place):
    place.allow(*ALLOWED)
    files = [os.open("/etc", os.O_RDONLY) for _ in range(200)]
    try:
        done = place.run("sh", "-c", "ls /proc/$$/fd", pass_fds=files)
    finally:
        for fd in files:
            os.close(fd)
    assert done.stdout.split() == ["0", "1", "2"]


def test_the_limit_of_descriptors_is_lowered_and_never_raised(place):
    place.allow(*ALLOWED)
    place.configure(rlimit_nofile=64)
    both_say(place, "sh", "-c", "ulimit -n; ulimit -Hn")
    place.configure(rlimit_nofile=100000000)
    both_say(place, "sh", "-c", "ulimit -n; ulimit -Hn")


def test_sudo_runs_it_like_any_other(place, as_root):
    place.allow("id: CommandFilter, id, root")
    done = run(["sudo", "-n", OURS, place.conf, "id", "-u"])
    assert (done.status, done.stdout) == (0, "0\n")
