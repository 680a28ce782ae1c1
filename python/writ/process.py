"""writ.Process: a program that is talked to while it runs, from plain threads and
from green ones.
"""
import atexit
import os
import time

from . import _writ
from .dialog import Dialog
from .errors import WouldBlock
from .pump import Bell

LOOK_MS = 500  # a signal may come just before a wait, which then goes on
EXIT_S = 5     # how long the end of the interpreter waits for the last trees

__all__ = ["Process"]


class Threads:
    """The runs of all plain threads, in one hub, or asked over one connection. A thread of its own steps it as long as
    one of them runs: deadlines are kept, and what a program leaves behind is ended,
    whatever its caller does meanwhile. Nobody else steps it: who slept at the same
    descriptor would sleep through what another's step has done."""

    def __init__(self, hub=None):
        self.hub = hub or _writ.Hub()
        self._idle = [True]  # whoever takes what is in it, and nobody else, pumps

    def start(self, argv, options):
        run = self.hub.start(argv, options, True, Bell(_writ.Flag.set))
        self._see_to_it()
        return run

    def _claim(self):
        try:
            return self._idle.pop()
        except IndexError:
            return False

    def _release(self):
        self._idle.append(True)

    def _see_to_it(self):
        if not self._claim():
            return
        try:
            _writ.start_thread(self._pump)
        except BaseException:
            self._release()  # the next one tries again
            raise

    def wait(self, run, seen, seconds):
        flag = run.notify.add(_writ.Flag())
        try:
            if run.news == seen:  # else it came while the caller looked
                flag.wait(LOOK_MS if seconds is None else int(min(LOOK_MS, seconds * 1000)) + 1)
        finally:
            run.notify.drop(flag)
        self._see_to_it()

    def _pump(self):
        while True:
            try:
                while self.hub.wait():
                    pass
            finally:
                self._release()  # who waits starts another, should this one be broken off
            # One may have been started before the release, and relied on this thread.
            if not self.hub.count or not self._claim():
                return

    def end_all(self):
        end = time.monotonic() + EXIT_S
        self.hub.stop_all()
        self._see_to_it()
        while not self._idle and time.monotonic() < end:
            _writ.Flag().wait(1)


_by_process = {}  # pid: its Threads; a fork has the parent's too


def _here():
    """What this thread's runs are driven by: start() and wait()."""
    world = _writ.world()
    if world == "green":
        from . import green
        return green.here()
    if world == "asyncio":
        raise WouldBlock("Process would stop the event loop of this thread; use writ.aio.Process")
    pid = os.getpid()
    threads = _by_process.get(pid)
    return threads if threads is not None else _by_process.setdefault(pid, Threads())


@atexit.register
def _end_all():
    threads = _by_process.get(os.getpid())
    if threads is not None:
        threads.end_all()


class Process(Dialog):
    """A program that is talked to while it runs.

    It takes what writ.run() takes, but for `check` and `capture_output`. By default
    standard output is a stream to read from, standard error is kept (bounded) for the
    result, and standard input is the null device; stdin=PIPE makes it a stream to write
    to, stderr=PIPE one to read from. As a context manager it is started, and ended
    with all its tree; so it is when the last reference to it goes.

    Any thread may call any method. Those that wait take `timeout` in seconds, raise
    TimeoutError when it is over (the program runs on), and stop a green thread alone.
    """

    def __init__(self, argv, /, **options):
        super().__init__(argv, **options)
        self._driver = None

    def start(self):
        """Starts it; comes back when the program has been executed, or raises why it
        could not be, as writ.run() does. Returns self."""
        return self._drive(self._starting())

    def read(self, size=65536, stream=1, timeout=None):
        """At most `size` bytes of what has come (-1: all of it), b"" at the end of the stream.
        1 is standard output, 2 standard error. A program that is a MiB ahead of its reader
        waits."""
        return self._drive(self._reading(size, stream), timeout)

    def readline(self, timeout=None):
        """The next line of standard output with its end; b"" at the end of the stream. One
        of more than a MiB comes in pieces."""
        return self._drive(self._reading_line(), timeout)

    def write(self, data, timeout=None):
        """Gives all of `data` to standard input; returns its length. Raises BrokenPipeError
        when the program reads no more. After TimeoutError a part may have been written."""
        return self._drive(self._writing(data), timeout)

    def wait(self, timeout=None):
        """Ends the input, waits until the program and its tree have ended, and returns
        the Result. Output that is not read meanwhile is lost past the first MiB: it
        holds nobody up."""
        return self._drive(self._ending(), timeout)

    def stop(self, timeout=None):
        """Ends the tree politely, as `grace`, `stop_signal` or `teardown` say, and then by KILL;
        returns the Result."""
        return self._drive(self._stopping(False), timeout)

    def kill(self, timeout=None):
        """Ends the tree at once; returns the Result."""
        return self._drive(self._stopping(True), timeout)

    def __iter__(self):
        return iter(self.readline, b"")

    def __enter__(self):
        if self._run is not None:
            return self.start()  # which raises
        try:
            return self.start()
        except BaseException:
            self.__exit__()  # nobody else could end it
            raise

    def __exit__(self, *_):
        if self._run is None or self._run.ended:
            return
        at_once = False
        while not self._run.ended:
            try:
                self._drive(self._stopping(at_once))
            except BaseException:
                if at_once:
                    raise
                at_once = True  # a second Ctrl-C does not wait for the program

    def _drive(self, dialog, timeout=None):
        if timeout is not None and not timeout >= 0:
            raise ValueError("timeout: not a number of seconds from 0 on")
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            seen = self._run.news if self._run is not None else None
            try:
                next(dialog)
            except StopIteration as done:
                return done.value
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError("it has not happened in that time; the program runs on")
            self._driver.wait(self._run, seen, left)

    def _begin(self):
        self._driver = _here()
        return self._driver.start(self._argv, self._options)
