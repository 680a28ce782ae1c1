"""A process to talk to while it runs: create_process().

What it returns is used as a subprocess.Popen. Its pipes are pipes of the kernel,
the rest is a run of writ, all of them in one hub: whoever waits for one of them
steps the hub, in whatever thread, and a run that nobody waits for any more is
held here until it has ended.
"""
import contextlib
import logging
import os
import select
import subprocess
import time
import weakref

from writ import WouldBlock
from writ._writ import Hub

from . import check, helper, pipe, waiting
from .redact import Redactor

LOG = logging.getLogger("writ.agent")

_PIECE = 64 * 1024
_LOST = -1  # somebody else took its status


class _Wait:
    """One wait for something to happen: for the hub, and for word from another thread
    that has stepped it meanwhile, and has seen it happen."""

    def __init__(self, hub, happened):
        self.happened = happened
        # one descriptor for both, and of our own: a hub of eventlet lets one green
        # thread alone watch one
        self._both = waiting.real("select").epoll()
        self._word, end = os.pipe()
        self._end = [end]  # until somebody takes it: pop() is one step, for all threads
        try:
            for fd in hub.fileno(), self._word:
                self._both.register(fd, select.EPOLLIN)
        except BaseException:
            self.close()
            raise

    def tell(self):
        with contextlib.suppress(IndexError):
            os.close(self._end.pop())  # the other end can be read now

    def wait(self, seconds):
        waiting.readable(self._both.fileno(), seconds)

    def close(self):
        self.tell()
        self._both.close()
        os.close(self._word)


class _Hub:
    """The runs of this process."""

    def __init__(self):
        self.hub = Hub()
        self._runs = set()
        self._waits = set()

    def start(self, argv, options):
        """Starts a run; comes back when the program has been executed, or raises why it
        could not be. What is thrown in before that (a signal's handler, a Timeout)
        ends it: nobody else would know of it."""
        run = self.hub.start(argv, options, True, None)
        self._runs.add(run)
        try:
            self.wait(lambda: run.started or run.ended, None)
        except BaseException:
            run.stop(True)
            raise
        if not run.started:
            run.result()  # raises why
        return run

    def step(self):
        self.hub.step()
        for run in list(self._runs):
            if run.ended:
                self._runs.discard(run)
        for wait in list(self._waits):
            if wait.happened():
                wait.tell()

    def wait(self, happened, timeout):
        """Steps until it has happened; False if `timeout` seconds were not enough."""
        end = None if timeout is None else time.monotonic() + timeout
        wait = _Wait(self.hub, happened)
        self._waits.add(wait)  # before the first look: what happens after it is told
        try:
            self.step()
            while not happened():
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return False
                wait.wait(left)
                self.step()
            return True
        finally:
            self._waits.discard(wait)
            wait.close()


_hubs = {}  # pid: its hub. A fork has runs of its own, and leaves its parent's alone
_unwaited = weakref.WeakValueDictionary()  # pid: a Process that nobody has waited for


def _hub():
    hub = _hubs.get(os.getpid())
    if hub is None:
        # of two threads that make one, one's is taken: setdefault() is one step for both
        hub = _hubs.setdefault(os.getpid(), _Hub())
    return hub


def unwaited(pid):
    """The identity of a child whose end nobody has asked for yet; else None.

    For its owner it is there until then, as a zombie would be.
    """
    process = _unwaited.get(pid)
    return process.identity if process is not None else None


