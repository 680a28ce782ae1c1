"""writ.agent: where the root helper comes from, and how it is used."""
import logging
import sys
import types

import pytest

from writ import agent


class NoSuchOptError(Exception):
    pass


class NoSuchGroupError(NoSuchOptError):
    pass


class Group:
    """Options as oslo.config has them: by attribute, and an error of its own."""

    def __init__(self, **options):
        self._options = options

    def __getattr__(self, name):
        try:
            return self._options[name]
        except KeyError:
            raise NoSuchOptError(name) from None


class Conf:
    def __init__(self, agent_group=None):
        self._group = agent_group

    @property
    def AGENT(self):
        if self._group is None:
            raise NoSuchOptError("AGENT")
        return self._group


@pytest.fixture
def configured(monkeypatch):
    """Has oslo.config loaded, with these options registered in [AGENT]."""
    def load(group):
        cfg = types.ModuleType("oslo_config.cfg")
        cfg.CONF, cfg.NoSuchOptError, cfg.NoSuchGroupError = (
            Conf(group), NoSuchOptError, NoSuchGroupError)
        monkeypatch.setitem(sys.modules, "oslo_config", types.ModuleType("oslo_config"))
        monkeypatch.setitem(sys.modules, "oslo_config.cfg", cfg)
    return load


def test_what_is_registered_holds(configured):
    configured(Group(root_helper="echo 'from the file'", root_helper_daemon=None))
    with agent.settings.override(root_helper="false"):
        assert agent.execute(["x"], run_as_root=True) == "from the file x\n"


@pytest.mark.parametrize("registered", [None, {"report_interval": 30}])
def test_where_nothing_is_registered_the_setting_does(configured, registered):
    configured(None if registered is None else Group(**registered))
    with agent.settings.override(root_helper="echo set"):
        assert agent.execute(["x"], run_as_root=True) == "set x\n"


def test_without_run_as_root_there_is_no_helper(configured):
    configured(Group(root_helper="false", root_helper_daemon="false"))
    assert agent.execute(["echo", "x"]) == "x\n"


class Client:
    """What oslo.rootwrap's client is to us."""

    made = []

    def __init__(self, words):
        self.words, self.asked = words, []
        self.answer = 0, "out", "err"
        Client.made.append(self)

    def execute(self, cmd, stdin=None):
        self.asked.append((cmd, stdin))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def daemon(configured, monkeypatch):
    """A root helper's daemon; its client."""
    package, client = types.ModuleType("oslo_rootwrap"), types.ModuleType("oslo_rootwrap.client")
    package.client, client.Client = client, Client
    monkeypatch.setitem(sys.modules, "oslo_rootwrap", package)
    monkeypatch.setitem(sys.modules, "oslo_rootwrap.client", client)
    monkeypatch.setattr(agent.RootwrapDaemonHelper, "_client", None)
    configured(Group(root_helper="false", root_helper_daemon="sudo 'the daemon' /etc/conf"))
    return agent.RootwrapDaemonHelper.get_client()


def test_the_daemon_runs_what_is_roots(daemon, caplog):
    caplog.set_level(logging.DEBUG, logger="writ.agent")
    assert daemon.words == ["sudo", "the daemon", "/etc/conf"]
    assert agent.execute(["ip", 5], process_input="in", addl_env={"A": "b"}, run_as_root=True,
                         return_stderr=True) == ("out", "err")
    assert daemon.asked == [(["env", "A=b", "ip", "5"], "in")]
    assert [r.getMessage() for r in caplog.records] == [
        "Running command (rootwrap daemon): ['env', 'A=b', 'ip', '5']"]
    assert agent.RootwrapDaemonHelper.get_client() is daemon
    assert agent.execute_rootwrap_daemon(["ip"], None, None) == ("out", "err", 0)


def test_a_failure_of_the_command_is_one(daemon):
    daemon.answer = 4, b"o\xff", ""
    with pytest.raises(agent.ProcessExecutionError) as caught:
        agent.execute(["ip"], run_as_root=True)
    assert caught.value.returncode == 4
    assert str(caught.value) == "Exit code: 4; Cmd: ['ip']; Stdin: ; Stdout: o\udcff; Stderr: "


def test_a_failure_of_the_daemon_is_logged_and_goes_on(daemon, caplog):
    daemon.answer = RuntimeError("gone")
    with pytest.raises(RuntimeError, match="gone"):
        agent.execute(["ip", "--token", "hunter2hunter2"], run_as_root=True)
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR] == [
        "Rootwrap error running command: ['ip', '--token', '[REDACTED:option]']"]


def test_what_is_long_lived_goes_by_the_helper_and_not_by_its_daemon(daemon, configured):
    configured(Group(root_helper="env", root_helper_daemon="false"))
    process, cmd = agent.create_process(["echo", "x"], run_as_root=True)
    assert cmd == ["env", "echo", "x"]
    assert process.communicate() == (b"x\n", b"")
    assert daemon.asked == []


def test_the_helper_of_the_daemon_cannot_be_made():
    with pytest.raises(NotImplementedError):
        agent.RootwrapDaemonHelper()


def test_neutrons_own_error_is_raised_where_neutron_is(script):
    script("""
import sys, types
lib, exceptions = types.ModuleType("neutron_lib"), types.ModuleType("neutron_lib.exceptions")
class ProcessExecutionError(RuntimeError):
    def __init__(self, message, returncode):
        super().__init__(message)
        self.returncode = returncode
exceptions.ProcessExecutionError = ProcessExecutionError
lib.exceptions = exceptions
sys.modules.update({"neutron_lib": lib, "neutron_lib.exceptions": exceptions})
from writ import agent
assert agent.ProcessExecutionError is ProcessExecutionError
assert issubclass(agent.OutputTooLong, ProcessExecutionError)
try:
    agent.execute(["sh", "-c", "exit 3"], log_fail_as_error=False)
except ProcessExecutionError as error:
    assert error.returncode == 3
else:
    raise AssertionError
""")


def test_an_error_survives_pickling():
    import pickle
    error = pickle.loads(pickle.dumps(agent.OutputTooLong("why", returncode=4)))
    assert (str(error), error.returncode) == ("why", 4)


def test_neutrons_privsep_is_used_where_neutron_is_loaded(monkeypatch):
    for name in ("neutron", "neutron.privileged", "neutron.privileged.agent",
                 "neutron.privileged.agent.linux", "neutron.privileged.agent.linux.utils"):
        module = types.ModuleType(name)
        module.__path__ = []
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys.modules["neutron.privileged.agent.linux"], "utils", module,
                        raising=False)
    module.execute_process = lambda cmd, data, env: ("by privsep %s" % cmd, "", 0)
    with agent.settings.override(root_helper="false"):
        assert agent.execute(["ip"], run_as_root=True, privsep_exec=True) == "by privsep ['ip']"
        with agent.settings.override(privsep=None, root_helper="echo"):
            assert agent.execute(["ip"], run_as_root=True, privsep_exec=True) == "ip\n"
