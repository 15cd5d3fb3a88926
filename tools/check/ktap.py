#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Read the KTAP reports of "make check".

ktap.py summary LOGDIR
    Add up the results in LOGDIR/*.tap and name the failures. Ends with
    "N passed, N failed, N skipped"; exit status 1 if anything failed.

ktap.py rules LOGDIR RULES.RST
    Which rule of RULES.RST has which tests, and how they ended: lines of
    "ID RESULT TESTS". RESULT is ok, "not ok" if a test failed, skipped if all
    were skipped, none if no test carries the rule's id.
"""
import glob
import os
import re
import sys

LINE = re.compile(r"(?P<blanks> *)(?:(?P<version>K?TAP version )|1\.\.(?P<plan>\d+)"
                  r"|(?P<verdict>ok|not ok) \d+(?: -)?(?P<name>.*)|(?P<bail>Bail out!.*))")
DIRECTIVE = re.compile(r" *# *(SKIP|TODO)\b", re.IGNORECASE)
# what the lab prints when it boots a host VM again: the report so far does not count
AGAIN = "# lab: the host VM is started again"


class Result:
    """A test: a leaf, or the sum of the nested reports before it."""

    def __init__(self, verdict, name, nested=()):
        name = name.strip()
        self.text = verdict + " " + name
        self.name = DIRECTIVE.split(name)[0]
        self.skipped = bool(DIRECTIVE.search(" " + name))
        self.failed = verdict == "not ok" and not self.skipped
        self.nested = list(nested)

    def status(self):
        return "skipped" if self.skipped else "not ok" if self.failed else "ok"


class Report:
    def __init__(self, depth):
        self.depth = depth
        self.plan = None
        self.bail = None
        self.results = []
        # nested reports whose sum has not come yet
        self.nested = []

    def problem(self):
        if self.bail:
            return self.bail
        if self.plan != len(self.results):
            return "a report ends after %d results, see the log" % len(self.results)
        return None


class Parser:
    """Reports of one file; there may be several, one after the other."""

    def __init__(self):
        self.reports = []
        # the open report and its nested ones, the outermost first
        self.stack = []

    def close(self, depth):
        """Close reports that are nested deeper than depth, or at depth."""
        closed = []
        while self.stack and self.stack[-1].depth >= depth:
            report = self.stack.pop()
            report.nested += closed
            closed = [report]
        if self.stack:
            self.stack[-1].nested += closed
        else:
            self.reports += closed

    def open(self, depth):
        """The report at a depth; it is opened if a line of it comes without a header."""
        self.close(depth + 1)
        if not self.stack or self.stack[-1].depth < depth:
            self.stack.append(Report(depth))
        return self.stack[-1]

    def line(self, text):
        if text.startswith(AGAIN):
            self.stack = []
            return
        match = LINE.match(text)
        if not match:
            return
        depth = len(match["blanks"])
        if match["version"]:
            self.close(depth)
            self.open(depth)
            return
        report = self.open(depth)
        if match["plan"]:
            report.plan = int(match["plan"])
            # a report that says "1..0 # SKIP reason" is one skipped test
            if not report.plan:
                report.results.append(Result("ok", text[match.end():].strip() or "# SKIP"))
                report.plan = 1
        elif match["bail"]:
            report.bail = match["bail"]
        else:
            report.results.append(Result(match["verdict"], match["name"], report.nested))
            report.nested = []


def parse(lines):
    parser = Parser()
    for line in lines:
        parser.line(line.rstrip("\r\n"))
    parser.close(0)
    return parser.reports


class Totals:
    """Results are counted at the leaves, so that none counts twice."""

    def __init__(self):
        self.passed = self.skipped = 0
        self.failures = []

    def add_result(self, result):
        before = len(self.failures)
        for report in result.nested:
            self.add_report(report)
        if result.nested and any(report.results for report in result.nested):
            # a sum that failed although each part passed
            if result.failed and len(self.failures) == before:
                self.failures.append(result.text)
        elif result.skipped:
            self.skipped += 1
        elif result.failed:
            self.failures.append(result.text)
        else:
            self.passed += 1

    def add_report(self, report):
        for result in report.results:
            self.add_result(result)
        for nested in report.nested:
            self.add_report(nested)
        if report.problem():
            self.failures.append(report.problem())

    def add_file(self, reports):
        for report in reports:
            self.add_report(report)
        if not self.passed + self.skipped + len(self.failures):
            self.failures.append("no result, see the log")


def totals_of(lines):
    totals = Totals()
    totals.add_file(parse(lines))
    return totals


def read(path):
    with open(path, errors="replace") as f:
        return f.read().splitlines()


def summary(directory):
    passed = failed = skipped = 0
    again = []
    for path in sorted(glob.glob(directory + "/*.tap")):
        lines = read(path)
        totals = totals_of(lines)
        print("%-24s %4d passed %4d failed %4d skipped" % (
            os.path.basename(path)[:-4], totals.passed, len(totals.failures), totals.skipped))
        for failure in totals.failures:
            print("    " + failure)
        passed += totals.passed
        failed += len(totals.failures)
        skipped += totals.skipped
        again += [line for line in lines if line.startswith(AGAIN)]
    # no report at all is a failure too
    failed = failed or passed + skipped == 0
    for line in again:
        print(line)
    print("logs: " + directory)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


RULE = r"(?:LC|SP|PK|UM|HO|N|B|VD)\d+"
TESTS_SHOWN = 4


def results_of(reports):
    """All results, those of nested reports too."""
    for report in reports:
        for result in report.results:
            yield from results_of(result.nested)
            yield result
        yield from results_of(report.nested)


def rule_ids(path):
    return re.findall(r"^   \* - (%s)$" % RULE, "\n".join(read(path)), re.MULTILINE)


def rules_of(files):
    """{id: {(status, test name)}}; a test counts once for all kernels."""
    found = {}
    for lines in files:
        for result in results_of(parse(lines)):
            for word in set(re.split("[^A-Za-z0-9]+", result.name)):
                if re.fullmatch(RULE, word):
                    found.setdefault(word, set()).add((result.status(), result.name))
    return found


def rule_line(rule, tests):
    statuses = {status for status, _ in tests}
    result = next((s for s in ("not ok", "ok", "skipped") if s in statuses), "none")
    names = sorted({name for _, name in tests})
    more = " and %d more" % (len(names) - TESTS_SHOWN) if len(names) > TESTS_SHOWN else ""
    return "%-5s %-8s %s%s" % (rule, result, ", ".join(names[:TESTS_SHOWN]), more)


def rules(directory, document):
    found = rules_of(read(path) for path in sorted(glob.glob(directory + "/*.tap")))
    for rule in rule_ids(document):
        print(rule_line(rule, found.get(rule, ())))
    return 0


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "summary":
        return summary(sys.argv[2])
    if len(sys.argv) == 4 and sys.argv[1] == "rules":
        return rules(*sys.argv[2:])
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main())
