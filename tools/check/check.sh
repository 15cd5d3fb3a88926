#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [STAGE...]: run the stages of "make check" and add up their results.
#
# Stages: lab, static, unit, fuzz, ctl, build, install, icount, kselftest, qemu; all of
# them by default; and debug and kcsan, on request only, since each builds a kernel.
# KERNEL="7.2" or "6.1 6.12" limits the kernels of all but the first five and these. A
# kernel that the mirror does not have is skipped, which the summary says; if it has
# none of them, that is a failure.
# QEMU_TESTS=all runs all stock-QEMU tests on 6.12 and 7.2; by default they run on
# 6.12, a few subjects on 7.2 with the newer QEMU that a host of Debian's backports has
# beside this kernel, and the subject memory on 6.1 too.
# Logs: CHECK_LOGS or a new directory in the cache.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../selftests/lab/common.sh"
. "$REPO_DIR/selftests/lib/ktap.sh"
REPO=$REPO_DIR
LAB=$LAB_DIR
LOGS=${CHECK_LOGS:-$CACHE/check/$(date +%Y%m%d-%H%M%S)}
KERNELS=${KERNEL:-$LAB_KERNELS}
SLOW_KERNEL=6.12
QUICK_SUBJECTS="disk basic"
# on 6.1 too, whose rules of what can be pinned, and when, are others
MEMORY_SUBJECT=memory
NO_BACKPORTS=$ROOTFS/opt/qemu-backports/missing
PREPARED=
VMS=2
KEEP_LOGS=10
PROGRESS=60

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# descendants: the processes that this script and its children started, in DESCENDANTS.
# Not in a subshell, which would be one of them.
descendants() {
	local all
	all=$(exec ps -e -o pid=,ppid=,comm=)
	DESCENDANTS=$(awk -v root=$$ '
		$3 != "ps" { parent[$1] = $2 }
		END {
			found[root]
			do {
				more = 0
				for (p in parent)
					if (parent[p] in found && !(p in found)) {
						found[p]
						print p
						more = 1
					}
			} while (more)
		}' <<< "$all")
}

# end_descendants: by SIGTERM, those that do not end within 10 s by SIGKILL. A shell
# whose child ended may start the next one, and a process may have lost its parent,
# hence all that were seen, again and again.
end_descendants() {
	local i seen=() signal=TERM
	for ((i = 0; i < 100; i++)); do
		[ $i -lt 50 ] || signal=KILL
		descendants
		# shellcheck disable=SC2206
		seen+=($DESCENDANTS)
		[ ${#seen[@]} -gt 0 ] || return 0
		mapfile -t seen < <(ps -o pid=,stat= -p "${seen[*]}" | awk '$2 !~ /^Z/ { print $1 }')
		[ ${#seen[@]} -gt 0 ] || return 0
		kill -$signal "${seen[@]}" 2> /dev/null || true
		sleep 0.2
	done
}

# stopped NUMBER-OF-SIGNAL: whatever was started ends with this script, virtual machines
# too, and the results so far are shown
stopped() {
	trap '' INT TERM
	say "stopped by a signal"
	end_descendants
	[ ! -d "$LOGS" ] || finish || true
	exit $((128 + $1))
}

trap_signals() {
	trap 'stopped 2' INT
	trap 'stopped 15' TERM
}

# background CMD...: wait for it such that a signal is handled at once
background() {
	"$@" &
	wait $!
}

# results REGEX FILE: how many
results() { grep -cE "^ *$1 " "$2" || true; }

# follow PID NAME TAP: print the failures of a running stage as they come, and every
# minute how far it is
follow() {
	local told=0 now last=$SECONDS
	while [ -d "/proc/$1" ]; do
		sleep 1
		now=$(results 'not ok' "$3")
		[ "$now" = "$told" ] || grep -E '^ *not ok ' "$3" | sed -n "$((told + 1)),${now}s/^ */    $2: /p"
		told=$now
		[ $((SECONDS - last)) -ge $PROGRESS ] || continue
		say "$2: $(results ok "$3") ok, $now not ok so far"
		last=$SECONDS
	done
}

# stage NAME CMD...: standard output is the report, standard error the log. A
# command that fails without a failed result in its report gets one.
stage() {
	local name=$1 rc=0 tap=$LOGS/$1.tap log=$LOGS/$1.log start=$SECONDS
	shift
	say "$name"
	: > "$tap"
	"$@" > "$tap" 2> "$log" < /dev/null &
	follow $! "$name" "$tap"
	wait $! || rc=$?
	if [ $rc != 0 ] && ! grep -qE '^ *not ok' "$tap"; then
		printf 'KTAP version 1\n1..1\nnot ok 1 %s: exit status %d\n' "$name" $rc >> "$tap"
		tail -n 15 "$log" | sed 's/^/    /'
	fi
	say "$name: $(results ok "$tap") ok, $(results 'not ok' "$tap") not ok, $((SECONDS - start)) s"
}

# of the lab itself, without one
stage_lab() { stage lab "$LAB/tests/run.sh"; }

stage_static() { stage static "$REPO/tools/check/static.sh"; }

stage_unit() {
	stage unit "$LAB/inroot.sh" make -s -C /repo/selftests/unit run
	say "unit, coverage: $(sed -n 's/^    .*ok [0-9]* \(.*: [0-9.]* % of [0-9]* lines\)$/\1/p' "$LOGS/unit.tap" |
		paste -sd , | sed 's/,/, /g')"
}

# one processor is enough for it; what follows goes on meanwhile
stage_fuzz() {
	stage fuzz "$LAB/inroot.sh" make -s -C /repo/selftests/fuzz OUT=/build/fuzz check &
}

stage_ctl() { stage ctl "$LAB/inroot.sh" make -s -C /repo/selftests/ctl run; }

# kernels_report: a result for each kernel that was asked for
kernels_report() {
	local k
	ktap_begin
	for k in $KERNELS; do
		if have_kernel "$k"; then
			tail -n +2 "$CACHE/kernels/$k/about" | sed 's/^/# /'
			ktap_result "kernel $k is $(head -n 1 "$CACHE/kernels/$k/about")" 0
		else
			ktap_skip "kernel $k" "$(no_kernel "$k" 2>&1 | sed 's/^lab: //')"
		fi
	done
	[ -n "$BUILD_KERNELS" ] || ktap_result "a kernel to test on" 1
	ktap_end
}

# finish: the results, and the kernels they are of
finish() {
	local k
	for k in ${PREPARED:+$KERNELS}; do
		if have_kernel "$k"; then
			echo "kernel $k: $(paste -sd ';' "$CACHE/kernels/$k/about" | sed 's/;/; /g')"
		else
			echo "kernel $k: NOT TESTED, $(no_kernel "$k" 2>&1 | sed 's/^lab: //')"
		fi
	done
	"$REPO/tools/check/ktap.py" summary "$LOGS"
}

build_report() {
	local k rc
	ktap_begin
	for k in $BUILD_KERNELS; do
		rc=0
		"$LAB/build.sh" "$k" >&2 || rc=$?
		ktap_result "build for $k" $rc
	done
	ktap_end
}

stage_build() { stage build build_report; }

stage_install() {
	local k
	for k in $BUILD_KERNELS; do
		stage "install-$k" "$REPO/tools/check/install.sh" "$k"
	done
}

# instructions per packet, which the machine and its load do not change
icount_report() {
	local cases part
	cases=$(awk '!/^#/ { print $1 }' "$REPO/tools/bench/icount/recorded.txt")
	for part in net disk; do
		KERNEL=6.12 OUT=$LOGS/icount-$part ROUNDS=5 PARTS=$part "$REPO/tools/bench/icount/run.sh" \
			--cases "$(icount_cases "$part" <<< "$cases" | paste -sd ,)" >&2 || return
	done
	"$REPO/tools/bench/figures.py" check "$LOGS"/icount-{net,disk}/results.json
}

# those of disks say so
icount_cases() {
	if [ "$1" = disk ]; then grep '^disk-'; else grep -v '^disk-'; fi
}

stage_icount() {
	if have_kernel 6.12; then
		stage icount icount_report
	else
		stage icount skip_report "no kernel 6.12, of which the figures are"
	fi
}

# A report may run without errexit: what fails must say so itself.
kselftest_report() {
	"$LAB/build.sh" "$1" >&2 || return
	"$LAB/run.sh" -k "$1" -t 1200 -o "$LOGS/kselftest-$1" -- \
		'/repo/selftests/kselftest/in-vm.sh && kselftest=0 || kselftest=$?
		/repo/selftests/ctl/node.sh && exit $kselftest'
}

selftests_report() {
	local rc=0
	ktap_begin 1
	"$LAB/inroot.sh" sh -c 'make -s -C /repo/selftests/kselftest &&
		make -s -C /repo/selftests/ctl' >&2 || rc=$?
	ktap_result "build of the kernel self-tests" $rc
	ktap_end
}

# build_selftests: if it fails, the stage that needs them ends there
build_selftests() {
	stage kselftest-build selftests_report
	[ "$(results 'not ok' "$LOGS/kselftest-build.tap")" != 0 ] || return 0
	tail -n 15 "$LOGS/kselftest-build.log"
	return 1
}

# all kernels at once: alone, a VM with the tests leaves half of two processors idle
stage_kselftest() {
	local k
	build_selftests || return 0
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
		/repo/selftests/kselftest/in-vm.sh && kselftest=0 || kselftest=$?
		grep -q "debug_locks: *1" /proc/lockdep_stats || exit
		exit $kselftest'
}

stage_debug() {
	build_selftests || return 0
	stage debug debug_report
}

# the kernel self-tests with the modules under KCSAN, the detector of data races;
# without UBSAN, whose check of bool makes gcc take a marked load for a plain one
kcsan_report() {
	"$LAB/debug-kernel.sh" kcsan >&2 || return
	"$LAB/build.sh" kcsan UBSAN_SANITIZE=n >&2 || return
	"$LAB/run.sh" -k kcsan -t 5400 -o "$LOGS/kcsan" -- \
		'export KTAP_SLOWDOWN=4
		exec /repo/selftests/kselftest/in-vm.sh'
}

stage_kcsan() {
	build_selftests || return 0
	stage kcsan kcsan_report
}

skip_report() {
	ktap_begin 1
	ktap_skip "tests" "$1"
	ktap_end
}

# qemu_report STAGE KERNEL SUBJECT QEMU_TESTS [BACKPORTS]
qemu_report() {
	QEMU_TESTS=$4 QEMU_BACKPORTS=${5:-} "$REPO/selftests/qemu/run.sh" -k "$2" -o "$LOGS/$1" "$3"
}

# qemu_jobs: what the stage qemu consists of, lines with the arguments of qemu_report; long
# ones first, so that the last ones end together
qemu_jobs() {
	local k s tests subjects last=${QEMU_KERNELS##* } newer=
	[ -f "$NO_BACKPORTS" ] || newer=$last
	for s in ${newer:+$QUICK_SUBJECTS}; do
		echo "qemu-backports-$s $last $s default 1"
	done
	for k in $BUILD_KERNELS; do
		tests=${QEMU_TESTS:-default} subjects=$MEMORY_SUBJECT
		if [[ " $QEMU_KERNELS " = *" $k "* ]]; then
			[ "$k" != "$SLOW_KERNEL" ] || tests=all
			subjects=$QUICK_SUBJECTS
			[ "$tests" != all ] || subjects=$("$REPO/selftests/qemu/run.sh" -l)
			[ "$tests$k" != "default$newer" ] || subjects=
		fi
		for s in $subjects; do
			echo "qemu-$k-$s $k $s $tests"
		done
	done
}

# VMS at a time: one leaves a third of two processors idle
stage_qemu() {
	local job
	while read -ra job; do
		while [ "$(jobs -rp | wc -l)" -ge $VMS ]; do
			wait -n || true
		done
		stage "${job[0]}" qemu_report "${job[@]}" &
	done < <(qemu_jobs)
	wait
	[ -z "$QEMU_KERNELS" ] || [ ! -f "$NO_BACKPORTS" ] ||
		stage qemu-backports skip_report "the newer QEMU: $(cat "$NO_BACKPORTS")"
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

# prepare: the lab, and which kernels it has
prepare() {
	say "preparing the lab in $CACHE"
	background "$LAB/setup.sh" || {
		printf 'KTAP version 1\n1..1\nnot ok 1 set-up of the lab\n' > "$LOGS/setup.tap"
		finish
	}
	PREPARED=1
	say "the lab is ready"
	# shellcheck disable=SC2086
	BUILD_KERNELS=$(lab_kernels $KERNELS)
	# shellcheck disable=SC2086
	QEMU_KERNELS=$(lab_kernels ${KERNEL:-$LAB_GUEST_KERNELS})
	have_kernel "$SLOW_KERNEL" || SLOW_KERNEL=${QEMU_KERNELS%% *}
	stage kernels kernels_report
}

main() {
	local s
	[ "$(id -u)" = 0 ] || { echo "make check needs root for its lab: sudo make check"; exit 1; }
	[ $# -gt 0 ] || set -- lab static unit fuzz ctl build install icount kselftest qemu
	mkdir -p "$LOGS"
	prune
	trap_signals
	for s in "$@"; do
		case $s in
		lab) ;;
		static | unit | fuzz | ctl | build | install | icount | kselftest | qemu | debug | kcsan)
			[ -n "$PREPARED" ] || prepare ;;
		*) echo "unknown stage $s"; exit 2 ;;
		esac
		"stage_$s"
	done
	wait
	rules_report
	finish
}

[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
