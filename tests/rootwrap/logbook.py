"""The system log as a program sees it: a socket of ours, in a mount namespace of its own."""
import os
import socket
import subprocess

import pytest

from programs import BOUND_S, ENVIRONMENT, STOCK  # noqa: F401

LINES_MAX = 1000


class Log:
    """Where /dev/log is ours. `command` makes words run there."""

    def __init__(self, directory):
        self.dev = directory / "dev"
        self.dev.mkdir(exist_ok=True)
        path = self.dev / "log"
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(str(path))
        self.socket.settimeout(BOUND_S)
        if not (self.dev / "null").exists():
            try:
                os.mknod(self.dev / "null", 0o020666, os.makedev(1, 3))
            except PermissionError:
                self.socket.close()
                pytest.skip("no /dev of our own can be made here")

    def command(self, words):
        return ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /dev && exec "$@"', str(self.dev),
                *map(str, words)]

    def next(self):
        return self.socket.recv(64 * 1024)

    def all(self):
        """What has come so far."""
        self.socket.setblocking(False)
        found = []
        try:
            while len(found) < LINES_MAX:
                found.append(self.socket.recv(64 * 1024))
        except BlockingIOError:
            pass
        self.socket.settimeout(BOUND_S)
        return found

    def close(self):
        self.socket.close()


def lines(directory, words):
    """What one run of a program logs."""
    log = Log(directory)
    try:
        done = subprocess.run(log.command(words), stdin=subprocess.DEVNULL, capture_output=True,
                              env=ENVIRONMENT, timeout=BOUND_S)
        if b"unshare" in done.stderr or b"mount:" in done.stderr:
            pytest.skip(f"no mount namespace: {done.stderr.decode()}")
        return log.all()
    finally:
        log.close()
