# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared helpers of the tests that migrate guests; sourced by them behind lib.sh.

migration_status() { guest_qmp "$1" --get status query-migrate; }

migration_is() { # N STATUS
	local status
	status=$(migration_status "$1")
	[ "$status" != failed ] || fail "migration failed: $(guest_qmp "$1" query-migrate)"
	[ "$status" = "$2" ]
}

guest_runs() { [ "$(guest_qmp "$1" --get running query-status)" = True ]; }

# pace N BYTES_PER_SECOND DOWNTIME_MS: QEMU finishes when what is left fits into
# the downtime at that rate
pace() {
	guest_qmp "$1" migrate-set-parameters \
		"{\"max-bandwidth\": $2, \"downtime-limit\": $3}" > /dev/null
}

# A program that keeps memory dirty, so that no pass finds nothing to do; pages of
# zeros would cost no bandwidth.
guest_dirty_start() {
	guest "$1" 'dd if=/dev/urandom of=/tmp/seed bs=1M count=8 2> /dev/null'
	guest "$1" 'while :; do dd if=/tmp/seed of=/tmp/dirty bs=1M conv=notrunc; sleep 0.1; done > /dev/null 2>&1 & echo $! > /tmp/dirty.pid'
}

guest_dirty_stop() { guest "$1" 'kill $(cat /tmp/dirty.pid)'; }

# Under emulation the switchover takes a second or two; 40 lost pings are 8 s.
check_ping_loss() {
	local sent received
	read -r sent received < <(sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) received.*/\1 \2/p' "$1")
	echo "ping: $sent sent, $received received"
	[ $((sent - received)) -le 40 ] || fail "$((sent - received)) of $sent pings lost"
	[ "$received" -gt 0 ] || fail "no ping was answered"
}
