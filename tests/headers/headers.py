#!/usr/bin/python3
"""Compiles each public header alone, as C11 and as C++17, with no warning.

usage: headers.py INCLUDE_DIR CC [CXX]
"""
import subprocess
import sys
from pathlib import Path

STRICT = ["-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]


def compile_alone(compiler, language, header, include):
    return subprocess.run([*compiler, *language, *STRICT, f"-I{include}", str(header)],
                          capture_output=True, text=True, check=False)


def main(include, *compilers):
    headers = sorted([*include.glob("*.h"), *include.glob("writ/*.h")])
    languages = (["-std=c11", "-x", "c"], ["-std=c++17", "-x", "c++"])
    bad = 0
    for compiler, language in zip(compilers, languages):
        for header in headers:
            done = compile_alone([compiler], language, header, include)
            if done.returncode != 0:
                bad = 1
                print(f"{header} as {language[-1]}:\n{done.stderr}", end="")
    return bad or not headers


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
