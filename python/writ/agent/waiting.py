"""Waiting without holding up whoever shares the thread.

There are three places to be called from: a green thread of eventlet, whose hub
runs the others meanwhile; the thread of a running asyncio loop, which may not
wait at all and gets an awaitable; and any other thread, which just waits.
Eventlet and asyncio are never imported here: where nobody has, there is none.
"""
import select
import sys
import time

import writ

GREEN, LOOP, THREAD = "green", "loop", "thread"

_SLICE_S = 24 * 3600  # of a long wait: poll(2) knows no more than 2**31 milliseconds
_LOOK_S = 0.01  # how long until() waits between two looks


def _hub():
    """The hub of this thread, if the calling green thread can wait in it."""
    hubs = sys.modules.get("eventlet.hubs")
    greenlet = sys.modules.get("greenlet")
    if hubs is None or greenlet is None:
        return None
    hub = getattr(hubs._threadlocal, "hub", None)  # get_hub() would make one
    # what the hub itself calls (a timer, a listener) runs on its own greenlet
    if hub is None or greenlet.getcurrent() is hub.greenlet:
        return None
    return hub


def running_loop():
    """The asyncio loop that runs on this thread, or None."""
    events = sys.modules.get("asyncio.events")
    return events._get_running_loop() if events is not None else None


def here():
    """Where the caller runs: GREEN, LOOP or THREAD."""
    if _hub() is not None:
        return GREEN
    return LOOP if running_loop() is not None else THREAD


def is_green_thread():
    """Whether the caller is a green thread other than its thread's first."""
    return _hub() is not None and sys.modules["greenlet"].getcurrent().parent is not None


def real(name):
    """A module of the standard library as it was before eventlet changed it."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher.original(name) if patcher is not None else sys.modules[name]


def _is_ready(fd, event, timeout_ms):
    poll = real("select").poll()
    poll.register(fd, event)
    return bool(poll.poll(timeout_ms))


def readable(fd, timeout):
    """Waits for a descriptor; False if `timeout` seconds were not enough. None: for ever."""
    return _wait(fd, select.POLLIN, timeout)


def writable(fd, timeout):
    """The same until it can be written."""
    return _wait(fd, select.POLLOUT, timeout)


def _wait(fd, event, timeout):
    while timeout is not None and timeout > _SLICE_S:
        if _wait_once(fd, event, _SLICE_S):
            return True
        timeout -= _SLICE_S
    return _wait_once(fd, event, timeout)


def _wait_once(fd, event, timeout):
    if here() == GREEN:
        return _is_ready(fd, event, 0) or _wait_in_hub(fd, event, timeout)
    return _is_ready(fd, event, None if timeout is None else int(timeout * 1000) + 1)


def _wait_in_hub(fd, event, timeout):
    from eventlet import hubs

    class TooLong(Exception):
        pass

    try:
        hubs.trampoline(fd, read=event == select.POLLIN, write=event == select.POLLOUT,
                        timeout=timeout, timeout_exc=TooLong)
    except TooLong:
        return _is_ready(fd, event, 0)
    return True


def until(is_so, seconds):
    """Waits for what no descriptor tells; False if `seconds` were not enough."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= end:
            return False
        _pause(_LOOK_S)
    return True


def _pause(seconds):
    if here() == GREEN:
        sys.modules["eventlet"].sleep(seconds)
    else:
        real("time").sleep(seconds)


def blocking(function, *args):
    """Calls what may wait by readable() only. On the thread of an asyncio loop it is
    called on another thread, and an awaitable returned."""
    if here() == LOOP:
        return writ.offload(function, *args)
    return function(*args)


def task(coroutine):
    """A coroutine as a task of the running loop: it goes on whether it is awaited or not."""
    made = running_loop().create_task(coroutine)
    _tasks.add(made)  # a loop alone holds its tasks only weakly
    made.add_done_callback(_tasks.discard)
    return made


_tasks = set()
