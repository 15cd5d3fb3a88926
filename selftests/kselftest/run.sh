#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the test programs and print one KTAP stream: each case of each program is a
# line of its own, with one plan for all. Lines appear as they come.
#
# usage: run.sh [-d NODE] [-o FILE] [PROGRAM...]
#   -d NODE  device under test, default /dev/myvhost
#   -o FILE  what the programs printed, unchanged
#   PROGRAM  a name, or a pattern in quotes as 'blk_*'; default: all that were built
# Exit status: 0 if nothing failed, 1 otherwise.

cd "$(dirname "$0")" || exit 1

node=
raw=

# what a kernel tree installs is not in a folder of its own
bin=bin
[ -d $bin ] || bin=.

while getopts d:o: opt; do
	case $opt in
	d) node="-d $OPTARG" ;;
	o) raw=$OPTARG ;;
	*) exit 1 ;;
	esac
done
shift $((OPTIND - 1))

# programs PATTERN...: the programs, and what matches none as it is, so that it fails
programs() {
	for pattern; do
		for file in "$bin"/$pattern; do
			case $file in
			*.sh) continue ;;
			esac
			if [ ! -e "$file" ] || { [ -f "$file" ] && [ -x "$file" ]; }; then
				echo "${file#"$bin"/}"
			fi
		done
	done
}

run() {
	for prog; do
		start=$(date +%s)
		echo "# START $prog"
		# loaded, it has myvhost_blk in use, which other programs unload
		case $prog in
		scsi_*) bash -c '. ../lab/guest.sh && vhost_load_scsi' ;;
		esac
		# shellcheck disable=SC2086
		"$bin/$prog" $node
		echo "# END $? $(($(date +%s) - start))"
		case $prog in
		scsi_*) rmmod myvhost_scsi 2> /dev/null ;;
		esac
	done
}

# result STATUS NAME
result() {
	n=$((n + 1))
	case "$1 $2" in
	not*) failed=$((failed + 1)) ;;
	*"# SKIP"*) skipped=$((skipped + 1)) ;;
	esac
	printf '%s %d %s\n' "$1" $n "$2"
}

# A program that ends before its plan, or before its plan is fulfilled, counts as one
# failure. The shell reads line by line, awk would wait for a block.
join() {
	n=0 failed=0 skipped=0
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		"TAP version "* | "# Totals:"*) ;;
		"# START "*)
			prog=${line#\# START }
			planned=-1 seen=0
			echo "# $prog"
			;;
		"# END "*)
			line=${line#\# END }
			[ $planned -ge 0 ] && [ $seen -ge $planned ] ||
				result "not ok" "$prog: ended early, status ${line% *}"
			echo "# $prog: ${line#* } s"
			;;
		"1..0 # SKIP"*)
			planned=0
			result ok "$prog # SKIP${line#1..0 \# SKIP}"
			;;
		1..[0-9]*) planned=${line#1..} ;;
		"ok "* | "not ok "*)
			seen=$((seen + 1))
			status=${line%%ok *}ok
			line=${line#"$status "}
			result "$status" "${line#* }"
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	echo "1..$n"
	echo "# Totals: pass:$((n - failed - skipped)) fail:$failed xfail:0 xpass:0 skip:$skipped error:0"
	[ $failed = 0 ] && [ $n != 0 ]
}

[ $# -gt 0 ] || set -- '*'
# shellcheck disable=SC2046
set -- $(programs "$@")

echo "TAP version 13"
if [ -n "$raw" ]; then
	run "$@" 2>&1 | tee "$raw" | join
else
	run "$@" 2>&1 | join
fi
