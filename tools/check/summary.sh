#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# summary.sh LOGDIR: add up the KTAP results in LOGDIR/*.tap. A file without a
# result, with a plan that was not met or with a bail-out counts as one failure,
# so that a stage which died cannot pass. Ends with "N passed, N failed,
# N skipped"; exit status 1 if anything failed.
set -euo pipefail
dir=${1:?usage: summary.sh LOGDIR}

# count FILE: passed failed skipped. Results are counted at the leaves: a result
# that follows more deeply indented ones sums them up. A file may hold several
# reports, each with its own plan. A report that the lab cut off to start its
# host VM again (it says so in a comment) does not count, the next one does.
count() {
	awk '
	function clear_report() {
		open = planned = plan = seen = p = f = s = 0
		delete below; delete bad
	}
	function close_report() {
		if (open && (!planned || plan != seen))
			f++
		passed += p; failed += f; skipped += s
		clear_report()
	}
	function leaf(line) {
		if (line ~ /# *(SKIP|TODO)/) s++
		else if (line ~ /^not/) f++
		else p++
	}
	function parent(line, depth) {
		if (line ~ /^not/ && !bad[depth] && line !~ /# *(SKIP|TODO)/)
			f++
		below[depth] = bad[depth] = 0
	}
	/^# lab: the host VM is started again/ { clear_report(); next }
	{ match($0, /^ */); depth = RLENGTH; line = substr($0, depth + 1) }
	depth == 0 && line ~ /^K?TAP version/ { close_report(); open = 1 }
	depth == 0 && line ~ /^1\.\.[0-9]+/ { planned = open = 1; plan = substr(line, 4) + 0; if (!plan) s++ }
	line ~ /^Bail out!/ { f++; planned = 1; plan = seen }
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
		if (passed + failed + skipped == 0) failed = 1
		printf "%d %d %d\n", passed, failed, skipped
	}' "$1"
}

passed=0 failed=0 skipped=0
shopt -s nullglob
for f in "$dir"/*.tap; do
	read -r p n s < <(count "$f")
	printf '%-24s %4d passed %4d failed %4d skipped\n' "$(basename "$f" .tap)" "$p" "$n" "$s"
	passed=$((passed + p)) failed=$((failed + n)) skipped=$((skipped + s))
	[ "$n" = 0 ] || {
		grep -E '^ *(not ok|Bail out)' "$f" | grep -vE '# *(TODO|SKIP)' | sed 's/^ */    /' ||
			echo "    the stage did not finish its report, see ${f%.tap}.log"
	}
done
[ $((passed + failed + skipped)) -gt 0 ] || failed=1
grep -hE '^# lab: the host VM is started again' "$dir"/*.tap || true
echo "logs: $dir"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
