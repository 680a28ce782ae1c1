"""Runs other programs, safely.

    import writ
    r = writ.run(["git", "status", "--porcelain"], timeout=5, check=True)
    r.stdout, r.usage.max_rss_bytes, r.left_behind

Nothing is inherited that the call does not name, nothing outlives it, and
nothing about it is lost. docs/python.md has all of it.
"""
import sys as _sys

try:
    from . import _writ
except ImportError as _why:
    if "t" in getattr(_sys, "abiflags", ""):
        raise ImportError("writ needs a Python with the global interpreter lock; "
                          "this one is free-threaded") from _why
    raise
from ._writ import (Fed, Identity, Killed, LeftBehind, Node, Output, Result, Usage, alive, matches,
                    run, tree)
from .errors import (Cancelled, ExitError, LostError, OutputLimit, OutputTruncated, RunError,
                     TimeoutExpired, WouldBlock)

__version__ = _writ.version

PIPE = -1      # as subprocess.PIPE: of a Process, a stream to write to or read from
STDOUT = -2    # as subprocess.STDOUT: standard error goes where standard output goes
NULL = DEVNULL = -3  # as subprocess.DEVNULL: the null device
INHERIT = -4   # this process's own
