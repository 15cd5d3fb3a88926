#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench: what myvhost costs beside vhost_net.
#
# Two labs, which need neither KVM nor a module in the running kernel. LABS="icount uml"
# chooses: icount counts instructions per packet in an emulated machine on the lab's kernel
# KERNEL (6.12); uml takes the workers' CPU time in User Mode Linux 7.2, which is built first,
# in some 10 minutes. QUICK=1: a few cases, in less than five minutes once that is built.
# CASES="tx64,rx64": these. PARTS=disk: instructions per request of disks, beside an io_uring
# loop (icount only). NATIVE=1: on the machine's own kernel instead, with time, and with
# its performance counters; loads the modules. RECORD=1: the tables in
# Documentation/performance.rst and what "make check" compares with are written from the
# results.
set -euo pipefail
BENCH=$(cd "$(dirname "$0")" && pwd)
. "$BENCH/../../selftests/lab/common.sh"
OUT=${BENCH_OUT:-$CACHE/bench/latest}
QUICK_CASES=tx64,tx1500,tx-tso4,tx64-xdp-drop,rx64,rx1500,rx-tso4,both64
CASES=${CASES:-}
export PARTS=${PARTS:-net}
[ "$PARTS" != disk ] || LABS=icount
LABS=${LABS:-icount uml}
RECORD=${RECORD:-}

wanted() { [[ " $LABS " = *" $1 "* ]]; }

# lab NAME ROUNDS
lab() {
	OUT=$OUT/$1 ROUNDS=${ROUNDS:-$2} "$BENCH/$1/run.sh" ${CASES:+--cases "$CASES"}
	[ "$RECORD" != 1 ] || "$BENCH/figures.py" rst "$OUT/$1/results.json"
	drawn "$OUT/$1"
}

drawn() { echo "results: $1/results.json; gnuplot $1/plot.gp > plot.svg draws the ratios"; }

bench_labs() {
	"$LAB_DIR/setup.sh"
	if wanted icount; then
		echo "instructions of Debian's kernel ${KERNEL:-6.12} in an emulated machine; times mean nothing there"
		lab icount 7
		[ "$RECORD" != 1 ] || "$BENCH/figures.py" record "$OUT/icount/results.json"
	fi
	if wanted uml; then
		echo "CPU time of User Mode Linux 7.2 on this machine; nothing counts instructions there"
		lab uml 20
	fi
}

native_build() {
	[ -d "/lib/modules/$(uname -r)/build" ] ||
		die "no headers of the running kernel: install linux-headers-$(uname -r)"
	make -C "$REPO_DIR" modules > "$OUT/build.log" 2>&1 || {
		tail -20 "$OUT/build.log" >&2
		die "the modules do not build for $(uname -r), log: $OUT/build.log"
	}
	make -s -C "$BENCH/net" ||
		die "bench does not build: it needs gcc, pkgconf and libjson-c-dev"
}

# Unloaded at the end only if they were not there before.
native_load() {
	modprobe -q -a tun tap dummy bridge || say "without tun, tap, dummy or bridge some cases cannot be set up"
	LOADED=()
	native_load_one myvhost "$REPO_DIR/drivers/myvhost/myvhost.ko"
	native_load_one myvhost_net "$REPO_DIR/drivers/myvhost/net/myvhost_net.ko"
}

native_load_one() {
	[ ! -d "/sys/module/$1" ] || return 0
	insmod "$2" || die "cannot load $1: does the kernel demand signed modules (Secure Boot)?"
	LOADED=("$1" "${LOADED[@]}")
	trap 'rmmod "${LOADED[@]}"' EXIT
}

bench_native() {
	local against=/dev/vhost-net
	echo "time and performance counters of this machine, kernel $(uname -r)"
	native_build
	native_load
	modprobe -q vhost_net || {
		say "this kernel has no vhost_net to compare with"
		against=none
	}
	"$BENCH/net/obj/bench" --against "$against" --rounds "${ROUNDS:-20}" \
		--json "$OUT/results.json" --plot "$OUT/plot.gp" ${CASES:+--cases "$CASES"}
	drawn "$OUT"
}

need_root
mkdir -p "$OUT"
[ "$PARTS" != disk ] || QUICK_CASES=disk-read4k-1,disk-read4k-32,disk-read128k-8
[ -z "${QUICK:-}" ] || CASES=${CASES:-$QUICK_CASES}
if [ "${NATIVE:-}" = 1 ]; then bench_native; else bench_labs; fi
