#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the test programs, all or those named, and print one KTAP stream: each
# case of each program is a line of its own, with one plan for all.
#
# usage: run.sh [-d NODE] [-o FILE] [PROGRAM...]
#   -d NODE  device under test, default /dev/myvhost
#   -o FILE  what the programs printed, as it came
# Exit status: 0 if nothing failed, 1 otherwise.

cd "$(dirname "$0")" || exit 1

all="ioctl_errno lifecycle net_tx net_rx notify ring_restart dirty_log iotlb
	tap_gone stop hostile stress storm stats busypoll fuzz_ioctl blk_setup
	blk_vdpa blk_iotlb blk_rw blk_errors blk_durable blk_erase blk_life blk_limit
	blk_stats blk_lifetime blk_storm isolation bounds fault_inject"
node=
raw=

while getopts d:o: opt; do
	case $opt in
	d) node="-d $OPTARG" ;;
	o) raw=$OPTARG ;;
	*) exit 1 ;;
	esac
done
shift $((OPTIND - 1))

# A program that dies before its plan, or before its plan is fulfilled, counts
# as one failure.
join() {
	awk '
	/^TAP version/ { next }
	/^# START / { prog = $3; planned = -1; seen = 0; print "# " prog; next }
	/^# END / {
		if (planned < 0 || seen < planned) {
			n++
			failed++
			print "not ok " n " " prog ": ended early, status " $3
		}
		print "# " prog ": " $4 " s"
		next
	}
	/^1\.\.0 # SKIP/ {
		planned = 0
		n++
		skipped++
		print "ok " n " " prog " # SKIP " substr($0, 13)
		next
	}
	/^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; next }
	/^# Totals:/ { next }
	/^ok / { n++; seen++; if (/# SKIP/) skipped++ }
	/^not ok / { n++; seen++; failed++ }
	/^ok |^not ok / {
		status = $1 == "ok" ? "ok" : "not ok"
		sub(/^(not )?ok [0-9]+ /, "")
		print status " " n " " $0
		fflush()
		next
	}
	{ print; fflush() }
	END {
		print "1.." n + 0
		printf "# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0\n",
			n - failed - skipped, failed, skipped
		exit failed > 0 || n == 0
	}'
}

run() {
	for prog in "$@"; do
		start=$(date +%s)
		echo "# START $prog"
		# shellcheck disable=SC2086
		"./$prog" $node
		echo "# END $? $(($(date +%s) - start))"
	done
}

if [ $# -eq 0 ]; then
	# shellcheck disable=SC2086
	set -- $all
fi

echo "TAP version 13"
if [ -n "$raw" ]; then
	run "$@" 2>&1 | tee "$raw" | join
else
	run "$@" 2>&1 | join
fi
