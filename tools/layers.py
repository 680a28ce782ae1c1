#!/usr/bin/python3
"""Checks who knows whom: includes go downward, never sideways or up.

usage: tools/layers.py [TREE]

Prints each violation as FILE:LINE: WHAT; ends with 1 if there is any. The
picture behind the table is in docs/ARCHITECTURE.md.
"""
import re
import sys
from os.path import normpath
from pathlib import Path

KNOWS = {  # a part, and the parts below it; all may include the public headers
    "base": "",
    "os": "base",
    "loop": "os base",
    "wire": "base",
    "proc": "loop os base",
    "policy": "base",
    "store": "policy base",  # directories of policies, for the programs that read them
    "audit": "os base",
    "client": "wire os base",
    "cli": "policy store audit",
    "rootwrap": "",
    "python": "",
    "broker": "wire policy store audit base",
}
# What runs between clone and exec shares its caller's memory: its own headers,
# which are as careful as it is, and those of the system.
CHILD = "src/os/linux/child.c"
CHILD_KNOWS = {"child.h", "plan.h", "step.h", "sys.h"}

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
PLATFORM = re.compile(r"\s*#\s*(?:el)?if.*\b(__linux__|_WIN32|__APPLE__|__x86_64__|__aarch64__)\b")
PLATFORM_MAY = ("src/os/", "include/writ/base.h")
NAMES_SAYING_NOTHING = {"util", "utils", "misc", "common", "helpers", "internal", "private"}


def include_fault(tree, file, quote, name):
    """What is wrong with `file` including `name`, or None."""
    first = name.partition("/")[0]
    if quote == "<" and first not in KNOWS:
        return None  # the system's
    if str(file) == CHILD and name not in CHILD_KNOWS:
        return "only its own headers and the system's, between clone and exec"
    beside = Path(normpath(file.parent / name))
    if (tree / beside).exists():  # written relative to the file: what part is it in?
        first = "writ" if beside.parts[0] == "include" else beside.parts[1]
    elif first == name:
        return None if (tree / "include" / name).exists() else "write PART/NAME.h"
    part = file.parts[1] if file.parts[0] == "src" else "writ"
    if first in ("writ", part) or first in KNOWS.get(part, "").split():
        return None
    return f"{part} must not know {first}"


def faults(tree):
    files = [f for top in ("src", "include") for f in sorted((tree / top).rglob("*.[ch]"))]
    for path in files:
        file = path.relative_to(tree)
        if file.parts[0] == "src" and file.parts[1] not in KNOWS:
            yield f"{file}: not in a part that tools/layers.py knows"
        if file.stem in NAMES_SAYING_NOTHING:
            yield f"{file}: a name that says nothing"
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include, platform = INCLUDE.match(line), PLATFORM.match(line)
            fault = include and include_fault(tree, file, *include.groups())
            if fault:
                yield f"{file}:{number}: includes {include[2]}: {fault}"
            if platform and not str(file).startswith(PLATFORM_MAY):
                yield f"{file}:{number}: {platform[1]}: platforms are told apart in src/os only"


if __name__ == "__main__":
    root = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parent.parent
    found = list(faults(root))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
