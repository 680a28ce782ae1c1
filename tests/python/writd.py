"""writd for tests of the package: a real one, with a policy of the test's own."""
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "broker"))

from daemon import Daemon  # noqa: E402

POLICY = """
[Policy]
Allow=user:root

[Command shell]
Exec=/bin/sh -c {script:text} [{more:text}...]
User=root
StandardInput=peer
PassEnvironment=LEVEL:int(1..9)
TimeoutSec=60
"""


def sh(script, *more):
    return ["/bin/sh", "-c", script, *map(str, more)]


@pytest.fixture
def place():
    """A directory that only root can change: /tmp is everybody's."""
    if os.geteuid() != 0:
        pytest.skip("writd must be started by root")
    made = Path(tempfile.mkdtemp(prefix="writ-test-", dir="/run"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def writd(place):
    """It runs; `socket` is where."""
    made = Daemon(place)
    made.start(POLICY)
    yield made
    made.stop()
