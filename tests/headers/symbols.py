#!/usr/bin/python3
"""Compares what the shared library exports with the list of what it should.

usage: symbols.py LIST LIBRARY [NM]

The list has one name a line. A name that is missing breaks programs; one that
is new becomes a promise, so both are wrong until the list says otherwise.
"""
import subprocess
import sys
from pathlib import Path


def exported(library, nm):
    out = subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True,
                         check=True).stdout
    names = {line.split()[-1].partition("@")[0] for line in out.splitlines() if line.strip()}
    return {name for name in names if not name.startswith("LIBWRIT_")}


def main(listed, library, nm="nm"):
    wanted = {line for line in Path(listed).read_text().splitlines() if line}
    found = exported(library, nm)
    for name in sorted(wanted - found):
        print(f"missing: {name}")
    for name in sorted(found - wanted):
        print(f"not in {listed}: {name}")
    return 0 if wanted == found else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
