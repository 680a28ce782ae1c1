"""What the documents say is so: each example, each name, each stub."""
import ast
import asyncio
import doctest
import inspect
import re
from pathlib import Path

import pytest

import writ
import writ.aio
from conftest import ROOT

PAGE = ROOT / "docs" / "python.md"


ASKING = "## By the root helper writd"


def examples(text):
    return "".join(re.findall(r"^```python\n(.*?)^```", text, re.S | re.M))


def run_examples(text, names):
    """Returns how many there were."""
    test = doctest.DocTestParser().get_doctest(text, names, PAGE.name, str(PAGE), 0)
    told = []
    failed, tried = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(
        test, out=told.append)
    assert failed == 0, "".join(told)
    return tried


def test_the_examples_of_the_page_are_true():
    before, _, after = PAGE.read_text().partition(ASKING)
    assert run_examples(examples(before) + examples(after.partition("\n## ")[2]), {}) > 20


def test_the_examples_that_ask_writd_are_true(writd):
    section = PAGE.read_text().partition(ASKING)[2].partition("\n## ")[0]
    names = {"writ": writ, "asyncio": asyncio, "socket": str(writd.socket)}
    assert run_examples(examples(section), names) > 4


def test_every_name_of_writ_on_the_page_is_there():
    text = PAGE.read_text() + (ROOT / "README.md").read_text()
    for path in set(re.findall(r"\bwrit\.((?:aio\.|errors\.)?\w+)(?=\W)", text)) - {"aio", "c"}:
        found = writ
        for name in path.split("."):
            found = getattr(found, name)


def test_every_option_is_in_the_help_and_in_the_stub():
    asked = set(inspect.signature(writ.run).parameters)
    table = (ROOT / "src/python/request.c").read_text()
    there = set(re.findall(r'^\t\{ "(\w+)", option_\w+, (?:true|false) \},$', table, re.M))
    stub = stubs("__init__.pyi")["run"]
    listed = {arg.arg for arg in stub.args.kwonlyargs}
    assert asked - {"argv"} == there == listed
    for name in there:
        assert re.search(rf"\b{name}\b", writ.run.__doc__), name


def test_every_option_of_a_request_is_in_the_help_and_in_the_stub():
    table = (ROOT / "src/python/request.c").read_text()
    there = set(re.findall(r'^\t\{ "(\w+)", option_\w+ \},$', table, re.M)) | {"socket"}
    assert there == {arg.arg for arg in stubs("__init__.pyi")["ask"].args.kwonlyargs}
    for name in there:
        assert re.search(rf"\b{name}=", writ.ask.__doc__), name


def stubs(file):
    tree = ast.parse((ROOT / "python" / "writ" / file).read_text())
    return {node.name: node for node in tree.body if hasattr(node, "name")}


def members(node):
    return {item.name for item in node.body if hasattr(item, "name")} | \
        {item.target.id for item in node.body if isinstance(item, ast.AnnAssign)}


@pytest.mark.parametrize("module, file", [(writ, "__init__.pyi"), (writ.aio, "aio.pyi")])
def test_the_stubs_tell_what_is_there(module, file):
    for name, node in stubs(file).items():
        if name.startswith("_"):
            continue
        found = getattr(module, name)
        if not isinstance(node, ast.ClassDef):
            assert callable(found), name
            continue
        public = {member for member in dir(found) if not member.startswith("_")}
        own = {member for member in members(node) if not member.startswith("_")}
        inherited = {"args", "with_traceback", "add_note", "n_fields", "n_sequence_fields",
                     "n_unnamed_fields", "count", "index", "errno", "strerror", "filename",
                     "filename2", "characters_written"}
        base = set().union(*(members(stubs(file)[cls.__name__]) for cls in found.__mro__
                             if cls.__name__ in stubs(file)))
        own -= {"result"}  # of an instance
        assert own <= public, (name, own - public)
        assert public - inherited <= own | base, (name, public - inherited - own - base)


def test_every_public_name_is_in_a_stub():
    public = {name for name in dir(writ) if not name.startswith("_")}
    told = set(stubs("__init__.pyi")) | {"PIPE", "STDOUT", "NULL", "DEVNULL", "INHERIT", "aio", "green"}
    modules = {"broker", "errors", "waiting", "blocking", "dialog", "process", "pump", "agent"}
    assert public - modules <= told, public - modules - told


def test_no_file_of_tests_is_too_long():
    long = [path.name for path in Path(__file__).parent.glob("*.py") if path.read_text().count("\n") > 500]
    assert long == []
