"""Which command a process runs, and whether it is the one that was meant."""
import logging
import os

from . import check
from .pid import is_gone
from .redact import Redactor

LOG = logging.getLogger("writ.agent")


def remove_abs_path(cmd):
    """The command with the directory of its program taken off, as a new list.

    Anything without an absolute program is returned as it is, None and an empty
    list too.
    """
    if isinstance(cmd, (str, bytes)):
        raise TypeError("cmd: a list of arguments, not %s" % type(cmd).__name__)
    if cmd and isinstance(cmd[0], (str, os.PathLike)) and os.path.isabs(cmd[0]):
        cmd = list(cmd)
        cmd[0] = os.path.basename(cmd[0])
    return cmd


def get_cmdline_from_pid(pid):
    """The arguments of a process; [] if it is not there, or has none.

    A process that wrote one text over its arguments (a title) is split at
    blanks.
    """
    if pid is None or pid == "" or pid == 0:
        return []
    number = check.pid(pid)
    try:
        with open("/proc/%d/cmdline" % number, "rb") as file:
            line = os.fsdecode(file.read())
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
    if is_gone(pid):
        return []
    cmdline = line.split("\0")
    if cmdline[-1] == "":
        cmdline.pop()  # what follows the last argument's NUL
    if len(cmdline) == 1:
        cmdline = cmdline[0].split(" ")
    LOG.debug("Found cmdline %s for process with PID %s.", Redactor().argv(cmdline), number)
    return cmdline


def cmd_matches_expected(cmd, expected_cmd, process_name=None):
    """Whether a process's arguments are those of the expected command.

    Tolerated are: another directory of the program, an interpreter before it
    ('#!'), and a title that the process set itself: NAME (COMMAND ARGUMENTS).
    """
    if isinstance(cmd, str) or isinstance(expected_cmd, str):
        return cmd == expected_cmd
    if process_name and cmd and cmd[0] == process_name:
        cmd = list(cmd[1:])
        if cmd:
            cmd[0] = cmd[0].strip("(")
            cmd[-1] = cmd[-1].strip(")")
    found = remove_abs_path(cmd)
    expected = remove_abs_path(expected_cmd)
    if found == expected:
        return True
    return bool(found) and remove_abs_path(found[1:]) == expected


def pid_invoked_with_cmdline(pid, expected_cmd, process_name=None):
    """Whether the process of that pid runs the expected command."""
    return cmd_matches_expected(get_cmdline_from_pid(pid), expected_cmd, process_name)
