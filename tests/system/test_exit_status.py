"""What the exit status of `writ run` says."""
import signal
import subprocess

import pytest

from processes import told


@pytest.mark.parametrize("status", [0, 1, 2, 42, 123, 124, 125, 126, 127, 128, 200, 255])
def test_the_status_is_the_programs_own(writ, level, status):
    done = writ.run("--", "sh", "-c", f"exit {status}")
    assert (done.status, done.stderr) == (status, "")
    assert (done.record["cause"], done.record["exit_code"]) == ("exited", status)
    assert done.record["signal"] is None


@pytest.mark.parametrize("number", [1, 2, 3, 6, 9, 10, 13, 14, 15, 34, 64])
def test_a_program_killed_by_signal_n_is_128_plus_n(writ, level, number):
    done = writ.run("-l", "core=0", "--", "sh", "-c", f"kill -{number} $$")
    assert done.status == 128 + number
    assert (done.record["cause"], done.record["exit_code"]) == ("signaled", None)
    assert done.record["signal"] == {1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 9: "KILL", 10: "USR1",
                                     13: "PIPE", 14: "ALRM", 15: "TERM"}.get(number, done.record["signal"])


def test_a_timed_out_run_is_124(writ, level):
    done = writ.run("-t", "50ms", "--", "sleep", "1000")
    assert done.status == 124 and "timed out after 50ms: sleep" in done.stderr
    record = done.record
    assert (record["cause"], record["timed_out"], record["stopped_by"]) == ("timeout", True, "timeout")
    assert (record["exit_code"], record["signal"], record["forced"]) == (None, "TERM", False)


def test_a_program_that_exits_at_the_time_out_is_124_too(writ, level):
    script = "trap 'exit 3' TERM; echo; while :; do sleep 0.01; done"
    done = writ.run("-t", "200ms", "--", "sh", "-c", script)
    assert done.status == 124
    assert (done.record["cause"], done.record["exit_code"]) == ("timeout", 3)


def test_a_run_without_output_for_too_long_is_124(writ, level):
    done = writ.run("--idle-timeout", "100ms", "--", "sh", "-c", "echo a; sleep 1000")
    assert done.status == 124 and done.stdout == "a\n" and "no output for 100ms" in done.stderr
    record = done.record
    assert (record["cause"], record["stopped_by"], record["timed_out"]) == ("idle-timeout", "idle", True)


def test_an_output_limit_is_125(writ, level):
    done = writ.run("--capture", "--output-max", "1K", "--overflow", "kill", "--", "yes")
    assert done.status == 125 and len(done.stdout) == 1024
    assert (done.record["cause"], done.record["stopped_by"]) == ("output-limit", "limit")


def test_what_is_not_found_is_127(writ, level, place):
    for name in ("no-such-program", "./no-such", "/no/such", "/etc/passwd/x"):
        done = writ.run("--", name)
        assert done.status == 127 and done.stderr.startswith("writ: cannot find the program: ")
        assert done.record["cause"] == "not-started"
        assert (done.record["error"]["stage"], done.record["error"]["code"]) == ("search", "E_NOT_FOUND")


def test_a_directory_of_path_that_may_not_be_searched_does_not_make_it_found(ordinary, place):
    (place / "locked").mkdir(mode=0o700)
    done = ordinary.run("-e", f"PATH={place}/locked:/usr/bin", "--", "no-such-program")
    assert done.status == 127, done


def test_what_cannot_be_executed_is_126(writ, level, place):
    (place / "text").write_text("echo\n")
    (place / "text").chmod(0o755)
    (place / "plain").write_text("#!/bin/sh\n")
    (place / "plain").chmod(0o644)
    for name in ("./text", "./plain", "/", "/tmp", "/dev/null"):
        done = writ.run("--", name)
        assert done.status == 126, done
        assert done.record["error"]["code"] == "E_NOT_EXECUTABLE"


def test_a_program_whose_interpreter_is_missing_is_127_and_says_which(writ, level, place):
    (place / "script").write_text("#!/no/such/interpreter -x\n")
    (place / "script").chmod(0o755)
    done = writ.run("--", "./script")
    assert done.status == 127 and "/no/such/interpreter" in done.stderr
    assert done.record["error"]["stage"] == "exec"


def test_the_empty_name_is_no_program(writ):
    for name in ("", ".", ".."):
        assert writ("run", "--", name).status in (125, 126, 127)


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "TERM"])
def test_writ_ended_by_signal_n_is_128_plus_n(writ, level, place, name):
    number = getattr(signal, f"SIG{name}")
    child = writ.start_run("--", "sh", "-c", "echo $$ > pid; exec sleep 1000")
    told(place / "pid")
    child.send_signal(number)
    done = writ.finish(child)
    assert done.status == 128 + number
    assert (done.record["cause"], done.record["stopped_by"]) == ("cancelled", name)


def test_writ_ended_by_a_signal_keeps_that_status_when_the_program_exits_0(writ, place):
    script = "trap 'exit 0' TERM; echo $$ > pid; while :; do sleep 0.01; done"
    child = writ.start_run("--", "sh", "-c", script)
    told(place / "pid")
    child.terminate()
    done = writ.finish(child)
    assert done.status == 143 and done.record["exit_code"] == 0


def test_a_setting_that_cannot_be_enforced_is_125(ordinary):
    for args in (("--nice", "-20"), ("-u", "root"), ("--contain", "cgroup")):
        done = ordinary.run(*args, "--", "true")
        assert done.status == 125, done
        assert done.record["cause"] == "not-started" and done.record["error"]["message"] in done.stderr


def test_an_unknown_command_is_2(writ):
    assert writ("rum").status == 2


def test_a_core_dump_is_told(writ, level):
    script = "import os,resource,signal; os.kill(os.getpid(), signal.SIGSEGV)"
    done = writ.run("-l", "core=0", "--", "/usr/bin/python3", "-c", script)
    assert done.status == 139 and done.record["core_dumped"] is False
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as pattern:
        if pattern.read().startswith("|"):
            pytest.skip("cores are piped to a program here")
    done = writ.run("-l", "core=unlimited", "--", "/usr/bin/python3", "-c", script)
    assert done.record["core_dumped"] in (True, False)


def test_the_statuses_are_those_of_timeout(writ, place):
    """The same table for both: what timeout(1) has documented for so long."""
    (place / "text").write_text("")
    (place / "text").chmod(0o755)
    for words in (["true"], ["sh", "-c", "exit 7"], ["no-such-program"], ["/tmp"], ["sleep", "1000"]):
        theirs = subprocess.run(["timeout", "0.2", *words], stderr=subprocess.DEVNULL).returncode
        assert writ("run", "-t", "200ms", "--", *words).status == theirs, words
