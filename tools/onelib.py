#!/usr/bin/env python3
"""onelib.py OUT.a IN.a...: a static library with nothing to see but what is public.

The names inside (json_null, heap_set ...) are hidden in the shared library; in
an archive they would still meet those of the program. So the archives become
one object, in which hidden symbols are made local."""

import pathlib
import subprocess
import sys

out, archives = pathlib.Path(sys.argv[1]), sys.argv[2:]
one = out.with_suffix(".o")
subprocess.run(["ld", "-r", "-o", one, "--whole-archive", *archives], check=True)
subprocess.run(["objcopy", "--localize-hidden", one], check=True)
out.unlink(missing_ok=True)
subprocess.run(["ar", "rcsD", out, one], check=True)
