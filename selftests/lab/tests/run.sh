#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Test what the lab makes of the state of a Debian mirror, as KTAP, without network and
# without a VM: choose-kernel.py with recorded package lists (lists/, from "apt-cache
# madison", without the packages that some state of the mirror lacks), and kernel.sh
# with releases that do not work. And that a signal ends all that make check has started.
set -uo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
LAB=$(cd "$HERE/.." && pwd)
. "$LAB/../lib/ktap.sh"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# result NAME CMD...: what CMD prints explains a failure
result() {
	local out rc=0
	out=$("${@:2}" 2>&1) || rc=$?
	ktap_result "$1" $rc "$out"
}

# expect WHAT PATTERN FILE
expect() {
	if [ -z "$2" ]; then
		[ ! -s "$3" ]
	else
		grep -qE -- "$2" "$3"
	fi || { echo "$1 does not fit \"$2\":"; cat "$3"; return 1; }
}

# choose LIST SERIES BAD STATUS CHOICE REMARK: patterns, an empty one for no output
choose() {
	local rc=0
	printf '%s' "$3" > "$WORK/bad"
	"$LAB/choose-kernel.py" --bad "$WORK/bad" "$2" < "$HERE/lists/$1" \
		> "$WORK/out" 2> "$WORK/err" || rc=$?
	[ $rc = "$4" ] || { echo "exit status $rc, not $4"; cat "$WORK/err"; return 1; }
	expect "the choice" "$5" "$WORK/out" && expect "the remark" "$6" "$WORK/err"
}

# order VERSION...: each is older than the next, in Debian's order
order() {
	local k i=0
	for k; do
		printf 'linux-headers-5.0.0-%d-amd64 | %s | m s/main amd64 Packages\n' "$((++i))" "$k"
	done | sort -R > "$WORK/list"
	# the newest of all is the first that is passed over, and so on
	"$LAB/choose-kernel.py" 5.0 < "$WORK/list" 2> "$WORK/err" > /dev/null
	sed -n 's/.*-amd64 (\(.*\)) is passed over.*/\1/p' "$WORK/err" | tac > "$WORK/order"
	printf '%s\n' "$@" | diff - "$WORK/order"
}

# fall_back BAD-RELEASES STATUS CHOSEN REMARK: kernel.sh on a mirror whose releases
# BAD-RELEASES do not work
fall_back() {
	local rc=0
	rm -rf "$WORK/cache"
	mkdir -p "$WORK/cache/rootfs"
	MYVHOST_CACHE=$WORK/cache BROKEN=" $1 " LIST=$HERE/lists/kbuild-newer-than-headers \
		SCRIPT=$LAB/kernel.sh bash -euc '
		. "$SCRIPT"
		apt_update() { :; }
		lists() { cat "$LIST"; }
		fetch() { echo "$2" > "$ROOTFS/opt/kernels/$1"; }
		works() {
			REASON="it does not boot"
			mkdir -p "$CACHE/kernels/$1"
			[[ $BROKEN != *" $2 "* ]] && touch "$CACHE/kernels/$1/initrd"
		}
		main 6.1' > "$WORK/out" 2>&1 || rc=$?
	[ $rc = "$2" ] || { echo "exit status $rc, not $2"; cat "$WORK/out"; return 1; }
	cat "$WORK/cache/rootfs/opt/kernels/6.1" > "$WORK/chosen" 2> /dev/null
	expect "the kernel" "$3" "$WORK/chosen" && expect "the output" "$4" "$WORK/out"
}

# the release that failed is announced and not tried again
remembered() {
	expect "about" '^6\.1\.0-56-amd64 .*is passed over: it does not boot$' \
		"$WORK/cache/kernels/6.1/about" &&
		expect "bad" '^6\.1\.0-56-amd64 6\.1\.192-2 it does not boot$' "$WORK/cache/kernels/bad"
}

# if none works, the fault is not theirs
forgotten() {
	[ ! -s "$WORK/cache/kernels/bad" ] && [ ! -e "$WORK/cache/rootfs/opt/kernels/6.1" ]
}

# signalled SIGNAL STATUS: a shell that does what check.sh does has a child in a process
# group of its own, as timeout makes it for QEMU, and one in a session of its own that
# survives SIGTERM. They hold the lock of the file "held" as long as they live.
signalled() {
	local rc=0 pid
	CHECK_LOGS=$WORK/logs SCRIPT=$LAB/../../tools/check/check.sh bash -c '
		. "$SCRIPT"
		mkdir -p "$LOGS"
		trap_signals
		flock 9
		(timeout 60 sleep 60 & wait) &
		setsid bash -c "trap : TERM; touch $1/started; while :; do sleep 1; done" &
		wait' signalled "$WORK" > "$WORK/out" 2>&1 9> "$WORK/held" &
	pid=$!
	until [ -e "$WORK/started" ]; do sleep 0.1; done
	kill -s "$1" $pid
	wait $pid || rc=$?
	[ $rc = "$2" ] || { echo "exit status $rc, not $2"; cat "$WORK/out"; return 1; }
	flock -n 9 9> "$WORK/held" || { echo "a process is left"; return 1; }
}

