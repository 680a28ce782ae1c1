"""Shell programs that leave something behind, or will not go.

Each writes the pids of what it leaves into the file `pids`, a line each, and
then what `leader` says: goes on or ends.
"""
import os
import shutil
import subprocess

import pytest

from command import AS_ORDINARY

SLEEP = "sleep 1000"
# sh -c '...': $$ stays the pid of the shell whatever exec makes of it
SELF = "echo $$ >> pids"

LEFT = {
    "background": f"sh -c '{SELF}; exec {SLEEP}' &",
    "setsid": f"setsid sh -c '{SELF}; exec {SLEEP}' &",
    "double fork": f"(setsid sh -c '{SELF}; exec {SLEEP}' &) ; (sh -c '{SELF}; exec {SLEEP}' &)",
    "ignoring TERM": f"sh -c 'trap \"\" TERM HUP INT QUIT; {SELF}; exec {SLEEP}' &",
    "stopped": f"sh -c '{SELF}; kill -STOP $$; exec {SLEEP}' &",
    "no standard streams": f"setsid sh -c '{SELF}; exec {SLEEP}' <&- >&- 2>&- &",
}
COUNT = {"double fork": 2}

# A process that forks and ends, again and again: never the same pid. It ends by
# itself after a minute, should nobody manage to end it.
HOPPER = """
import os, sys, time
end = time.monotonic() + 60
os.setsid() if "setsid" in sys.argv else None
first = True
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    if first:
        with open("pids", "a") as out:
            out.write(f"{os.getpid()}\\n")
    first = False
"""


def hoppers(count=4, *args):
    words = " ".join(args)
    return f"for i in {' '.join(map(str, range(count)))}; do /usr/bin/python3 -I -c '{HOPPER}' {words} & done"


def script(case, leader=f"exec {SLEEP}"):
    """What leaves that behind, waits until it is there, and then does `leader`."""
    return (f"{LEFT[case]}\nwhile [ \"$(wc -l 2>/dev/null <pids)\" != {COUNT.get(case, 1)} ]; do sleep 0.01; done\n"
            f"{SELF}; {leader}")


def setuid_root(place):
    """A program by which an ordinary user gets a process that is not its own."""
    path = shutil.copy(shutil.which("setpriv"), place / "become-root")
    os.chmod(path, 0o4755)
    probe = subprocess.run([*AS_ORDINARY, path, "--reuid=0", "id", "-u"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False)
    if probe.stdout != b"0\n":
        pytest.skip("setuid programs do not work in /tmp here")
    return path


OF_ROOT = f"./become-root --reuid=0 --regid=0 --clear-groups sh -c 'echo $$ >> pids; exec {SLEEP}' >/dev/null 2>&1 &"
