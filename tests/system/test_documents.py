"""What the documents say about tests is true."""
import re
from pathlib import Path

import pytest

from command import ROOT

NAME = re.compile(r"`([\w/]+\.(?:py|c))::(\w+)`")


def names_in(file):
    """The names of the tests that a file has."""
    path = ROOT / "tests" / ("system" if file.endswith(".py") else "unit") / file
    assert path.is_file(), f"no such file: {path}"
    pattern = r"^def (test_\w+)\(" if file.endswith(".py") else r"^(\w+)\(void(?: \*\*\w+)?\)"
    return set(re.findall(pattern, path.read_text(), re.M))


@pytest.mark.parametrize("document", ["gotchas.md", "containment.md"])
def test_every_test_that_a_document_names_is_there(document):
    named = NAME.findall((ROOT / "docs" / document).read_text())
    missing = [f"{file}::{test}" for file, test in named if test not in names_in(file)]
    assert named and not missing, missing


def test_each_of_the_89_rows_has_a_test_or_a_reason():
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", (ROOT / "docs" / "gotchas.md").read_text(), re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, 90))
    reasons = ("does not apply", "as 81", "a matter of time", "cannot be helped")
    assert [number for number, _, proof in rows if not NAME.search(proof) and not proof.startswith(reasons)] == []


def test_each_number_in_the_table_of_containment_has_its_test():
    text = (ROOT / "docs" / "containment.md").read_text()
    used = set(re.findall(r"\((\d+)\)", text))
    listed = re.findall(r"^(\d+)\. `test_containment\.py::", text, re.M)
    assert used == set(listed) and len(listed) == len(set(listed))


def test_no_file_of_tests_is_too_long():
    long = [path.name for path in Path(__file__).parent.glob("*.py") if path.read_text().count("\n") > 500]
    assert long == []
