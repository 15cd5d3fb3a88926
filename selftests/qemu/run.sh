#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [-k 6.1|6.12|7.2] [-o OUTDIR] [SUBJECT...]: run the stock-QEMU tests, a host
# VM for each subject (t_SUBJECT.sh). run.sh -l: list the subjects.
# VHOST_DEV=/dev/vhost-net tests the tests against the kernel's own vhost_net;
# QEMU_TESTS=all adds the slow ones, and =every checks every flush of a log of writes;
# QEMU_BACKPORTS=1 uses the QEMU of Debian's backports. KTAP on standard output.
set -euo pipefail
QEMU_DIR=$(cd "$(dirname "$0")" && pwd)
LAB=$QEMU_DIR/../lab
CACHE=${MYVHOST_CACHE:-$HOME/.cache/myvhost}
VHOST_DEV=${VHOST_DEV:-/dev/myvhost}
QEMU_TESTS=${QEMU_TESTS:-}

SUBJECTS="basic lifecycle multiqueue rings iommu poll migration memory dpdk"
DISK_SUBJECTS="disk disk_boot disk_root disk_client disk_fault disk_nfs"
# t_scsi.sh runs by its name only: it takes 7 minutes
RESETS_MAX=1

# vhost_net has no disks
[ "$VHOST_DEV" = /dev/vhost-net ] || SUBJECTS="$SUBJECTS $DISK_SUBJECTS"

kernel=6.12 out=''
while getopts lk:o: o; do
	case $o in
	l) echo "$SUBJECTS"; exit ;;
	k) kernel=$OPTARG ;;
	o) out=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

"$LAB/setup.sh"
[ "$VHOST_DEV" = /dev/vhost-net ] || "$LAB/build.sh" "$kernel" > /dev/null

# one after the other, since other subjects may start at the same time
mkdir -p "$CACHE/build/$kernel"
(
	flock 7
	"$LAB/inroot.sh" make -s -C /repo/selftests/qemu O="/build/$kernel/bin"
	"$LAB/inroot.sh" make -s -C /repo/tools/ctl O="/build/$kernel/bin"
) 7> "$CACHE/build/$kernel.lock"
[ -n "$out" ] || out=$(mktemp -d "${TMPDIR:-/tmp}/myvhost-qemu.XXXXXX")
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $SUBJECTS

# run_subject SUBJECT: run it again if a guest shows a symptom of an unpatched QEMU,
# see the README
run_subject() {
	local i rc
	for ((i = 1; ; i++)); do
		rc=0
		"$LAB/run.sh" -k "$kernel" -t 900 -d -o "$out/$1" -- env \
			VHOST_DEV="$VHOST_DEV" QEMU_TESTS="$QEMU_TESTS" QEMU_BACKPORTS="${QEMU_BACKPORTS:-}" \
			/repo/selftests/qemu/inside.sh "$1" || rc=$?
		[ $rc = 75 ] && [ $i -le $RESETS_MAX ] || return $rc
		mv "$out/$1" "$out/$1-reset-$i"
		echo "# lab: the host VM is started again: a guest reset silently or hung, logs in $out/$1-reset-$i"
	done
}

rc=0
for subject in "$@"; do
	run_subject "$subject" || rc=$?
done
exit $rc
