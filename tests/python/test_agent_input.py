"""writ.agent: each bad argument is refused by its name, before anything runs."""
import pathlib

import pytest

from writ import agent


class Opaque:
    pass


class Speaks:
    def __str__(self):
        return "spoken"


@pytest.mark.parametrize("cmd, kind, what", [
    ("echo hi", TypeError, "cmd"), (b"echo", TypeError, "cmd"), (None, TypeError, "cmd"),
    (5, TypeError, "cmd"), ({"echo": 1}, TypeError, "cmd"), ([], ValueError, "cmd"),
    ([""], ValueError, r"cmd\[0\]"), ([None], TypeError, r"cmd\[0\]"),
    (["echo", b"x"], TypeError, r"cmd\[1\]"), (["echo", None], TypeError, r"cmd\[1\]"),
    (["echo", ["x"]], TypeError, r"cmd\[1\]"), (["echo", {}], TypeError, r"cmd\[1\]"),
    (["echo", Opaque()], TypeError, r"cmd\[1\]"), (["echo", print], TypeError, r"cmd\[1\]"),
    (["echo", "a\0b"], ValueError, r"cmd\[1\]"), (["echo", "\ud800"], ValueError, r"cmd\[1\]"),
])
@pytest.mark.parametrize("function", [agent.execute, agent.create_process])
def test_a_command(function, cmd, kind, what):
    with pytest.raises(kind, match=what):
        function(cmd)


def test_numbers_paths_and_what_says_what_it_is_are_arguments():
    assert agent.execute(["echo", 5, 0.5, pathlib.Path("/x"), Speaks()]) == "5 0.5 /x spoken\n"


def test_a_byte_that_came_as_a_surrogate_goes_as_that_byte():
    assert agent.execute(["printf", "%s", "\udcff"]) == "\udcff"


@pytest.mark.parametrize("env, kind", [
    ([("A", "b")], TypeError), ("A=b", TypeError), ({"A": 5}, TypeError), ({"A": None}, TypeError),
    ({"A": b"b"}, TypeError), ({b"A": "b"}, TypeError), ({5: "b"}, TypeError),
    ({"": "b"}, ValueError), ({"A=B": "c"}, ValueError), ({"1A": "c"}, ValueError),
    ({"A\0": "c"}, ValueError), ({"A": "b\0c"}, ValueError), ({"A": "\ud800"}, ValueError),
    ({"A\n": "c"}, ValueError), ({"-i": "c"}, ValueError),
])
@pytest.mark.parametrize("function", [
    lambda env: agent.execute(["true"], addl_env=env),
    lambda env: agent.create_process(["true"], addl_env=env), agent.addl_env_args])
def test_additional_variables(function, env, kind):
    with pytest.raises(kind, match="addl_env"):
        function(env)


def test_values_that_are_no_text_may_be_made_one():
    with agent.settings.override(addl_env_convert=True):
        assert agent.addl_env_args({"A": 5}) == ["env", "A=5"]


@pytest.mark.parametrize("given, kind", [
    (5, TypeError), (["x"], TypeError), (object(), TypeError), ("\ud800", ValueError)])
def test_an_input(given, kind):
    with pytest.raises(kind, match="process_input"):
        agent.execute(["cat"], process_input=given)


@pytest.mark.parametrize("given", ["5", 5, [None], ["5"]])
def test_codes(given):
    with pytest.raises(TypeError, match="extra_ok_codes"):
        agent.execute(["true"], extra_ok_codes=given)


BAD_PIDS = [(-1, ValueError), ("-1", ValueError), ("", ValueError), ("abc", ValueError),
            ("1x", ValueError), ("self", ValueError), (0, ValueError), ("0", ValueError),
            (1 << 40, ValueError), ("\u0661", ValueError), (1.5, TypeError), (b"1", TypeError),
            (None, TypeError), (True, TypeError), ([1], TypeError)]


@pytest.mark.parametrize("pid, kind", BAD_PIDS)
@pytest.mark.parametrize("function", [
    lambda pid: agent.kill_process(pid, 9),
    lambda pid: agent.get_root_helper_child_pid(pid, ["x"]),
    lambda pid: agent.get_root_helper_child_pid(pid, ["x"], run_as_root=True),
    agent.find_child_pids, agent.find_parent_pid, agent.find_fork_top_parent])
def test_a_pid(function, pid, kind):
    with pytest.raises(kind, match="pid"):
        function(pid)


@pytest.mark.parametrize("pid, kind", [case for case in BAD_PIDS
                                       if case[0] not in (None, "", 0)])
@pytest.mark.parametrize("function", [
    agent.process_is_running, agent.get_cmdline_from_pid,
    lambda pid: agent.pid_invoked_with_cmdline(pid, ["x"])])
def test_a_pid_that_is_asked_about(function, pid, kind):
    with pytest.raises(kind, match="pid"):
        function(pid)


@pytest.mark.parametrize("nobody", [None, "", 0])
def test_no_pid_is_no_process_as_of_old(nobody):
    assert not agent.process_is_running(nobody)
    assert agent.get_cmdline_from_pid(nobody) == []
    assert not agent.pid_invoked_with_cmdline(nobody, ["x"])


@pytest.mark.parametrize("number, kind", [
    ("9", TypeError), (None, TypeError), (9.0, TypeError), (True, TypeError), (-9, ValueError),
    (65, ValueError)])
def test_a_signal(number, kind):
    with pytest.raises(kind, match="signal"):
        agent.kill_process(999999, number)


@pytest.mark.parametrize("f", [None, "f", 5])
def test_a_function(f):
    with pytest.raises(TypeError, match="f:"):
        agent.avoid_blocking_call(f)


def test_a_command_to_compare():
    for bad in "/bin/x", b"/bin/x":
        with pytest.raises(TypeError, match="cmd"):
            agent.remove_abs_path(bad)


def test_a_name_to_count():
    for bad in None, 5, b"x":
        with pytest.raises(TypeError, match="name"):
            agent.get_process_count_by_name(bad)


def test_a_switch_that_is_misspelt():
    with pytest.raises(AttributeError):
        agent.settings.keep_trees = True
    with pytest.raises(AttributeError):
        with agent.settings.override(keep_trees=True):
            pass
