"""On a terminal: who may use it, what the keys do, and in what state it is left."""
import os
import termios

import pytest

from processes import Process, gone, told
from terminal import Terminal


@pytest.fixture
def on_terminal(writ):
    """Runs a command on a terminal, with stdin, stdout and stderr on it."""
    opened = []

    def start(*words, env=None):
        words = [os.fspath(word) for word in words]
        terminal = Terminal([*writ.prefix, *words], writ.place, {**writ.env, **(env or {})})
        opened.append(terminal)
        return terminal
    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def shell(on_terminal, writ):
    """An interactive bash, whose prompt is `ready>`."""
    terminal = on_terminal("bash", "--norc", "--noprofile", "-i", env={"PS1": "ready> ", "W": writ.path})
    terminal.wait_for("ready> ")
    return terminal


def test_a_program_on_the_terminal_has_it_as_its_own(on_terminal, writ, level, probe):
    terminal = on_terminal(writ.path, "run", "--", *probe.words)
    assert terminal.finish() == 0
    saw = probe.saw()
    assert saw["terminal"] is True and set(saw["links"]) == {"0", "1", "2"}
    assert all(link.startswith("/dev/pts/") for link in saw["links"].values())


@pytest.mark.parametrize("args", [("--stdin", "null"), ("--stdin", "/dev/null")], ids=" ".join)
def test_without_the_terminal_as_input_there_is_no_controlling_terminal(on_terminal, writ, level, probe, args):
    assert on_terminal(writ.path, "run", *args, "--", *probe.words).finish() == 0
    saw = probe.saw()
    assert saw["terminal"] is False and saw["sid"] == saw["pgid"]


def test_input_from_a_pipe_gives_no_controlling_terminal(on_terminal, writ, level, probe):
    words = " ".join(map(str, probe.words))
    assert on_terminal("sh", "-c", f"echo | {writ.path} run -- {words}").finish() == 0
    assert probe.saw()["terminal"] is False


def test_another_user_never_gets_our_terminal(on_terminal, writ, as_root, level, probe):
    """It could push input into it: TIOCSTI."""
    if level == "ordinary":
        pytest.skip("an ordinary user cannot become another")
    terminal = on_terminal(writ.path, "run", "-u", "1234:1234", "--", *probe.words)
    assert terminal.finish() == 0, terminal.seen
    saw = probe.saw()
    assert saw["terminal"] is False and saw["sid"] == saw["pid"]


def test_ctrl_c_ends_the_run(on_terminal, writ, level):
    record = writ.new_record()
    terminal = on_terminal(writ.path, "run", "--record", record, "--", "sh", "-c",
                           "(setsid sleep 1000 &) ; echo go; exec sleep 1000")
    terminal.wait_for("go")
    terminal.type("\x03")
    assert terminal.finish() == 130
    with open(record, encoding="utf-8") as text:
        assert '"stopped_by": "INT"' in text.read()


def test_ctrl_backslash_ends_the_run(on_terminal, writ, level):
    terminal = on_terminal(writ.path, "run", "-l", "core=0", "--", "sh", "-c", "echo go; exec sleep 1000")
    terminal.wait_for("go")
    terminal.type("\x1c")
    assert terminal.finish() == 131


def test_ctrl_c_reaches_a_program_without_the_terminal_too(on_terminal, writ, level):
    terminal = on_terminal(writ.path, "run", "--stdin", "null", "--", "sh", "-c", "echo go; exec sleep 1000")
    terminal.wait_for("go")
    terminal.type("\x03")
    assert terminal.finish() == 130


def test_a_program_may_catch_ctrl_c_and_end_in_its_own_way(on_terminal, writ, level):
    script = "trap 'echo caught; exit 7' INT TERM; echo go; while :; do sleep 0.01; done"
    terminal = on_terminal(writ.path, "run", "--", "sh", "-c", script)
    terminal.wait_for("go")
    terminal.type("\x03")
    terminal.wait_for("caught")
    assert terminal.finish() == 130


def test_a_hangup_of_the_terminal_ends_the_run(on_terminal, writ, level, place):
    terminal = on_terminal("sh", "-c", f"{writ.path} run -- sh -c 'echo $$ > pid; exec sleep 1000' & wait")
    program = told(place / "pid")
    os.kill(terminal.pid, 1)
    os.close(terminal.fd)
    terminal.fd = os.open("/dev/null", os.O_RDONLY)
    gone(program)


