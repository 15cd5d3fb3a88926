#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [-k 6.1|6.12|7.2] [-o OUTDIR] [SUBJECT...]: run the stock-QEMU tests, a
# host VM for each subject (t_SUBJECT.sh). VHOST_DEV=/dev/vhost-net tests the tests against the kernel's own
# vhost_net; QEMU_TESTS=all adds the slow ones. KTAP on standard output.
set -euo pipefail
QEMU_DIR=$(cd "$(dirname "$0")" && pwd)
LAB=$QEMU_DIR/../lab
CACHE=${MYVHOST_CACHE:-$HOME/.cache/myvhost}
VHOST_DEV=${VHOST_DEV:-/dev/myvhost}
QEMU_TESTS=${QEMU_TESTS:-}

SUBJECTS="basic lifecycle multiqueue rings iommu poll migration"
DISK_SUBJECTS="disk disk_root disk_client disk_fault"

kernel=6.12 out=''
while getopts k:o: o; do
	case $o in
	k) kernel=$OPTARG ;;
	o) out=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

"$LAB/setup.sh"
[ "$VHOST_DEV" = /dev/vhost-net ] || "$LAB/build.sh" "$kernel" > /dev/null

# build NAME GCC-ARGUMENTS...: a helper from the C file of its name
build() {
	"$LAB/inroot.sh" gcc -O2 -Wall -Wextra -Werror -o "/build/$kernel/bin/$1" \
		"/repo/selftests/qemu/$1.c" "${@:2}"
}

mkdir -p "$CACHE/build/$kernel/bin"
build qemu-fds
build seqdisk -static -pthread
build blkio-verify -lblkio
"$LAB/inroot.sh" make -s -C /repo/tools/ctl O="/build/$kernel/ctl"
cp "$CACHE/build/$kernel/ctl/myvhost" "$CACHE/build/$kernel/bin/"
[ -n "$out" ] || out=$(mktemp -d "${TMPDIR:-/tmp}/myvhost-qemu.XXXXXX")
# vhost_net has no disks
[ "$VHOST_DEV" = /dev/vhost-net ] || SUBJECTS="$SUBJECTS $DISK_SUBJECTS"
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $SUBJECTS
rc=0
for subject in "$@"; do
	"$LAB/run.sh" -k "$kernel" -t 900 -d -o "$out/$subject" -- env \
		VHOST_DEV="$VHOST_DEV" QEMU_TESTS="$QEMU_TESTS" \
		/repo/selftests/qemu/inside.sh "$subject" || rc=$?
done
exit $rc
