#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [BENCH ARGS]: run bench on a Debian kernel in an emulated machine that counts
# instructions.
#
#     tools/bench/icount/run.sh -c tx64,rx64                 # instructions per packet
#     tools/bench/icount/run.sh -c rx64 --profile            # and by kernel function
#     PARAMETERS=pin_rings=0 tools/bench/icount/run.sh -c tx64
#     PARTS=disk tools/bench/icount/run.sh -c disk-read4k-32 # per request of a disk
#
# PARTS: net, or disk for requests of disks instead of packets. KERNEL: of the lab, 6.12 by
# default. OUT: where results.json, plot.gp and the console go, a new directory in the cache by
# default. PARAMETERS: of myvhost.ko. KO: modules below this directory instead of those of this
# tree, for instance of another commit. PACKETS per round (6000), ROUNDS (3). Loads no module
# into the running kernel; needs the lab (selftests/lab/setup.sh) and root.
#
# The driver polls on processor 0, the workers are alone on processor 1, and a plugin
# counts what that one executes in kernel mode, to the instruction. The load of the machine
# has no part in it. An instruction with a repeat prefix counts once; caches, atomics,
# wake-ups and interrupts cost nothing here. Times and rates mean nothing.
#
# Not with -icount: there the processors share a thread, and QEMU 10 leaves out the plugin
# in part of what the second one executes.
set -euo pipefail
BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$BENCH_DIR/../../selftests/lab/initrd.sh"

PARTS=${PARTS:-net}
case $PARTS in
net)
	HOST_KERNEL_MODULES="tun vhost_net dummy bridge"
	BACKENDS=myvhost_net.ko
	;;
disk)
	HOST_KERNEL_MODULES="null_blk ext4 xfs"
	BACKENDS=myvhost_blk.ko
	;;
*) die "PARTS is net or disk, not $PARTS" ;;
esac
PACKETS=${PACKETS:-6000}
ROUNDS=${ROUNDS:-3}
LIMIT=${LIMIT:-1200}
SERIES=${KERNEL:-6.12}
OUT=${OUT:-}
PARAMETERS=${PARAMETERS:-}
KO=${KO:-}

build() {
	local log=$OUT/build.log
	[ -n "$KO" ] || "$LAB_DIR/build.sh" "$SERIES" > "$log"
	KO=${KO:-$CACHE/build/$SERIES/drivers}
	"$LAB_DIR/inroot.sh" sh -c 'make -s -C "/repo/tools/bench/$1" "O=/build/bench-$1" &&
		gcc -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden \
			-o "/build/bench-$1/icount.so" /repo/tools/bench/icount/plugin.c' sh "$PARTS" >> "$log"
}

# tree DIR BENCH-ARGS...: the machine's only file system
tree() {
	local tree=$1 module
	shift
	copy_busybox "$tree"
	# shellcheck disable=SC2086
	copy_modules "$(kernel_release "$SERIES")" "$tree" order $HOST_KERNEL_MODULES
	find "$KO" -name 'myvhost*.ko' -exec cp -t "$tree/mod" {} +
	for module in "myvhost.ko $PARAMETERS" "$BACKENDS"; do
		echo "$module" >> "$tree/mod/order"
	done
	[ "$PARTS" != disk ] || copy_binaries "$tree" mkfs.ext4
	cp "$CACHE/build/bench-$PARTS/bench" "$tree/bin/"
	install -m 755 "$BENCH_DIR/icount/init" "$tree/init"
	[ $# = 0 ] || printf '%q ' "$@" > "$tree/args"
}

# machine: its console, results, JSON and plot are serial ports
machine() {
	LAB_BINDS="$OUT:/lab
$CACHE/kernels/$SERIES:/mnt
$CACHE/build/bench-$PARTS:/srv" setpriv --pdeathsig TERM timeout -k 5 "$LIMIT" "$LAB_DIR/inroot.sh" \
		qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max,-erms,-fsrm \
		-smp 2 -m 2048 -nodefaults -display none -no-reboot \
		-kernel /mnt/vmlinuz -initrd /lab/initrd \
		-append "console=ttyS0 quiet panic=-1 oops=panic nokaslr no_timer_check" \
		-serial file:/lab/console -serial file:/lab/out \
		-serial file:/lab/results.json -serial file:/lab/plot.gp \
		-object memory-backend-file,id=page,mem-path=/tmp/page,size=16M,share=on \
		-device ivshmem-plain,memdev=page -plugin /srv/icount.so,page=/tmp/page \
		> "$OUT/qemu.log" 2>&1 < /dev/null
}

main() {
	local tree rc=0 pid
	need_root
	have_kernel "$SERIES" || no_kernel "$SERIES"
	mkdir -p "${OUT:=$CACHE/bench/$(date +%Y%m%d-%H%M%S-%N)}"
	OUT=$(realpath "$OUT")
	build
	tree=$(mktemp -d "$CACHE/tree.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tree'" EXIT
	tree "$tree" --packets "$PACKETS" --rounds "$ROUNDS" "$@"
	pack "$tree" "$OUT/initrd"
	: > "$OUT/out"
	machine &
	pid=$!
	tail -n +1 -s 0.2 -f --pid=$pid "$OUT/out"
	wait $pid || rc=$?
	rm -f "$OUT/initrd"
	[ $rc = 0 ] || { cat "$OUT/qemu.log" >&2; tail -n 20 "$OUT/console" >&2; die "the machine ended with status $rc"; }
	grep -q '^exit status 0' "$OUT/out" || {
		tail -n 20 "$OUT/console" >&2
		die "bench failed, see $OUT"
	}
}

main "$@"
