"""Running a command to its end: execute()."""
import logging
import os

from writ import Refused

from . import check, helper, run, waiting
from .errors import CommandTimeout, OutputTooLong, ProcessExecutionError
from .redact import Redactor
from .settings import settings

LOG = logging.getLogger("writ.agent")

_NOT_FOUND, _NOT_EXECUTABLE = 127, 126  # the codes of env(1)
_REFUSED = 125  # the code of `writ ask`, whose others are those of env(1)


class _Outcome:
    """What came of a command: texts, and a code as subprocess has it."""

    def __init__(self, stdout, stderr, returncode):
        self.stdout = _text(stdout)
        self.stderr = _text(stderr)
        self.returncode = returncode


def _text(output):
    return output.decode("utf-8", "surrogateescape") if isinstance(output, bytes) else output


class _Call:
    """One execute(): its arguments, checked, and what is said about it."""

    def __init__(self, cmd, process_input, addl_env, check_exit_code, return_stderr,
                 log_fail_as_error, extra_ok_codes, run_as_root, privsep_exec):
        self.data = check.process_input(process_input)
        self.ok_codes = check.codes(extra_ok_codes)
        self.check_exit_code = check_exit_code
        self.return_stderr = return_stderr
        self.log_fail_as_error = log_fail_as_error
        self.privsep = _privsep() if run_as_root and privsep_exec else None
        self.by_daemon = bool(run_as_root and not self.privsep and helper.root_helper_daemon())
        self.order = helper.Order(cmd, run_as_root, addl_env,
                                  without_helper=self.privsep or self.by_daemon)
        self.given_input = process_input if isinstance(process_input, str) else self.data
        self.shown_cmd = [given if isinstance(given, (str, int, float)) else word
                          for given, word in zip(cmd, self.order.words)]
        self.redactor = Redactor(self.order.env)

    def is_local(self):
        """Whether it is this process that starts the command."""
        return not self.privsep and not self.by_daemon

    def announce(self):
        if not self.privsep and LOG.isEnabledFor(logging.DEBUG):
            LOG.debug("Running command%s: %s", " (rootwrap daemon)" if self.by_daemon else "",
                      self.redactor.argv(self.order.line))

    def elsewhere(self):
        """Has it run by privsep or by the helper's daemon."""
        if self.privsep:
            return _Outcome(*self.privsep(self.order.words, self.data, self.order.env))
        try:
            returncode, stdout, stderr = helper.RootwrapDaemonHelper.get_client().execute(
                self.order.line, self.given_input)
        except Exception:
            LOG.error("Rootwrap error running command: %s", self.redactor.argv(self.order.line))
            raise
        return _Outcome(stdout, stderr, returncode)

    def not_started(self, error):
        """The outcome of a start that failed: as env(1) has it where env(1) was asked
        for; elsewhere what subprocess raises is raised."""
        order = self.order
        if order.writd is not None:
            return self.not_started_by_writd(error)
        program = order.argv[0]
        told = helper.as_subprocess(error, program)
        if told is error or order.env is None or order.helper or os.name == "nt":
            raise told from None
        code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        return _Outcome("", "env: '%s': %s\n" % (program, told.strerror), code)

    def not_started_by_writd(self, error):
        """The same for what was asked of it: a refusal is a failure of the command, as it
        is of other root helpers. That it is not there, or gone meanwhile, is raised."""
        if getattr(error, "code", None) != "E_REFUSED":
            LOG.error("writd error running command: %s", self.redactor.argv(self.order.line))
            raise error
        code = _REFUSED
        if not isinstance(error, Refused):  # it was allowed
            code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        return _Outcome("", error.strerror + "\n", code)

    def outcome_of(self, result):
        """The outcome of a run. Raises if it was stopped: there is no whole answer."""
        outcome = _Outcome(result.stdout, result.stderr, result.returncode)
        why = None
        if result.stdout_info.truncated or result.stderr_info.truncated:
            why = OutputTooLong, "more than %d bytes of output" % settings.output_max_bytes
        elif result.timed_out:
            why = CommandTimeout, "not done after %g seconds" % settings.timeout
        elif result.cause not in ("exited", "signaled"):
            why = ProcessExecutionError, result.cause
        if why is not None:
            raise self.failed(outcome, why[0], why[1])
        return outcome

    def message(self, outcome, why=None):
        """All that is known of the outcome, without secrets."""
        shown = self.redactor
        fields = {"cmd": shown.argv(self.shown_cmd), "code": outcome.returncode}
        fields["stdin"] = _shown(self.given_input, shown)
        fields["stdout"] = shown.show(outcome.stdout)
        fields["stderr"] = shown.show(outcome.stderr)
        if _is_windows():
            text = ("\nCommand: %(cmd)s\nExit code: %(code)s\nStdin: %(stdin)s\n"
                    "Stdout: %(stdout)s\nStderr: %(stderr)s" % fields)
        else:
            text = ("Exit code: %(code)s; Cmd: %(cmd)s; Stdin: %(stdin)s; "
                    "Stdout: %(stdout)s; Stderr: %(stderr)s" % fields)
        return text if why is None else "%s; %s" % (why[0].upper() + why[1:], text.lstrip("\n"))

    def failed(self, outcome, kind=ProcessExecutionError, why=None):
        """The error for an outcome; logs it if that was asked for."""
        message = self.message(outcome, why)
        if self.log_fail_as_error:
            LOG.error(_line(message))
        elif _is_windows():
            LOG.debug(_line(message))
        return kind(message, returncode=outcome.returncode)

    def conclude(self, outcome):
        """What execute() returns, or raises."""
        code = outcome.returncode
        if code and code not in self.ok_codes:
            error = self.failed(outcome)
            if self.check_exit_code:
                raise error
        elif _is_windows() and LOG.isEnabledFor(logging.DEBUG):
            LOG.debug(_line(self.message(outcome)))
        return (outcome.stdout, outcome.stderr) if self.return_stderr else outcome.stdout

    def here(self):
        """Runs it, waiting: the calling thread, or green thread, goes on when it is done."""
        self.announce()
        if not self.is_local():
            return self.conclude(self.elsewhere())
        try:
            result = run.run(self.order, self.data)
        except OSError as error:
            return self.conclude(self.not_started(error))
        return self.conclude(self.outcome_of(result))

    async def awaited(self):
        """The same for an asyncio loop."""
        self.announce()
        if not self.is_local():
            return self.conclude(await waiting.blocking(self.elsewhere))
        try:
            result = await run.run_awaited(self.order, self.data)
        except OSError as error:
            return self.conclude(self.not_started(error))
        return self.conclude(self.outcome_of(result))


