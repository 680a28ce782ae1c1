"""Which processes there are, as /proc tells it, and waiting for what must come."""
import os
import signal
import time
from pathlib import Path

BOUND_S = 20  # how long to wait for what must come: generous, never reached when all is well
LOOK_S = 0.003


def until(what, seconds=BOUND_S):
    """Waits until what() gives something true and returns that; fails when it never does."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"it did not come within {seconds} s: {what.__doc__ or what}")
        time.sleep(LOOK_S)


class Process:
    """One process and no other: its pid and the tick it was started at."""

    def __init__(self, pid):
        self.pid = int(pid)
        stat = self._stat()
        self.start = stat[19] if stat else None

    def _stat(self):
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        return text.rpartition(")")[2].split()

    def _field(self, number):
        stat = self._stat()
        return stat[number] if stat and stat[19] == self.start else None

    @property
    def state(self):
        """R, S, T, Z ...; None when it is gone."""
        return self._field(0)

    @property
    def ppid(self):
        return int(self._field(1) or 0)

    @property
    def session(self):
        return int(self._field(3) or 0)

    @property
    def terminal(self):
        """Device number of its controlling terminal; 0: none."""
        return int(self._field(4) or 0)

    @property
    def name(self):
        return self._text("comm").strip()

    @property
    def words(self):
        return self._text("cmdline").split("\0")[:-1]

    def _text(self, name):
        try:
            return Path(f"/proc/{self.pid}/{name}").read_text("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return ""

    def runs(self):
        """A zombie has ended: it does not run."""
        return self.state not in (None, "Z", "X")

    def cgroup(self):
        return [line[3:] for line in self._text("cgroup").splitlines() if line.startswith("0::")][0]

    def send(self, number):
        """Held by a pidfd, it is looked at again: then it cannot be another's number."""
        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if self.state is not None:
                signal.pidfd_send_signal(fd, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(fd)

    def kill(self):
        self.send(signal.SIGKILL)

    def __eq__(self, other):
        return (self.pid, self.start) == (other.pid, other.start)

    def __hash__(self):
        return hash((self.pid, self.start))

    def __repr__(self):
        return f"{self.pid} {self.state} {' '.join(self.words) or self.name}"


def everything():
    found = [Process(name) for name in os.listdir("/proc") if name.isdigit()]
    return [process for process in found if process.start is not None]


def children(pid):
    """The quick way; one that is born meanwhile may be missed."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def below(root):
    """All that descends from a pid now, but for zombies."""
    by_parent = {}
    for process in everything():
        by_parent.setdefault(process.ppid, []).append(process)
    found, look_at = [], [root]
    while look_at:
        for child in by_parent.get(look_at.pop(), []):
            look_at.append(child.pid)
            found.append(child)
    return [process for process in found if process.runs()]


def told(path, count=1):
    """The processes whose pids a program has written into a file, a line each."""
    def look():
        """pids in a file"""
        try:
            lines = Path(path).read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return None
        return lines if len(lines) >= count and all(line.endswith("\n") for line in lines) else None
    found = [Process(line) for line in until(look)]
    return found[0] if count == 1 else found


def gone(*processes, seconds=BOUND_S):
    """Waits until none of them runs."""
    def look():
        """the end of processes"""
        return not any(process.runs() for process in processes)
    until(look, seconds)
    return True
