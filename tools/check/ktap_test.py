#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of ktap.py, above all that no broken report passes."""
import sys

import ktap

# name, report, (passed, failed, skipped)
REPORTS = [
    ("plain", "KTAP version 1\n1..3\nok 1 a\nnot ok 2 b\nok 3 c # SKIP no\n", (1, 1, 1)),
    ("plan at the end", "TAP version 13\nok 1 - a\n1..1\n", (1, 0, 0)),
    ("expected failure", "KTAP version 1\n1..1\nnot ok 1 a # TODO later\n", (0, 0, 1)),
    ("everything skipped", "KTAP version 1\n1..0 # SKIP no device\n", (0, 0, 1)),
    ("carriage returns", "KTAP version 1\r\n1..1\r\nok 1 a\r\n", (1, 0, 0)),
    ("nothing", "", (0, 1, 0)),
    ("no result", "KTAP version 1\n# comment\n", (0, 1, 0)),
    ("no plan", "KTAP version 1\nok 1 a\n", (1, 1, 0)),
    ("plan not met", "KTAP version 1\n1..2\nok 1 a\n", (1, 1, 0)),
    ("more than planned", "KTAP version 1\n1..1\nok 1 a\nok 2 b\n", (2, 1, 0)),
    ("bail out", "KTAP version 1\n1..2\nok 1 a\nBail out! dead\n", (1, 1, 0)),
    ("bail out at once", "KTAP version 1\nBail out! dead\n", (0, 1, 0)),
    ("bail out after the last result", "KTAP version 1\n1..1\nok 1 a\nBail out! dead\n", (1, 1, 0)),
    ("two reports", "KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..1\nok 1 b\n", (2, 0, 0)),
    ("first report ends early", "KTAP version 1\n1..2\nok 1 a\nKTAP version 1\n1..1\nok 1 b\n", (2, 1, 0)),
    ("result appended to a complete report",
     "KTAP version 1\n1..1\nok 1 a\nTAP version 13\n1..1\nnot ok 1 stage: exit status 1\n", (1, 1, 0)),
    ("nested",
     "KTAP version 1\n1..2\n    KTAP version 1\n    1..2\n    ok 1 a\n    ok 2 b\nok 1 x\nok 2 y\n", (3, 0, 0)),
    ("nested failure counts once",
     "KTAP version 1\n1..1\n    KTAP version 1\n    1..2\n    ok 1 a\n    not ok 2 b\nnot ok 1 x\n", (1, 1, 0)),
    ("sum fails, parts pass",
     "KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    ok 1 a\nnot ok 1 x\n", (1, 1, 0)),
    ("nested plan not met",
     "KTAP version 1\n1..1\n    KTAP version 1\n    1..3\n    ok 1 a\nok 1 x\n", (1, 1, 0)),
    ("two levels, no headers",
     "KTAP version 1\n1..1\n    1..1\n        1..1\n        not ok 1 a\n    not ok 1 b\nnot ok 1 x\n", (0, 1, 0)),
    ("nested report without a sum",
     "KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    not ok 1 a\n", (0, 2, 0)),
    ("second part is a leaf",
     "KTAP version 1\n1..2\n  KTAP version 1\n  1..1\n  ok 1 a\nok 1 x\nnot ok 2 y\n", (1, 1, 0)),
    ("started again",
     "KTAP version 1\nnot ok 1 a\n" + ktap.AGAIN + ": fault\nKTAP version 1\nok 1 a\n1..1\n", (1, 0, 0)),
    ("started again and cut off",
     "KTAP version 1\n1..1\nok 1 a\n" + ktap.AGAIN + ": fault\nKTAP version 1\nok 1 a\n", (1, 1, 0)),
    ("started again, nothing came", "KTAP version 1\n1..1\nok 1 a\n" + ktap.AGAIN + ": fault\n", (0, 1, 0)),
    ("an earlier report stays",
     "KTAP version 1\n1..1\nok 1 a\nKTAP version 1\nok 1 b\n" + ktap.AGAIN + ": fault\n"
     "KTAP version 1\n1..1\nok 1 b\n", (2, 0, 0)),
]

# what the tests say of rules, the line of a rule
RULES = [
    ("nothing", "", "N1    none     "),
    ("passed", "1..1\nok 1 frames [N1]\n", "N1    ok       frames [N1]"),
    ("one of two failed", "1..2\nok 1 N1 a\nnot ok 2 N1 b\n", "N1    not ok   N1 a, N1 b"),
    ("one of two skipped", "1..2\nok 1 N1 a\nok 2 N1 b # SKIP no\n", "N1    ok       N1 a, N1 b"),
    ("skipped", "1..1\nok 1 N1 a # SKIP no\n", "N1    skipped  N1 a"),
    ("not in a directive", "1..1\nok 1 a # SKIP N1\n", "N1    none     "),
    ("another id", "1..1\nok 1 N10 a, XN1\n", "N1    none     "),
    ("nested", "1..1\n    1..1\n    ok 1 a N1\nok 1 x\n", "N1    ok       a N1"),
    ("many", "1..6\n" + "".join("ok %d N1 %d\n" % (i, i) for i in range(1, 7)),
     "N1    ok       N1 1, N1 2, N1 3, N1 4 and 2 more"),
]


def main():
    bad = 0
    for name, text, want in REPORTS:
        totals = ktap.totals_of(text.splitlines(keepends=True))
        got = (totals.passed, len(totals.failures), totals.skipped)
        if got != want:
            print("ktap.py, %s: %s, not %s: %s" % (name, got, want, totals.failures))
            bad = 1
    for name, text, want in RULES:
        got = ktap.rule_line("N1", ktap.rules_of([text.splitlines()]).get("N1", ()))
        if got != want:
            print("ktap.py rules, %s: \"%s\", not \"%s\"" % (name, got, want))
            bad = 1
    return bad


sys.exit(main())
