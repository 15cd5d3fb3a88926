#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [STAGE...]: run the stages of "make check" and add up their results.
#
# Stages: static, unit, fuzz, ctl, build, install, kselftest, qemu; all of them by
# default; and debug and kcsan, on request only, since each builds a kernel.
# KERNEL="7.2" or "6.1 6.12" limits the kernels of all but the first four and these.
# QEMU_TESTS=all runs all stock-QEMU tests on every kernel; by default they run on
# one, and a few subjects on the others and with a newer QEMU. Logs: CHECK_LOGS or a
# new directory in the cache.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
LAB=$REPO/selftests/lab
CACHE=${MYVHOST_CACHE:-$HOME/.cache/myvhost}
LOGS=${CHECK_LOGS:-$CACHE/check/$(date +%Y%m%d-%H%M%S)}
BUILD_KERNELS=${KERNEL:-6.1 6.12 7.2}
QEMU_KERNELS=${KERNEL:-6.12 7.2}
SLOW_KERNEL=6.12
QUICK_SUBJECTS="basic disk"
KEEP_LOGS=10

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# stage NAME CMD...: standard output is the report, standard error the log. A
# command that fails without a failed result in its report gets one.
stage() {
	local name=$1 rc=0 tap=$LOGS/$1.tap log=$LOGS/$1.log start=$SECONDS
	shift
	say "$name"
	"$@" > "$tap" 2> "$log" < /dev/null || rc=$?
	if [ $rc != 0 ] && ! grep -qE '^ *not ok' "$tap"; then
		printf 'TAP version 13\n1..1\nnot ok 1 %s: exit status %d\n' "$name" $rc >> "$tap"
		tail -n 15 "$log" | sed 's/^/    /'
	fi
	say "$name: $(grep -cE '^ *ok ' "$tap" || true) ok, $(grep -cE '^ *not ok ' "$tap" || true) not ok, $((SECONDS - start)) s"
}

stage_static() { stage static "$REPO/tools/check/static.sh"; }

stage_unit() {
	stage unit "$LAB/inroot.sh" make -s -C /repo/selftests/unit run
	say "unit, coverage: $(sed -n 's/^    .*ok [0-9]* \(.*: [0-9.]* % of [0-9]* lines\)$/\1/p' "$LOGS/unit.tap" |
		paste -sd , | sed 's/,/, /g')"
}

stage_fuzz() { stage fuzz "$LAB/inroot.sh" make -s -C /repo/selftests/fuzz OUT=/build/fuzz check; }

stage_ctl() { stage ctl "$LAB/inroot.sh" make -s -C /repo/selftests/ctl run; }

build_report() {
	local k n=0 failed=0
	echo "TAP version 13"
	echo "1..$(wc -w <<< "$BUILD_KERNELS")"
	for k in $BUILD_KERNELS; do
		n=$((n + 1))
		if "$LAB/build.sh" "$k" >&2; then
			echo "ok $n build for $k"
		else
			echo "not ok $n build for $k"
			failed=1
		fi
	done
	return $failed
}

stage_build() { stage build build_report; }

stage_install() {
	local k
	for k in $BUILD_KERNELS; do
		stage "install-$k" "$REPO/tools/check/install.sh" "$k"
	done
}

# The reports run without errexit: what fails must say so itself.
kselftest_report() {
	"$LAB/build.sh" "$1" >&2 || return
	# vhost_net is what the errno tests compare with
	"$LAB/run.sh" -k "$1" -t 1200 -o "$LOGS/kselftest-$1" -- \
		'/repo/selftests/kselftest/load.sh;
		. /repo/selftests/lab/guest.sh && vhost_load && modprobe vhost_net || exit
		/repo/selftests/kselftest/run.sh && kselftest=0 || kselftest=$?
		/repo/selftests/ctl/node.sh && exit $kselftest'
}

build_selftests() {
	"$LAB/inroot.sh" sh -c 'make -s -C /repo/selftests/kselftest &&
		make -s -C /repo/selftests/ctl' > "$LOGS/kselftest-build.log" 2>&1 ||
		{ cat "$LOGS/kselftest-build.log"; exit 1; }
}

