"""The package that is installed works, also after its tree was moved."""
import glob
import os
import subprocess

import pytest

from conftest import BUILD


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    place = tmp_path_factory.mktemp("install")
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", place / "first"],
                   check=True, stdout=subprocess.DEVNULL)
    (place / "first").rename(place / "second")
    package, = place.glob("second/**/lib/python3/dist-packages")
    return package


def test_it_needs_nothing_but_its_path(moved):
    text = ("import writ; print(writ.__file__, writ.run(['echo', 'x']).stdout, "
            "writ.aio.__name__, writ.Process.__name__, writ.green.__name__, writ.offload(int))")
    done = subprocess.run(["/usr/bin/python3", "-B", "-c", text], stdout=subprocess.PIPE, text=True,
                          check=True, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(moved)})
    assert done.stdout == f"{moved}/writ/__init__.py b'x\\n' writ.aio Process writ.green 0\n"


def test_its_stubs_and_their_mark_are_there(moved):
    names = {path.name for path in (moved / "writ").iterdir()}
    assert {"py.typed", "__init__.pyi", "aio.pyi", "_writ.abi3.so"} <= names
    sources = {path.name for path in (BUILD / "python" / "writ").glob("*.py*")}
    assert sources - {"__pycache__"} <= names


def test_it_looks_for_no_library(moved):
    told = subprocess.run(["readelf", "-d", moved / "writ" / "_writ.abi3.so"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    assert "writ" not in told.replace("_writ.abi3.so", "") and "RPATH" not in told and "RUNPATH" not in told


EVERYTHING = """
import asyncio, sys, writ
from writ import aio
assert writ.run(["cat"], input=b"x", check=True).stdout == b"x"
with writ.Process(["cat"], stdin=writ.PIPE) as p:
    p.write(b"y\\n")
    assert p.readline() == b"y\\n" and p.identity.alive()
async def main():
    async with aio.Process(["cat"], stdin=writ.PIPE) as p:
        await p.write(b"z")
        p.close_stdin()
        assert await p.read() == b"z"
    assert await writ.offload(lambda: 3) == 3
    return (await aio.run(["echo", "a"])).stdout
assert asyncio.run(main()) == b"a\\n"
for call in lambda: writ.run(["no-such"]), lambda: writ.run(["true"], cwd=3), lambda: writ.Identity("x"):
    try: call()
    except (OSError, TypeError, ValueError): pass
r = writ.run(["true"])
r.record, r.usage, r.left_behind, r.stdout_info, repr(r), writ.tree(), writ.plan(["true"])
print("fine")
"""


def interpreters():
    """Each Python from 3.9 on that is here, but for free-threaded ones."""
    paths = glob.glob("/usr/bin/python3.*")
    paths += glob.glob(os.environ.get("PYENV_ROOT", "/nowhere") + "/versions/*/bin/python3")
    for path in sorted(paths):
        asked = subprocess.run([path, "-c", "import sys; print(sys.version_info >= (3, 9), sys.abiflags)"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if asked.stdout.split() == ["True"]:
            yield path


@pytest.mark.parametrize("path", interpreters())
def test_every_python_here_can_use_it(moved, path):
    done = subprocess.run([path, "-B", "-X", "dev", "-c", EVERYTHING], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": str(moved)})
    assert done.stdout == "fine\n"
