#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""disk-sample.py SECONDS STAT [QEMU VCPUS]: what SECONDS of I/O cost, as lines of
"name value": bytes that the block device with the file STAT has moved; cpu, the time
in ns on a processor of all threads of the host; backend, the part of it that are
threads of the process QEMU, but not VCPUS, and helpers of the kernel; counters of
QEMU's disk on myvhost, if it has one.

Waits for the I/O to begin. The time of programs that begin or end meanwhile is not
seen, nor is its own.
"""
import glob
import json
import os
import subprocess
import sys
import time

COUNTERS = ("packets", "kicks", "calls", "runs", "punted", "bounced")


def bytes_moved(stat):
    with open(stat) as f:
        field = f.read().split()
    return 512 * (int(field[2]) + int(field[6]))


def cpu(qemu, vcpus):
    every = backend = 0
    for path in glob.glob("/proc/[0-9]*/task/[0-9]*/schedstat"):
        _, _, pid, _, tid, _ = path.split("/")
        if pid == str(os.getpid()):
            continue
        try:
            with open(path) as f:
                ns = int(f.read().split()[0])
            with open("/proc/%s/comm" % pid) as f:
                name = f.read()
        except OSError:
            continue
        every += ns
        if pid == qemu and tid not in vcpus or name.startswith(("kworker/", "mvh-", "ksoftirqd/")):
            backend += ns
    return {"cpu": every, "backend": backend}


def counters(qemu):
    """nothing without a QEMU, or with one whose disk is its own"""
    stats = subprocess.run(["myvhost", "stats", "-j", qemu], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL) if qemu else None
    if not stats or stats.returncode:
        return {}
    queues = [q["counters"] for d in json.loads(stats.stdout) for q in d["queues"]]
    return {key: sum(q[key] for q in queues) for key in COUNTERS} if queues else {}


def sample(stat, qemu, vcpus):
    out = {"bytes": bytes_moved(stat)}
    out.update(cpu(qemu, vcpus))
    out.update(counters(qemu))
    return out


def main():
    seconds, stat = float(sys.argv[1]), sys.argv[2]
    qemu, vcpus = (sys.argv[3:] + ["", ""])[:2]
    start, end = bytes_moved(stat), time.monotonic() + 60
    while bytes_moved(stat) < start + 200000:
        if time.monotonic() > end:
            sys.exit("no I/O")
        time.sleep(0.05)
    time.sleep(0.3)
    before = sample(stat, qemu, vcpus.split())
    time.sleep(seconds)
    after = sample(stat, qemu, vcpus.split())
    for key, value in after.items():
        print(key, value - before.get(key, 0))


main()
