"""A pid, and which process is meant by it.

A number is used again when its process is gone. Of some it is known whom they mean:
of what we gave out as a Pid, and of a child of ours until somebody has waited for it.
"""
from writ import Identity

from . import check, child


class Pid(str):
    """A pid as text, as of old, that also knows which process is meant.

    Given to kill_process() it reaches that process or none: not another that
    has the number by then.
    """

    def __new__(cls, identity):
        self = super().__new__(cls, identity.pid)
        self.identity = identity
        return self


def _known(pid):
    return pid.identity if isinstance(pid, Pid) else child.unwaited(check.pid(pid))


def identity_of(pid):
    """The identity of the process that is meant; where nothing is known, of the one
    that has the number now. None if it is gone."""
    try:
        return _known(pid) or Identity(check.pid(pid))
    except ProcessLookupError:
        return None


def is_gone(pid):
    """Is it known that the process that was meant is gone? To be asked when something
    has been read of it: then that was its."""
    known = _known(pid)
    return known is not None and known.state in ("gone", "replaced")
