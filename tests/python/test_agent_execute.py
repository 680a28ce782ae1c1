"""writ.agent.execute(): what a caller gets, and what is logged."""
import logging
import os
import signal
import sys

import pytest

from writ import agent


def sh(script, **options):
    return agent.execute(["sh", "-c", script], **options)


def lines(caplog, level=None):
    return [r.getMessage() for r in caplog.records if level in (None, r.levelno)]


@pytest.fixture(autouse=True)
def all_that_is_logged(caplog):
    caplog.set_level(logging.DEBUG, logger="writ.agent")


def test_returns_standard_output_as_text():
    assert agent.execute(["echo", "hi"]) == "hi\n"


def test_returns_both_outputs_when_asked():
    assert sh("echo o; echo e >&2", return_stderr=True) == ("o\n", "e\n")


def test_output_that_is_no_utf8_is_kept_by_surrogates():
    assert sh(r"printf '\355\240\275'") == b"\xed\xa0\xbd".decode("utf-8", "surrogateescape")


def test_the_command_is_logged_before_it_runs(caplog):
    agent.execute(["echo", "hi", 5])
    assert lines(caplog, logging.DEBUG) == ["Running command: ['echo', 'hi', '5']"]


def test_a_failure_is_raised_and_logged_in_the_words_of_old(caplog):
    with pytest.raises(agent.ProcessExecutionError) as caught:
        sh("echo o; echo e >&2; exit 3", process_input="in")
    message = ("Exit code: 3; Cmd: ['sh', '-c', 'echo o; echo e >&2; exit 3']; Stdin: in; "
               "Stdout: o\n; Stderr: e\n")
    assert str(caught.value) == message
    assert caught.value.returncode == 3
    assert isinstance(caught.value, RuntimeError)
    assert lines(caplog, logging.ERROR) == [message]


def test_a_failure_may_be_logged_and_not_raised(caplog):
    assert sh("echo o; exit 3", check_exit_code=False) == "o\n"
    assert len(lines(caplog, logging.ERROR)) == 1


def test_a_failure_may_be_raised_and_not_logged(caplog):
    with pytest.raises(agent.ProcessExecutionError):
        sh("exit 1", log_fail_as_error=False)
    assert lines(caplog, logging.ERROR) == []


def test_a_code_may_be_no_failure(caplog):
    assert sh("echo o; exit 5", extra_ok_codes=[5]) == "o\n"
    assert lines(caplog, logging.ERROR) == []
    with pytest.raises(agent.ProcessExecutionError):
        sh("exit 5", extra_ok_codes=[6])


def test_a_signal_is_a_negative_code():
    with pytest.raises(agent.ProcessExecutionError) as caught:
        sh("kill -9 $$")
    assert caught.value.returncode == -9
    assert str(caught.value).startswith("Exit code: -9; ")


@pytest.mark.parametrize("given, read", [
    ("hé", "hé"), ("hé".encode(), "hé"), (b"\xff", "\udcff"), ("", ""), (b"", ""), (None, "")])
def test_the_input_is_text_or_bytes(given, read):
    assert agent.execute(["cat"], process_input=given) == read


def test_a_large_input_does_not_block():
    text = "0123456789abcde\n" * 65536
    assert agent.execute(["cat"], process_input=text) == text


def test_an_input_that_nobody_reads_is_no_failure():
    assert agent.execute(["true"], process_input="x" * 1000000) == ""


def test_a_program_that_is_not_there_is_what_subprocess_says():
    with pytest.raises(FileNotFoundError) as caught:
        agent.execute(["no-such-program"])
    assert caught.value.errno == 2
    assert str(caught.value) == "[Errno 2] No such file or directory: 'no-such-program'"


def test_a_program_that_cannot_be_executed_is_what_subprocess_says():
    with pytest.raises(PermissionError) as caught:
        agent.execute(["/etc/passwd"])
    assert str(caught.value) == "[Errno 13] Permission denied: '/etc/passwd'"


def test_with_variables_a_program_that_is_not_there_is_code_127_as_of_env():
    with pytest.raises(agent.ProcessExecutionError) as caught:
        agent.execute(["no-such-program"], addl_env={"A": "b"})
    assert caught.value.returncode == 127
    assert "no-such-program" in str(caught.value)
    with pytest.raises(agent.ProcessExecutionError) as caught:
        agent.execute(["/etc/passwd"], addl_env={"A": "b"})
    assert caught.value.returncode == 126


def test_variables_are_added_and_shown_as_arguments_of_env(caplog):
    assert sh("echo $A", addl_env={"A": "b c"}) == "b c\n"
    assert lines(caplog, logging.DEBUG)[0] == (
        "Running command: ['env', 'A=b c', 'sh', '-c', 'echo $A']")


def test_a_path_that_is_added_is_where_the_program_is_looked_up(tmp_path):
    program = tmp_path / "only-here"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    path = "%s:%s" % (tmp_path, os.environ["PATH"])
    assert agent.execute(["only-here"], addl_env={"PATH": path}) == "found\n"


