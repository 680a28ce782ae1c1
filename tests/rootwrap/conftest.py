import os
import shutil
import tempfile
from pathlib import Path

import pytest

from programs import Place


@pytest.fixture
def directory():
    """A directory that is ours alone, below one that root owns."""
    path = Path(tempfile.mkdtemp(prefix="writ-rootwrap-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def place(directory):
    return Place(directory)


@pytest.fixture(params=["strict", "exact"])
def both(request, place):
    """A place in each mode."""
    return place.configure(request.param)


@pytest.fixture
def as_root():
    if os.geteuid() != 0:
        pytest.skip("only root may do what this test does")
