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
    waits = True  # False: where it would, there is nothing

    def readable(self):
        return True

    def readinto(self, buffer):
        while True:
            try:
                return os.readv(self.fileno(), [buffer])
            except BlockingIOError:
                if not self.waits:
                    return None
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


def read_ahead(file):
    """Takes what a reader has read of its pipe and given to nobody yet, a line's reader
    past the line; where that is nothing, what is there. It never waits."""
    file.raw.waits = False
    try:
        return file.read1() or b""
    finally:
        file.raw.waits = True


def writer(fd):
    """A file to write to, at once; takes the descriptor over."""
    return _Writer(fd)
