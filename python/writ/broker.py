"""Runs by the root helper writd, with the rights that its policy gives: writ.ask().

A call that waits has a connection for itself, and those are kept from one to the next:
there come to be as many as there are calls at the same time. A loop has one for each
socket (writ.aio, writ.green).
"""
import os
import time

from . import _writ
from .errors import WouldBlock

IDLE_MAX = 8  # more calls than that at a time are rare; then connections come and go
END_S = 15    # a run is ended in 5 seconds; a writd that does not say so is not waited for

_idle = {}  # (pid, socket): connections that nobody uses at the moment

__all__ = ["ask"]


def key_of(socket):
    """What tells sockets apart."""
    if socket is None:
        return None
    if not isinstance(socket, (str, bytes, os.PathLike)):
        raise TypeError("socket: must be str, bytes or os.PathLike, "
                        f"not {type(socket).__name__}")
    return os.fsencode(socket)


def _end(broker, asked):
    """A signal's handler raised, as for Ctrl-C: the run is ended politely, and when it
    raises once more at once. The end of the connection is the end of the run too."""
    end = time.monotonic() + END_S
    asked.stop()
    while not asked.ended and time.monotonic() < end:
        try:
            broker.wait()
        except BaseException:  # what was raised first is what goes on
            asked.stop(True)
    if not asked.ended:
        broker.close()


def _ask_plain(argv, socket, options):
    key = os.getpid(), socket
    idle = _idle.setdefault(key, [])
    try:
        broker = idle.pop()
    except IndexError:
        broker = _writ.Broker(socket)
    try:
        asked = broker.start(argv, options, False, None)
        try:
            while not asked.ended:
                broker.wait()
        except BaseException:
            _end(broker, asked)
            raise
        return asked.result()
    finally:
        if len(idle) < IDLE_MAX and not broker.closed:
            idle.append(broker)


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
    return _ask_plain(argv, socket, options)
