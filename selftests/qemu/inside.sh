#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run the stock-QEMU tests in the host VM (or on a host that has the modules):
# inside.sh [TEST...], KTAP on standard output.
set -euo pipefail
cd "$(dirname "$0")"
PATH=/build/bin:$PATH
. ./lib.sh

setup() {
	vhost_load
	host_net_up
	tap_add tap1
	tap_add tap2
	tap_add mtap1 multi_queue
	kernel_complaints > /dev/null
}

main() {
	local t
	echo "TAP version 13"
	echo "# node $VHOST_DEV, kernel $(uname -r), $(qemu-system-x86_64 --version | head -n 1)"
	setup > "$TEST_DIR/setup" 2>&1 || {
		echo "Bail out! set-up failed: $(tail -n 3 "$TEST_DIR/setup" | tr '\n' ' ')"
		exit 1
	}
	[ $# -gt 0 ] || set -- basic lifecycle multiqueue rings iommu poll migration
	for t in "$@"; do
		# shellcheck disable=SC1090
		. "./t_$t.sh"
	done
	echo "1..$TEST_COUNT"
	[ "$TEST_FAILED" = 0 ]
}

main "$@"
