"""The programs of the drop-in, and those of the stock package, as a test runs them.

WRIT_BUILD is the build directory.
"""
import ast
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("WRIT_BUILD", ROOT / "build")).resolve()
OURS = str(BUILD / "src" / "rootwrap" / "writ-rootwrap")
OUR_DAEMON = OURS + "-daemon"
STOCK = "/usr/bin/oslo-rootwrap"
STOCK_DAEMON = "/usr/bin/oslo-rootwrap-daemon"
BOUND_S = 60

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}


def decode(data):
    return data.decode("utf-8", "surrogateescape")


@dataclass
class Outcome:
    status: int
    stdout: str
    stderr: str


def run(words, stdin=b"", env=None, **options):
    """Runs one to its end."""
    done = subprocess.run([os.fsencode(str(word)) for word in words], input=stdin,
                          capture_output=True, timeout=BOUND_S,
                          env={**ENVIRONMENT, **(env or {})}, **options)
    return Outcome(done.returncode, decode(done.stdout), decode(done.stderr))


class Place:
    """A configuration with its filters, in a directory of its own."""

    def __init__(self, path):
        self.path = path
        self.filters = path / "filters.d"
        self.bin = path / "bin"
        self.conf = path / "rootwrap.conf"
        self.filters.mkdir()
        self.bin.mkdir()
        self.mode = None
        self.configure()

    def configure(self, mode=None, exec_dirs="/usr/sbin,/usr/bin,/sbin,/bin", **keys):
        self.mode = mode
        lines = ["[DEFAULT]", f"filters_path={self.filters}", f"exec_dirs={exec_dirs}"]
        lines += [f"writ_mode={mode}"] if mode else []
        lines += [f"{key}={value}" for key, value in keys.items()]
        self.conf.write_text("\n".join(lines) + "\n")
        return self

    def allow(self, *lines, name="a.filters"):
        """A filter file of these lines."""
        text = "[Filters]\n" + "".join(f"{line}\n" for line in lines)
        (self.filters / name).write_text(text, errors="surrogateescape")
        return self

    def program(self, name, text="#!/bin/sh\nexit 0\n", mode=0o755):
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def run(self, *argv, **options):
        return run([OURS, self.conf, *argv], **options)

    def stock(self, *argv, **options):
        return run([STOCK, self.conf, *argv], **options)

    def check(self, *argv, **options):
        return run([OURS, "--check", self.conf, *argv], **options)

    def verdict(self, *argv, **options):
        return Verdict.of(self.check(*argv, **options))

    def reads(self):
        """What loading has to say."""
        return self.check().stderr


@dataclass(frozen=True)
class Verdict:
    """What --check tells of a command."""
    kind: str  # "run", "signal", "missing", "denied"
    name: str = None
    argv: tuple = None
    env: tuple = ()

    TOLD = re.compile(r"(?:strict|exact): (allowed by (\S+) \([^\n]*?:\d+\)(: signal \d+|, but there is "
                      r"no |: )(.*)|denied)", re.S)

    @classmethod
    def of(cls, outcome):
        assert outcome.status in (0, 1), outcome
        told = cls.TOLD.search(outcome.stdout)
        assert told, outcome
        if told[1] == "denied":
            return cls("denied")
        if told[3].startswith(": signal"):
            return cls("signal", told[2])
        if told[3].startswith(","):
            return cls("missing", told[2])
        argv, _, env = told[4].strip().partition("] with [")
        if env:
            return cls("run", told[2], tuple(ast.literal_eval(argv + "]")),
                       tuple(ast.literal_eval("[" + env)))
        return cls("run", told[2], tuple(ast.literal_eval(argv)))
