"""writ.run, or with --aio writ.aio.run on a loop that lives as long as the driver.
Speaks as harness.h says."""

import asyncio
import sys
import time

import writ
from writ import aio


def check(result):
    if result.exit_code != 0 or result.containment != "cgroup":
        sys.exit(f"peer_writ_python: {result.record_text}")


def plain(command):
    yield check(writ.run(command))
    for line in sys.stdin:
        runs = int(line.split()[1])
        start = time.monotonic_ns()
        for _ in range(runs):
            check(writ.run(command))
        yield time.monotonic_ns() - start


async def on_a_loop(command):
    check(await aio.run(command))
    print("ready writ.aio", flush=True)
    for line in sys.stdin:
        runs = int(line.split()[1])
        start = time.monotonic_ns()
        for _ in range(runs):
            check(await aio.run(command))
        print(time.monotonic_ns() - start, flush=True)


def main():
    words = sys.argv[1:]
    if words[0] == "--aio":
        asyncio.run(on_a_loop(words[1:]))
        return
    answers = plain(words)
    next(answers)
    print("ready writ", writ.__version__, flush=True)
    for answer in answers:
        print(answer, flush=True)


main()
