# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Live migration between two QEMU processes in the host VM while traffic runs.
#
# The strict part is the queue test: after the first pass over memory the host
# sends data that the guest's program does not read, so the bytes lie in receive
# buffers that nobody but the back end wrote. They arrive at the destination
# only if the dirty log named every one of these pages.

. ./migration.sh

QUEUED_BYTES=1500000

migration_boot() {
	guest_start 1
	guest_wait_ready 1
	check_ping 1
}

# Logging is switched on and off while the queues run.
migration_cancel() {
	pace 1 1000000 1
	guest_qmp 1 migrate '{"uri": "exec:cat > /dev/null"}'
	wait_until 60 "migration active" migration_is 1 active
	check_payload_in 1
	check_payload_out 1
	guest_qmp 1 migrate_cancel
	wait_until 60 "migration cancelled" migration_is 1 cancelled
	check_traffic 1
}

migration_live() {
	local dir=$TEST_DIR/mig paced queue ping_job
	mkdir -p "$dir"
	rm -f "$dir"/*
	guest_start 2 id=1 tap=tap2 -- -incoming "unix:$dir/sock"
	guest 1 'echo "4096 4194304 6291456" > /proc/sys/net/ipv4/tcp_rmem'
	guest 1 'nc -l -p 5000 < /dev/null 2> /dev/null | sha256sum > /tmp/paced.sum &'
	# this listener takes its connection only after SIGCONT
	guest 1 'nc -l -p 6000 < /dev/null > /tmp/queued 2> /dev/null & echo $! > /tmp/nc.pid; sleep 1; kill -STOP $!'
	ping -i 0.2 10.0.0.11 > "$dir/ping" &
	ping_job=$!
	python3 ./stream.py paced 10.0.0.11 5000 "$dir/stop" 500000 > "$dir/paced" &
	paced=$!
	guest_dirty_start 1
	pace 1 20000000 1
	guest_qmp 1 migrate-set-capabilities '{"capabilities": [{"capability": "events", "state": true}]}'
	# from the second pass on slowly: QEMU stays in its passes over what was
	# written since
	guest_qmp 1 --wait MIGRATION_PASS:2 --then migrate-set-parameters '{"max-bandwidth": 100000}' \
		migrate "{\"uri\": \"unix:$dir/sock\"}"
	python3 ./stream.py queue 10.0.0.11 6000 $QUEUED_BYTES "$dir/go" > "$dir/queue" &
	queue=$!
	wait_until 60 "data acknowledged by the guest" test -e "$dir/go"
	[ "$(migration_status 1)" = active ] || fail "the migration ended before the data was queued"
	guest_dirty_stop 1
	pace 1 1000000000 2000
	wait_until 120 "migration completed" migration_is 1 completed
	wait_until 30 "destination runs" guest_runs 2
	guest_qmp 1 --get downtime query-migrate | sed 's/^/downtime in ms: /'
	sleep 2
	guest 2 'kill -CONT $(cat /tmp/nc.pid)'
	rm "$dir/go"
	touch "$dir/stop"
	wait $queue || fail "sender of the queued data"
	wait $paced || fail "paced sender"
	kill -INT $ping_job
	compare_sum "$dir/queue" 'while pidof nc > /dev/null; do sleep 0.2; done; sha256sum < /tmp/queued' "queued data"
	compare_sum "$dir/paced" 'cat /tmp/paced.sum' "paced stream"
	check_ping_loss "$dir/ping"
}

compare_sum() { # FILE GUEST_COMMAND NAME
	local want got
	want=$(cut -d' ' -f1 "$1")
	got=$(guest 2 "$2" | cut -d' ' -f1)
	[ "$got" = "$want" ] || fail "$3: sent $want, the destination has $got"
}

migration_destination() {
	guest_stop 1
	check_traffic 2
	check_stop 2
}

run_test "migration: boot" migration_boot
run_test "migration: start and cancel under traffic" migration_cancel
run_test "migration: live, with traffic and queued data" migration_live
run_test "migration: the destination works and quits" migration_destination
