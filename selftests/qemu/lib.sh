# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Test harness and shared checks of the stock-QEMU tests; sourced in the host VM.

. "$(dirname "${BASH_SOURCE[0]}")/../lab/guest.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/ktap.sh"

TEST_DIR=$(mktemp -d /tmp/qemu-tests.XXXXXX)
# in the host VM the log of each test comes out to the machine as it grows
TEST_LOGS=$TEST_DIR
[ ! -f /lab/env ] || TEST_LOGS=/lab

# A test is a function. It runs in a subshell with errexit; "fail TEXT" ends
# it, "skip TEXT" ends it as skipped.
fail() { echo "failed: $*"; exit 1; }
skip() { echo "$*" > "$TEST_DIR/skip"; exit 4; }

# note TEXT: a line for the log of the test
note() { echo "[$SECONDS s] $*"; }

# wait_until SECONDS WHAT COMMAND...: until COMMAND succeeds
wait_until() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	note "waiting: $what"
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "not in time: $what"
		sleep 0.2
	done
}

# kernel_complaints: lines of the kernel log since the last call that must not be there
kernel_complaints() {
	local seen all
	seen=$(cat "$TEST_DIR/dmesg.seen" 2> /dev/null || echo 0)
	dmesg > "$TEST_DIR/dmesg"
	all=$(wc -l < "$TEST_DIR/dmesg")
	echo "$all" > "$TEST_DIR/dmesg.seen"
	tail -n +$((seen + 1)) "$TEST_DIR/dmesg" | grep -Ef "$GUEST_LIB/kernel-log.grep" || true
}

# What a guest prints comes through a serial port that is emulated twice: half a
# millisecond of processor time for each byte. What is long is to be looked at there.

# guest_answers N: whether it still runs commands
guest_answers() { GUEST_TIMEOUT=20 guest "$1" true 2> /dev/null; }

# guest_refuses N COMMAND: it fails there; that no answer comes (124, 125) is no refusal
guest_refuses() {
	local rc=0
	guest "$@" || rc=$?
	[ $rc != 0 ] && [ $rc -lt 124 ]
}

