"""The process functions of the OpenStack Neutron agents, with writ underneath.

Same names, parameters, defaults, results, log lines and exceptions; where the
old behaviour was a defect it differs, and has a switch in `settings` if a caller
could depend on it. docs/agent.md has the table, name by name.

    from writ import agent as utils
    utils.execute(["ip", "-o", "link"], run_as_root=True)
"""
from .child import create_process
from .cmdline import (cmd_matches_expected, get_cmdline_from_pid, pid_invoked_with_cmdline,
                      remove_abs_path)
from .command import execute, execute_rootwrap_daemon
from .errors import CommandTimeout, OutputTooLong, ProcessExecutionError
from .helper import RootwrapDaemonHelper, addl_env_args
from .offload import avoid_blocking_call
from .pid import Pid
from .process import (find_child_pids, find_fork_top_parent, find_parent_pid,
                      get_process_count_by_name, get_root_helper_child_pid, kill_process,
                      process_is_running)
from .settings import settings

__all__ = [
    "CommandTimeout", "OutputTooLong", "Pid", "ProcessExecutionError", "RootwrapDaemonHelper",
    "addl_env_args", "avoid_blocking_call", "cmd_matches_expected", "create_process", "execute",
    "execute_rootwrap_daemon", "find_child_pids", "find_fork_top_parent", "find_parent_pid",
    "get_cmdline_from_pid", "get_process_count_by_name", "get_root_helper_child_pid",
    "kill_process", "pid_invoked_with_cmdline", "process_is_running", "remove_abs_path", "settings",
]
