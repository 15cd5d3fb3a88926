#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [BENCH ARGS]: run bench in User Mode Linux, at the speed of this machine.
#
#     tools/bench/uml/run.sh -c tx64,rx64              # CPU time per packet
#     RUN='net_loss -v' tools/bench/uml/run.sh         # another program, see below
#
# OUT: where results.json, plot.gp and the console go, a new directory in the cache by
# default. ROUNDS (20). PARAMETERS: of myvhost.ko. KO: modules below this directory instead
# of those of this tree. RUN: a command line instead of bench; FILES, static programs and
# scripts for it, are in its PATH. LIMIT: seconds, 1200 by default. Loads no module into
# the running kernel; needs the lab (selftests/lab/setup.sh) and root.
#
# The driver polls on processor 0, the workers are alone on processor 1. Each is bound to
# the host's processor of the same number.
set -euo pipefail
UML_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$UML_DIR/../../../selftests/lab/initrd.sh"

# busybox has an ip of its own, which its shell prefers
BINARIES="ip dash"
ROUNDS=${ROUNDS:-20}
LIMIT=${LIMIT:-1200}
OUT=${OUT:-}
PARAMETERS=${PARAMETERS:-}
KO=${KO:-$CACHE/build/uml/drivers}
RUN=${RUN:-}
FILES=${FILES:-}

build() {
	"$UML_DIR/build.sh" > "$OUT/build.log"
	"$LAB_DIR/inroot.sh" make -s -C /repo/tools/bench/net O=/build/bench >> "$OUT/build.log"
}

# tree DIR: the machine's root, a directory of the host
tree() {
	local tree=$1
	copy_busybox "$tree"
	mkdir -p "$tree/mod"
	# shellcheck disable=SC2086
	copy_binaries "$tree" $BINARIES
	find "$CACHE/build/uml-kernel/obj" "$KO" -name '*.ko' -exec cp -t "$tree/mod" {} +
	printf '%s\n' llc.ko stp.ko bridge.ko veth.ko tap.ko vhost_iotlb.ko vhost.ko \
		vhost_net.ko "myvhost.ko $PARAMETERS" \
		myvhost_net.ko > "$tree/mod/order"
	# shellcheck disable=SC2086
	cp "$CACHE/build/bench/bench" $FILES "$tree/bin/"
	install -m 755 "$UML_DIR/init" "$tree/init"
	echo "$RUN" > "$tree/run"
}

# What sleeps cannot be measured here, see README.md.
all_cases() {
	"$LAB_DIR/inroot.sh" /build/bench/bench --list | grep -vE 'ping|tcp|paced|sender' |
		paste -sd ,
}

# Rights and terminal are those of this process; the memory is a file in its /tmp.
machine() {
	LAB_BINDS="$1:/mnt" setpriv --pdeathsig TERM timeout -k 5 "$LIMIT" "$LAB_DIR/inroot.sh" \
		/build/uml-kernel/obj/linux mem=1G ncpus=2 seccomp=on \
		rootfstype=hostfs rootflags=/mnt rw init=/init uml_dir=/tmp/ \
		con=null con0=null,fd:1 quiet panic=-1 < /dev/null
}

main() {
	local tree rc=0
	need_root
	mkdir -p "${OUT:=$CACHE/bench/$(date +%Y%m%d-%H%M%S-%N)}"
	OUT=$(realpath "$OUT")
	build
	tree=$(mktemp -d "$CACHE/tree.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tree'" EXIT
	[ $# -gt 0 ] || set -- --cases "$(all_cases)"
	[ -n "$RUN" ] ||
		RUN=$(printf '%q ' bench --rounds "$ROUNDS" --json /results.json --plot /plot.gp "$@")
	tree "$tree"
	machine "$tree" | tee "$OUT/console" || rc=$?
	for result in results.json plot.gp; do
		[ ! -f "$tree/$result" ] || cp "$tree/$result" "$OUT/"
	done
	[ -f "$tree/status" ] || die "the machine ended with status $rc, see $OUT/console"
	return "$(cat "$tree/status")"
}

main "$@"
