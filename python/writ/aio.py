"""Runs under asyncio: nothing here stops the loop, not even a working directory, or the
path of a program, on a file system that hangs.

    r = await aio.run(["git", "fetch"], timeout=60)

    async with aio.Process(["tail", "-f", log]) as p:
        async for line in p: ...

Each loop has one host, and one connection to each writd that is asked. The loop owns
them, by the readers it has for their descriptors: when the loop is closed, or is no more,
what still runs in them ends.
"""
import asyncio
import weakref

from . import _writ
from .broker import END_S, key_of
from .dialog import Dialog
from .pump import Bell, Pump

__all__ = ["run", "ask", "Process"]


class _LoopPump(Pump):
    def __init__(self, loop, hub=None):
        super().__init__(hub)
        loop.add_reader(self.hub.fileno(), self.step)


_HOST = object()  # among the sockets of brokers

_pumps = weakref.WeakKeyDictionary()  # loop: {socket, or _HOST: a weak reference to its pump}


def _pump(loop, socket=_HOST):
    pumps = _pumps.setdefault(loop, {})
    reference = pumps.get(socket)
    pump = reference() if reference is not None else None
    if pump is None:
        pump = _LoopPump(loop, None if socket is _HOST else _writ.Broker(socket))
        pumps[socket] = weakref.ref(pump)
    elif pump.is_inherited():
        raise RuntimeError("this event loop is of the process that forked this one")
    return pump


def _wake(future):
    if not future.done():
        future.set_result(None)


async def _news(run, loop):
    """Waits until something has happened to the run. What is called next looks
    what: nothing can happen in between, for the loop is ours."""
    future = run.notify.add(loop.create_future())
    try:
        await future
    finally:
        run.notify.drop(future)


async def _end(run, loop, seconds=None):
    """Ends the tree, and comes back when it is gone, or after so long: politely first;
    asked a second time, at once."""
    is_over = False

    def give_up():
        nonlocal is_over
        is_over = True
        run.notify()

    if not run.ended:
        run.stop()
    timer = None if seconds is None else loop.call_later(seconds, give_up)
    try:
        while not run.ended and not is_over:
            try:
                await _news(run, loop)
            except asyncio.CancelledError:
                run.stop(True)
    finally:
        if timer is not None:
            timer.cancel()


async def run(argv, /, **options):
    """Runs a program to its end, as writ.run() does, without stopping the loop.

    Takes and returns the same. Cancelling it ends the tree, as `grace`, `stop_signal` or
    `teardown` say, and then raises CancelledError; cancelling again kills at once.
    """
    return await _to_its_end(asyncio.get_running_loop(), _HOST, argv, options)


async def ask(argv, /, *, socket=None, **options):
    """Has writd run a program, as writ.ask() does, without stopping the loop.

    Takes and returns the same. All go over one connection; past 64 at a time they wait for
    their turn. Cancelling it ends the tree: TERM, and 5 seconds later KILL; cancelling again
    kills at once.
    """
    return await _to_its_end(asyncio.get_running_loop(), key_of(socket), argv, options)


async def _to_its_end(loop, socket, argv, options):
    # No name for the pump: the loop alone may hold it.
    started = _pump(loop, socket).start(argv, options, False, Bell(_wake))
    try:
        while not started.ended:
            await _news(started, loop)
    except asyncio.CancelledError:
        await _end(started, loop, None if socket is _HOST else END_S)
        raise
    return started.result()


class Process(Dialog):
    """A program that is talked to while it runs; see writ.Process. All that waits
    is awaited; a time is given to asyncio.wait_for()."""

    async def _drive(self, dialog):
        loop = asyncio.get_running_loop()
        if self._run is not None and loop is not self._loop():
            raise RuntimeError("this process belongs to another event loop")
        while True:
            try:
                next(dialog)
            except StopIteration as end:
                return end.value
            await _news(self._run, loop)

    def _begin(self):
        loop = asyncio.get_running_loop()
        self._loop = weakref.ref(loop)
        return _pump(loop).start(self._argv, self._options, True, Bell(_wake))

    async def start(self):
        """Starts it; comes back when the program has been executed, or raises why it
        could not be. Returns self."""
        return await self._drive(self._starting())

    async def read(self, size=65536, stream=1):
        return await self._drive(self._reading(size, stream))

    async def readline(self):
        return await self._drive(self._reading_line())

    async def write(self, data):
        return await self._drive(self._writing(data))

    async def wait(self):
        return await self._drive(self._ending())

    async def stop(self):
        return await self._drive(self._stopping(False))

    async def kill(self):
        return await self._drive(self._stopping(True))

    def __aiter__(self):
        return self

    async def __anext__(self):
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    async def __aenter__(self):
        if self._run is not None:
            return await self.start()  # which raises
        try:
            return await self.start()
        except BaseException:
            await self.__aexit__()  # nobody else could end it
            raise

    async def __aexit__(self, *_):
        if self._run is not None:
            await _end(self._run, asyncio.get_running_loop())
