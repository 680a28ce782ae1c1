"""The parent's end of a pipe, as a file that blocks whoever reads or writes it, and
nobody else: a green thread, or a thread."""
import io
import os
import sys

from . import waiting


class _Pipe(io.RawIOBase):
    """Owns a descriptor."""

    def __init__(self, fd):
        super().__init__()
        os.set_blocking(fd, False)
        self.name = self._fd = fd

    def fileno(self):
        self._checkClosed()
        return self._fd

    def close(self):
        if self.closed:
            return
        super().close()
        os.close(self._fd)
        hubs = sys.modules.get("eventlet.hubs")
        if hubs is not None and getattr(hubs._threadlocal, "hub", None) is not None:
            hubs.notify_close(self._fd)  # a green thread that waits for it is told


class _Reader(_Pipe):
    mode = "rb"

    def readable(self):
        return True

    def readinto(self, buffer):
        while True:
            try:
                return os.readv(self.fileno(), [buffer])
            except BlockingIOError:
                waiting.readable(self._fd, None)


class _Writer(_Pipe):
    mode = "wb"

    def writable(self):
        return True

    def write(self, data):
        """Takes all of it."""
        with memoryview(data).cast("B") as view:
            done = 0
            while done < len(view):
                try:
                    done += os.write(self.fileno(), view[done:])
                except BlockingIOError:
                    waiting.writable(self._fd, None)
            return done


def reader(fd):
    """A file to read from; takes the descriptor over."""
    return io.BufferedReader(_Reader(fd))


def writer(fd):
    """A file to write to, at once; takes the descriptor over."""
    return _Writer(fd)
