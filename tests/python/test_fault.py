"""Whatever fails, and one after the other everything does, there is an error or a right
result, and nothing is left behind; fault_rounds.py."""
import shutil
from pathlib import Path

import pytest

from conftest import BUILD

ROUNDS = Path(__file__).with_name("fault_rounds.py")


@pytest.fixture
def rounds(script):
    def run(kind, scenario, **env):
        text = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"
        return int(script(text, ROUNDS, kind, scenario, env=env, seconds=300))
    return run


@pytest.fixture
def wrapped(tmp_path):
    """The package with an extension whose calls to the system can be made to fail."""
    shutil.copytree(BUILD / "python" / "writ", tmp_path / "writ",
                    ignore=shutil.ignore_patterns("_writ.*"))
    shutil.copy(BUILD / "tests" / "fault" / "_writ_fault.abi3.so", tmp_path / "writ" / "_writ.abi3.so")
    return {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize("scenario", ["run", "asked", "at_once", "process", "offload", "green"])
def test_a_call_to_the_system_fails(rounds, wrapped, scenario):
    assert rounds("system", scenario, **wrapped) > 40


def test_a_call_to_the_system_fails_where_a_launcher_is_needed(rounds, wrapped):
    assert rounds("system", "process", WRIT_CGROUP="none", **wrapped) > 40


def test_an_allocation_of_the_interpreter_fails(rounds):
    pytest.importorskip("_testcapi", reason="this Python has no _testcapi")
    assert rounds("interpreter", "asked") > 100
