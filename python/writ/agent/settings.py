"""What an agent may set: every switch, its default, and what it changes.

One object, `writ.agent.settings`, holds for the process. A service sets it
once, before it begins; `override()` changes it for a block, for tests.
"""
import contextlib
import os

#: Past this many characters a text in an error or a log line loses its middle.
MESSAGE_CHARS = 64 * 1024


class Settings:
    """The switches. An unknown name is an AttributeError: a switch that is
    misspelt would silently do nothing."""

    __slots__ = (
        "root_helper", "root_helper_daemon", "privsep",
        "env_keep", "addl_env_allow", "addl_env_convert",
        "output_max_bytes", "timeout", "keep_tree", "drain",
        "kill_wait", "kill_by_helper", "zombie_is_running",
        "redact", "message_chars", "style",
    )

    def __init__(self):
        #: How to become root where oslo.config has no [AGENT] root_helper: a
        #: command line, a list, or None for no helper. "writd", or the path of its
        #: socket: writd is asked, and nothing goes before a command.
        self.root_helper = "sudo"
        #: The same for [AGENT] root_helper_daemon (oslo.rootwrap's daemon).
        self.root_helper_daemon = None
        #: Who runs a command that asks for privsep_exec: a function of (cmd,
        #: input, addl_env) that returns (stdout, stderr, returncode); "auto" is
        #: Neutron's own where Neutron is loaded, else the root helper; None is
        #: always the root helper.
        self.privsep = "auto"

        #: Loader and interpreter variables of the service (LD_LIBRARY_PATH,
        #: PYTHONPATH ...) that its commands get all the same. Exact names.
        self.env_keep = ()
        #: What `addl_env` may set: names or patterns. A pattern never allows a
        #: loader or interpreter variable; its exact name does.
        self.addl_env_allow = ("*",)
        #: Values of `addl_env` that are no text are made one by str(), as of old.
        self.addl_env_convert = False

        #: The bound of each output of execute(); past it OutputTooLong is raised.
        self.output_max_bytes = 16 * 1024 * 1024
        #: Seconds that execute() gives a command; None: no bound, as of old.
        self.timeout = None
        #: What a command leaves running lives on (dnsmasq, haproxy, radvd ...).
        #: False: it is ended with the command.
        self.keep_tree = True
        #: Seconds that an output is read on after the command ended, if what it
        #: left running still holds it; None: until that closes it, as of old.
        self.drain = 0.1

        #: Seconds that kill_process() waits to see a SIGKILL work; 0: not, as of old.
        self.kill_wait = 5.0
        #: With run_as_root always send by the helper's kill(1), as of old, though
        #: the signal could be sent without it.
        self.kill_by_helper = False
        #: process_is_running() says True of a process that has ended and was not
        #: reaped, as of old.
        self.zombie_is_running = False

        #: Secrets in commands, inputs and outputs are left out of errors and logs.
        self.redact = True
        #: Each text in an error or log line is cut to so many characters; None: not.
        self.message_chars = MESSAGE_CHARS
        #: The wording of errors and log lines: "linux" or "windows".
        self.style = "windows" if os.name == "nt" else "linux"

    @contextlib.contextmanager
    def override(self, **changes):
        """Changes switches for a block."""
        before = {name: getattr(self, name) for name in changes}
        try:
            for name, value in changes.items():
                setattr(self, name, value)
            yield self
        finally:
            for name, value in before.items():
                setattr(self, name, value)


settings = Settings()