def _is_windows():
    """Whether messages are worded as on Windows."""
    return settings.style == "windows"


def _line(message):
    """Windows' log lines are one line; Linux' are what is raised."""
    return message.strip().replace("\n", "; ") if _is_windows() else message


def _shown(given, redactor):
    """An input as it stands in a message: bytes as Python writes them, as of old. The
    secrets are looked for before: so written they would look otherwise."""
    if not given:
        return ""
    shown = redactor.show(_text(given))
    return shown if isinstance(given, str) else repr(shown.encode("utf-8", "surrogateescape"))


def _privsep():
    """The function that runs a command by privsep, or None."""
    if settings.privsep != "auto":
        return settings.privsep
    return run.neutron_privsep()


def execute(cmd, process_input=None, addl_env=None,
            check_exit_code=True, return_stderr=False, log_fail_as_error=True,
            extra_ok_codes=None, run_as_root=False, privsep_exec=False):
    """Runs a command and returns what it wrote to standard output, as text.

    cmd: the list of its arguments; each is made text by str().
    process_input: its standard input, text or bytes; None is an empty one.
    addl_env: variables on top of the service's own (`settings.addl_env_allow`).
    check_exit_code: a code other than 0 is raised as ProcessExecutionError.
    return_stderr: (standard output, standard error) is returned.
    log_fail_as_error: a failure is logged, whether it is raised or not.
    extra_ok_codes: codes that are no failure.
    run_as_root: the root helper runs it; with privsep_exec privsep does.

    Other green threads run meanwhile. On the thread of a running asyncio loop
    an awaitable is returned; the command runs whether it is awaited or not.
    """
    call = _Call(cmd, process_input, addl_env, check_exit_code, return_stderr,
                 log_fail_as_error, extra_ok_codes, run_as_root, privsep_exec)
    if waiting.here() == waiting.LOOP:
        return waiting.task(call.awaited())
    return call.here()


def execute_rootwrap_daemon(cmd, process_input, addl_env):
    """Has the root helper's daemon run a command: (stdout, stderr, returncode). On the
    thread of a running asyncio loop an awaitable is returned."""
    call = _Call(cmd, process_input, addl_env, True, True, True, None, False, False)
    call.by_daemon = True
    call.announce()

    def run_by_daemon():
        outcome = call.elsewhere()
        return outcome.stdout, outcome.stderr, outcome.returncode

    return waiting.blocking(run_by_daemon)
