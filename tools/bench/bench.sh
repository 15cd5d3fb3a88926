#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench: what myvhost costs beside vhost_net.
#
# Instructions per packet in an emulated machine that counts them, on the lab's kernel
# KERNEL (6.12). QUICK=1: a few cases, in less than five minutes. CASES="tx64,rx64": these.
# NATIVE=1: on the machine's own kernel, with time, and with its performance counters; loads
# the modules. RECORD=1: the table in Documentation/performance.rst and what "make check"
# compares with are written from the results.
set -euo pipefail
BENCH=$(cd "$(dirname "$0")" && pwd)
. "$BENCH/../../selftests/lab/common.sh"
OUT=${BENCH_OUT:-$CACHE/bench/latest}
QUICK_CASES=tx64,tx1500,tx-tso4,tx64-xdp-drop,rx64,rx1500,rx-tso4,both64
CASES=${CASES:-}

bench_lab() {
	"$LAB_DIR/setup.sh"
	echo "instructions of Debian's kernel ${KERNEL:-6.12} in an emulated machine; times mean nothing there"
	OUT=$OUT ROUNDS=${ROUNDS:-7} "$BENCH/icount/run.sh" ${CASES:+--cases "$CASES"}
}

# unloaded afterwards only if they were not there before
bench_native() {
	local loaded=''
	echo "time and performance counters of this machine, kernel $(uname -r)"
	make -C "$REPO_DIR" modules > "$OUT/build.log"
	make -s -C "$BENCH/net"
	modprobe -a tun vhost_net dummy bridge
	if [ ! -d /sys/module/myvhost ]; then
		loaded=1
		insmod "$REPO_DIR/drivers/myvhost/myvhost.ko"
	fi
	[ -d /sys/module/myvhost_net ] || insmod "$REPO_DIR/drivers/myvhost/net/myvhost_net.ko"
	"$BENCH/net/obj/bench" --rounds "${ROUNDS:-20}" --json "$OUT/results.json" \
		--plot "$OUT/plot.gp" ${CASES:+--cases "$CASES"}
	[ -z "$loaded" ] || rmmod myvhost_net myvhost
}

need_root
mkdir -p "$OUT"
[ -z "${QUICK:-}" ] || CASES=${CASES:-$QUICK_CASES}
if [ "${NATIVE:-}" = 1 ]; then bench_native; else bench_lab; fi
if [ "${RECORD:-}" = 1 ]; then
	"$BENCH/figures.py" record "$OUT/results.json"
	"$BENCH/figures.py" rst "$OUT/results.json"
fi
echo "results: $OUT/results.json; gnuplot $OUT/plot.gp > plot.svg draws the ratios"
