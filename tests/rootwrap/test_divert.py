"""The old name leads to ours, and back, in an installation of its own."""
import shutil
import subprocess

import pytest

from programs import BOUND_S, OURS, ROOT, run

NAMES = ("neutron-rootwrap", "neutron-rootwrap-daemon")


@pytest.fixture
def tree(directory):
    """A system below a directory, with what the stock package installs."""
    if shutil.which("dpkg-divert") is None:
        pytest.skip("no dpkg-divert here")
    for name in ("usr/bin", "usr/sbin", "var/lib/dpkg/updates", "var/lib/dpkg/info"):
        (directory / name).mkdir(parents=True)
    for name in ("status", "diversions", "available"):
        (directory / "var/lib/dpkg" / name).touch()
    for name in NAMES:
        (directory / "usr/bin" / name).write_text("#!/bin/sh\necho stock\n")
        (directory / "usr/bin" / name).chmod(0o755)
    shutil.copy(OURS, directory / "usr/bin/writ-rootwrap")
    shutil.copy(OURS + "-daemon", directory / "usr/bin/writ-rootwrap-daemon")
    shutil.copy(ROOT / "src/rootwrap/writ-rootwrap-divert", directory / "usr/sbin")
    return directory


def divert(tree, *words):
    return subprocess.run([tree / "usr/sbin/writ-rootwrap-divert", "--root", tree, *words], capture_output=True,
                          text=True, timeout=BOUND_S, check=False)


def test_the_old_name_is_ours_and_the_stocks_again(tree, place_in):
    before = {path.name: path.read_bytes() for path in (tree / "usr/bin").iterdir()}
    assert divert(tree, "status", "neutron-rootwrap").returncode == 1
    done = divert(tree, "add", "neutron-rootwrap")
    assert done.returncode == 0, done
    assert divert(tree, "status", "neutron-rootwrap").returncode == 0
    old = tree / "usr/bin/neutron-rootwrap"
    assert run([old, place_in.conf, "echo", "x"]).stdout == "x\n"
    denied = run([old, place_in.conf, "nosuch"])
    assert denied.stderr == f"{old}: Unauthorized command: nosuch (no filter matched)\n"
    assert run([f"{old}.stock"]).stdout == "stock\n"
    assert divert(tree, "add", "neutron-rootwrap").returncode == 0  # again: nothing happens

    done = divert(tree, "remove", "neutron-rootwrap")
    assert done.returncode == 0, done
    assert {path.name: path.read_bytes() for path in (tree / "usr/bin").iterdir()} == before


def test_what_is_not_ours_is_left(tree):
    assert divert(tree, "add", "neutron-rootwrap").returncode == 0
    old = tree / "usr/bin/neutron-rootwrap"
    old.unlink()
    old.write_text("somebody's")
    done = divert(tree, "remove", "neutron-rootwrap")
    assert done.returncode == 1 and "not ours" in done.stderr
    assert old.read_text() == "somebody's"


def test_a_name_is_a_name(tree):
    for name in ("../x", "a/b", ".x", "", "-x"):
        assert divert(tree, "add", name).returncode == 1
    assert divert(tree, "nosuch", "x").returncode == 2
    assert divert(tree, "add").returncode == 2


@pytest.fixture
def place_in(place):
    return place.allow("echo: CommandFilter, echo, root")
