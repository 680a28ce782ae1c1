"""writ.agent beside the functions that it takes the place of: one table of calls by both.

Needs Neutron (Debian: python3-neutron); without it nothing is compared. Each side runs in
a process of its own, for Neutron makes its process an eventlet one.
"""
import json
import os
import subprocess
import sys

import pytest

BOTH = r"""
import json, logging, os, signal, subprocess, sys

side = os.environ["SIDE"]
import eventlet.wsgi  # before Neutron, which forgets to
from neutron.agent.linux import utils as old
from neutron.agent.windows import utils as windows
from oslo_config import cfg

if side == "new":
    from writ import agent
module = old if side == "old" else agent

lines = []
class Keep(logging.Handler):
    def emit(self, record):
        lines.append("%s %s" % (record.levelname, record.getMessage()))
for name in "writ.agent", "neutron.agent.linux.utils", "neutron.agent.windows.utils":
    logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(name).addHandler(Keep())

# one of each, as what they are to both sides
def ended():
    child = subprocess.Popen(["true"]); child.wait(); return child.pid
gone = ended()
sleeper = subprocess.Popen(["sleep", "1000"])
zombie = subprocess.Popen(["true"]); os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
family = subprocess.Popen(["sh", "-c", "sh -c 'sleep 1000 & echo $$ $!; wait' & wait"],
                          stdout=subprocess.PIPE)
middle, leaf = family.stdout.readline().decode().split()
while module.get_cmdline_from_pid(leaf) != ["sleep", "1000"]: pass
while module.get_cmdline_from_pid(sleeper.pid) != ["sleep", "1000"]: pass
del lines[:]
pids = {"GONE": gone, "SLEEPER": sleeper.pid, "ZOMBIE": zombie.pid, "FAMILY": family.pid,
        "MIDDLE": middle, "LEAF": leaf, "OWN": os.getpid(), "PARENT": os.getppid()}
names = {str(pid): name for name, pid in pids.items()}

def real(value):
    if isinstance(value, dict) and set(value) == {"bytes"}:
        return value["bytes"].encode("latin-1")
    if isinstance(value, list):
        return [real(each) for each in value]
    if isinstance(value, dict):
        return {name: real(each) for name, each in value.items()}
    return pids.get(value, value) if isinstance(value, str) else value

def shown(value):
    if isinstance(value, (list, tuple)):
        return [shown(each) for each in value]
    if isinstance(value, str):
        for pid, name in names.items():
            value = value.replace(pid, name)
    elif type(value) is int and str(value) in names:
        return names[str(value)] + " (int)"
    return value

for call in json.load(sys.stdin):
    name, args, options = call
    options = real(options)
    as_windows = options.pop("windows", False)
    where = windows if as_windows and side == "old" else module
    if side == "new":
        module.settings.style = "windows" if as_windows else "linux"
    helper = options.pop("helper", None)
    cfg.CONF.set_override("root_helper", helper, "AGENT")
    del lines[:]
    try:
        answer = ["returned", shown(getattr(where, name)(*real(args), **options))]
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        answer = ["raised", kinds[0], shown(str(error)), getattr(error, "returncode", None)]
    said = [shown(line) for line in lines if "settings.env_keep" not in line]
    print(json.dumps([answer, said]))
for pid in sleeper.pid, middle, leaf, family.pid:
    try: os.kill(int(pid), signal.SIGKILL)
    except ProcessLookupError: pass
"""

FAIL = ["sh", "-c", "echo o; echo e >&2; exit 3"]

