"""subprocess.run with both outputs captured. Speaks as harness.h says."""

import platform
import subprocess
import sys
import time


def run_once(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"peer_python: {command[0]}: did not end with 0")


def main():
    command = sys.argv[1:]
    run_once(command)
    print("ready Python", platform.python_version(), flush=True)
    for line in sys.stdin:
        runs = int(line.split()[1])
        start = time.monotonic_ns()
        for _ in range(runs):
            run_once(command)
        print(time.monotonic_ns() - start, flush=True)


main()
