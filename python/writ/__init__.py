"""Runs other programs, safely.

    import writ
    r = writ.run(["git", "status", "--porcelain"], timeout=5, check=True)
    r.stdout, r.usage.max_rss_bytes, r.left_behind

Nothing is inherited that the call does not name, nothing outlives it, and
nothing about it is lost. docs/python.md has all of it.
"""
import sys as _sys
from os import register_at_fork as _register_at_fork

try:
    from . import _writ
except ImportError as _why:
    if "t" in getattr(_sys, "abiflags", ""):
        raise ImportError("writ needs a Python with the global interpreter lock; "
                          "this one is free-threaded") from _why
    raise
from ._writ import (Fed, Identity, Killed, LeftBehind, Node, Output, Result, Usage, alive,
                    env_is_loader, matches, plan, run, tree)
from .errors import (Cancelled, ExitError, LostError, OutputLimit, OutputTruncated, Refused,
                     RunError, TimeoutExpired, WouldBlock)
from .waiting import child_of, kill

__version__ = _writ.version

PIPE = -1      # as subprocess.PIPE: of a Process, a stream to write to or read from
STDOUT = -2    # as subprocess.STDOUT: standard error goes where standard output goes
NULL = DEVNULL = -3  # as subprocess.DEVNULL: the null device
INHERIT = -4   # this process's own

_register_at_fork(after_in_child=_writ.note_fork)
_register_at_fork(after_in_child=_writ.close_inherited)

# What costs something to import comes when it is first asked for.
_LATER = {"Process": "process", "offload": "blocking", "ask": "broker", "aio": None, "green": None}


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module
    module = import_module(f"{__name__}.{_LATER[name] or name}")
    value = globals()[name] = module if _LATER[name] is None else getattr(module, name)
    return value


def __dir__():
    return sorted({*globals(), *_LATER})
