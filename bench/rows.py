"""What is measured against what, and the bound that each must reach."""

import os
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import filters
from build import PREFIX, TOP, WHERE, BuildFailed, call, shared_library
from broker import broker, resident_kib
from driver import (ENVIRONMENT, NOBODY, Driver, DriverFailed, Method, alternate, quartiles)

NOOP = WHERE / "noop"
SOAK_WARM = 1_000
SOAK_RUNS = 100_000
SOAK_GROWTH_MAX_KIB = 64
CODE_MAX_KIB = 150
SPAWN_LABEL = "posix_spawn+3 pipes"
SPAWN = Method(SPAWN_LABEL, "peer_spawn", (NOOP,))
PEERS = [
    Method("libuv", "peer_libuv", (NOOP,), runs=15),
    Method("GLib GSubprocess", "peer_glib", (NOOP,), runs=10),
    Method("Python subprocess.run", "peer_python.py", (NOOP,), runs=20),
    Method("Go os/exec Output()", "peer_go", (NOOP,), runs=20),
]
VFORK = Method("vfork+execve+wait (limit)", "peer_vfork", (NOOP,))


@dataclass(frozen=True)
class Scale:
    rounds: int
    long_rounds: int  # of rows whose rounds take seconds
    stream_rounds: int
    part: int  # runs are divided by it
    resident_mib: int
    stream_bytes: int
    soak_runs: int
    wave_rounds: int
    idle_children: int


FULL = Scale(201, 7, 11, 1, 4096, 4 << 30, SOAK_RUNS, 21, 10_000)
QUICK = Scale(41, 3, 5, 2, 1024, 256 << 20, 10_000, 5, 2_000)


@dataclass
class Row:
    """One line of the table. `value` is None when it was not measured."""
    section: str
    what: str
    peer: str
    value: float = None
    low: float = None
    high: float = None
    unit: str = ""
    sign: str = ""  # "<=", "<", ">=", or "" for what is for information
    bound: float = None
    aim: float = None
    ours_ns: float = None
    peer_ns: float = None
    peer_over_ours: float = None
    rounds: int = 0
    remark: str = ""
    failed: bool = False

    def give_up(self, why):
        """Not measured. A driver that broke is a failure; what is not there is not."""
        self.remark = str(why).replace(f"{TOP}/", "")
        self.failed = isinstance(why, DriverFailed) and not why.skip
        return self

    def verdict(self):
        if self.value is None:
            return "FAILED" if self.failed else "SKIPPED"
        if self.sign == "":
            return "info"
        reached = {"<=": self.value <= self.bound, "<": self.value < self.bound,
                   ">=": self.value >= self.bound}[self.sign]
        return "ok" if reached else "MISSED"


def resized(method, **changes):
    return Method(**{**method.__dict__, **changes})