def test_the_value_of_a_variable_is_in_no_argument():
    shown = agent.execute(["cat", "/proc/self/cmdline"], addl_env={"A": "not-to-be-seen"})
    assert "not-to-be-seen" not in shown


def test_loader_and_interpreter_variables_are_refused_unless_named():
    for name in "LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "GCONV_PATH":
        with pytest.raises(ValueError, match="addl_env.*%s" % name):
            agent.execute(["true"], addl_env={name: "x"})
    with agent.settings.override(addl_env_allow=("*", "PYTHONPATH")):
        assert sh("echo $PYTHONPATH", addl_env={"PYTHONPATH": "/x"}) == "/x\n"


def test_an_allow_list_holds_for_the_rest():
    with agent.settings.override(addl_env_allow=("OS_*",)):
        assert sh("echo $OS_X", addl_env={"OS_X": "1"}) == "1\n"
        with pytest.raises(ValueError, match="addl_env.*OTHER"):
            agent.execute(["true"], addl_env={"OTHER": "1"})


def test_the_services_environment_passes_without_loader_variables(monkeypatch, caplog):
    monkeypatch.setenv("AGENT_TEST_OWN", "own")
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    assert sh("echo $AGENT_TEST_OWN-$PYTHONSTARTUP") == "own-\n"
    assert any("PYTHONSTARTUP" in line for line in lines(caplog))
    with agent.settings.override(env_keep=("PYTHONSTARTUP",)):
        assert sh("echo $PYTHONSTARTUP") == "/nowhere\n"


def test_a_variable_whose_name_is_none_is_withheld(monkeypatch, caplog):
    monkeypatch.setenv("NO-NAME", "x")
    for keep in (), ("NO-NAME",):
        with agent.settings.override(env_keep=keep):
            assert "NO-NAME" not in agent.execute(["env"])
    assert any("NO-NAME" in line for line in lines(caplog, logging.INFO))


def test_an_output_past_its_bound_is_never_half_an_answer():
    with agent.settings.override(output_max_bytes=100000):
        assert len(sh("head -c 100000 /dev/zero | tr '\\0' x")) == 100000
        for options in {}, {"check_exit_code": False}:
            with pytest.raises(agent.OutputTooLong, match="100000") as caught:
                agent.execute(["yes"], **options)
            assert isinstance(caught.value, agent.ProcessExecutionError)
        with pytest.raises(agent.OutputTooLong):
            sh("yes >&2")


def test_a_command_may_be_bounded_in_time():
    with agent.settings.override(timeout=0.2):
        with pytest.raises(agent.CommandTimeout, match="0.2") as caught:
            agent.execute(["sleep", "1000"], check_exit_code=False)
        assert isinstance(caught.value, agent.ProcessExecutionError)
    assert agent.settings.timeout is None


def lives(pid):
    return agent.process_is_running(pid)