# guests_running: their numbers
guests_running() {
	local dir
	for dir in "$GUEST_RUN"/*/; do
		dir=$(basename "$dir")
		! guest_alive "$dir" || echo "$dir"
	done 2> /dev/null
}

# guest_state N: the state of a guest after a failed test
guest_state() {
	guest_answers "$1" || echo "guest $1 does not answer"
	echo "guest $1 booted $(guest_boots "$1") times, was to boot $(cat "$GUEST_RUN/$1/boots") times"
	guest_qmp "$1" query-status
	for _ in 1 2 3; do
		guest_monitor "$1" info registers | grep -oE 'R(IP|SP)=[0-9a-f]+|HLT=.' | xargs
	done
	guest_monitor "$1" 'x /6i $pc'
	myvhost stats "$(guest_pid "$1")" || true
	tail -n 40 "$GUEST_RUN/$1/log"
	tail -n 40 "$GUEST_RUN/$1/console"
}

# stop_early: end the subject if the remaining tests cannot succeed. Status 75: the
# symptoms of an unpatched QEMU under TCG, see the README.
stop_early() {
	local n
	for n in $(guests_running); do
		if [ "${LAB_ACCEL:-}" = tcg ] && guest_reset_itself "$n"; then
			echo "# guest $n reset itself"
			exit 75
		fi
		if [ "${LAB_ACCEL:-}" = tcg ] && guest_stands_still "$n"; then
			echo "# the vCPU of guest $n hangs"
			exit 75
		fi
		if ! guest_answers "$n"; then
			ktap_bail_out "guest $n does not answer"
		fi
	done
}

# run_test NAME FUNCTION
run_test() {
	local name=$1 rc=0 start=$SECONDS complaints log n
	log=$TEST_LOGS/test-$((KTAP_COUNT + 1)).log
	set +e
	(
		set -eE
		trap 'echo "line $LINENO: $BASH_COMMAND"' ERR
		"$2"
	) > "$log" 2>&1
	rc=$?
	set -e
	complaints=$(kernel_complaints)
	[ -z "$complaints" ] || rc=1
	case $rc in
	0) ktap_result "$name ($((SECONDS - start)) s)" 0 ;;
	4) ktap_skip "$name" "$(cat "$TEST_DIR/skip")" ;;
	*)
		ktap_result "$name ($((SECONDS - start)) s)" $rc
		{
			echo "exit status $rc"
			cat "$log"
			[ -z "$complaints" ] || echo "kernel log: $complaints"
			for n in $(guests_running); do guest_state "$n"; done
		} 2>&1 | tr -d '\r' | sed 's/^/# /'
		stop_early
		;;
	esac
}

# check_stop GUESTS...: stop the guests; no descriptor and no thread is left
check_stop() {
	local n users i
	for n in "$@"; do
		check_log "$n"
		check_counters "$n"
		guest_stop "$n"
	done
	for ((i = 0; i < 20; i++)); do
		users=$(vhost_users)
		[ -n "$users" ] || return 0
		sleep 0.2
	done
	fail "$users"
}

# check_log N: QEMU did not complain, in particular not fall back to its own virtio
# implementation
check_log() {
	! grep -E 'vhost|vring|virtio|userspace|rror' "$GUEST_RUN/$1/log" | grep -v '^myvhost: note: ' ||
		fail "QEMU's log of guest $1 has complaints"
}

# guest_stats N ...: figures of all devices of the guest, see stats.py
guest_stats() { ./stats.py "$(guest_pid "$1")" "${@:2}"; }

# check_counters N: the node carried packets and saw no protocol violation
check_counters() {
	local packets bad
	[ "$VHOST_DEV" = /dev/myvhost ] || return 0
	packets=$(guest_stats "$1" sum packets)
	[ "$packets" -gt 0 ] || fail "the node carried no packet"
	bad=$(guest_stats "$1" errors)
	[ -z "$bad" ] || fail "counters of a well-behaved guest: $bad"
}

check_ping() { # N [EXTRA PING ARGS]
	local n=$1
	shift
	ping -q -c 5 -i 0.2 -W 10 "$@" "$(guest_ip "$n")" > "$TEST_DIR/ping" || {
		cat "$TEST_DIR/ping"
		fail "guest $n does not answer ping $*"
	}
	grep -q ' 0% packet loss' "$TEST_DIR/ping" || fail "$(grep loss "$TEST_DIR/ping")"
}

check_no_ping() {
	! ping -q -c 2 -i 0.3 -W 1 "$(guest_ip "$1")" > /dev/null || fail "guest $1 answers ping"
}

# check_payload_in N [BYTES]: a random file to the guest, compared by hash
check_payload_in() {
	local n=$1 bytes=${2:-4000001} want got job
	head -c "$bytes" /dev/urandom > "$TEST_DIR/in"
	want=$(sha256sum < "$TEST_DIR/in")
	guest "$n" 'nc -l -p 5000 | sha256sum' > "$TEST_DIR/in.sum" &
	job=$!
	timeout 100 socat -u "FILE:$TEST_DIR/in" "TCP:$(guest_ip "$n"):5000,retry=100,interval=0.2"
	wait $job
	got=$(cat "$TEST_DIR/in.sum")
	[ "$got" = "$want" ] || fail "payload to the guest: sent $want, received $got"
}

check_payload_out() {
	local n=$1 bytes=${2:-4000001} want got job
	want=$(guest "$n" "head -c $bytes /dev/urandom > /tmp/out; sha256sum < /tmp/out")
	timeout 100 socat -u TCP-LISTEN:5001,reuseaddr "OPEN:$TEST_DIR/out,creat,trunc" &
	job=$!
	guest "$n" 'for i in 1 2 3 4 5 6 7 8 9; do nc 10.0.0.1 5001 < /tmp/out && break; sleep 0.3; done; rm /tmp/out'
	wait $job
	got=$(sha256sum < "$TEST_DIR/out")
	[ "$got" = "$want" ] || fail "payload from the guest: sent $want, received $got"
}

# iperf_server: a server for one test, its port in IPERF_PORT; a server whose
# client vanished would stay busy
iperf_server() {
	local i
	IPERF_PORT=$((20000 + RANDOM % 10000))
	timeout 120 iperf3 -s -1 -p $IPERF_PORT -B 10.0.0.1 > "$TEST_DIR/iperf-server" 2>&1 &
	for ((i = 0; i < 100; i++)); do
		[ -z "$(ss -Hltn "sport = :$IPERF_PORT")" ] || return 0
		sleep 0.1
	done
	fail "no iperf3 server: $(cat "$TEST_DIR/iperf-server")"
}

# check_iperf N [ARGS]: the guest is the client; at least IPERF_MIN bytes must
# arrive
IPERF_MIN=1000000
IPERF_BYTES='/"sum_received"/,/}/s/.*"bytes":[^0-9]*([0-9]+).*/\1/p'
check_iperf() {
	local n=$1 bytes
	shift
	iperf_server
	bytes=$(guest "$n" "iperf3 -c 10.0.0.1 -p $IPERF_PORT -t 2 -J $* > /tmp/iperf || { cat /tmp/iperf; exit 1; }; sed -nE '$IPERF_BYTES' /tmp/iperf") ||
		fail "iperf3 $*: $bytes"
	note "iperf3 $*: $bytes bytes"
	[ "$bytes" -ge $IPERF_MIN ] || fail "iperf3 $*: too few"
}

check_traffic() {
	check_ping "$1"
	check_payload_in "$1"
	check_payload_out "$1"
}

# guest_feature N BIT: 0 or 1, as the guest's first virtio device negotiated
guest_feature() {
	local bits
	bits=$(guest "$1" 'cat /sys/bus/virtio/devices/virtio0/features')
	echo "${bits:$2:1}"
}

check_feature() { # N BIT VALUE NAME
	local got
	got=$(guest_feature "$1" "$2")
	[ "$got" = "$3" ] || fail "feature $4 is $got in the guest, not $3"
}

# require_qemu_property NAME
require_qemu_property() {
	qemu-system-x86_64 -device virtio-net-pci,help | grep -q "^ *$1=" ||
		skip "this QEMU has no property $1"
}

# too_slow SECONDS: skip unless all tests were asked for
too_slow() {
	case ${QEMU_TESTS:-} in
	all | every) ;;
	*) skip "takes $1 s, runs with QEMU_TESTS=all" ;;
	esac
}
