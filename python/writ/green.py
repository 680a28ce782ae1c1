"""Runs under green threads: only the one that waits is stopped.

A thread is taken for green when it has a hub of eventlet or gevent: without one
there are no green threads on it. Then writ.run() and writ.Process come here by
themselves. Each hub has one host, which it steps itself.

A hub that a fork inherited is not used by the child, whose copy of it still
watches the parent's descriptors: there writ.run() stops the thread, as it does
where no hub is.
"""
import sys
import weakref

from . import _writ
from .errors import WouldBlock
from .pump import Bell, Pump


class _EventletPump(Pump):
    def __init__(self, hub):
        super().__init__()
        self._hub = weakref.ref(hub)
        hub.add(hub.READ, self.hub.fileno(), self.step, self._on_closed, self._on_closed)

    def _on_closed(self, *_):
        """Eventlet tells so of a descriptor that it takes for closed: ours is not."""

    def new_event(self):
        from eventlet.event import Event
        return Event()

    @staticmethod
    def tell(event):
        if not event.ready():
            event.send()

    def is_hub(self):
        from greenlet import getcurrent
        return self._hub().greenlet is getcurrent()

    @staticmethod
    def wait_for(event, seconds):
        if seconds is None:
            event.wait()
        else:
            event.wait(timeout=seconds)


class _GeventPump(Pump):
    def __init__(self, hub):
        super().__init__()
        self._hub = weakref.ref(hub)
        self._watcher = hub.loop.io(self.hub.fileno(), 1)
        self._watcher.start(self.step)

    def new_event(self):
        from gevent.event import Event
        return Event()

    @staticmethod
    def tell(event):
        event.set()

    def is_hub(self):
        from greenlet import getcurrent
        return self._hub() is getcurrent()

    @staticmethod
    def wait_for(event, seconds):
        event.wait(seconds)


_pumps = weakref.WeakKeyDictionary()  # hub: its pump


def _hub():
    """The hub of this thread, and the kind of pump it wants."""
    hubs = sys.modules.get("eventlet.hubs")
    hub = getattr(hubs._threadlocal, "hub", None) if hubs is not None else None
    if hub is not None:
        return hub, _EventletPump
    from gevent._hub_local import get_hub_if_exists
    return get_hub_if_exists(), _GeventPump


def _pump():
    hub, kind = _hub()
    pump = _pumps.get(hub)
    if pump is None or pump.is_inherited():
        pump = _pumps[hub] = kind(hub)
    return pump


class _Green:
    """The runs of this thread's green threads, as Process wants them driven."""

    @staticmethod
    def start(argv, options):
        pump = _pump()
        return pump.start(argv, options, True, Bell(pump.tell))

    @staticmethod
    def wait(run, _seen, seconds):
        _wait(_pump(), run, seconds)


def here():
    return _Green


def _wait(pump, run, seconds=None):
    """Until there is news of the run; or until the time is over."""
    if pump.is_hub():
        raise WouldBlock("this is the hub's own green thread: it must not wait; spawn one that may")
    pump.wait_for(run.notify.add(pump.new_event()), seconds)


def _end(pump, run):
    """Ends the tree, and comes back when it is gone, whatever is thrown in meanwhile."""
    run.stop()
    while not run.ended:
        try:
            _wait(pump, run)
        except BaseException:  # what was thrown first is what goes on
            run.stop(True)


def run(argv, /, **options):
    """writ.run() of a green thread. What is thrown into it (eventlet.Timeout, a kill)
    ends the tree, and goes on when that is done."""
    pump = _pump()
    if pump.is_hub():
        raise WouldBlock("this is the hub's own green thread: it must not wait; spawn one that may")
    started = pump.start(argv, options, False, Bell(pump.tell))
    try:
        while not started.ended:
            _wait(pump, started)
    except BaseException:
        _end(pump, started)
        raise
    return started.result()
