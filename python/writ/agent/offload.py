"""Functions that block, called for who must not: avoid_blocking_call()."""
import writ

from . import waiting


def avoid_blocking_call(f, *args, **kwargs):
    """Calls f(*args, **kwargs) without holding up the others of the calling thread.

    From a green thread f runs on a native thread, while other green threads go
    on; on the thread of a running asyncio loop it does too, and an awaitable is
    returned. Elsewhere, inside of such a call too, it is called directly. Its
    result or its exception, with the traceback, is the caller's.
    """
    if not callable(f):
        raise TypeError("f: a function, not %s" % type(f).__name__)
    if waiting.is_green_thread() or waiting.here() == waiting.LOOP:
        return writ.offload(f, *args, **kwargs)
    return f(*args, **kwargs)
