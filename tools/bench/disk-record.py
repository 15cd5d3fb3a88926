#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""disk-record.py DIR ROUND BACKEND JOB: lines "round backend metric value" of one
measurement, from what fio and disk-sample.py left in DIR.
"""
import json
import sys


def fio_job(path):
    with open(path) as f:
        text = f.read()
    # warnings may come before it
    return json.loads(text[text.index("{"):])["jobs"][0]


def latency(job, io):
    """Mean and 99th percentile in us; a flush belongs to its write."""
    mean, p99 = io["clat_ns"]["mean"], io["clat_ns"]["percentile"]["99.000000"]
    if job["sync"].get("total_ios"):
        mean += job["sync"]["lat_ns"]["mean"]
        p99 += job["sync"]["lat_ns"]["percentile"]["99.000000"]
    return mean / 1000, p99 / 1000


def sample(path, block):
    """CPU time in us per I/O, and the counters per request."""
    with open(path) as f:
        s = {k: float(v) for k, v in (line.split() for line in f)}
    n, requests = s.pop("bytes") / block, s.pop("packets", 0)
    out = {k: s.pop(k) / n / 1000 for k in ("cpu", "backend")}
    out.update({k: v / requests for k, v in s.items() if requests})
    return out


def main():
    directory, number, backend, name = sys.argv[1:]
    job = fio_job(directory + "/fio")
    io = job["read"] if job["read"]["total_ios"] else job["write"]
    out = {"iops": io["iops"]}
    out["lat"], out["p99"] = latency(job, io)
    try:
        out.update(sample(directory + "/sample", io["io_bytes"] / io["total_ios"]))
    except (KeyError, ValueError, ZeroDivisionError):
        print("no CPU time of %s, %s" % (backend, name), file=sys.stderr)
    for key, value in out.items():
        print(number, backend, name + "." + key, "%.3f" % value)


main()
