"""What a Process does, whoever waits for it.

Each method here is a generator: where it yields, it waits for news of its run.
writ.Process drives it by waiting, writ.aio.Process by awaiting.
"""
import sys

LINE_MAX_BYTES = 1024 * 1024


class Dialog:
    """Process(argv, **options): takes what writ.run() takes, but for `check` and
    `capture_output`. By default standard output is a stream to read from, standard error
    is kept (bounded) for the result, and standard input is the null device; stdin=PIPE
    makes it a stream to write to, stderr=PIPE one to read from.

    Used as a context manager it is started, and ended with all its tree.
    """

    def __init__(self, argv, /, **options):
        self._argv = argv
        self._options = options
        self._run = None
        self._line = b""

    @property
    def identity(self):
        """Of the program; None before start()."""
        return self._run.identity if self._run is not None else None

    @property
    def ended(self):
        """Is there a result? wait() is what sees to it."""
        return self._run is not None and self._run.ended

    def signal(self, number):
        """Sends a signal (a number or a name) to the program itself, by its identity.
        Raises ProcessLookupError if it has ended."""
        self._started().signal(number)

    def close_stdin(self):
        """No more input: the program reads to the end."""
        self._started().end_input()

    def _started(self):
        if self._run is None:
            raise RuntimeError("the process was not started")
        return self._run

    def _begin(self):
        """Starts the run: in which hub, is what differs."""
        raise NotImplementedError

    def _starting(self):
        if self._run is not None:
            raise RuntimeError("the process was started already")
        self._run = self._begin()
        while not self._run.started and not self._run.ended:
            yield
        if not self._run.started:
            self._run.result()  # raises why
        return self

    def _reading(self, size, stream):
        run = self._started()
        if size == 0:
            return b""
        if size < 0:  # all that has come
            size = sys.maxsize
        if stream == 1 and self._line:
            data, self._line = self._line[:size], self._line[size:]
            return data
        while True:
            data = run.take(stream, size)
            if data is not None:
                return data
            yield

    def _reading_line(self):
        """As a file's readline(); a line of more than a MiB comes in pieces. What was
        read stays with us until the line is whole: who gives up waiting loses nothing."""
        run = self._started()
        at, is_end = 0, False
        while True:
            at = self._line.find(b"\n", at) + 1
            if at or is_end or len(self._line) >= LINE_MAX_BYTES:
                break
            at = len(self._line)
            data = run.take(1)
            if data is None:
                yield
                at = 0  # another reader may have taken of it
            else:
                self._line += data
                is_end = not data
        at = at or len(self._line)
        line, self._line = self._line[:at], self._line[at:]
        return line

    def _writing(self, data):
        run = self._started()
        data = bytes(data)
        done = 0
        while done < len(data):
            taken = run.write(data, done)
            done += taken
            if not taken:
                yield
        return done

    def _ending(self):
        run = self._started()
        run.end_input()
        run.discard()
        while not run.ended:
            yield
        return run.result()

    def _stopping(self, at_once):
        run = self._started()
        if not run.ended:
            run.stop(at_once)
        run.discard()
        while not run.ended:
            yield
        return run.result()
