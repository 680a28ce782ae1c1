#!/usr/bin/python3
"""Builds writ, runs every test, and counts them one by one.

usage: tools/check.py [--fault] [PATTERN]

The unit tests run plain and with AddressSanitizer and UBSan; those of the
suite "threads" with ThreadSanitizer too. Then come the system tests, those of the
Python package and of the drop-in for oslo.rootwrap, and the checks of the source. --fault runs only what makes calls fail: the suite "fault"
and the other tests with "fault" in their name. PATTERN is a part of the
name of a unit test's program, of a system or Python test, or of a check.

The last line is "N passed, N failed, N skipped"; all that was skipped is named
above it, with its reason.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PYTHON = ["/usr/bin/python3", "-B"]
CHECKS = ("layers.py", "size.py")
EXIT_SKIP = 77  # of a test program that is not cmocka's, as automake and meson have it

BUILD_MAX_S = 1800
PYTEST_MAX_S = 3600
CHECK_MAX_S = 120
SANITIZER_SLOWER = 4

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}
# gcc 12's TSan cannot run when the kernel spreads mappings wider than it knows.
TSAN_CANNOT = "FATAL: ThreadSanitizer: unexpected memory mapping"

CMOCKA_PLAN = re.compile(r"^1\.\.(\d+)$", re.M)
# Up to cmocka 1.1.5 a skipped test is "not ok N # SKIP name", later "ok N ...".
CMOCKA_TEST = re.compile(r"^(not ok|ok) \d+ (- |# SKIP )(.*)$", re.M)
# cmocka has no word for why: a test prints this line before it calls skip().
SKIP_REASON = re.compile(r"^# skip: (.*)$", re.M)


class Tally:
    """What came out, by name."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def fail(self, name, output=""):
        self.failed.append(name)
        print(f"FAILED {name}")
        for line in output.splitlines():
            print(f"    {line}")

    def skip(self, name, reason):
        self.skipped.append(f"{name}: {reason or 'no reason given'}")

    def result(self):
        for line in self.skipped:
            print(f"skipped: {line}")
        for line in self.failed:
            print(f"failed: {line}")
        if not self.passed and not self.failed:
            print("no test ran: that proves nothing", file=sys.stderr)
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        return 0 if self.passed and not self.failed else 1


def run(cmd, seconds, env=None, cwd=ROOT, capture=True):
    """Returns (status, output); a status that is not 0 when it did not end in time.

    The output goes to a file, not to a pipe: what a broken test leaves behind
    could hold a pipe open for ever.
    """
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(cmd, cwd=cwd, env={**os.environ, **(env or {})},
                                 stdin=subprocess.DEVNULL, stdout=out if capture else None,
                                 stderr=subprocess.STDOUT if capture else None,
                                 start_new_session=True)
        late = ""
        try:
            status = child.wait(seconds)
        except BaseException as why:
            # Not reaped yet, so the number of the group is still its own.
            os.killpg(child.pid, signal.SIGKILL)
            status = child.wait()
            if not isinstance(why, subprocess.TimeoutExpired):
                raise
            late = f"\nkilled: no end after {seconds} s\n"
        out.seek(0)
        return status, out.read().decode("utf-8", "replace") + late


def build(tally, flavour):
    status, output = run([str(ROOT / "dev"), "build", flavour], BUILD_MAX_S)
    if status != 0:
        tally.fail(f"build {flavour}", output)
    return status == 0


def meson_tests(build_dir, suite, pattern):
    """The test programs that meson.build declares; a suite reads "project:suite"."""
    tests = json.loads((build_dir / "meson-info" / "intro-tests.json").read_text())
    return [t for t in tests if pattern in t["name"]
            and (suite is None or any(s.split(":")[-1] == suite for s in t["suite"]))]


def count_cmocka(tally, program, output):
    """Counts the tests that `output` tells of; returns (told, planned)."""
    at = told = 0
    for match in CMOCKA_TEST.finditer(output):
        word, kind, test = match.groups()
        before, at, told = output[at:match.start()], match.end(), told + 1
        if kind == "# SKIP ":
            reason = SKIP_REASON.findall(before)
            tally.skip(f"{program}: {test}", reason[-1] if reason else "")
        elif word == "ok":
            tally.passed += 1
        else:
            tally.fail(f"{program}: {test}")
    return told, sum(int(n) for n in CMOCKA_PLAN.findall(output))


