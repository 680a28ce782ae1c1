"""Run by writ: writes what it was given into the file named by its argument, as JSON."""
import json
import os
import sys

names = [name for name in os.listdir("/proc/self/fd")]
links = {}
for name in names:
    try:
        links[name] = os.readlink(f"/proc/self/fd/{name}")
    except FileNotFoundError:  # the one that read the directory
        pass
terminal = None
try:
    os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    terminal = True
except OSError:
    terminal = False
with open(sys.argv[1] + ".new", "w", encoding="utf-8") as out:
    json.dump({"pid": os.getpid(), "ppid": os.getppid(), "sid": os.getsid(0), "pgid": os.getpgid(0), "links": links,
               "argv": sys.argv, "terminal": terminal, "cwd": os.getcwd(),
               "nonblocking": [fd for fd in map(int, links) if fd < 3 and not os.get_blocking(fd)]}, out)
os.rename(sys.argv[1] + ".new", sys.argv[1])
