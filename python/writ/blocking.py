"""A function that blocks, away from the loop that it would stop.

    value = await writ.offload(socket.getaddrinfo, name, 443)    # under asyncio
    value = writ.offload(socket.getaddrinfo, name, 443)          # everywhere else
"""
import contextlib
import contextvars
import os
import sys

from . import _writ

__all__ = ["offload"]


class _Outcome:
    """What a call gave or raised: any exception, also those that a pool of threads
    would take as meant for itself (SystemExit, StopIteration, GreenletExit)."""

    __slots__ = ("value", "error")

    def __init__(self, function, args, kwargs):
        self.value = self.error = None
        try:
            self.value = function(*args, **kwargs)
        except BaseException as error:
            self.error = error

    def get(self):
        if self.error is None:
            return self.value
        try:
            raise self.error  # its traceback goes on from where it was raised
        finally:
            self.error = None  # no cycle through this frame


def _settle(future, done):
    """Passes the outcome on to who awaits it."""
    if future.cancelled():
        return
    if done.cancelled():  # the pool was shut down before it began
        future.cancel()
        return
    if done.exception() is not None:  # of the pool
        future.set_exception(done.exception())
        return
    outcome = done.result()
    if outcome.error is None:
        future.set_result(outcome.value)
    elif isinstance(outcome.error, StopIteration):
        error = RuntimeError("the offloaded function raised StopIteration")
        error.__cause__ = outcome.error  # a future may not have it: `await` would end by it
        future.set_exception(error)
    else:
        future.set_exception(outcome.error)


def _to_asyncio(function, args, kwargs):
    loop = sys.modules["asyncio"].get_running_loop()
    future = loop.create_future()
    context = contextvars.copy_context()
    done = loop.run_in_executor(None, context.run, _Outcome, function, args, kwargs)
    done.add_done_callback(lambda done: _settle(future, done))
    return future


def _to_eventlet(function, args, kwargs):
    """On a native thread of its own. Not by eventlet.tpool: in a fork its threads are
    gone, and it waits for them for ever."""
    from eventlet.hubs import trampoline
    done, end = os.pipe()
    outcomes = []

    def work():
        try:
            outcomes.append(_Outcome(function, args, kwargs))
        finally:
            with contextlib.suppress(OSError):  # nobody waits any more
                os.write(end, b"x")  # a fork may hold a copy of `end`: closing tells nothing
            os.close(end)

    try:
        try:
            _writ.start_thread(work)
        except BaseException:
            os.close(end)
            raise
        trampoline(done, read=True)
    finally:
        os.close(done)
    return outcomes[0].get()


def _to_green(function, args, kwargs):
    hubs = sys.modules.get("eventlet.hubs")
    if hubs is not None and hasattr(hubs._threadlocal, "hub"):
        return _to_eventlet(function, args, kwargs)
    from gevent import get_hub
    return get_hub().threadpool.apply(_Outcome, (function, args, kwargs)).get()


def offload(function, /, *args, **kwargs):
    """Calls function(*args, **kwargs) where it stops nobody.

    - Where an asyncio loop runs on this thread: on a thread of the loop's pool; returns a
      future, to be awaited. The call begins at once, awaited or not; cancelling the future
      does not end it, for nothing can. Context variables are those of the caller.
    - Under green threads (eventlet, gevent): on a native thread; returns what it returns,
      and meanwhile only this green thread waits.
    - On a plain thread it is called directly. So a call of offload() inside an offloaded
      function is just a call, and cannot wait for a thread that will never be free.

    What the function raises is raised here, whatever it is, with its traceback; but
    StopIteration on a loop is the cause of a RuntimeError, for `await` would end by it.

    Shared data: the function runs beside its caller. What it changes must be its own, or
    guarded by a lock of threads; what the caller wrote before, and what the function wrote
    before it returned, both sides see.
    """
    world = _writ.world()
    if world == "asyncio":
        return _to_asyncio(function, args, kwargs)
    if world == "green":
        return _to_green(function, args, kwargs)
    return function(*args, **kwargs)
