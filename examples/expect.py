#!/usr/bin/python3
"""Runs an example and compares what it prints.

usage: expect.py PROGRAM LINE...

Ends with 77, which counts as skipped, where a machine cannot do what the
example asks for (exit 125 and a line that says so).
"""
import subprocess
import sys

program, expected = sys.argv[1], "".join(line + "\n" for line in sys.argv[2:])
done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                      timeout=60, check=False)
if done.returncode == 125 and "cannot contain the run" in done.stderr:
    print(done.stderr.strip().splitlines()[0])
    sys.exit(77)
if (done.returncode, done.stdout, done.stderr) == (0, expected, ""):
    sys.exit(0)
print(f"{program}: status {done.returncode}\n--- expected\n{expected}--- printed\n{done.stdout}"
      f"--- errors\n{done.stderr}", end="")
sys.exit(1)
