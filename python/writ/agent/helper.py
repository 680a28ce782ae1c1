"""How a command becomes root, and how it gets its variables.

Where a service has registered oslo.config's [AGENT] root_helper, that holds;
elsewhere the settings do. oslo is used where it is loaded, never imported.
"""
import logging
import os
import shlex
import stat
import sys
import threading

from writ import env_is_loader

from . import check
from .settings import settings

LOG = logging.getLogger("writ.agent")

_ON_WINDOWS = os.name == "nt"  # no root helper there, and no env(1)

_told = set()  # names of withheld variables that were logged


def _configured(name):
    """The option of [AGENT], or the setting where nobody registered it."""
    cfg = sys.modules.get("oslo_config.cfg")
    if cfg is not None:
        try:
            return getattr(cfg.CONF.AGENT, name)
        except (cfg.NoSuchOptError, cfg.NoSuchGroupError):
            pass
    return getattr(settings, name)


def _words(value, what):
    if value is None:
        return []
    if isinstance(value, str):
        return shlex.split(value)
    return check.command(value, what) if value else []


def root_helper():
    """The words that go before a command to make it root's; [] for none."""
    return _words(_configured("root_helper"), "root_helper")


class Writd:
    """The root helper that is asked, and not put before a command."""

    def __init__(self, socket):
        self.socket = socket  # None: where it listens by itself

    def command(self, env):
        """The words of a command that asks it: what was started, from outside."""
        words = ["writ", "ask"]
        if self.socket is not None:
            words += ["--socket", self.socket]
        for pair in (env or {}).items():
            words += ["-e", "%s=%s" % pair]
        return words + ["--"]


def _writd(words):
    """What the words of root_helper mean: a Writd, or None."""
    if words == ["writd"]:
        return Writd(None)
    if len(words) == 1 and os.path.isabs(words[0]) and _is_socket(words[0]):
        return Writd(words[0])
    return None


def _is_socket(path):
    """A socket by its name is one that may be there later."""
    if path.endswith(".sock"):
        return True
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def root_helper_daemon():
    """The words that start the helper's daemon; [] if there is none."""
    return _words(_configured("root_helper_daemon"), "root_helper_daemon")


def addl_env_args(addl_env):
    """Additional variables as the first arguments of a command: env NAME=VALUE ...

    None gives []. A root helper sees them so, and its filters can tell them.
    """
    env = check.addl_env(addl_env)
    if env is None:
        return []
    return ["env"] + ["%s=%s" % pair for pair in env.items()]


_passed = None  # (what it was made of, the variables that pass)


def own_environment():
    """The variables of this service that its commands get, as a new dict. What is
    withheld is logged, once for each name."""
    global _passed

    # what lies behind os.environ: to compare it costs a hundredth of reading it
    data = getattr(os.environ, "_data", None)
    keep = tuple(settings.env_keep)
    if _passed is None or data is None or _passed[0] != (data, keep):
        _passed = (dict(data or {}), keep), _choose(keep)
    return dict(_passed[1])


def _choose(keep):
    passed, withheld = {}, []
    for name, value in os.environ.items():
        if check.is_name(name) and (name in keep or not env_is_loader(name)):
            passed[name] = value
        elif name not in _told:
            withheld.append(name)
    if withheld:
        _told.update(withheld)
        LOG.info("Variables that commands do not get (settings.env_keep): %s",
                 ", ".join(sorted(withheld)))
    return passed


class Order:
    """What is to be run: the words of the caller, and what goes before them.

    `as_command`: it becomes a process of this service, though writd is the helper.
    """

    def __init__(self, cmd, run_as_root, addl_env, without_helper=False, as_command=False):
        self.words = check.command(cmd)
        self.env = check.addl_env(addl_env)
        wants_helper = run_as_root and not without_helper and not _ON_WINDOWS
        self.helper = root_helper() if wants_helper else []
        self.writd = _writd(self.helper)  # who is asked; None: nobody
        self.line = self.words  # what is logged, and what a helper gets
        if self.writd is not None:
            self.helper = self.writd.command(self.env) if as_command else []
        if self.env is not None and not _ON_WINDOWS and not (self.writd and as_command):
            if "=" in self.words[0]:
                raise ValueError("cmd[0]: env(1) would take %r for a variable"
                                 % check.name_of(self.words[0]))
            self.line = addl_env_args(self.env) + self.words
        self.line = self.helper + self.line

    @property
    def argv(self):
        """What is started. Without a helper the variables are not among the words:
        there everybody could read them."""
        return self.line if self.helper else self.words

    def environment(self):
        """Of what this process starts."""
        env = own_environment()
        if not self.helper:
            env.update(self.env or {})
        return env


def is_about_the_program(error):
    """Was it the program that could not be found or executed?"""
    return getattr(error, "stage", None) in ("search", "exec")


def as_subprocess(error, program):
    """An error of a start as subprocess has it."""
    if not is_about_the_program(error):
        return error
    return OSError(error.errno, os.strerror(error.errno), program)


class RootwrapDaemonHelper:
    """The client of the helper's daemon: one for the service."""

    _client = None
    _lock = threading.Lock()

    def __new__(cls):
        raise NotImplementedError("there is one for all: get_client()")

    @classmethod
    def get_client(cls):
        """The client, made when it is first asked for."""
        with cls._lock:
            if cls._client is None:
                from oslo_rootwrap import client
                cls._client = client.Client(root_helper_daemon())
            return cls._client