class Process(subprocess.Popen):
    """One command, its three streams as pipes."""

    _child_created = False  # the base class has none to reap

    # The base class's would start a process.
    def __init__(self, argv, env, args, shown):  # pylint: disable=super-init-not-called
        self.args = args
        self._shown = shown  # `args` without secrets: errors are logged
        self.stdin = self.stdout = self.stderr = None
        self.pid = self.returncode = None
        self.encoding = self.errors = self.text_mode = self.universal_newlines = None
        self._input = self._output = None
        self._hub = _hub()
        fds = []
        try:
            for _ in range(3):
                fds.extend(os.pipe())
            self._start(argv, env, (fds[0], fds[3], fds[5]))
        except BaseException:
            for fd in fds:
                os.close(fd)
            raise
        for fd in fds[0], fds[3], fds[5]:
            os.close(fd)
        self.stdin = pipe.writer(fds[1])
        self.stdout, self.stderr = pipe.reader(fds[2]), pipe.reader(fds[4])
        _unwaited[self.pid] = self

    def _start(self, argv, env, fds):
        stdin, stdout, stderr = fds
        self._run = self._hub.start(argv, {"env": env, "stdin": stdin, "stdout": stdout,
                                           "stderr": stderr, "keep_tree": True})
        self.identity = self._run.identity
        self.pid = self.identity.pid

    def __repr__(self):
        return "<Process: returncode: %s args: %s>" % (self.returncode, self._shown)

    @property
    def universal_newlines(self):
        return self.text_mode

    @universal_newlines.setter
    def universal_newlines(self, value):
        self.text_mode = bool(value) or None

    def __enter__(self):
        if waiting.here() == waiting.LOOP:
            raise WouldBlock("the end of `with` would stop the event loop of this thread; "
                             "use `async with`")
        return self

    def __exit__(self, *_):
        self._close()
        self.wait()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self._close()
        await self.wait()

    def _close(self):
        for stream in self.stdout, self.stderr, self.stdin:
            if stream:
                stream.close()

    def _is_inherited(self):
        return self._hub.hub.owner != os.getpid()

    def _note_end(self):
        if self.returncode is None and self._run.ended:
            code = self._run.result().returncode
            self.returncode = _LOST if code is None else code
            _unwaited.pop(self.pid, None)
        return self.returncode

    def poll(self):
        """The code if it has ended, else None."""
        if self.returncode is None and not self._is_inherited():
            self._hub.step()
            self._note_end()
        return self.returncode

    def wait(self, timeout=None):
        """Waits for its end; the code. TimeoutExpired after `timeout` seconds."""
        return waiting.blocking(self._wait, timeout)

    def _wait(self, timeout):
        if self.returncode is None and not self._hub.wait(lambda: self._run.ended, timeout):
            raise subprocess.TimeoutExpired(self._shown, timeout)
        return self._note_end()

    def send_signal(self, sig):
        """Sends it a signal; nothing if it has ended."""
        number = check.signal_number(sig)
        if self.poll() is None:
            try:
                self._run.signal(number)
            except ProcessLookupError:
                pass  # it ended just now

    def terminate(self):
        self.send_signal(15)

    def kill(self):
        self.send_signal(9)

    def communicate(self, input=None, timeout=None):  # pylint: disable=redefined-builtin
        """Gives it `input`, reads both outputs to their ends, and waits for its end:
        (stdout, stderr). After a TimeoutExpired it may be called again, and goes on."""
        if input is not None and not isinstance(input, (bytes, bytearray, memoryview)):
            raise TypeError("input: bytes, not %s" % type(input).__name__)
        if self._output is not None and input:
            raise ValueError("input: it was given already")
        return waiting.blocking(self._communicate, input, timeout)

    def _communicate(self, data, timeout):
        if self._output is None:
            self._input = memoryview(bytes(data or b""))
            self._output = {stream: [] if stream.closed else [pipe.read_ahead(stream)]
                            for stream in (self.stdout, self.stderr)}
        end = None if timeout is None else time.monotonic() + timeout
        self._exchange(end, timeout)
        self._wait(None if end is None else max(0, end - time.monotonic()))
        return b"".join(self._output[self.stdout]), b"".join(self._output[self.stderr])

    def _exchange(self, end, timeout):
        """Feeds and reads until every stream is closed."""
        with waiting.real("select").epoll() as poll:
            streams = {}
            for stream in self.stdin, self.stdout, self.stderr:
                if not stream.closed:
                    streams[stream.fileno()] = stream
                    poll.register(stream.fileno(), select.EPOLLOUT if stream is self.stdin
                                  else select.EPOLLIN)
            while streams:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0 or not waiting.readable(poll.fileno(), left):
                    raise subprocess.TimeoutExpired(self._shown, timeout,
                                                    output=b"".join(self._output[self.stdout]),
                                                    stderr=b"".join(self._output[self.stderr]))
                for fd, _ in poll.poll(0):
                    stream = streams[fd]
                    if not (self._feed(fd) if stream is self.stdin else self._read(fd, stream)):
                        poll.unregister(fd)
                        del streams[fd]
                        stream.close()

    def _feed(self, fd):
        """Gives what the pipe takes; False when there is no more, or nobody reads."""
        try:
            self._input = self._input[os.write(fd, self._input[:_PIECE]):]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False
        return bool(self._input)

    def _read(self, fd, stream):
        """Takes what is there; False at the end."""
        try:
            data = os.read(fd, _PIECE)
        except BlockingIOError:
            return True
        self._output[stream].append(data)
        return bool(data)


def create_process(cmd, run_as_root=False, addl_env=None, tpool_proxy=True):
    """Starts a command, its three streams as pipes: (process, arguments).

    The process is used as a subprocess.Popen; waiting for it, reading from and
    writing to it stops the calling green thread alone. On the thread of a running
    asyncio loop wait() and communicate() return awaitables. `tpool_proxy` is of
    no importance here: the streams need no proxy.
    """
    order = helper.Order(cmd, run_as_root, addl_env, as_command=True)
    shown = Redactor(order.env).argv(order.line)
    LOG.debug("Running command: %s", shown)
    try:
        return Process(order.argv, order.environment(), order.line, shown), order.line
    except OSError as error:
        raise helper.as_subprocess(error, order.argv[0]) from None
