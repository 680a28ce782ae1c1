"""Runs under green threads: only the one that waits is stopped.

A thread is taken for green when it has a hub of eventlet or gevent: without one
there are no green threads on it. Then writ.run(), writ.ask() and writ.Process come here
by themselves. Each hub has one host, which it steps itself, and one connection to each
writd that is asked.

A hub that a fork inherited is not used by the child, whose copy of it still
watches the parent's descriptors: there writ.run() stops the thread, as it does
where no hub is.
"""
import sys
import time
import weakref

from . import _writ
from .broker import END_S, key_of
from .errors import WouldBlock
from .pump import Bell, Pump


class _GreenPump(Pump):
    def __init__(self, hub, ours=None):
        super().__init__(ours)
        self._hub = weakref.ref(hub)

    def its_hub(self):
        return self._hub()

    def let_go(self):
        """Ends what runs in it; in a fork nothing."""
        self.hub.close()


class _EventletPump(_GreenPump):
    def __init__(self, hub, ours=None):
        super().__init__(hub, ours)
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


class _GeventPump(_GreenPump):
    def __init__(self, hub, ours=None):
        super().__init__(hub, ours)
        self._watcher = hub.loop.io(self.hub.fileno(), 1)
        self._watcher.start(self.step)

    def let_go(self):
        if self._hub() is not None and self._hub().loop is not None:
            self._watcher.stop()
        super().let_go()

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


def _hub():
    """The hub of this thread, and the kind of pump it wants."""
    hubs = sys.modules.get("eventlet.hubs")
    hub = getattr(hubs._threadlocal, "hub", None) if hubs is not None else None
    if hub is not None:
        return hub, _EventletPump
    from gevent._hub_local import get_hub_if_exists
    return get_hub_if_exists(), _GeventPump


class _Hold:
    """The pump of a native thread. Hubs live on when their threads have ended, or when
    gevent has destroyed them: what runs in them ends with this."""

    def __init__(self, pump):
        self.pump = pump

    def __del__(self):
        self.pump.let_go()


_HOST = object()  # among the sockets of brokers


def _pump(socket=_HOST):
    hub, kind = _hub()
    kept = _writ.thread_dict()
    key = __name__, socket
    hold = kept.get(key)
    if hold is None or hold.pump.is_inherited() or hold.pump.its_hub() is not hub:
        hold = kept[key] = _Hold(kind(hub, None if socket is _HOST else _writ.Broker(socket)))
    return hold.pump


class _Green:
    """The runs of a thread's green threads, as Process wants them driven."""

    def __init__(self, pump):
        self._pump = pump

    def start(self, argv, options):
        return self._pump.start(argv, options, True, Bell(self._pump.tell))

    def wait(self, run, _seen, seconds):
        if _hub()[0] is not self._pump.its_hub():
            raise RuntimeError("this process belongs to the green threads of another thread")
        _wait(self._pump, run, seconds)


def here():
    return _Green(_pump())


def _wait(pump, run, seconds=None):
    """Until there is news of the run; or until the time is over."""
    if pump.is_hub():
        raise WouldBlock("this is the hub's own green thread: it must not wait; spawn one that may")
    event = run.notify.add(pump.new_event())
    try:
        pump.wait_for(event, seconds)
    finally:
        run.notify.drop(event)


def _end(pump, run, seconds=None):
    """Ends the tree, and comes back when it is gone, or after so long, whatever is thrown
    in meanwhile."""
    run.stop()
    end = None if seconds is None else time.monotonic() + seconds
    while not run.ended and (end is None or time.monotonic() < end):
        try:
            _wait(pump, run, seconds)
        except BaseException:  # what was thrown first is what goes on
            run.stop(True)


def run(argv, /, **options):
    """writ.run() of a green thread. What is thrown into it (eventlet.Timeout, a kill)
    ends the tree, and goes on when that is done."""
    return _to_its_end(_pump(), argv, options)


def ask(argv, /, *, socket=None, **options):
    """writ.ask() of a green thread, likewise."""
    return _to_its_end(_pump(key_of(socket)), argv, options, END_S)


def _to_its_end(pump, argv, options, end_s=None):
    if pump.is_hub():
        raise WouldBlock("this is the hub's own green thread: it must not wait; spawn one that may")
    started = pump.start(argv, options, False, Bell(pump.tell))
    try:
        while not started.ended:
            _wait(pump, started)
    except BaseException:
        _end(pump, started, end_s)
        raise
    return started.result()