SAME = [
    ["execute", [["echo", "hi"]], {}],
    ["execute", [["echo", 5, "a b"]], {}],
    ["execute", [["sh", "-c", "echo o; echo e >&2"]], {"return_stderr": True}],
    ["execute", [FAIL], {}],
    ["execute", [FAIL], {"process_input": "in"}],
    ["execute", [FAIL], {"process_input": {"bytes": "\xff"}}],
    ["execute", [FAIL], {"check_exit_code": False}],
    ["execute", [FAIL], {"check_exit_code": False, "return_stderr": True}],
    ["execute", [FAIL], {"log_fail_as_error": False}],
    ["execute", [FAIL], {"extra_ok_codes": [3]}],
    ["execute", [FAIL], {"extra_ok_codes": [4]}],
    ["execute", [["sh", "-c", "exit 255"]], {}],
    ["execute", [["sh", "-c", "kill -9 $$"]], {}],
    ["execute", [["sh", "-c", "kill -15 $$"]], {"extra_ok_codes": [-15]}],
    ["execute", [["cat"]], {"process_input": "h\u00e9"}],
    ["execute", [["cat"]], {"process_input": {"bytes": "\xed\xa0\xbd"}}],
    ["execute", [["cat"]], {"process_input": ""}],
    ["execute", [["cat"]], {}],
    ["execute", [["no-such-program"]], {}],
    ["execute", [["no-such-program"]], {"check_exit_code": False}],
    ["execute", [["/etc/passwd"]], {}],
    ["execute", [["/no/such/place"]], {}],
    ["execute", [["sh", "-c", "echo $A-$B"]], {"addl_env": {"A": "1", "B": "2 3"}}],
    ["execute", [["sh", "-c", "exit 2"]], {"addl_env": {"A": "1"}}],
    ["execute", [["sh", "-c", "echo x"]], {"addl_env": {}}],
    ["execute", [["ls", "x y"]], {"run_as_root": True, "helper": "echo as root"}],
    ["execute", [["ls"]], {"run_as_root": True, "helper": "echo", "addl_env": {"A": "b"}}],
    ["execute", [["ls"]], {"run_as_root": True, "helper": "false"}],
    ["execute", [["ls"]], {"run_as_root": True, "helper": "no-such-helper"}],
    ["execute", [FAIL], {"windows": True}],
    ["execute", [FAIL], {"windows": True, "process_input": "x", "extra_ok_codes": [3]}],
    ["execute", [FAIL], {"windows": True, "log_fail_as_error": False, "check_exit_code": False}],
    ["execute", [["echo", "o"]], {"windows": True}],
    ["addl_env_args", [None], {}],
    ["addl_env_args", [{}], {}],
    ["addl_env_args", [{"A": "b c", "D": ""}], {}],
    ["remove_abs_path", [["/usr/bin/x", "y"]], {}],
    ["remove_abs_path", [["x", "y"]], {}],
    ["remove_abs_path", [[]], {}],
    ["remove_abs_path", [None], {}],
    ["cmd_matches_expected", [["/bar/../foo"], ["/bar/../foo"], None], {}],
    ["cmd_matches_expected", [["python", "script"], ["script"], None], {}],
    ["cmd_matches_expected", ["foo", "bar", None], {}],
    ["cmd_matches_expected", [["n", "(python", "script)"], ["script"], "n"], {}],
    ["cmd_matches_expected", [["n", "(/bar/../foo", "in)"], ["/bar/../foo", "in"], "n"], {}],
    ["cmd_matches_expected", [[], ["x"], None], {}],
    ["cmd_matches_expected", [["x", "y"], ["x"], None], {}],
    ["get_cmdline_from_pid", ["SLEEPER"], {}],
    ["get_cmdline_from_pid", ["GONE"], {}],
    ["get_cmdline_from_pid", ["ZOMBIE"], {}],
    ["get_cmdline_from_pid", [None], {}],
    ["pid_invoked_with_cmdline", ["SLEEPER", ["/bin/sleep", "1000"]], {}],
    ["pid_invoked_with_cmdline", ["SLEEPER", ["sleep", "1"]], {}],
    ["pid_invoked_with_cmdline", ["GONE", ["sleep", "1"]], {}],
    ["process_is_running", ["SLEEPER"], {}],
    ["process_is_running", ["GONE"], {}],
    ["find_child_pids", ["FAMILY"], {}],
    ["find_child_pids", ["FAMILY"], {"recursive": True}],
    ["find_child_pids", ["LEAF"], {}],
    ["find_child_pids", ["GONE"], {}],
    ["find_child_pids", ["x"], {}],
    ["find_parent_pid", ["LEAF"], {}],
    ["find_parent_pid", ["SLEEPER"], {}],
    ["find_fork_top_parent", ["LEAF"], {}],
    ["find_fork_top_parent", ["SLEEPER"], {}],
    ["get_process_count_by_name", ["no-such-name"], {}],
    ["get_root_helper_child_pid", ["SLEEPER", ["sleep", "1000"]], {}],
]

# The same answers; but fewer processes are looked at, and no kill(1) is run.
QUIETER = [
    ["get_root_helper_child_pid", ["FAMILY", ["/bin/sleep", "1000"]], {"run_as_root": True}],
    ["get_root_helper_child_pid", ["FAMILY", ["sleep", "1"]], {"run_as_root": True}],
    ["get_root_helper_child_pid", ["GONE", ["sleep", "1"]], {"run_as_root": True}],
    ["kill_process", ["SLEEPER", 0], {}],
    ["kill_process", ["SLEEPER", 9], {}],
]

