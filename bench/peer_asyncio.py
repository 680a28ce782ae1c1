"""asyncio.create_subprocess_exec and communicate, both outputs captured, on a loop
that lives as long as the driver. Speaks as harness.h says."""

import asyncio
import platform
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE


async def run_once(command):
    child = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    await child.communicate()
    if child.returncode != 0:
        sys.exit(f"peer_asyncio: {command[0]}: did not end with 0")


async def main():
    command = sys.argv[1:]
    await run_once(command)
    print("ready Python", platform.python_version(), "asyncio", flush=True)
    for line in sys.stdin:  # stops the loop, in which nothing runs then
        runs = int(line.split()[1])
        start = time.monotonic_ns()
        for _ in range(runs):
            await run_once(command)
        print(time.monotonic_ns() - start, flush=True)


asyncio.run(main())
