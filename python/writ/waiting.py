"""The calls that look at, and end, processes that are not ours: they read /proc, and wait."""
from . import _writ
from .errors import WouldBlock


def _away(function, *args, **kwargs):
    """Calls it so that no other green thread waits too; a loop is not stopped."""
    world = _writ.world()
    if world == "asyncio":
        name = function.__name__
        raise WouldBlock(f"{name}() would stop the event loop of this thread; "
                         f"await writ.offload(writ.{name}, ...)")
    if world == "green":
        from .blocking import offload
        return offload(function, *args, **kwargs)
    return function(*args, **kwargs)


def child_of(ref, argv, timeout=2.0):
    """The Identity of the first process below `ref` (an Identity, a pid, 'PID@TOKEN') that runs
    that command, as below a root helper such as sudo; waits for it at most `timeout`
    seconds, then None. Raises ProcessLookupError when `ref` ends."""
    return _away(_writ.child_of, ref, argv, timeout)


def kill(ref, signal="TERM", grace=5.0):
    """Ends a process and everything below it, and waits for that: the signal, and after
    `grace` seconds KILL (None: KILL never follows). Returns a Killed, which says what
    survived. Raises ProcessLookupError, and signals nothing, if it is gone."""
    return _away(_writ.kill, ref, signal=signal, grace=grace)