# What differs on purpose: the call, what it was, what it is. None: not compared.
DIFFERENT = [
    # bad arguments have a name
    [["execute", [["a\0b"]], {}], ["raised", "ValueError"], ["raised", "ValueError", "cmd[0]"]],
    [["execute", [[]], {}], ["raised", "IndexError"], ["raised", "ValueError", "cmd: "]],
    [["execute", ["echo"], {}], ["raised", "TypeError"], ["raised", "TypeError", "cmd: "]],
    [["execute", [["echo", None]], {}], ["returned", "None\n"],
     ["raised", "TypeError", "cmd[1]: "]],
    [["execute", [["cat"]], {"process_input": 5}], ["raised", "TypeError"],
     ["raised", "TypeError", "process_input: "]],
    [["addl_env_args", [{"A": 5}], {}], ["returned", ["env", "A=5"]],
     ["raised", "TypeError", "addl_env['A']: "]],
    [["addl_env_args", [{"LD_PRELOAD": "x"}], {}], ["returned", ["env", "LD_PRELOAD=x"]],
     ["raised", "ValueError", "addl_env: LD_PRELOAD"]],
    # the words of env(1) depend on the language
    [["execute", [["no-such-program"]], {"addl_env": {"A": "1"}}],
     ["raised", "ProcessExecutionError"],
     ["raised", "ProcessExecutionError", "Exit code: 127; Cmd: ['no-such-program']"]],
    # numbers that mean more, or less, than a process
    [["kill_process", ["abc", 9], {}], ["returned", None], ["raised", "ValueError", "pid: "]],
    [["kill_process", [None, 9], {}], ["returned", None], ["raised", "TypeError", "pid: "]],
    [["process_is_running", ["self"], {}], ["returned", True], ["raised", "ValueError", "pid: "]],
    [["process_is_running", ["ZOMBIE"], {}], ["returned", True], ["returned", False]],
    [["process_is_running", [None], {}], ["returned", None], ["returned", False]],
    [["get_root_helper_child_pid", ["GONE", ["x"]], {}], ["returned", "GONE"], ["returned", None]],
    [["get_root_helper_child_pid", ["abc", ["x"]], {}], ["returned", "abc"],
     ["raised", "ValueError", "pid: "]],
    [["find_parent_pid", ["GONE"], {}], ["raised", "NoSuchProcess"], ["returned", None]],
    [["find_parent_pid", [1], {}], ["raised", "AttributeError"], ["returned", None]],
    [["find_fork_top_parent", [1], {}], ["raised", "AttributeError"], ["returned", 1]],
    [["remove_abs_path", ["/a/b"], {}], ["returned", ["", "a", "/", "b"]],
     ["raised", "TypeError", "cmd: "]],
    [["cmd_matches_expected", [["p"], ["a"], "p"], {}], ["raised", "IndexError"],
     ["returned", False]],
    [["kill_process", ["GONE", 9], {}], ["returned", None], ["returned", None]],
]


def have_neutron():
    done = subprocess.run([sys.executable, "-c",
                           "import eventlet.wsgi, neutron.agent.linux.utils, oslo_config.cfg"],
                          stderr=subprocess.PIPE)
    return done.returncode == 0


def answers(script, side, calls):
    done = subprocess.run([sys.executable, str(script)], input=json.dumps(calls).encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), LC_ALL="C",
                                   SIDE=side))
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    if not have_neutron():
        pytest.skip("Neutron is not installed (python3-neutron)")
    calls = SAME + QUIETER + [call for call, _, _ in DIFFERENT]
    script = tmp_path_factory.mktemp("both") / "side.py"
    script.write_text(BOTH)
    old, new = answers(script, "old", calls), answers(script, "new", calls)
    assert len(old) == len(new) == len(calls)
    return list(zip(calls, old, new))


def test_the_same_calls_have_the_same_answers_and_log_lines(both):
    for call, old, new in both[:len(SAME)]:
        if call[0] in ("find_child_pids", "kill_process") and new[0][1:2] == ["ValueError"]:
            old[0][2] = new[0][2]  # both refuse; the words are ours
        assert new == old, call


def test_the_same_calls_have_the_same_answers_with_fewer_log_lines(both):
    for call, old, new in both[len(SAME):-len(DIFFERENT)]:
        assert new[0] == old[0], call
        assert len(new[1]) <= len(old[1])
        assert set(new[1]) <= set(old[1]), call


def test_what_differs_does_so_as_it_is_documented(both):
    for (call, was, is_now), (_, old, new) in zip(DIFFERENT, both[-len(DIFFERENT):]):
        assert old[0][:len(was)] == was, call
        assert new[0][:2] == is_now[:2], (call, new)
        if len(is_now) > 2:
            assert new[0][2].startswith(is_now[2]), (call, new)


def test_one_that_is_gone_is_no_error_in_the_log(both):
    _, old, new = both[-1]
    assert any(line.startswith("ERROR") for line in old[1])
    assert not any(line.startswith("ERROR") for line in new[1])