def test_ctrl_z_stops_the_run_and_fg_takes_it_up(shell, level):
    shell.type("$W run -- sh -c 'echo go; read line; echo got $line; exit 5'\n")
    shell.wait_for("\rgo\r")
    shell.type("\x1a")
    shell.wait_for("Stopped")
    shell.wait_for("ready> ")
    shell.type("fg\n")
    shell.wait_for("$W run")
    shell.type("word\n")
    shell.wait_for("got word")
    shell.wait_for("ready> ")
    shell.type("echo status=$?\n")
    shell.wait_for("status=5")
    shell.type("exit\n")
    assert shell.finish() == 0


def test_a_job_in_the_background_is_stopped_when_it_reads_and_fg_takes_it_up(shell, level):
    shell.type("$W run -- sh -c 'read line; echo got $line' &\n")
    shell.wait_for("ready> ")
    shell.type("wait %1; jobs\n")
    shell.wait_for("Stopped")
    shell.wait_for("ready> ")
    shell.type("fg\n")
    shell.wait_for("$W run")
    shell.type("word\n")
    shell.wait_for("got word")
    shell.wait_for("ready> ")
    shell.type("exit\n")
    assert shell.finish() == 0


def test_a_pipeline_in_a_shell_works_as_ever(shell, level):
    shell.type("$W run -- echo hello | $W run -- tr a-z A-Z | $W run --capture -- cat\n")
    shell.wait_for("HELLO")
    shell.wait_for("ready> ")
    shell.type("exit\n")
    assert shell.finish() == 0


def is_raw(terminal):
    return not terminal.modes()[3] & (termios.ICANON | termios.ECHO)


@pytest.mark.parametrize("how", ["time out", "signal", "kill"])
def test_the_modes_of_the_terminal_are_restored_after_a_killed_program(on_terminal, writ, level, place, how):
    args = ("-t", "1s") if how == "time out" else ()
    terminal = on_terminal("sh", "-c", '"$@"; echo "ended $?"; read line', "sh", writ.path, "run", *args, "--", "sh",
                           "-c", "stty raw -echo; echo $$ > pid; exec sleep 1000")
    before = terminal.modes()
    program = told(place / "pid")
    assert is_raw(terminal)
    if how == "signal":
        writ_of(program).send(15)
    elif how == "kill":
        program.kill()
    terminal.wait_for("ended ")
    assert terminal.modes() == before
    terminal.type("\n")
    terminal.finish()


def writ_of(program):
    """The writ that runs it: its parent, or the parent of its launcher."""
    parent = Process(program.ppid)
    return Process(parent.ppid) if parent.name == "writ-launcher" else parent


def test_the_modes_stay_as_the_program_wanted_them_when_it_ends_by_itself(on_terminal, writ, level):
    terminal = on_terminal("sh", "-c", '"$@"; echo "ended $?"; read line', "sh", writ.path, "run", "--",
                           "stty", "-echo")
    before = terminal.modes()
    terminal.wait_for("ended 0")
    assert terminal.modes() != before
    terminal.type("\n")
    terminal.finish()


def test_idle_time_of_output_on_a_terminal_is_refused(on_terminal, writ):
    terminal = on_terminal(writ.path, "run", "--idle-timeout", "1s", "--", "true")
    assert terminal.finish() == 125
    terminal.wait_for("--idle-timeout: output goes to a terminal, past us: add --capture")
    assert on_terminal(writ.path, "run", "--idle-timeout", "9s", "--capture", "--", "true").finish() == 0


def test_messages_are_coloured_on_a_terminal_unless_no_color_is_set(on_terminal, writ):
    for env, coloured in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                          ({"TERM": "dumb"}, False)):
        env = {"NO_COLOR": "", **env}
        terminal = on_terminal(writ.path, "run", "--", "no-such-program", env=env)
        assert terminal.finish() == 127
        assert ("\033[1m" in terminal.seen) is coloured, env


def test_the_program_is_in_the_foreground_as_long_as_it_runs(shell, level, probe):
    shell.type("$W run -- " + " ".join(map(str, probe.words)) + "\n")
    assert probe.saw()["terminal"] is True
    shell.wait_for("ready> ")
    assert shell.foreground() == shell.pid
    shell.type("exit\n")
    assert shell.finish() == 0
