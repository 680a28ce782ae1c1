"""Rows of docs/gotchas.md that no other file here sees to."""
import os
import resource
import shutil
import signal
import subprocess

import pytest

from processes import BOUND_S, Process, below, everything, gone, told, until

SIGNALS = "exec grep -E '^Sig(Ign|Blk)' /proc/self/status"


def needs(*words):
    """Skips where this cannot be done."""
    if not shutil.which(words[0]) or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip(f"cannot run: {' '.join(words)}")


def masks(text):
    return {line.split(":")[0]: int(line.split()[1], 16) for line in text.splitlines()}


def test_more_input_than_a_pipe_holds_is_fed_while_output_is_read(writ, level, place):
    (place / "in").write_bytes(os.urandom(1 << 20))
    done = writ.run("--capture", "--secret-stdin", place / "in", "--", "tee", "/dev/stderr").check()
    assert done.record["stdout"]["bytes"] == done.record["stderr"]["bytes"] == 1 << 20
    assert done.record["stdin"] == {"bytes": 1 << 20, "read_all": True}


def test_a_program_that_leaves_its_input_does_not_kill_writ(writ, level, place):
    (place / "in").write_bytes(b"x" * (1 << 20))
    done = writ.run("--secret-stdin", place / "in", "--", "sh", "-c", "exec <&-; sleep 0.1; exit 3")
    assert done.status == 3 and done.record["stdin"]["read_all"] is False


def test_ignored_and_blocked_signals_are_not_handed_on(writ, level):
    """Not SIGPIPE, and not those above 31 that a loop to NSIG forgets."""
    start = ("import os,signal,sys\n"
             "for n in range(1, 65):\n"
             "    if n not in (9, 19, 1, 2, 3, 15, 32, 33):\n"
             "        signal.signal(n, signal.SIG_IGN)\n"
             "signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 65)) - {32, 33})\n"
             "os.execvp(sys.argv[1], sys.argv[1:])\n")
    writ.prefix = ["/usr/bin/python3", "-c", start, *writ.prefix]
    done = writ("run", "--", "sh", "-c", SIGNALS).check()
    assert masks(done.stdout) == {"SigIgn": 0, "SigBlk": 0}


def test_the_program_dies_of_sigpipe_as_it_should(writ, level):
    assert writ("run", "--", "bash", "-c", "yes | true; exit ${PIPESTATUS[0]}").status == 141


def test_a_host_that_ignores_sigchld_still_gets_the_status(writ, level):
    writ.prefix = ["sh", "-c", "trap '' CHLD; exec \"$@\"", "sh", *writ.prefix]
    done = writ.run("--", "sh", "-c", "exit 3")
    assert (done.status, done.record["cause"]) == (3, "exited")


def test_writ_has_one_thread_and_no_signal_handler(writ, level):
    child = writ.start("run", "-t", "1h", "--capture", "--", "sh", "-c", "echo $$ > pid; exec sleep 1000")
    program = told(writ.place / "pid")
    status = Process(child.pid)._text("status")
    assert "\nThreads:\t1\n" in status
    assert int(status.partition("SigCgt:\t")[2].split()[0], 16) == 0
    child.terminate()
    assert child.wait(BOUND_S) == 143 and gone(program, seconds=0)


def test_stopping_and_continuing_writ_again_and_again_harms_nothing(writ, level):
    child = writ.start_run("--idle-timeout", "60", "--", "sh", "-c", "head -c 20M /dev/zero; exit 3")
    for _ in range(50):
        child.send_signal(signal.SIGSTOP)
        child.send_signal(signal.SIGCONT)
    done = writ.finish(child)
    assert done.status == 3 and len(done.stdout) == 20 << 20


def test_a_huge_limit_of_descriptors_does_not_make_a_loop(writ, level, place):
    needs("strace", "-o", "/dev/null", "true")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        trace = place / "trace"
        writ.prefix += ["strace", "-f", "-o", trace, "-e", "trace=close,close_range"]
        writ("run", "--", "true").check()
        assert trace.read_text().count("close(") < 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_traced_writ_works_as_ever(writ, level):
    needs("strace", "-o", "/dev/null", "true")
    writ.prefix += ["strace", "-f", "-o", "/dev/null"]
    assert writ.run("-k", "1s", "--", "sh", "-c", "sleep 1000 & exit 5").status == 5


def test_a_program_that_was_just_written_is_waited_for(writ, level, place):
    shutil.copy("/bin/true", place / "prog")
    with open(place / "prog", "ab"):
        child = writ.start("run", "--", "./prog")
    assert child.wait(BOUND_S) == 0


def test_a_program_that_somebody_goes_on_writing_is_126_and_says_so(writ, level, place):
    shutil.copy("/bin/true", place / "prog")
    with open(place / "prog", "ab"):
        done = writ.run("--", "./prog")
    assert done.status == 126 and "somebody still has the file open for writing" in done.stderr
    assert done.record["error"]["errno"] == 26


def test_writ_may_be_the_first_process_of_a_container(writ, as_root):
    needs("unshare", "--pid", "--fork", "--mount-proc", "true")
    writ.prefix = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    left = "for i in 1 2 3; do (setsid sleep 1000 &) ; done; exit 3"
    for env in ({}, {"WRIT_CGROUP": "none"}):
        done = writ.run("-k", "200ms", "--", "sh", "-c", left, env=env)
        assert done.status == 3 and done.record["left_behind"]["killed"] == 3, done