def in_part(method, scale):
    return resized(method, runs=max(1, method.runs // scale.part))


def remark_of(seen):
    ours, theirs = seen.notes
    return f"{ours}; {theirs}" if ours else theirs


def compare(row, ours, theirs, rounds, throughput=False):
    """Fills `row` from one alternating run. A ratio is of times per run, ours
    over theirs; of throughputs it is the other way round."""
    try:
        seen = alternate(ours, theirs, rounds)
    except (DriverFailed, OSError) as failed:
        return row.give_up(failed)
    ratios = seen.ratios()
    inverse = [1 / ratio for ratio in ratios]
    row.low, row.value, row.high = quartiles(inverse if throughput else ratios)
    row.peer_over_ours = quartiles(inverse)[1]
    row.ours_ns = quartiles(seen.ours)[1]
    row.peer_ns = quartiles(seen.theirs)[1]
    row.rounds = rounds
    row.remark = remark_of(seen)
    return row


def writ_at(level, **changes):
    return Method("writ_run", "peer_writ", (NOOP,), ("--contain", level), **changes)


def small(scale):
    """A parent of a few MiB; the whole tree is guaranteed by a control group."""
    ours = in_part(writ_at("cgroup"), scale)
    what = "writ_run, cgroup"
    yield compare(Row("small", what, SPAWN_LABEL, sign="<=", bound=1.0, aim=0.95), ours,
                  in_part(SPAWN, scale), scale.rounds)
    yield compare(Row("small", what, VFORK.label, sign="<=", bound=1.8, aim=1.6), ours,
                  in_part(VFORK, scale), scale.rounds)
    # where the scheduler has no choice, it is the work that is compared
    for peer in (SPAWN, VFORK):
        yield compare(Row("small", f"{what}, one processor", peer.label),
                      resized(ours, one_processor=True),
                      resized(in_part(peer, scale), one_processor=True), scale.rounds)
    for peer in PEERS:
        yield compare(Row("small", what, peer.label, sign="<", bound=1.0),
                      resized(ours, runs=peer.runs * 2 // scale.part), in_part(peer, scale),
                      scale.rounds)


def nobody_can_run():
    if os.geteuid() != 0:
        return False
    try:
        return subprocess.run([NOOP], stdin=subprocess.DEVNULL, cwd="/", **NOBODY).returncode == 0
    except OSError:
        return False


def launcher(scale):
    """An ordinary user, who may write no control group: a launcher watches."""
    ours = in_part(writ_at("launcher"), scale)
    theirs = in_part(SPAWN, scale)
    what = "writ_run, launcher"
    if nobody_can_run():
        what += ", user nobody"
        ours = resized(ours, ordinary_user=True)
        theirs = resized(theirs, ordinary_user=True)
    else:
        what += ", level_max"
        ours = resized(ours, options=(*ours.options, "--level-max", "launcher"))
    yield compare(Row("launcher", what, SPAWN_LABEL, sign="<=", bound=2.2), ours, theirs,
                  scale.rounds)


def available_mib():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 0


def resident(scale):
    """A parent that has touched much memory. Two such at a time."""
    grown = ("--resident", scale.resident_mib)
    what = f"writ_run, cgroup, {scale.resident_mib / 1024:g} GiB parent"
    plans = [(SPAWN, Row("resident", what, SPAWN_LABEL, sign="<=", bound=1.15), 20, 20)]
    for peer in PEERS[:2]:
        plans.append((peer, Row("resident", what, peer.label, sign="<=", bound=0.01), 200, 3))
    for peer, row, our_runs, runs in plans:
        if available_mib() < 2 * scale.resident_mib + 1024:
            row.remark = f"not enough memory: {available_mib()} MiB available"
            yield row
            continue
        ours = writ_at("cgroup", runs=max(1, our_runs // scale.part))
        ours = resized(ours, options=(*grown, *ours.options))
        theirs = resized(peer, options=grown, runs=max(1, runs // scale.part))
        yield compare(row, ours, theirs, scale.rounds if peer is SPAWN else scale.long_rounds)


def needed_by(library):
    lines = call(["readelf", "-d", library]).splitlines()
    return [line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line]


def library_path(program):
    """What a program of this prefix needs to find its library, if it is not in it."""
    try:
        if any(name.startswith("libwrit") for name in needed_by(program)):
            return (("LD_LIBRARY_PATH", str(shared_library().parent)),)
    except (BuildFailed, OSError):
        pass  # that it is not there is said when it is to run
    return ()


def whole(scale):
    """Whole commands, as another program starts them."""
    writ = PREFIX / "bin" / "writ"
    ours = Method("writ run", "whole", (writ, "run", "--timeout", "10", "--", NOOP), runs=15,
                  environment=library_path(writ))
    peers = [(["timeout", "10", NOOP], 1.0), (["setpriv", "--no-new-privs", NOOP], None),
             (["tini", "-s", "--", NOOP], None), (["bwrap", "--dev-bind", "/", "/", NOOP], None)]
    for command, bound in peers:
        words = [word if word is not NOOP else "noop" for word in command]
        row = Row("whole", "writ run --timeout 10", " ".join(words), bound=bound,
                  sign="" if bound is None else "<=")
        path = shutil.which(command[0], path=ENVIRONMENT["PATH"])
        if path is None:
            row.remark = f"{command[0]} is not installed"
            yield row
            continue
        theirs = Method(command[0], "whole", (path, *command[1:]), runs=15)
        yield compare(row, in_part(ours, scale), in_part(theirs, scale), scale.rounds)


def stream(scale):
    """Much output, handed to a callback. The bare loop gets a pipe of the same capacity."""
    command = (WHERE / "producer", scale.stream_bytes)
    ours = Method("writ_run", "stream_writ", command, runs=1)
    row = Row("stream", f"{scale.stream_bytes / (1 << 30):g} GiB to a callback, bytes/s",
              "bare read loop", sign=">=", bound=0.9)
    try:
        with Driver(ours) as asked:
            capacity = asked.note
    except (DriverFailed, OSError) as failed:
        yield row.give_up(failed)
        return
    theirs = Method("read loop", "stream_read", command, ("--capacity", capacity), runs=1)
    row = compare(row, ours, theirs, scale.stream_rounds, throughput=True)
    if row.value is not None:
        row.remark = (f"{scale.stream_bytes / row.ours_ns:.2f} against "
                      f"{scale.stream_bytes / row.peer_ns:.2f} GB/s, pipe of {capacity} bytes")
    yield row


def soak(scale):
    """Many runs in one process: nothing may grow."""
    what = f"growth from {SOAK_WARM:,} to {scale.soak_runs:,} runs"
    memory = Row("soak", what, "resident memory", unit="KiB", sign="<=",
                 bound=SOAK_GROWTH_MAX_KIB)
    descriptors = Row("soak", what, "descriptors", sign="<=", bound=0)
    try:
        with Driver(Method("writ_run", "peer_writ", (NOOP,))) as driver:
            driver.ns_per_run(SOAK_WARM - 1)  # one it did by itself
            before = driver.stat()
            ns = driver.ns_per_run(scale.soak_runs - SOAK_WARM)
            after = driver.stat()
            note = f"{driver.note}; {ns / 1000:.0f} us per run"
    except (DriverFailed, OSError) as failed:
        yield from (memory.give_up(failed), descriptors.give_up(failed))
        return
    memory.value = after["rss_kib"] - before["rss_kib"]
    memory.remark = f"{before['rss_kib']} -> {after['rss_kib']} KiB; {note}"
    descriptors.value = after["descriptors"] - before["descriptors"]
    descriptors.remark = f"{before['descriptors']} -> {after['descriptors']}"
    yield from (memory, descriptors)


def wave(scale):
    """Many short programs on one loop."""
    ours = Method("writ", "many_writ", (NOOP,), runs=1)
    theirs = Method("libuv", "many_libuv", (NOOP,), runs=1)
    yield compare(Row("wave", "1,000 programs, 64 at a time, one loop", "libuv", sign="<=",
                      bound=round(1 / 1.3, 2)), ours, theirs, scale.wave_rounds)


def idle_words(program, count, length):
    done = subprocess.run([WHERE / program, str(count), WHERE / "pause"], cwd="/",
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=ENVIRONMENT)
    words = done.stdout.split()
    if done.returncode != 0 or len(words) != length:
        raise DriverFailed(f"{program} {count}: {done.stdout}{done.stderr}".strip())
    return words


def idle_once(count):
    """{ns, bytes, descriptors} per child, with so many at once."""
    words = idle_words("idle_writ", count, 4)
    return {"ns": int(words[0]), "bytes": int(words[1]), "descriptors": int(words[2]),
            "level": words[3]}


def idle_bare_growth(count):
    """How much dearer a child is among so many than among 100, without a library."""
    few = [int(idle_words("idle_bare", 100, 1)[0]) for _ in range(count // 100)]
    return int(idle_words("idle_bare", count, 1)[0]) / statistics.median(few)


def idle(scale):
    """Many children at once: what each costs must not grow with their number."""
    what = f"{scale.idle_children:,} children at once, per child"
    time = Row("idle", what, "100 children at once", sign="<=", bound=1.5)
    memory = Row("idle", what, "memory of the parent", unit="bytes", sign="<=", bound=3 * 1024)
    descriptors = Row("idle", what, "descriptors", sign="<=", bound=1)
    crowd, few, limit = [], [], []
    try:
        for _ in range(scale.long_rounds):
            crowd.append(idle_once(scale.idle_children))
            # as much work, so that one is disturbed as long as the other
            times = [idle_once(100)["ns"] for _ in range(scale.idle_children // 100)]
            few.append(statistics.median(times))
            limit.append(idle_bare_growth(scale.idle_children))
    except (DriverFailed, OSError) as failed:
        for row in (time, memory, descriptors):
            yield row.give_up(failed)
        return
    ratios = [many["ns"] / small for many, small in zip(crowd, few)]
    time.low, time.value, time.high = quartiles(ratios)
    time.ours_ns = statistics.median(many["ns"] for many in crowd)
    time.peer_ns = statistics.median(few)
    time.peer_over_ours = 1 / time.value
    time.rounds = scale.long_rounds
    time.remark = (f"started, one signal each, reaped; {crowd[0]['level']}; "
                   f"the kernel's work alone, without a library: {statistics.median(limit):.2f}")
    memory.value = max(many["bytes"] for many in crowd)
    descriptors.value = max(many["descriptors"] for many in crowd)
    yield from (time, memory, descriptors)


def launcher_bytes(library):
    """The launcher is a program inside the library: not code that the caller runs."""
    total = 0
    for line in call(["nm", "-S", library]).splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "rRdD" and words[3] == "launcher_blob":
            total += int(words[1], 16)
    return total


def python(scale):
    """The Python package, called as its users call it."""
    package = PREFIX / "lib" / "python3" / "dist-packages"
    if not package.exists():
        yield Row("python", "writ.run", "").give_up("the package was not built: python3-dev is missing")
        return
    path = (("PYTHONPATH", str(package)),)
    ours = in_part(Method("writ.run", "peer_writ_python.py", (NOOP,), environment=path, runs=20), scale)
    theirs = in_part(PEERS[2], scale)
    for what, changes in (("writ.run", {}), ("writ.run, one processor", {"one_processor": True})):
        yield compare(Row("python", what, theirs.label, sign="<=", bound=0.8),
                      resized(ours, **changes), resized(theirs, **changes), scale.rounds)
    yield compare(Row("python", "writ.aio.run", "asyncio, communicate()", sign="<=", bound=0.6),
                  resized(ours, options=("--aio",)),
                  resized(theirs, driver="peer_asyncio.py"), scale.rounds)


CROWD = 64
CROWD_S = 1.0


def crowd(program, count, command, **environment):
    """(runs a second in all, runs of the slowest over those of the mean)"""
    done = subprocess.run([WHERE / program, str(count), str(CROWD_S), command], cwd="/",
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**ENVIRONMENT, **environment})
    words = done.stdout.split()
    if done.returncode != 0 or len(words) != 2:
        raise DriverFailed(f"{program}: {done.stdout}{done.stderr}".strip())
    runs, least = map(int, words)
    return runs / CROWD_S, least * count / max(runs, 1)


def fill_crowd(rate, fairness, socket, program, rounds):
    rates, shares = [], []
    for _ in range(rounds):
        asked, share = crowd("crowd_ask", CROWD, program, WRIT_SOCKET=str(socket))
        direct, _ = crowd("crowd_writ", os.cpu_count(), program)
        rates.append(asked / direct)
        shares.append(share)
    rate.low, rate.value, rate.high = quartiles(rates)
    fairness.low, fairness.value, fairness.high = quartiles(shares)
    rate.rounds = fairness.rounds = rounds


def ask(scale):
    """Asking writd for runs, and what it is when nobody asks."""
    rows = [Row("ask", "writ_ask, User= and TimeoutSec=", "writ_run, direct", sign="<=", bound=2.0),
            Row("ask", f"rate of {CROWD} peers at once", "writ_run on all processors", sign=">=",
                bound=0.7),
            Row("ask", "the slowest of them", "the mean", sign=">=", bound=0.5),
            Row("ask", "writd, idle, 1,000 rules", "both processes, PSS", unit="KiB", sign="<=",
                bound=5 * 1024)]
    try:
        with broker() as (socket, program, _):
            ours = Method("writ_ask", "peer_ask", (program,),
                          environment=(("WRIT_SOCKET", str(socket)),))
            compare(rows[0], in_part(ours, scale), in_part(writ_at("cgroup"), scale), scale.rounds)
            fill_crowd(rows[1], rows[2], socket, program, scale.long_rounds)
        with broker(rules=1000) as (_, _, daemon):
            rows[3].value = resident_kib(daemon)
    except (DriverFailed, OSError) as failed:
        rows = [row if row.value is not None else row.give_up(failed) for row in rows]
    yield from rows


def rootwrap(scale):
    """In the place of oslo.rootwrap: the daemon with the stock client, and one command."""
    stock = shutil.which("oslo-rootwrap", path=ENVIRONMENT["PATH"])
    if stock is None:
        yield Row("rootwrap", "writ-rootwrap", "oslo-rootwrap",
                  remark="python3-oslo.rootwrap is not installed")
        return
    conf = filters.write(WHERE / "rootwrap", NOOP)
    ours = PREFIX / "bin" / "writ-rootwrap"
    daemon = Method("writ-rootwrap-daemon", "peer_rootwrap.py", (f"{ours}-daemon", conf, "noop"), runs=20)
    yield compare(Row("rootwrap", "stock client, our daemon: rate", "oslo-rootwrap-daemon", sign=">=", bound=9),
                  daemon, resized(daemon, label="stock daemon", command=(f"{stock}-daemon", conf, "noop"), runs=5),
                  min(scale.rounds, 41), throughput=True)
    once = Method("writ-rootwrap", "whole", (ours, conf, "noop"), runs=15)
    yield compare(Row("rootwrap", "writ-rootwrap CONF noop: rate", "oslo-rootwrap CONF noop", sign=">=", bound=300),
                  once, resized(once, command=(stock, conf, "noop"), runs=1), scale.long_rounds,
                  throughput=True)
    for words in (["sudo", "-n", NOOP], ["doas", "-n", NOOP]):
        row = Row("rootwrap", "writ-rootwrap CONF noop", " ".join([*words[:-1], "noop"]), sign="<", bound=1.0)
        path = shutil.which(words[0], path=ENVIRONMENT["PATH"])
        if path is None or words[0] == "doas" and not Path("/etc/doas.conf").exists():
            row.remark = f"{words[0]} is not installed, or there is no doas.conf that permits it"
            yield row
            continue
        yield compare(row, once, resized(once, command=(path, *words[1:])), min(scale.rounds, 41))


def size(_):
    """The code of the library, as it would be installed, and what it needs."""
    code = Row("size", "stripped text+data", "the shared library", unit="KiB", sign="<=",
               bound=CODE_MAX_KIB)
    needs = Row("size", "libraries needed", "but libc", sign="<=", bound=0)
    try:
        library = shared_library()
        stripped = WHERE / "libwrit.stripped.so"
        call(["strip", "--strip-unneeded", "-o", stripped, library])
        text, data = map(int, call(["size", stripped]).splitlines()[1].split()[:2])
        launched = launcher_bytes(library)
        needed = needed_by(library)
    except (BuildFailed, OSError) as failed:
        yield from (code.give_up(failed), needs.give_up(failed))
        return
    code.value = (text + data - launched) / 1024
    code.remark = f"text {text} + data {data} - launcher {launched} bytes"
    needs.value = sum(not name.startswith("libc.") for name in needed)
    needs.remark = " ".join(needed)
    yield from (code, needs)


# What is asked of a decision, in microseconds.
DECISIONS = {
    "usual-accept": ("a usual command, allowed", 5),
    "usual-refuse": ("a usual command, refused", 5),
    "last-accept": ("500 rules, the last of 200 arguments differs", 50),
    "last-refuse": ("the same, refused", 50),
    "globs-accept": ("500 rules, a pattern each, 200 arguments", 50),
    "globs-refuse": ("the same, refused", 50),
    "order-accept": ("40 options in any order", 50),
    "ranges-accept": ("500 rules that all fit each argument", 50),
    "ranges-refuse": ("the same, refused", 50),
}


def policy(_):
    """A decision of the root helper's policy, by the clock: it has no peer."""
    try:
        lines = call([WHERE / "policy_match"]).splitlines()
    except (BuildFailed, OSError) as failed:
        yield Row("policy", "a decision", "the clock").give_up(failed)
        return
    for name, nanoseconds in (line.split() for line in lines if line.startswith(tuple(DECISIONS))):
        what, bound = DECISIONS[name]
        row = Row("policy", what, "10,000 other rules", unit="us", sign="<=",
                  bound=bound)
        row.value = int(nanoseconds) / 1000
        yield row


SECTIONS = {function.__name__: function
            for function in (small, launcher, resident, whole, stream, wave, idle, soak, python,
                             ask, policy, rootwrap, size)}


def peers(scale):
    """The peers against each other, without the library: a look at the machine."""
    for peer in [VFORK, *PEERS]:
        yield compare(Row("peers", peer.label, SPAWN_LABEL), in_part(peer, scale),
                      in_part(SPAWN, scale), scale.rounds)
    grown = ("--resident", scale.resident_mib)
    for peer in PEERS[:2]:
        yield compare(Row("peers", f"{peer.label}, {scale.resident_mib} MiB parent", SPAWN_LABEL),
                      resized(peer, options=grown, runs=3),
                      resized(SPAWN, options=grown, runs=100), scale.long_rounds)
