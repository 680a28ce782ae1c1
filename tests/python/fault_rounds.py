"""fault_rounds.py KIND SCENARIO - the scenario again and again; the first call fails, then
the second, and so on. Each round is a fork, with hosts of its own, and can be seen to
crash. Prints how many failed, and what went wrong.

KIND: "system", a call of the library or the extension to the system or for memory (for an
extension built with tests/fault/wrap.c); "interpreter", one of the interpreter's allocations.
"""
import asyncio
import collections
import ctypes
import gc
import json  # noqa: F401; the import of it by the first who asks does not bear failures
import os
import pickle
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "system"))

import writ  # noqa: E402
from processes import Process, children  # noqa: E402
from writ import aio  # noqa: E402

ROUND_S = 60
LEAVE_S = 20
ROUNDS_MAX = 20000
QUIET_ROUNDS = 20  # so many without an error one after the other: none is left to fail
SOON = {"timeout": 30, "grace": 0.05}


def check(r, output=None):
    """What is not right is said to be so."""
    if r.cause == "exited":
        assert r.exit_code == 3, r
        known = r.stdin.read_all is not False and not r.stdout_info.truncated
        if output is not None and known and not r.stdout_info.held_by_descendant:
            assert r.stdout == output, (r, r.stdin, r.stdout_info)


def run():
    check(writ.run(["sh", "-c", "cat; exit 3"], input=b"in", **SOON), b"in")


def asked():
    """Much to be read and much to be told."""
    r = writ.run(["sh", "-c", "exit 3"], env_set={"A": "b"}, env_keep=["C*"], limits={"core": (0, 0)},
                 teardown=[("TERM", 0.05)], text=True, cwd="/", umask=0o22, timeout=30)
    check(r, "")
    assert r.record["argv"] and r.usage and r.left_behind and r.stdin and repr(r)
    assert writ.plan(["true"], cwd="/") and writ.matches(os.getpid(), ["x"]) is False


async def both():
    runs = [aio.run(["sh", "-c", f"echo {n}; exit 3"], **SOON) for n in range(2)]
    for n, r in enumerate(await asyncio.gather(*runs, return_exceptions=True)):
        if isinstance(r, BaseException):
            raise r
        check(r, b"%d\n" % n)


def at_once():
    asyncio.run(both())


def process():
    with writ.Process(["sh", "-c", "cat; exit 3"], stdin=writ.PIPE, **SOON) as p:
        p.write(b"in")
        p.close_stdin()
        read = p.read(2)
        r = p.wait()
    check(r)
    if r.cause == "exited" and r.stdin.read_all and not r.stdout_info.truncated:
        assert read == b"in", r


async def elsewhere():
    check(await writ.offload(writ.run, ["sh", "-c", "echo x; exit 3"], **SOON), b"x\n")


def offload():
    asyncio.run(elsewhere())


def green():
    import eventlet
    eventlet.sleep(0)
    assert writ.offload(lambda: 3) == 3
    check(writ.run(["sh", "-c", "echo x; exit 3"], **SOON), b"x\n")


class System:
    def __init__(self):
        self.library = ctypes.CDLL(writ.run.__self__.__file__)
        self.library.wrap_failed.restype = ctypes.c_char_p
        self.begin = self.library.wrap_begin

    def end(self):
        self.library.wrap_end()
        return self.library.wrap_failed()


class Interpreter:
    def begin(self, n):
        import _testcapi
        if n > 0:
            _testcapi.set_nomemory(n, n + 1)

    def end(self):
        """Nobody tells whether one failed."""
        import _testcapi
        _testcapi.remove_mem_hooks()


def open_now():
    """What a run has, and what each host has; what a host keeps for later is its own affair."""
    kinds = collections.Counter()
    for name in os.listdir("/proc/self/fd"):
        try:
            what = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # that of the list
        if what.startswith("pipe:") or what in ("anon_inode:[eventpoll]", "anon_inode:[timerfd]"):
            kinds[what.partition(":")[0 if what.startswith("pipe") else 2]] += 1
    return kinds


def left():
    found = [Process(pid) for pid in children(os.getpid())]
    return [p for p in found if p.runs() and p.words[:2] != ["writ-launcher", "guard"]]


def in_a_fork(function, *args):
    """What it returns. Ends us with what is wrong if that is raised, or if it crashes."""
    ends = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(ROUND_S)
        try:
            os.close(ends[0])
            with open(ends[1], "wb") as out:
                out.write(pickle.dumps(function(*args)))
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
            os._exit(1)
        os._exit(0)
    os.close(ends[1])
    with open(ends[0], "rb") as told:
        data = told.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return pickle.loads(data) if status == 0 else sys.exit(f"{args}: status {status}")


def one(faults, scenario, n, usual):
    """One round; returns the call that failed or the error, or None, and what is open."""
    failed = None
    try:
        faults.begin(n)
        try:
            scenario()
        finally:
            failed = faults.end()
    except (OSError, MemoryError) as error:
        failed = failed or type(error).__name__
    scenario()  # and what comes after is as ever
    gc.collect()
    end = time.monotonic() + LEAVE_S
    while left() or (n > 0 and open_now() - usual):
        assert time.monotonic() < end, (failed, left(), open_now() - usual)
        time.sleep(0.002)
    return failed, open_now()


def main(kind, name):
    warnings.simplefilter("ignore", DeprecationWarning)
    faults = {"system": System, "interpreter": Interpreter}[kind]()
    scenario = globals()[name]
    if name == "green":
        import eventlet  # noqa: F401; once for all rounds
    quiet_max = 1 if kind == "system" else QUIET_ROUNDS
    usual = in_a_fork(one, faults, scenario, 0, None)[1]
    count = quiet = 0
    for n in range(1, ROUNDS_MAX):
        failed = in_a_fork(one, faults, scenario, n, usual)[0]
        quiet = 0 if failed else quiet + 1
        count += bool(failed)
        if quiet == quiet_max:
            break
    print(count)


if __name__ == "__main__":
    main(*sys.argv[-2:])