def test_a_signal_ends_writ_as_the_first_process_too(writ, as_root, place):
    needs("unshare", "--pid", "--fork", "--mount-proc", "true")
    writ.prefix = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    child = writ.start_run("--", "sh", "-c", "echo $$ > pid; exec sleep 1000")
    until((place / "pid").exists)
    (first,) = [process for process in below(child.pid) if process.name == "writ"]
    first.send(signal.SIGTERM)
    assert writ.finish(child).record["stopped_by"] == "TERM"


def test_a_launcher_reaps_the_orphans_that_fall_to_it(writ, level):
    if writ.level != "launcher":
        pytest.skip("orphans of a control group fall to whoever they ever fell to")
    script = "for i in $(seq 50); do (sleep 0 &) ; done; echo $$ > pid; read line"
    child = writ.start_run("--", "sh", "-c", script, stdin=subprocess.PIPE)
    program = told(writ.place / "pid")
    launcher = program.ppid
    until(lambda: [p for p in everything() if p.ppid == launcher and p != program] == [])
    child.communicate(b"\n", BOUND_S)
    assert child.returncode == 0


@pytest.mark.parametrize("text", ["106751991167d", "9223372036854775ms", "290y", "1000000000h"])
def test_a_time_beyond_all_bounds_is_refused_or_never_comes(writ, level, text):
    for option in ("-t", "-k", "--drain", "--idle-timeout"):
        done = writ("run", "--capture", option, text, "--", "sh", "-c", "echo ran; exit 3")
        assert (done.status, done.stdout) in ((3, "ran\n"), (125, "")), (option, done)


def test_a_string_longer_than_the_kernel_takes_is_named(writ, level, place):
    (place / "env").write_text("LONG=" + "x" * 200000)
    done = writ.run("--env-file", place / "env", "--", "true")
    assert done.status == 125 and "longer than the kernel takes" in done.stderr
    assert len(done.stderr) < 1000


def test_more_arguments_than_fit_are_named_with_the_bound(writ, level):
    words = ["x" * 1000] * 400
    done = writ("run", "-l", "stack=65536", "--", "echo", *words)
    assert done.status == 125 and "131072" in done.stderr or "128" in done.stderr, done


def test_an_empty_command_line_is_survived(writ):
    script = ("import ctypes, sys; c = ctypes.CDLL(None);"
              "c.execve(sys.argv[1].encode(), (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 1)(None))")
    done = subprocess.run(["/usr/bin/python3", "-c", script, writ.path], capture_output=True, check=False)
    assert done.returncode == 2


def test_a_working_directory_that_was_removed_is_no_obstacle(writ, level, place):
    (place / "gone").mkdir()
    writ.prefix = ["sh", "-c", 'cd gone && rmdir ../gone && exec "$@"', "sh", *writ.prefix]
    done = writ.run("--", "/bin/echo", "ran").check()
    assert done.stdout == "ran\n" and (done.record["cwd"] is None or "gone" in str(done.record["cwd"]))


def test_a_time_namespace_of_its_own_is_no_obstacle(writ, as_root):
    needs("unshare", "--time", "true")
    writ.prefix = ["unshare", "--time"]
    for env in ({}, {"WRIT_CGROUP": "none"}):
        assert writ.run("--", "sh", "-c", "exit 3", env=env).status == 3


def test_too_many_processes_of_the_user_is_said_to_be_so(writ, as_root, level):
    if level == "ordinary":
        pytest.skip("an ordinary user cannot become another")
    words = ["setpriv", "--reuid=4321", "--clear-groups", "sleep", "1000"]
    others = [subprocess.Popen(words) for _ in range(2)]
    until(lambda: all(Process(other.pid).name == "sleep" for other in others))
    try:
        done = writ.run("-u", "4321:4321", "-l", "nproc=1", "--", "true")
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert done.status == 125 and done.record["error"]["errno"] == 11 and "nproc" in done.stderr


def test_limits_are_raised_before_the_privilege_goes(writ, as_root, level):
    if level == "ordinary":
        pytest.skip("an ordinary user has nothing to raise them with")
    done = writ("run", "-u", "1234:1234", "--nice", "-5", "-l", "core=unlimited", "--", "sh", "-c",
                "nice; ulimit -Hc; id -u").check()
    assert done.stdout.split() == ["-5", "unlimited", "1234"]


def test_the_directory_is_entered_with_the_rights_of_the_program(writ, as_root, level, place):
    if level == "ordinary":
        pytest.skip("an ordinary user has no other rights")
    (place / "locked").mkdir(mode=0o700)
    done = writ.run("-u", "1234:1234", "-C", place / "locked", "--", "true")
    assert done.status == 125 and done.record["error"]["stage"] == "chdir"


@pytest.mark.parametrize("args", [("-C", "/no/such", "--", "true"), ("--", "no-such-program"), ("--", "/"),
                                  ("-l", "nofile=x", "--", "true"), ("--stdout", "/no/such/x", "--", "true")],
                         ids=["chdir", "search", "exec", "limit", "open"])
def test_a_start_that_fails_half_way_leaves_nothing(writ, level, args):
    """What is left, the check after each test sees: processes, control groups, zombies."""
    for _ in range(10):
        assert writ("run", *args).status in (125, 126, 127)
    assert below(os.getpid()) == []
