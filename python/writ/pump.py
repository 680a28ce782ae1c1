"""A Hub, or a Broker, driven by the loop of others: asyncio, eventlet, gevent.

Its descriptor is all that a loop has to watch: it can be read when a step is due, be
it for a deadline.
"""
import os

from . import _writ


class Pump:
    def __init__(self, hub=None):
        self.hub = hub or _writ.Hub()

    def start(self, argv, options, is_process, bell):
        return self.hub.start(argv, options, is_process, bell)

    def step(self, *_):
        if not self.is_inherited():
            self.hub.step()

    def is_inherited(self):
        """In a fork: it is the parent's."""
        return self.hub.owner != os.getpid()

    def __del__(self):
        # The loop has let go of us: it was closed, or is no more.
        if hasattr(self, "hub"):
            self.hub.close()


class Bell:
    """Wakes everybody who waits for news of a run: one may read while another writes."""

    def __init__(self, wake):
        self._wake = wake
        self._waiting = []

    def add(self, waiter):
        self._waiting.append(waiter)
        return waiter

    def drop(self, waiter):
        """It waits no more: it gave up, or was woken."""
        try:
            self._waiting.remove(waiter)
        except ValueError:
            pass

    def __call__(self):
        """One who is not woken, because a signal's handler raised, still waits: it is
        called again."""
        while self._waiting:
            waiter = self._waiting[0]
            self._wake(waiter)
            self.drop(waiter)
