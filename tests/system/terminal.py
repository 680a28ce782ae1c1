"""A terminal with somebody in front of it."""
import fcntl
import os
import pty
import select
import struct
import termios
import time

from processes import BOUND_S


class Terminal:
    """Runs a command as the leader of a session on a terminal of its own."""

    def __init__(self, words, cwd, env):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd)
                os.execvpe(words[0], words, env)
            finally:
                os._exit(99)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self, seconds):
        """More output into `seen`; False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the other side open any more
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, text, seconds=BOUND_S):
        """Waits until `text` shows up, and forgets all up to it."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            if not self.read(0.05) or time.monotonic() > end:
                raise AssertionError(f"{text!r} did not come; seen: {self.seen!r}")
        self.seen = self.seen.partition(text)[2]

    def modes(self):
        return termios.tcgetattr(self.fd)

    def foreground(self):
        return os.tcgetpgrp(self.fd)

    def finish(self, seconds=BOUND_S):
        """The exit status, as a shell would tell it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.01)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0):
                    if not select.select([self.fd], [], [], 0)[0]:
                        break
                self.pid = 0
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        raise AssertionError(f"no end; seen: {self.seen!r}")

    def close(self):
        os.close(self.fd)  # what lives in the session gets SIGHUP
        if self.pid:
            try:
                os.kill(self.pid, 9)
            except ProcessLookupError:
                pass
            os.waitpid(self.pid, 0)
