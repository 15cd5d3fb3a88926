#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# summary.sh LOGDIR: add up the KTAP results in LOGDIR/*.tap. A file without a
# result, with a plan that was not met or with a bail-out counts as one failure,
# so that a stage which died cannot pass. Ends with "N passed, N failed,
# N skipped"; exit status 1 if anything failed.
set -euo pipefail
dir=${1:?usage: summary.sh LOGDIR}

# count FILE: passed failed skipped, and below it a line for each failure. Results
# are counted at the leaves: a result that follows more deeply indented ones sums
# them up. A file may hold several reports, each with its own plan. A report that the
# lab cut off to start its host VM again (it says so in a comment) does not count,
# the next one does.
count() {
	awk '
	function clear_report() {
		open = planned = plan = seen = p = f = s = 0
		names = ""
		delete below; delete bad
	}
	function close_report() {
		if (open && (!planned || plan != seen))
			fail("a report ends after " seen " results, see the log")
		passed += p; failed += f; skipped += s
		all = all names
		clear_report()
	}
	function fail(line) {
		f++
		names = names "    " line "\n"
	}
	function leaf(line) {
		if (line ~ /# *(SKIP|TODO)/) s++
		else if (line ~ /^not/) fail(line)
		else p++
	}
	function parent(line, depth) {
		if (line ~ /^not/ && !bad[depth] && line !~ /# *(SKIP|TODO)/)
			fail(line)
		below[depth] = bad[depth] = 0
	}
	/^# lab: the host VM is started again/ { clear_report(); next }
	{ match($0, /^ */); depth = RLENGTH; line = substr($0, depth + 1) }
	depth == 0 && line ~ /^K?TAP version/ { close_report(); open = 1 }
	depth == 0 && line ~ /^1\.\.[0-9]+/ { planned = open = 1; plan = substr(line, 4) + 0; if (!plan) s++ }
	line ~ /^Bail out!/ { fail(line); planned = 1; plan = seen }
	line ~ /^(not )?ok / {
		if (depth == 0) { open = 1; seen++ }
		if (below[depth]) parent(line, depth); else leaf(line)
		for (d = 0; d < depth; d++) {
			below[d] = 1
			if (line ~ /^not/) bad[d] = 1
		}
	}
	END {
		close_report()
		if (passed + failed + skipped == 0) {
			failed = 1
			all = "    no result, see the log\n"
		}
		printf "%d %d %d\n%s", passed, failed, skipped, all
	}' "$1"
}

passed=0 failed=0 skipped=0
shopt -s nullglob
for f in "$dir"/*.tap; do
	counts=$(count "$f")
	read -r p n s <<< "$counts"
	printf '%-24s %4d passed %4d failed %4d skipped\n' "$(basename "$f" .tap)" "$p" "$n" "$s"
	tail -n +2 <<< "$counts"
	passed=$((passed + p)) failed=$((failed + n)) skipped=$((skipped + s))
done
[ $((passed + failed + skipped)) -gt 0 ] || failed=1
grep -hE '^# lab: the host VM is started again' "$dir"/*.tap || true
echo "logs: $dir"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
