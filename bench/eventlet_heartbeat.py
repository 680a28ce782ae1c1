#!/usr/bin/env python3
"""An eventlet service that runs many commands at once: how long until all are done,
and how long its other green threads stand still meanwhile.

    PYTHONPATH=build/python bench/eventlet_heartbeat.py [--threads 200] [--rounds 5]

N green threads each run `sleep 0.2`, and one beats every 5 ms. The same is done in
turns by eventlet.green.subprocess, which is what the Neutron agents' execute() is
made of, and by writ.agent.execute(). The last lines compare the medians: the time
until all were done (at most 1), and the longest gap between two beats (at most a third).
Exit status 1: not so.
"""
import argparse
import statistics
import sys
import time

import eventlet
from eventlet.green import subprocess

from writ import agent

COMMAND = ["sleep", "0.2"]
BEAT = 0.005
GAP_MAX = 1 / 3


def by_eventlet(cmd):
    """What the functions of old do, without their logging."""
    process = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    stdout, stderr = process.communicate()
    process.stdin.close()
    if process.returncode:
        raise RuntimeError(stderr)
    eventlet.sleep(0)
    return stdout.decode()


def measure(execute, threads):
    """(seconds until all are done, the longest gap of the heartbeat in seconds)."""
    beats = []

    def heart():
        while True:
            beats.append(time.monotonic())
            eventlet.sleep(BEAT)

    beating = eventlet.spawn(heart)
    eventlet.sleep(4 * BEAT)
    del beats[:-1]
    start = time.monotonic()
    running = [eventlet.spawn(execute, COMMAND) for _ in range(threads)]
    for thread in running:
        thread.wait()
    took = time.monotonic() - start
    eventlet.sleep(4 * BEAT)
    beating.kill()
    gap = max(after - before for before, after in zip(beats, beats[1:]))
    return took, gap


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    ways = {"eventlet": by_eventlet, "writ.agent": agent.execute}
    seen = {name: [] for name in ways}
    for execute in ways.values():  # what is made once is made now
        measure(execute, 2)
    for _ in range(options.rounds):
        for name, execute in ways.items():
            seen[name].append(measure(execute, options.threads))

    print("%d green threads, each: %s" % (options.threads, " ".join(COMMAND)))
    medians = {}
    for name, rounds in seen.items():
        took, gap = zip(*rounds)
        medians[name] = statistics.median(took), statistics.median(gap)
        print("%-11s all done after %6.1f ms (%.1f to %.1f), longest gap %5.1f ms (%.1f to %.1f)"
              % (name, 1e3 * medians[name][0], 1e3 * min(took), 1e3 * max(took),
                 1e3 * medians[name][1], 1e3 * min(gap), 1e3 * max(gap)))
    took, gap = (ours / theirs for ours, theirs in zip(medians["writ.agent"], medians["eventlet"]))
    print("ratio       all done %.2f (at most 1), longest gap %.2f (at most %.2f)"
          % (took, gap, GAP_MAX))
    return took > 1 or gap > GAP_MAX


if __name__ == "__main__":
    sys.exit(main())