# all kernels at once: alone, a VM with the tests leaves half of two processors idle
stage_kselftest() {
	local k
	build_selftests
	for k in $BUILD_KERNELS; do
		stage "kselftest-$k" kselftest_report "$k" &
	done
	wait
}

# the kernel self-tests on the debug kernel; lockdep must still be on at the end,
# since its first report, as one of KASAN, switches it off
debug_report() {
	"$LAB/debug-kernel.sh" >&2 || return
	"$LAB/build.sh" debug KCOV_INSTRUMENT=y >&2 || return
	"$LAB/run.sh" -k debug -t 5400 -o "$LOGS/debug" -- \
		'export KTAP_SLOWDOWN=4
		/repo/selftests/kselftest/load.sh
		. /repo/selftests/lab/guest.sh && vhost_load && modprobe vhost_net || exit
		/repo/selftests/kselftest/run.sh && kselftest=0 || kselftest=$?
		grep -q "debug_locks: *1" /proc/lockdep_stats || exit
		exit $kselftest'
}

stage_debug() {
	build_selftests
	stage debug debug_report
}

# the kernel self-tests with the modules under KCSAN, the detector of data races;
# without UBSAN, whose check of bool makes gcc take a marked load for a plain one
kcsan_report() {
	"$LAB/debug-kernel.sh" kcsan >&2 || return
	"$LAB/build.sh" kcsan UBSAN_SANITIZE=n >&2 || return
	"$LAB/run.sh" -k kcsan -t 5400 -o "$LOGS/kcsan" -- \
		'export KTAP_SLOWDOWN=4
		/repo/selftests/kselftest/load.sh
		. /repo/selftests/lab/guest.sh && vhost_load && modprobe vhost_net || exit
		/repo/selftests/kselftest/run.sh'
}

stage_kcsan() {
	build_selftests
	stage kcsan kcsan_report
}

stage_qemu() {
	local k tests subjects last
	for k in $QEMU_KERNELS; do
		last=$k
		tests=${QEMU_TESTS:-} subjects=
		if [ "$k" = $SLOW_KERNEL ]; then tests=all; fi
		[ "$tests" = all ] || subjects=$QUICK_SUBJECTS
		# shellcheck disable=SC2086
		QEMU_TESTS=$tests stage "qemu-$k" "$REPO/selftests/qemu/run.sh" -k "$k" -o "$LOGS/qemu-$k" $subjects
	done
	# shellcheck disable=SC2086
	QEMU_BACKPORTS=1 stage qemu-backports "$REPO/selftests/qemu/run.sh" -k "$last" -o "$LOGS/qemu-backports" $QUICK_SUBJECTS
}

# prune: keep the logs of the last runs only
prune() {
	local old
	# shellcheck disable=SC2012
	{ ls -1dt "$CACHE"/check/*/ 2> /dev/null || true; } | tail -n +$((KEEP_LOGS + 1)) | while read -r old; do
		rm -rf "$old"
	done
}

# which rule has which test, and what became of it
rules_report() {
	local without
	"$REPO/tools/check/ktap.py" rules "$LOGS" "$REPO/Documentation/rules.rst" > "$LOGS/rules.txt"
	without=$(awk '$2 == "none" { printf " %s", $1 }' "$LOGS/rules.txt")
	say "rules and their tests: $LOGS/rules.txt; without a test in this run:${without:- none}"
}

main() {
	local s
	[ "$(id -u)" = 0 ] || { echo "make check needs root for its lab: sudo make check"; exit 1; }
	[ $# -gt 0 ] || set -- static unit fuzz ctl build install kselftest qemu
	mkdir -p "$LOGS"
	prune
	say "preparing the lab in $CACHE"
	"$LAB/setup.sh"
	for s in "$@"; do
		case $s in
		static | unit | fuzz | ctl | build | install | kselftest | qemu | debug | kcsan)
			"stage_$s" ;;
		*) echo "unknown stage $s"; exit 2 ;;
		esac
	done
	rules_report
	"$REPO/tools/check/ktap.py" summary "$LOGS"
}

main "$@"
