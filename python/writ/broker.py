"""Runs by the root helper writd, with the rights that its policy gives: writ.ask().

A call that waits has a connection for itself, and those are kept from one to the next.
When all are in use the others share one, which a thread of its own sees to: writd takes
64 connections of a user. A loop has one for each socket (writ.aio, writ.green).
"""
import os
import time

from . import _writ
from .errors import WouldBlock

ALONE_MAX = 8  # calls with a connection for themselves
END_S = 15     # a run is ended in 5 seconds; a writd that does not say so is not waited for

__all__ = ["ask"]


def key_of(socket):
    """What tells sockets apart."""
    if socket is None:
        return None
    if not isinstance(socket, (str, bytes, os.PathLike)):
        raise TypeError("socket: must be str, bytes or os.PathLike, "
                        f"not {type(socket).__name__}")
    return os.fsencode(socket)


class _Plain:
    """What the plain threads of a process ask over, for one socket."""

    def __init__(self, socket):
        self._socket = socket
        self._idle = [None] * ALONE_MAX  # connections; None: one not yet made
        self._shared = {}

    def ask(self, argv, options):
        try:
            broker = self._idle.pop()
        except IndexError:
            return self._ask_shared(argv, options)
        try:
            broker = broker or _writ.Broker(self._socket)
            asked = broker.start(argv, options, False, None)
            _wait(asked, broker.wait)
            return asked.result()
        finally:
            if broker is not None and not _is_idle(broker):
                broker.close()  # it was broken off
            self._idle.append(broker if broker is not None and not broker.closed else None)

    def _ask_shared(self, argv, options):
        threads = self._shared.get("threads")
        if threads is None:
            from .process import Threads
            # of two that are made one is taken: setdefault() is one step for all threads
            threads = self._shared.setdefault("threads", Threads(_writ.Broker(self._socket)))
        asked = threads.start(argv, options)

        def wait():
            seen = asked.news
            if not asked.ended:
                threads.wait(asked, seen, None)
        _wait(asked, wait)
        return asked.result()


def _is_idle(broker):
    return broker.closed or not broker.count


def _wait(asked, wait):
    """A signal's handler may raise, as for Ctrl-C: then the run is ended politely, and when
    it raises once more at once."""
    try:
        while not asked.ended:
            wait()
    except BaseException:
        end = time.monotonic() + END_S
        asked.stop()
        while not asked.ended and time.monotonic() < end:
            try:
                wait()
            except BaseException:  # what was raised first is what goes on
                asked.stop(True)
        raise


_plain = {}  # (pid, socket): a _Plain


def ask(argv, /, *, socket=None, **options):
    """ask(argv, /, *, env=None, timeout=None, input=None, stdin=None, stdout=None,
        stderr=None, text=False, encoding=None, errors=None, output_max=16777216,
        overflow='both', drain=0.1, drain_max=2.0, cwd=None, check=False, socket=None)

    Has writd run a program, with the rights that its policy gives for it, waits until it
    has ended, and returns a Result. What writd does not tell of it is None.

    argv      the words, the program first, as the rule of the policy names it
    env       a mapping: variables, which the rule must pass; none is passed by itself
    timeout   seconds; the rule may give less
    cwd       the descriptor of a directory that is open, where the rule takes it
    socket    where writd listens (/run/writ/writd.sock)

    The others are those of writ.run(). A stream is the null device, a pipe (captured, or
    `input`), or what writd accepts: pipes, Unix stream sockets and files, no terminal.

    Raises Refused, a PermissionError, where the policy does not allow it; another OSError
    (FileNotFoundError ...) when it is allowed and could not be executed; ConnectionError
    where nobody listens (ConnectionRefusedError), and when writd has gone meanwhile, and the
    run with it: it is not asked for again. ValueError, TypeError and WouldBlock as run().
    """
    socket = key_of(socket)
    world = _writ.world()
    if world == "asyncio":
        raise WouldBlock("ask() would stop the event loop of this thread; "
                         "await writ.aio.ask(...)")
    if world == "green":
        from . import green
        return green.ask(argv, socket=socket, **options)
    key = os.getpid(), socket
    plain = _plain.get(key)
    if plain is None:
        plain = _plain.setdefault(key, _Plain(socket))
    return plain.ask(argv, options)
