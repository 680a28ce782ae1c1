"""The command `writ`, as a test runs it.

WRIT is its path (build/src/cli/writ), WRIT_BUILD the build directory.
"""
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("WRIT_BUILD", ROOT / "build")).resolve()
WRIT = Path(os.environ.get("WRIT", BUILD / "src" / "cli" / "writ")).resolve()

ORDINARY_UID = 65534  # nobody: owns nothing, and is everywhere
AS_ORDINARY = ["setpriv", f"--reuid={ORDINARY_UID}", f"--regid={ORDINARY_UID}", "--clear-groups"]


@dataclass
class Outcome:
    status: int  # 128 + N when a signal ended writ itself
    stdout: str
    stderr: str
    record: dict  # None: none was written

    def check(self, status=0):
        assert self.status == status, self
        return self


def decode(data):
    return (data or b"").decode("utf-8", "surrogateescape")


class Writ:
    """The command, as one kind of user, in one kind of containment."""

    def __init__(self, place, prefix=(), env=None):
        self.path = str(WRIT)
        self.place = place
        self.prefix = list(prefix)
        self.env = {key: value for key, value in os.environ.items() if key != "WRIT_CGROUP"}
        self.env.update(env or {})
        self.level = None
        self.count = 0
        self.started = []

    def __call__(self, *args, stdin=subprocess.DEVNULL, seconds=60, **options):
        """Runs the command to its end; `stdin` may be text or bytes."""
        data = stdin if isinstance(stdin, (str, bytes)) else None
        child = self.start(*args, stdin=subprocess.PIPE if data is not None else stdin, **options)
        return self.finish(child, data, seconds)

    def run(self, *args, **options):
        """`writ run` with a record."""
        return self("run", "--record", self.new_record(), *args, **options)

    def new_record(self):
        self.count += 1
        return str(self.place / f"record-{self.count}.json")

    def start(self, *args, env=None, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options):
        args = [os.fspath(arg) for arg in args]
        command = [*self.prefix, self.path, *args]
        child = subprocess.Popen(command, env={**self.env, **(env or {})}, stdout=stdout,
                                 stderr=stderr, cwd=options.pop("cwd", self.place), **options)
        child.record = args[args.index("--record") + 1] if "--record" in args[:-1] else None
        self.started.append(child)
        return child

    def start_run(self, *args, **options):
        return self.start("run", "--record", self.new_record(), *args, **options)

    def finish(self, child, data=None, seconds=60):
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogateescape")
        stdout, stderr = child.communicate(data, seconds)
        status = child.returncode if child.returncode >= 0 else 128 - child.returncode
        return Outcome(status, decode(stdout), decode(stderr), read_record(child.record))

    def close(self):
        for child in self.started:
            if child.poll() is None:
                child.kill()
                child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe and not pipe.closed:
                    pipe.close()


def read_record(path):
    if path is None or path.startswith(("fd:", "/dev/", "/proc/")):
        return None
    try:
        text = Path(path).read_text()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    if not text:
        return None
    assert text.endswith("\n") and text.count("\n") == 1, f"a record is one line: {text!r}"
    return json.loads(text)


def why_no_cgroup():
    """None if runs of this user get control groups, else what `writ doctor` says."""
    answer = subprocess.run([WRIT, "doctor", "--json"], stdout=subprocess.PIPE, check=True,
                            env={k: v for k, v in os.environ.items() if k != "WRIT_CGROUP"})
    finding = {f["subject"]: f for f in json.loads(answer.stdout)["findings"]}["cgroup"]
    return None if finding["good"] else finding["state"]


def make(place, level=None):
    made = Writ(place, AS_ORDINARY if level == "ordinary" else (),
                {"WRIT_CGROUP": "none"} if level == "launcher" else {})
    if level == "ordinary":
        made.path = for_all(place)
        made.env["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    made.level = {"cgroup": "cgroup", None: None}.get(level, "launcher")
    return made


def for_all(place):
    """The command where an ordinary user can reach it."""
    try:
        if subprocess.run([*AS_ORDINARY, WRIT, "--version"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return str(WRIT)
    except PermissionError:
        pass
    return shutil.copy(WRIT, place / "writ")


def group_mount():
    for line in Path("/proc/self/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2":
            return Path(line.split()[1])
    return None
