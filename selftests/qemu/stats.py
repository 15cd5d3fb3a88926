#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""stats.py DEVICE COMMAND: figures of "myvhost stats -j DEVICE".

sum COUNTER [QUEUE]
    the sum over all queues, or over those named QUEUE
queues COUNTER SERIAL
    the number of queues of a disk whose counter is not 0
errors
    counters that a well-behaved guest leaves at 0, and queues that are broken
"""
import json
import subprocess
import sys

ERRORS = ("drop_fault", "drop_buffer", "io_errors", "invalid", "unsupported")


def devices(name):
    out = subprocess.run(["myvhost", "stats", "-j", name], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)


def values(devs, counter, serial=None, queue=None):
    """values of a counter, one for each queue"""
    return [q["counters"].get(counter, 0) for d in devs for q in d["queues"]
            if serial in (None, d.get("serial")) and queue in (None, q["name"])]


def errors(devs):
    for d in devs:
        for q in d["queues"]:
            if "broken" in q.get("state", ""):
                yield d["name"], q["name"], "is broken"
            for name, value in q["counters"].items():
                if value and (name in ERRORS or name.startswith("bad_")):
                    yield d["name"], q["name"], name, value


def main():
    device, command, *args = sys.argv[1:]
    devs = devices(device)
    if command == "sum":
        print(sum(values(devs, args[0], queue=args[1] if args[1:] else None)))
    elif command == "queues":
        print(sum(v > 0 for v in values(devs, args[0], serial=args[1])))
    elif command == "errors":
        for line in errors(devs):
            print(*line)
    else:
        sys.exit(__doc__)


main()
