"""The stock client of oslo.rootwrap with a daemon: DAEMON CONF COMMAND [ARG...].
Speaks as harness.h says."""

import sys
import time

from oslo_rootwrap import client

STATUS_SKIP = 77


def main():
    daemon, conf, *command = sys.argv[1:]
    asked = client.Client([daemon, conf])

    def once():
        answer = asked.execute(command)
        if answer != [0, "", ""]:
            sys.exit(f"peer_rootwrap: {daemon}: {answer}")
    once()
    print("ready", daemon.rsplit("/", 1)[-1], flush=True)
    for line in sys.stdin:
        runs = int(line.split()[1])
        start = time.monotonic_ns()
        for _ in range(runs):
            once()
        print(time.monotonic_ns() - start, flush=True)


main()
