# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# DPDK's virtio-user as the client, without a guest: it makes a tap and a node's rings of
# its own, and answers pings (testpmd's icmpecho).

TESTPMD=/opt/dpdk/testpmd
DPDK_IP=10.9.0.2
DPDK_MAC=52:54:00:00:00:09

dpdk_alive() { kill -0 "$DPDK" 2> /dev/null || fail "testpmd ended"; }

dpdk_tap() {
	dpdk_alive
	ip link set tap9 up mtu 9000 2> /dev/null
}

dpdk_answers() {
	dpdk_alive
	ping -q -c 1 -W 1 $DPDK_IP > /dev/null
}

# dpdk_end: after a failure it must not have the tap when the next one starts
dpdk_end() {
	[ $? != 0 ] || return 0
	[ "$VHOST_DEV" != /dev/myvhost ] || myvhost stats "$DPDK" || true
	kill -KILL "$DPDK" 2> /dev/null || true
	wait "$DPDK" || true
	tail -n 20 "$TEST_DIR/testpmd"
}

# dpdk_start PROPERTIES TESTPMD-ARGUMENT...
dpdk_start() {
	[ -x $TESTPMD ] || skip "the lab has no DPDK, see selftests/lab/setup.sh"
	# it would end with its input
	mkfifo -m 600 "$TEST_DIR/testpmd.in" 2> /dev/null || true
	$TESTPMD -l 0,1 --no-pci --no-huge -m 256 --no-telemetry \
		--vdev="net_virtio_user0,path=$VHOST_DEV,iface=tap9,mac=$DPDK_MAC,queues=1,$1" \
		-- --forward-mode=icmpecho --max-pkt-len=9018 --total-num-mbufs=4096 \
		"${@:2}" \
		0<> "$TEST_DIR/testpmd.in" > "$TEST_DIR/testpmd" 2>&1 &
	DPDK=$!
	trap dpdk_end EXIT
	wait_until 60 "testpmd's tap" dpdk_tap
	ip addr add 10.9.0.1/24 dev tap9
	ip neigh replace $DPDK_IP lladdr $DPDK_MAC dev tap9
	wait_until 60 "a first answer" dpdk_answers
}

# dpdk_ping BYTES: all are answered, with the same bytes
dpdk_ping() {
	ping -c 10 -i 0.1 -W 10 -M "do" -s "$1" $DPDK_IP > "$TEST_DIR/ping" ||
		fail "pings of $1 bytes: $(grep loss "$TEST_DIR/ping")"
	grep -q ' 0% packet loss' "$TEST_DIR/ping" || fail "pings of $1 bytes: $(grep loss "$TEST_DIR/ping")"
	! grep 'wrong data' "$TEST_DIR/ping" || fail "pings of $1 bytes come back with others"
}

dpdk_stop() {
	local bad
	if [ "$VHOST_DEV" = /dev/myvhost ]; then
		bad=$(./stats.py "$DPDK" errors)
		[ -z "$bad" ] || fail "counters of a well-behaved client: $bad"
		[ "$(./stats.py "$DPDK" sum packets)" -gt 60 ] || fail "the node carried no packets"
	fi
	kill -TERM "$DPDK"
	wait "$DPDK" || fail "testpmd ended with $?"
	check_stop
}

dpdk_run() { # PROPERTIES TESTPMD-ARGUMENT...
	local size
	dpdk_start "$@"
	for size in 64 4000 8972; do
		dpdk_ping $size
	done
	dpdk_stop
}

# Frames of up to 9018 bytes: with mrg_rxbuf=1 in up to five buffers, which DPDK sends
# back in as many segments; with mrg_rxbuf=0 in one.
MULTI_SEGS=0x8000
scattered() { dpdk_run "$1" --mbuf-size=2176 --enable-scatter --tx-offloads=$MULTI_SEGS; }
whole() { dpdk_run "$1" --mbuf-size=9728; }

split_merged() { scattered mrg_rxbuf=1,in_order=0; }
split_merged_order() { scattered mrg_rxbuf=1,in_order=1; }
split_whole() { whole mrg_rxbuf=0,in_order=0; }
split_whole_order() { whole mrg_rxbuf=0,in_order=1; }
# not scattered: of a frame in segments DPDK marks the header as writable, see
# troubleshooting.rst
packed_merged() { whole packed_vq=1,mrg_rxbuf=1,in_order=0; }
packed_merged_order() { whole packed_vq=1,mrg_rxbuf=1,in_order=1; }
packed_whole() { whole packed_vq=1,mrg_rxbuf=0,in_order=0; }
packed_whole_order() { whole packed_vq=1,mrg_rxbuf=0,in_order=1; }

run_test "dpdk: split, merged buffers" split_merged
run_test "dpdk SP22: split, merged buffers, in order" split_merged_order
run_test "dpdk: split" split_whole
run_test "dpdk: split, in order" split_whole_order
# vhost_net has no packed rings
[ "$VHOST_DEV" = /dev/myvhost ] || return 0
run_test "dpdk PK17: packed, merged buffers" packed_merged
run_test "dpdk PK10 PK17: packed, merged buffers, in order" packed_merged_order
run_test "dpdk PK17: packed" packed_whole
run_test "dpdk PK10 PK17: packed, in order" packed_whole_order
