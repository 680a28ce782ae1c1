"""Processes that are known by their number: are they there, whose are they, end them."""
import errno
import logging
import os
import signal as signals

from writ._writ import child_of  # this one does not care on whose thread it is

from . import check, waiting
from .cmdline import get_cmdline_from_pid, pid_invoked_with_cmdline
from .command import execute
from .errors import ProcessExecutionError
from .pid import Pid, identity_of, is_gone
from .redact import Redactor
from .settings import settings

LOG = logging.getLogger("writ.agent")

# what pidfd_open(2) says of a number that no process has, or that is a thread's
_GONE = (errno.ESRCH, errno.EINVAL, errno.ENOENT)

_COMM_MAX = 15  # proc_pid_comm(5): a longer name of a program is cut


def process_is_running(pid):
    """Whether a process of that pid is there and has not ended."""
    if pid is None or pid == "" or pid == 0:
        return False
    identity = identity_of(pid)
    if identity is None:
        return False
    state = identity.state
    return state == "running" or state == "ended" and settings.zombie_is_running


def _stat(pid):
    """The name and the parent of a process; None if it is gone."""
    try:
        with open("/proc/%s/stat" % pid, "rb") as file:
            line = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # the name stands in parentheses, and may have some itself
    name = line[line.index(b"(") + 1:line.rindex(b")")]
    return os.fsdecode(name), int(line[line.rindex(b")") + 2:].split()[1])


def _all():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def find_child_pids(pid, recursive=False):
    """The pids, as text, of a process's children, or of all that descends from it."""
    number = check.pid(pid)
    children = {}
    for each in _all():
        found = _stat(each)
        if found is not None:
            children.setdefault(found[1], []).append(each)
    if is_gone(pid):
        return []
    pids = list(children.get(number, ()))
    if recursive:
        # one list that grows while it is walked: parents before their children
        for each in pids:
            pids.extend(children.get(each, ()))
    return [str(each) for each in pids]


def find_parent_pid(pid):
    """The pid, as text, of a process's parent; None if either is not there."""
    found = _stat(check.pid(pid))
    if found is None or found[1] <= 0 or is_gone(pid):
        return None
    return str(found[1])


def find_fork_top_parent(pid):
    """The topmost of the parents that run the same command; without any, the pid itself."""
    check.pid(pid)
    while True:
        parent = find_parent_pid(pid)
        if (parent is None or parent == str(pid)
                or not pid_invoked_with_cmdline(parent, get_cmdline_from_pid(pid))):
            return pid
        pid = parent


def _full_name(pid, name):
    """The name of a process, from its arguments where the kernel has cut it."""
    if len(name) >= _COMM_MAX:
        cmdline = get_cmdline_from_pid(pid)
        program = os.path.basename(cmdline[0]) if cmdline else ""
        if program.startswith(name):
            return program
    return name


def get_process_count_by_name(name):
    """How many processes have that name."""
    if not isinstance(name, str):
        raise TypeError("name: text, not %s" % type(name).__name__)
    count = 0
    for pid in _all():
        found = _stat(pid)
        if found is not None and name.startswith(found[0]):
            count += _full_name(pid, found[0]) == name
    return count


def get_root_helper_child_pid(pid, expected_cmd, run_as_root=False):
    """The pid, as text, of the process that runs the expected command: below the
    root helper `pid`, or without a helper `pid` itself. None if there is none.
    """
    identity = identity_of(pid)
    if not run_as_root:
        return Pid(identity) if identity is not None else None
    argv = check.command(expected_cmd, "expected_cmd")
    if identity is None:
        return None
    try:
        found = child_of(identity, argv, timeout=0)
    except ProcessLookupError:
        return None
    if found is None:
        return None
    get_cmdline_from_pid(found.pid)  # it logs what was found, as of old
    return Pid(found)


class _Target:
    """A process that is to get a signal, held by a descriptor that can mean no other.

    Where the system gives none (a seccomp filter, an old kernel, too many open files),
    the root helper is left to send it.
    """

    def __init__(self, pid):
        """Raises ProcessLookupError if it is gone."""
        self._identity = identity_of(pid)
        if self._identity is None:
            raise ProcessLookupError("process %s is gone" % pid)
        self._fd = self._refusal = None
        try:
            self._fd = os.pidfd_open(check.pid(pid))
        except OSError as error:
            if error.errno in _GONE:
                raise ProcessLookupError(error.errno, "no such process", str(pid)) from None
            self._refusal = error
        # only now is it certain that the descriptor is of the process meant
        if self._identity.state in ("gone", "replaced"):
            self.close()
            raise ProcessLookupError("process %s is another now" % pid)

    def close(self):
        if self._fd is not None:
            os.close(self._fd)

    def send(self, number):
        if self._refusal is not None:
            raise self._refusal
        signals.pidfd_send_signal(self._fd, number)

    def ends(self, seconds):
        """Waits for its end; False if `seconds` were not enough."""
        if self._fd is not None:
            return waiting.readable(self._fd, seconds)
        return waiting.until(lambda: self._identity.state != "running", seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _failed(number, pid, why, code=1):
    """Logs and makes the error of a signal that did no good, in the words that the
    kill command's failure had."""
    shown = Redactor()
    message = "Exit code: %d; Cmd: %s; Stdin: ; Stdout: ; Stderr: %s" % (
        code, ["kill", "-%d" % number, pid], shown.show("kill: (%s): %s\n" % (pid, why)))
    LOG.error(message)
    return ProcessExecutionError(message, returncode=code)


def _send(target, pid, number, run_as_root):
    """Delivers the signal, by the helper where it has to be. Raises what went wrong."""
    if not (run_as_root and settings.kill_by_helper):
        try:
            return target.send(number)
        except ProcessLookupError:
            raise
        except OSError as error:
            if target.ends(0):
                return None
            if not run_as_root:
                raise _failed(number, pid, error.strerror) from None
    try:
        execute(["kill", "-%d" % number, str(pid)], run_as_root=True, privsep_exec=True)
    except OSError as error:
        raise _failed(number, pid, error) from error  # the helper could not be started
    except ProcessExecutionError:
        if not target.ends(0):
            raise
    return None


def _gone(pid):
    LOG.debug("Process %s is gone: nothing to signal.", pid)


def _still_there(number, pid):
    return _failed(number, pid, "still running after %g seconds" % settings.kill_wait)


def _kill(pid, number, run_as_root):
    """Sends the signal and, for KILL, sees it work."""
    try:
        target = _Target(pid)
    except ProcessLookupError:
        return _gone(pid)
    with target:
        try:
            _send(target, pid, number, run_as_root)
        except ProcessLookupError:
            return _gone(pid)
        if number == signals.SIGKILL and settings.kill_wait:
            if not target.ends(settings.kill_wait):
                raise _still_there(number, pid)
    return None


def kill_process(pid, signal, run_as_root=False):
    """Sends a signal to one process. One that is gone already is no failure.

    After SIGKILL it is waited for, at most `settings.kill_wait` seconds. On the
    thread of a running asyncio loop an awaitable is returned.
    """
    check.pid(pid)
    number = check.signal_number(signal)
    return waiting.blocking(_kill, pid, number, run_as_root)