def test_what_a_command_leaves_running_lives_on():
    pid = int(sh("sleep 1000 >/dev/null 2>&1 & echo $!"))
    try:
        assert lives(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_what_a_command_leaves_running_may_be_ended():
    with agent.settings.override(keep_tree=False):
        pid = int(sh("sleep 1000 >/dev/null 2>&1 & echo $!"))
    assert not lives(pid)


def test_what_is_left_running_and_holds_the_output_does_not_hold_the_caller():
    pid = int(sh("sleep 1000 & echo $!"))
    try:
        assert lives(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_what_is_left_running_may_hold_the_caller_as_of_old():
    with agent.settings.override(drain=None):
        assert sh("(sleep 0.5; echo late) & echo early") == "early\nlate\n"


def test_what_a_double_fork_leaves_lives_on():
    pid = int(sh("setsid sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'"))
    try:
        assert lives(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_what_a_command_leaves_running_survives_the_agent(tmp_path):
    script = ("import os, signal; from writ import agent\n"
              "print(agent.execute(['sh', '-c', 'sleep 1000 >/dev/null 2>&1 & echo $!']), end='')\n"
              "import sys; sys.stdout.flush(); os.kill(os.getpid(), %d)")
    import subprocess
    for number in signal.SIGKILL, 0:
        done = subprocess.run([sys.executable, "-c", script % number], stdout=subprocess.PIPE)
        pid = int(done.stdout)
        try:
            assert lives(pid)
        finally:
            os.kill(pid, signal.SIGKILL)


def test_nothing_stays_open_whatever_happens():
    def open_now():
        return sorted(os.listdir("/proc/self/fd"))

    def each_way():
        agent.execute(["true"])
        sh("exit 1", check_exit_code=False)
        for bad in ["no-such-program"], ["/etc/passwd"]:
            with pytest.raises(OSError):
                agent.execute(bad)
        with pytest.raises(ValueError):
            agent.execute(["a\0b"])
        with agent.settings.override(output_max_bytes=1000):
            with pytest.raises(agent.OutputTooLong):
                agent.execute(["yes"])
        with agent.settings.override(timeout=0.05):
            with pytest.raises(agent.CommandTimeout):
                agent.execute(["sleep", "1000"])

    each_way()  # what lives as long as the process is made now
    before = open_now()
    each_way()
    assert open_now() == before


def test_a_long_text_loses_its_middle_in_the_error():
    with agent.settings.override(message_chars=1000):
        with pytest.raises(agent.ProcessExecutionError) as caught:
            sh("seq 100000; exit 1")
    assert len(str(caught.value)) < 3000
    assert "Stdout: 1\n2\n" in str(caught.value)
    assert "100000\n; Stderr: " in str(caught.value)


def test_secrets_are_neither_raised_nor_logged(caplog):
    with pytest.raises(agent.ProcessExecutionError) as caught:
        agent.execute(["sh", "-c", 'echo "token $1 refused"; cat; exit 1', "sh",
                       "--token=hunter2hunter2"], process_input="password=opensesame\nplain\n",
                      addl_env={"OS_PASSWORD": "swordfish99"})
    told = str(caught.value) + "".join(lines(caplog))
    for secret in "hunter2hunter2", "opensesame", "swordfish99":
        assert secret not in told
    assert "plain" in told and "refused" in told


@pytest.mark.parametrize("data, shown", [
    ("plain swördfish99\n".encode(), r"b'plain [REDACTED:value]\n'"),
    (b"\xff it's " + "swördfish99".encode(), "b\"\\xff it's [REDACTED:value]\"")])
def test_a_secret_in_an_input_of_bytes_is_not_raised(data, shown):
    with pytest.raises(agent.ProcessExecutionError) as caught:
        agent.execute(["false"], process_input=data, addl_env={"OS_PASSWORD": "swördfish99"})
    assert "Stdin: %s; " % shown in str(caught.value)


@pytest.mark.parametrize("options", [
    {"cmd": ["OS_PASSWORD=hunter2hunter2"], "addl_env": {}},
    {"cmd": ["x"], "addl_env": {"OS_PASSWORD=hunter2hunter2": ""}}])
def test_a_secret_is_not_named_when_its_place_is_refused(options):
    for function in agent.execute, agent.create_process:
        with pytest.raises(ValueError, match="OS_PASSWORD=") as caught:
            function(**options)
        assert "hunter2" not in str(caught.value)


def test_secrets_may_be_shown():
    with agent.settings.override(redact=False):
        with pytest.raises(agent.ProcessExecutionError, match="hunter2hunter2"):
            agent.execute(["false", "--token=hunter2hunter2"])


def test_the_windows_wording(caplog):
    with agent.settings.override(style="windows"):
        with pytest.raises(agent.ProcessExecutionError) as caught:
            sh("echo o; echo e >&2; exit 3", process_input="x")
        command = "['sh', '-c', 'echo o; echo e >&2; exit 3']"
        assert str(caught.value) == ("\nCommand: %s\nExit code: 3\nStdin: x\nStdout: o\n\n"
                                     "Stderr: e\n" % command)
        assert lines(caplog, logging.ERROR) == [
            "Command: %s; Exit code: 3; Stdin: x; Stdout: o; ; Stderr: e" % command]
        caplog.clear()
        agent.execute(["echo", "o"])
        assert lines(caplog, logging.DEBUG)[-1] == (
            "Command: ['echo', 'o']; Exit code: 0; Stdin: ; Stdout: o; ; Stderr:")


def test_the_root_helper_of_the_settings_goes_first(caplog):
    for helper, shown in (("echo as root", ["echo", "as", "root"]), (["echo", "r"], ["echo", "r"])):
        with agent.settings.override(root_helper=helper):
            assert agent.execute(["ls", "x y"], run_as_root=True) == (
                " ".join(shown[1:]) + " ls x y\n")
            assert "Running command: %s" % (shown + ["ls", "x y"]) in lines(caplog)
    for helper in None, "", []:
        with agent.settings.override(root_helper=helper):
            assert agent.execute(["echo", "x"], run_as_root=True) == "x\n"


def test_a_root_helper_gets_variables_by_env(caplog):
    with agent.settings.override(root_helper="echo"):
        assert agent.execute(["ls"], run_as_root=True, addl_env={"A": "b"}) == "env A=b ls\n"


def test_a_command_may_go_to_privsep():
    asked = []

    def privileged(cmd, data, env):
        asked.append((cmd, data, env))
        return "out", "err", 0

    with agent.settings.override(privsep=privileged):
        assert agent.execute(["ls"], process_input="x", run_as_root=True, privsep_exec=True,
                             return_stderr=True) == ("out", "err")
        assert asked == [(["ls"], b"x", None)]
        with agent.settings.override(privsep=lambda *_: ("", "", 4)):
            with pytest.raises(agent.ProcessExecutionError) as caught:
                agent.execute(["ls"], run_as_root=True, privsep_exec=True)
            assert caught.value.returncode == 4
    with agent.settings.override(privsep=None, root_helper="echo"):
        assert agent.execute(["ls"], run_as_root=True, privsep_exec=True) == "ls\n"