ktap_begin 19
result "everything is there" choose complete-7.2 7.2 "" 0 \
	'^7\.2\.12\+deb13-amd64 7\.2\.12-1~bpo13\+1 linux-headers-\S+-amd64=\S+ linux-headers-\S+-common=\S+ linux-binary-7\S+ linux-modules-\S+ linux-base-\S+ linux-kbuild-7\.2\.12\+deb13=\S+$' ''
result "the signed image is later than the headers" choose image-later-than-headers 6.1 "" 0 \
	'^6\.1\.0-57-amd64 .* linux-image-6\.1\.0-57-amd64-unsigned=6\.1\.192-3 linux-kbuild-6\.1=6\.1\.192-3$' \
	'no linux-image-6\.1\.0-57-amd64=6\.1\.192-3, linux-image-6\.1\.0-57-amd64-unsigned=6\.1\.192-3 instead'
result "both images are later than the headers" choose no-image-yet 6.1 "" 0 \
	'^6\.1\.0-56-amd64 .* linux-image-6\.1\.0-56-amd64=6\.1\.192-2 ' \
	'^6\.1\.0-57-amd64 .*is passed over: no linux-image-6\.1\.0-57-amd64='
result "kbuild is newer than the headers" choose kbuild-newer-than-headers 6.1 "" 0 \
	'^6\.1\.0-56-amd64 6\.1\.192-2 .* linux-kbuild-6\.1=6\.1\.192-3$' \
	'no linux-kbuild-6\.1=6\.1\.192-2, linux-kbuild-6\.1=6\.1\.192-3 instead'
result "there is no kbuild" choose no-kbuild 6.1 "" 3 '' 'none that can be used'
result "the signed image of 7.2 is late" choose binary-not-signed 7.2 "" 0 \
	'^7\.2\.12.* linux-binary-unsigned-7\.2\.12\+deb13-amd64=' 'linux-binary-unsigned\S+ instead'
result "the empty package for an image is no image" choose no-binary 7.2 "" 0 \
	'^7\.2\.11\+deb13-amd64 ' '^7\.2\.12\+deb13-amd64 .*is passed over: no linux-binary'
result "the series is gone from the mirror" choose series-gone 7.2 "" 3 '' \
	'^the mirror has no kernel 7\.2; it has 6\.1, 6\.12, 7\.3$'
result "kernels for another Debian do not count" choose series-gone 6.12 \
	$'6.12.118+deb13-amd64 6.12.118-1 bad\n6.12.117+deb13-amd64 6.12.117-1 bad\n' 3 '' \
	'none that can be used'
result "the mirror is unreachable" choose unreachable 6.1 "" 1 '' 'lists are empty'
result "a release that does not work is passed over" choose complete-7.2 7.2 \
	"7.2.12+deb13-amd64 7.2.12-1~bpo13+1 it does not boot" 0 \
	'^7\.2\.11\+deb13-amd64 ' '^7\.2\.12\+deb13-amd64 .*is passed over: it does not boot$'
result "its next version is tried again" choose complete-7.2 7.2 \
	"7.2.12+deb13-amd64 7.2.12-1~bpo13+0 it does not boot" 0 '^7\.2\.12\+deb13-amd64 ' ''
result "versions are in Debian's order" order 5.0.9-1~bpo13+1 5.0.9-1 5.0.9-1a 5.0.9-1+b1 5.0.9-2 \
	5.0.9-10~deb12u1 5.0.9-10 5.0.9.1-1 5.0.10-1
result "the newest release works" fall_back "" 0 '^6\.1\.0-56-amd64$' 'linux-kbuild'
result "the newest release does not boot: the one before" fall_back "6.1.0-56-amd64" 0 \
	'^6\.1\.0-55-amd64$' '6\.1\.0-56-amd64 does not do: it does not boot'
result "the release that failed is remembered" remembered
result "no release works: the lab is at fault" fall_back "6.1.0-56-amd64 6.1.0-55-amd64" 1 '' \
	'no kernel 6\.1 works'
result "no release works: none is remembered" forgotten
result "a signal ends all that make check has started" signalled TERM 143
ktap_end
