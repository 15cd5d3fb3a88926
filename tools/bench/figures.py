#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""figures.py check|record|rst RESULTS...: what to do with the JSON of bench.

check: compare the instructions per packet of the first device with icount/recorded.txt,
       as a KTAP report. A case fails that is more than 3 % above what is recorded, both
       by itself and relative to vhost_net's or an io_uring loop's, whose instructions another release of the
       kernel changes too.
record: write icount/recorded.txt from the results.
rst:   put a table of each into Documentation/performance.rst: of instructions, or of CPU
       time if nothing counted instructions.

Of the rounds of a device the least counts for check and record: a sleep or a timer more
adds instructions, and nothing takes any away.
"""
import json
import pathlib
import statistics
import sys

BENCH = pathlib.Path(__file__).resolve().parent
RECORDED = BENCH / "icount/recorded.txt"
PERFORMANCE = BENCH.parent.parent / "Documentation/performance.rst"
ALLOWED = 1.03
INSNS = "instructions_per_packet"
CPU = "cpu_ns_per_packet"
HEAD = """# Instructions per packet or request in the emulated machine, and their ratio to
# vhost_net's or, of disks, an io_uring loop's:
# what "make check-icount" allows 3 % more than. Written by "make bench RECORD=1".
"""
BEGIN, END = ".. %s begin\n", ".. %s end\n"


def least(case):
    """instructions of the first device, and relative to the second"""
    ours, theirs = (min(d[INSNS]) for d in case["devices"][:2])
    return ours, ours / theirs


def cases(paths):
    for path in paths:
        yield from json.loads(pathlib.Path(path).read_text())["cases"]


def recorded():
    lines = [line.split() for line in RECORDED.read_text().splitlines()
             if not line.startswith("#")]
    return {name: (float(insns), float(ratio)) for name, insns, ratio in lines}


def check(paths):
    limits = recorded()
    measured = {c["case"]: least(c) for c in cases(paths) if c["case"] in limits}
    failed = False
    print("KTAP version 1\n1..%d" % len(limits))
    for number, (name, (insns, ratio)) in enumerate(limits.items(), 1):
        if name not in measured:
            print("# not measured")
            bad = True
        else:
            now, now_ratio = measured[name]
            print("# %s: %.0f instructions per packet, recorded %.0f; %.3f of the other's, "
                  "recorded %.3f" % (name, now, insns, now_ratio, ratio))
            bad = now > insns * ALLOWED and now_ratio > ratio * ALLOWED
        failed |= bad
        print("%s %d instructions per packet, %s" % ("not ok" if bad else "ok", number, name))
    return failed


def record(paths):
    """new figures for the cases that are in the file"""
    figures = recorded()
    figures.update((c["case"], least(c)) for c in cases(paths) if c["case"] in figures)
    RECORDED.write_text(HEAD + "".join("%-16s %6.0f %6.3f\n" % (name, *f)
                                       for name, f in figures.items()))


def number(device, metric, digits=0, unit=1):
    return "{:,.{}f}".format(statistics.median(device[metric]) * unit, digits)


def ratio(case, metric):
    r = case["ratios"].get(metric)
    if not r or not r["agree"]:
        return "rounds disagree"
    return "%.3f [%.3f..%.3f]" % (r["median"], r["low"], r["high"])


def row(case, metric):
    ours, theirs = case["devices"]
    return ["``%s``" % case["case"], number(ours, metric), number(theirs, metric),
            ratio(case, metric)]


def disk_row(case):
    """of the rounds of a server the least counts, as for record"""
    ours, loop, fixed = (min(d[INSNS]) for d in case["devices"])
    return ["``%s``" % case["case"], *("{:,.0f}".format(v) for v in (ours, loop, fixed)),
            "%.2f" % (ours / loop), "%.2f" % case["devices"][0]["kicks_per_packet"],
            "%.2f" % case["devices"][0]["runs_per_packet"]]


def table(results, metric):
    if results.get("part") == "disk":
        rows = [["case", "myvhost", "io_uring", "with buffers registered", "ratio", "kicks",
                 "runs"]]
        rows += [disk_row(c) for c in results["cases"]]
    else:
        rows = [["case", "myvhost", "vhost_net", "ratio [95 %]"]]
        rows += [row(c, metric) for c in results["cases"]]
    width = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    rule = "  ".join("=" * w for w in width)
    text = ["  ".join(c.ljust(w) for c, w in zip(r, width)).rstrip() for r in rows]
    return "\n".join([rule, text[0], rule, *text[1:], rule])


def source(results, metric):
    """what the figures are"""
    if metric == INSNS:
        return "instructions: %s" % results["instructions"]
    return "nanoseconds: %s" % results["cpu_time"]


def place(text, name, figures):
    """put figures between the lines that mark their place"""
    before, rest = text.split(BEGIN % name)
    return before + BEGIN % name + "\n" + figures + "\n\n" + END % name + rest.split(END % name)[1]


def rst(paths):
    text = PERFORMANCE.read_text()
    for path in paths:
        results = json.loads(pathlib.Path(path).read_text())
        metric = INSNS if results["instructions"] else CPU
        text = place(text, results.get("part", metric), "Kernel %s; %s rounds of each device; %s.\n\n%s" % (
            results["kernel"], results["cases"][0]["rounds"], source(results, metric),
            table(results, metric)))
    PERFORMANCE.write_text(text)


def main():
    verb, paths = sys.argv[1], sys.argv[2:]
    return {"check": check, "record": record, "rst": rst}[verb](paths)


if __name__ == "__main__":
    sys.exit(main())
