#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""demo-table.py RESULTS: medians per back end and the ratio to vhost_net.

A line of RESULTS is "round backend metric value". The ratio is taken between
the two values of a round; shown are its median, smallest and largest value.
"""
import collections
import pathlib
import statistics
import sys

ROWS = [
    ("tcp_g2h", "TCP guest to host", "Mbit/s", 0),
    ("tcp_h2g", "TCP host to guest", "Mbit/s", 0),
    ("tcp_g2g", "TCP guest to guest", "Mbit/s", 0),
    ("udp_g2h", "UDP 60 B guest to host", "packets/s", 0),
    ("udp_g2h.drops", "  dropped", "%", 1),
    ("udp_h2g", "UDP 60 B host to guest", "packets/s", 0),
    ("udp_h2g.drops", "  dropped", "%", 1),
    ("udp_g2g", "UDP 60 B guest to guest", "packets/s", 0),
    ("udp_g2g.drops", "  dropped", "%", 1),
    ("ping", "ping, average", "ms", 1),
]
BACKENDS = ["myvhost", "vhost_net", "off"]
TITLES = {"off": "vhost=off"}
# what "make bench" counts of the same work, where it does
COUNTED = {
    "tcp_g2h": "tx-tso4",
    "tcp_h2g": "rx-tso4",
    "udp_g2h": "tx64",
    "udp_h2g": "rx64",
}
RECORDED = pathlib.Path(__file__).resolve().parent / "icount/recorded.txt"


def read(path):
    values = collections.defaultdict(dict)
    with open(path) as lines:
        for line in lines:
            number, backend, metric, value = line.split()
            values[metric, backend][number] = float(value)
    return values


def ratio(values, metric):
    ours, theirs = values[metric, "myvhost"], values[metric, "vhost_net"]
    pairs = [ours[n] / theirs[n] for n in ours if theirs.get(n)]
    if not pairs:
        return "-"
    return "%.2f (%.2f-%.2f)" % (statistics.median(pairs), min(pairs), max(pairs))


def counted(metric):
    """instructions per packet of a case, relative to those of vhost_net, if they are counted"""
    for line in RECORDED.read_text().splitlines():
        name, *figures = line.split()
        if name == COUNTED.get(metric):
            return "%s %s" % (figures[1], name)
    return "noise"


def cell(values, metric, backend, digits):
    numbers = values[metric, backend].values()
    return "%.*f" % (digits, statistics.median(numbers)) if numbers else "-"


def main():
    values = read(sys.argv[1])
    print("%-24s %-10s" % ("", "") + "".join("%11s" % TITLES.get(b, b) for b in BACKENDS)
          + "   %-22s %s" % ("myvhost/vhost_net", "make bench"))
    for metric, title, unit, digits in ROWS:
        cells = "".join("%11s" % cell(values, metric, b, digits) for b in BACKENDS)
        last = ("" if unit == "%"
                else "   %-22s %s" % (ratio(values, metric), counted(metric)))
        print("%-24s %-10s%s%s" % (title, unit, cells, last))
    print("\nMedians; packets are counted at the receiver, drops are what was sent and never"
          "\narrived. Under emulation the ratio myvhost/vhost_net (range) is noise: only large"
          "\ndifferences mean anything. The last column is what \"make bench\" has counted for the"
          "\nsame kind of packet: instructions of the host's worker, relative to vhost_net's; where"
          "\nit says noise, the row has the noisy ratio only.")


main()
