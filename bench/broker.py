"""writd, for the time of a measurement: root's, with a policy for the no-op program."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from build import PREFIX, WHERE
from driver import DriverFailed

POLICY = """
[Policy]
Allow=user:root user:nobody

[Command noop]
Exec={program}
User={user}
TimeoutSec=10
"""
OTHER = """
[Command other-{number}]
Exec=/usr/bin/true {number} {{n:int}}
User=nobody
"""


@contextlib.contextmanager
def broker(user="nobody", rules=0):
    """(the socket, the program to ask for, the daemon) in a directory that only root can change."""
    if os.geteuid() != 0:
        raise DriverFailed("writd must be started by root", 77)
    place = Path(tempfile.mkdtemp(prefix="writ-bench-", dir="/run"))
    place.chmod(0o755)
    program = Path(shutil.copy(WHERE / "noop", place / "noop"))
    policies = place / "policy.d"
    policies.mkdir()
    text = POLICY.format(program=program, user=user)
    text += "".join(OTHER.format(number=number) for number in range(rules))
    (policies / "bench.policy").write_text(text)
    socket = place / "socket"
    daemon = subprocess.Popen([PREFIX / "sbin" / "writd", "--policy", policies, "--socket", socket,
                               "--front-user", "65533:65533"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 20
        while not socket.exists() and daemon.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if not socket.exists():
            daemon.kill()
            raise DriverFailed(f"writd does not serve: {daemon.stderr.read().strip()}")
        yield socket, program, daemon
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(20)
        daemon.stderr.close()
        shutil.rmtree(place)


def resident_kib(daemon):
    """Proportional set size of the monitor and its front together."""
    children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
    total = 0
    for pid in [daemon.pid, *map(int, children)]:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total
