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
mkdir -p "$CACHE/build/$kernel/bin"
"$LAB/inroot.sh" gcc -O2 -Wall -Wextra -Werror -o "/build/$kernel/bin/qemu-fds" \
	/repo/selftests/qemu/qemu-fds.c
[ -n "$out" ] || out=$(mktemp -d "${TMPDIR:-/tmp}/myvhost-qemu.XXXXXX")
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $SUBJECTS
rc=0
for subject in "$@"; do
	"$LAB/run.sh" -k "$kernel" -t 900 -o "$out/$subject" -- env \
		VHOST_DEV="$VHOST_DEV" QEMU_TESTS="$QEMU_TESTS" \
		/repo/selftests/qemu/inside.sh "$subject" || rc=$?
done
exit $rc