def build_dir(flavour):
    return BUILD if flavour == "unit" else BUILD / flavour


# As meson does, in the build directory: arguments that it made are relative to it.
def run_program(tally, flavour, test):
    program = f"{flavour}: {test['name']}"
    slower = 1 if flavour == "unit" else SANITIZER_SLOWER
    failed_before = len(tally.failed)
    status, output = run(test["cmd"], (test["timeout"] or 30) * slower,
                         {**SANITIZER_ENV, **test["env"], "CMOCKA_MESSAGE_OUTPUT": "TAP"},
                         test["workdir"] or build_dir(flavour))
    if TSAN_CANNOT in output:
        tally.skip(program, "TSan cannot run here; try sysctl vm.mmap_rnd_bits=28")
        return

    told, planned = count_cmocka(tally, program, output)
    if not planned and status == EXIT_SKIP:
        tally.skip(program, output.strip().splitlines()[-1] if output.strip() else "")
    elif not planned and status == 0:
        tally.passed += 1
    elif told != planned or (status != 0 and len(tally.failed) == failed_before):
        # It died between two tests, or leaked, or a test ended the program.
        tally.fail(f"{program}: status {status} after {told} of {planned} tests")
    if len(tally.failed) > failed_before:
        print(*("    " + line for line in output.splitlines()), sep="\n")


def run_unit(tally, suite, pattern):
    if not build(tally, "plain"):
        return False
    if not meson_tests(BUILD, None, ""):
        tally.fail("meson.build declares no unit test; was cmocka not found?")
    for name, flavour, only in (("unit", "plain", suite), ("asan", "asan", suite),
                                ("tsan", "tsan", "threads")):
        # Nothing is built for nothing.
        if name == "tsan" and suite or not meson_tests(BUILD, only, pattern):
            continue
        print(f"== {name}")
        if build(tally, flavour):
            for test in meson_tests(build_dir(name), only, pattern):
                run_program(tally, name, test)
    return True


def run_pytest(tally, suite, select, env=None):
    """Runs tests/SUITE, and counts what its report tells."""
    print(f"== {suite}")
    report = BUILD / f"{suite}.xml"
    report.unlink(missing_ok=True)
    failed_before = len(tally.failed)
    status, _ = run([*PYTHON, "-m", "pytest", f"tests/{suite}", "-q", "-p", "no:cacheprovider",
                     f"--junitxml={report}", *(["-k", select] if select else [])],
                    PYTEST_MAX_S, {"WRIT": str(BUILD / "src" / "cli" / "writ"),
                                   "WRIT_BUILD": str(BUILD), **(env or {})}, capture=False)
    cases = xml.etree.ElementTree.parse(report).iter("testcase") if report.exists() else ()
    for case in cases:
        name = f"{suite}: {case.get('classname')}: {case.get('name')}"
        name = name.replace(f"tests.{suite}.", "")
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.fail(name)  # pytest has already shown why
        elif skipped is not None:
            tally.skip(name, skipped.get("message"))
        else:
            tally.passed += 1
    # 5: no test was found, which is fine when only some were asked for.
    if status not in (0, 5 if select else 0) and len(tally.failed) == failed_before:
        tally.fail(f"{suite}: pytest ended with {status}")


def run_python(tally, select):
    package = BUILD / "python"
    if not list(package.glob("writ/_writ.*")):
        tally.fail("python: the package was not built; was python3-dev not found?")
        return
    run_pytest(tally, "python", select, {"PYTHONPATH": str(package)})


def run_checks(tally, pattern):
    print("== checks")
    for name in CHECKS:
        if pattern in name:
            status, output = run([*PYTHON, str(ROOT / "tools" / name)], CHECK_MAX_S)
            if status == 0:
                tally.passed += 1
            else:
                tally.fail(f"tools/{name}", output)


def main(args):
    fault = args[:1] == ["--fault"]
    pattern = "".join(args[1 if fault else 0:][:1])
    select = " and ".join(word for word in ("fault" if fault else "", pattern) if word)
    tally = Tally()
    sys.stdout.reconfigure(line_buffering=True)  # pytest writes to it as well
    if run_unit(tally, "fault" if fault else None, pattern):
        run_pytest(tally, "system", select)
        run_pytest(tally, "broker", select)
        run_python(tally, select)
        run_pytest(tally, "rootwrap", "" if pattern == "rootwrap" else select)
    if not fault:
        run_checks(tally, pattern)
    return tally.result()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
