"""Long-lived driver processes, and one alternating run of two of them."""

import select
import statistics
import subprocess
from dataclasses import dataclass, field

from build import WHERE

ANSWER_MAX_S = 900
STATUS_SKIP = 77  # of a driver: this machine cannot do that
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/",
               "LANG": "C.UTF-8"}
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


class DriverFailed(Exception):
    def __init__(self, why, status=None):
        super().__init__(why)
        self.skip = status == STATUS_SKIP


@dataclass(frozen=True)
class Method:
    """How a driver is started, and how many runs it does in a round."""
    label: str
    driver: str
    command: tuple
    options: tuple = ()
    runs: int = 40  # some 5 ms: what disturbs the machine lasts longer
    ordinary_user: bool = False
    one_processor: bool = False
    environment: tuple = ()

    def argv(self):
        start = ["taskset", "-c", "0"] if self.one_processor else []
        start += [str(WHERE / self.driver)]
        if self.driver.endswith(".py"):
            start.insert(-1, "/usr/bin/python3")
        return [*start, *map(str, self.options), *map(str, self.command)]


class Driver:
    """One process; `with` ends it."""

    def __init__(self, method):
        self.method = method
        self.process = None
        self.note = ""

    def __enter__(self):
        who = NOBODY if self.method.ordinary_user else {}
        self.process = subprocess.Popen(
            self.method.argv(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, bufsize=0, cwd="/",
            env={**ENVIRONMENT, **dict(self.method.environment)}, **who)
        try:
            self.note = self.answer().removeprefix("ready").strip()
        except DriverFailed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def answer(self):
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_MAX_S)
        if not ready:
            self.process.kill()
            raise DriverFailed(f"{self.method.label}: no answer in {ANSWER_MAX_S} s")
        line = self.process.stdout.readline().decode()
        if not line:
            self.process.wait()
            why = self.process.stderr.read().decode().strip() or "no reason given"
            raise DriverFailed(f"{self.method.label}: ended with "
                               f"{self.process.returncode}: {why}", self.process.returncode)
        return line.strip()

    def ask(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
        except BrokenPipeError:
            pass  # answer() says why
        return self.answer()

    def ns_per_run(self, runs):
        return int(self.ask(f"go {runs}")) / runs

    def stat(self):
        rss_kib, huge_kib, descriptors = map(int, self.ask("stat").split())
        return {"rss_kib": rss_kib, "huge_kib": huge_kib, "descriptors": descriptors}


@dataclass
class Alternation:
    """The rounds of two methods: ns per run of each, in the order of the rounds."""
    ours: list = field(default_factory=list)
    theirs: list = field(default_factory=list)
    notes: tuple = ("", "")

    def ratios(self):
        return [a / b for a, b in zip(self.ours, self.theirs)]


def quartiles(values):
    """(first quartile, median, third quartile)"""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def alternate(ours, theirs, rounds):
    """A, B, A, B ...: what disturbs the machine for longer than a round
    disturbs both alike. The first round warms up, and does not count."""
    seen = Alternation()
    with Driver(ours) as a, Driver(theirs) as b:
        seen.notes = (a.note, b.note)
        for number in range(rounds + 1):
            ns_ours = a.ns_per_run(ours.runs)
            ns_theirs = b.ns_per_run(theirs.runs)
            if number > 0:
                seen.ours.append(ns_ours)
                seen.theirs.append(ns_theirs)
    return seen
