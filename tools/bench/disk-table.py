#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""disk-table.py RESULTS: medians of the demo's disk part and ratios to QEMU's own
disk and to the host.

A line of RESULTS is "round backend metric value". A ratio is taken between the two
values of a round; shown is its median, for QEMU with the smallest and largest.
"""
import collections
import statistics
import sys

JOBS = [
    ("read1", "4 KiB random read, depth 1"),
    ("write1", "4 KiB random write, depth 1"),
    ("read32", "4 KiB random read, depth 32"),
    ("write32", "4 KiB random write, depth 32"),
    ("seqread", "128 KiB read, depth 4"),
    ("seqwrite", "128 KiB write, depth 4"),
    ("flush", "4 KiB write and flush"),
]
ROWS = [
    ("iops", "IOPS", 0),
    ("lat", "latency, us", 0),
    ("p99", "  99 %, us", 0),
    ("cpu", "CPU per I/O, us", 1),
    ("backend", "  back end, us", 1),
]
BACKENDS = ["myvhost", "qemu", "host"]
COUNTERS = ["kicks", "calls", "runs", "punted", "bounced"]


def read(path):
    values = collections.defaultdict(dict)
    with open(path) as lines:
        for line in lines:
            number, backend, metric, value = line.split()
            values[metric, backend][number] = float(value)
    return values


def ratios(values, metric, other):
    ours, theirs = values[metric, "myvhost"], values[metric, other]
    return [ours[n] / theirs[n] for n in ours if theirs.get(n)]


def ratio(values, metric, other, with_range):
    pairs = ratios(values, metric, other)
    if not pairs:
        return "-"
    text = "%.2f" % statistics.median(pairs)
    return text + " (%.2f-%.2f)" % (min(pairs), max(pairs)) if with_range else text


def cell(values, metric, backend, digits):
    numbers = values[metric, backend].values()
    return "%.*f" % (digits, statistics.median(numbers)) if numbers else "-"


def main():
    values = read(sys.argv[1])
    print("%-30s %-17s" % ("", "") + "".join("%10s" % b for b in BACKENDS)
          + "   to QEMU (range)    to host")
    for job, title in JOBS:
        for metric, unit, digits in ROWS:
            name = job + "." + metric
            print("%-30s %-17s%s   %-18s %s" % (
                title, unit, "".join("%10s" % cell(values, name, b, digits) for b in BACKENDS),
                ratio(values, name, "qemu", True), ratio(values, name, "host", False)))
            title = ""
    print("\nmyvhost, per request:")
    for job, title in JOBS:
        print("  %-30s" % title + ", ".join(
            "%s %s" % (cell(values, job + "." + c, "myvhost", 2), c) for c in COUNTERS))
    print("\nMedians. CPU is the time of all threads of the host, the guest's processor"
          "\nincluded; back end is that of QEMU's other threads, of the worker and of the"
          "\nkernel's helpers. Under emulation times are noisy: only large differences mean"
          "\nanything.")


main()
