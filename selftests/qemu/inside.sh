#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run the stock-QEMU tests in the host VM (or on a host that has the modules):
# inside.sh SUBJECT, KTAP on standard output.
set -euo pipefail
cd "$(dirname "$0")"
PATH=/build/bin:$PATH
[ -z "${QEMU_BACKPORTS:-}" ] || PATH=/opt/qemu-backports:$PATH
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
	ktap_begin
	ktap_note "node $VHOST_DEV, kernel $(uname -r), $(qemu-system-x86_64 --version | head -n 1)"
	setup > "$TEST_DIR/setup" 2>&1 ||
		ktap_bail_out "set-up failed: $(tail -n 3 "$TEST_DIR/setup")"
	# shellcheck disable=SC1090
	. "./t_$1.sh"
	ktap_end
}

main "$@"
