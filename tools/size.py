#!/usr/bin/python3
"""Prints what has grown large: for looking, not for obeying.

usage: tools/size.py [TREE]

Ends with 1 only for what is past double a limit, and for any variable of the
library that outlives its function and can change. It reads lines, not C: a
function has its name at column 0, then a line "{" and a line "}"; a level of
nesting is a tab.
"""
import re
import sys
from pathlib import Path

LIMITS = {"lines of file": 500, "lines of function": 60, "columns": 100, "nesting": 3,
          "parameters": 6}
TAB = 8
TREES = ("include", "src", "tests", "examples")
PROGRAMS = ("src/cli/", "src/broker/", "src/rootwrap/", "src/os/linux/launcher/", "src/python/")  # these may have state; the library not

NAME = re.compile(r"([A-Za-z_]\w*)\(")
CONTROL = re.compile(r"(\t+)(?:\} )?(?:else )?(?:if|for|while|switch|do)\b")
ATTRIBUTE = re.compile(r"__attribute__\(\(.*?\)\)\s*")
NOT_A_VARIABLE = re.compile(r"(?:typedef|extern|return|goto|#)\b|(?:struct|union|enum)\s+\w+$")
FUNCTION_POINTER = re.compile(r"\(\*([^)]*)\)\s*\(")


def parameters(text):
    """How many there are in "name(...)": commas outside inner parentheses."""
    depth = count = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        count += char == "," and depth == 1
    return 0 if re.search(r"\(\s*(void)?\s*\)\s*$", text) else count + 1


def functions(lines):
    """Yields (index of the name, index of the body, index past the end, name)."""
    at = 0
    while at < len(lines):
        match = NAME.match(lines[at])
        body = at + 1
        while match and body < len(lines) and re.match(r"\s+\S", lines[body]):
            body += 1  # parameters that continue
        if match and body < len(lines) and lines[body] == "{":
            end = next((i for i in range(body, len(lines)) if lines[i] == "}"), len(lines) - 1)
            yield at, body, end + 1, match[1]
            at = end
        at += 1


def is_mutable(line):
    """Does this line define a variable that outlives functions and can change?"""
    if not re.match(r"[A-Za-z_]|\t+static\b", line) or not re.search("[=;]", line):
        return False
    declaration = ATTRIBUTE.sub("", re.split("[=;]", line.strip())[0]).strip()
    if NOT_A_VARIABLE.match(declaration):
        return False
    pointer = FUNCTION_POINTER.search(declaration)
    if pointer:
        return "const" not in pointer[1]
    if "(" in declaration or not re.search(r"\w[\s*]+\w", declaration):
        return False  # a prototype, a macro's call, an assignment
    # `const char *p` can change, `char *const p` cannot.
    return "const" not in declaration.rpartition("*")[2].split()


def measures(file, lines):
    """Yields (line, what, measure, subject)."""
    library = file.parts[0] == "src" and not str(file).startswith(PROGRAMS)
    yield 1, "lines of file", len(lines), ""
    for number, line in enumerate(lines, 1):
        yield number, "columns", len(line.expandtabs(TAB)), ""
        if library and is_mutable(line):
            yield number, "variable that can change", None, line.strip()
    for at, body, end, name in functions(lines):
        depths = [len(m[1]) for m in map(CONTROL.match, lines[body:end]) if m]
        yield at + 1, "lines of function", end - at, name
        yield at + 1, "nesting", max(depths, default=0), name
        yield at + 1, "parameters", parameters(" ".join(lines[at:body])), name


def main(tree):
    status = 0
    for path in sorted(p for top in TREES for p in (tree / top).rglob("*.[ch]")):
        file = path.relative_to(tree)
        for number, what, measure, subject in measures(file, path.read_text().splitlines()):
            limit = LIMITS.get(what, 0)
            too_much = measure is None or measure > 2 * limit
            if too_much or measure > limit:
                print(f"{file}:{number}: {what}", "" if measure is None else measure,
                      subject, "(far too much)" if too_much else "")
                status |= too_much
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parent.parent))
