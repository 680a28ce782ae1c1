"""A Hub driven by the loop of others: asyncio, eventlet, gevent.

A loop has two verbs: watch a descriptor, and call later. A Pump is a Hub with
those two: it is stepped when its descriptor can be read, and when its next
deadline has come.
"""
import os

from . import _writ


class Pump:
    def __init__(self):
        self.hub = _writ.Hub()
        self._timer = None
        self._due = None  # when the timer goes off

    def start(self, argv, options, is_process=False, notify=None):
        run = self.hub.start(argv, options, is_process, notify)
        self.arm()
        return run

    def step(self, *_):
        self.hub.step()
        self.arm()

    def stop(self, run, at_once=False):
        run.stop(at_once)
        self.arm()

    def arm(self):
        """Sees to it that there is a step at the next deadline. One that comes too
        early does no harm: it arms again."""
        wait_ms = self.hub.wait_ms()
        if wait_ms < 0:
            return
        due = self.now() + wait_ms / 1000
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        self._timer = self.call_later(wait_ms / 1000, self._on_timer)

    def _on_timer(self):
        self._timer = None
        self.step()

    def is_inherited(self):
        """In a fork: it is the parent's."""
        return self.hub.owner != os.getpid()

    def __del__(self):
        # The loop has let go of us: it was closed, or is no more.
        if hasattr(self, "hub"):
            self.hub.close()

    def now(self):
        raise NotImplementedError

    def call_later(self, seconds, function):
        """Returns something that has cancel()."""
        raise NotImplementedError


class Bell:
    """Wakes everybody who waits for news of a run: one may read while another writes."""

    def __init__(self, wake):
        self._wake = wake
        self._waiting = []

    def add(self, waiter):
        self._waiting.append(waiter)
        return waiter

    def __call__(self):
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            self._wake(waiter)
