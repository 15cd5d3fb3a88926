# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One guest that goes through stop and cont, link changes, hot-unplug and
# plug, reset, and is killed at last.

lifecycle_boot() {
	guest_start 1
	guest_wait_ready 1
	check_ping 1
}

lifecycle_stop_cont() {
	guest_qmp 1 stop
	check_no_ping 1
	guest_qmp 1 cont
	check_traffic 1
}

lifecycle_stop_cont_load() {
	local job i
	iperf_server
	guest 1 "iperf3 -c 10.0.0.1 -p $IPERF_PORT -t 8" > "$TEST_DIR/iperf" &
	job=$!
	for i in 1 2 3 4; do
		guest_qmp 1 stop
		guest_qmp 1 cont
	done
	wait $job || fail "TCP did not survive: $(tail -n 3 "$TEST_DIR/iperf")"
	check_traffic 1
}

carrier() { guest 1 'cat /sys/class/net/eth0/carrier'; }

carrier_is() { [ "$(carrier)" = "$1" ]; }

wait_carrier() { wait_until 60 "carrier $1 in the guest" carrier_is "$1"; }

lifecycle_link() {
	guest_qmp 1 set_link '{"name": "nic0", "up": false}'
	wait_carrier 0
	check_no_ping 1
	guest_qmp 1 set_link '{"name": "nic0", "up": true}'
	wait_carrier 1
	check_traffic 1
}

guest_eth0() {
	wait_until 60 "eth0 in the guest" guest 1 'ip link set eth0 up && ip addr add 10.0.0.11/24 dev eth0'
}

lifecycle_replug_device() {
	guest_qmp 1 --wait DEVICE_DELETED device_del '{"id": "nic0"}'
	check_no_ping 1
	guest_qmp 1 device_add '{"driver": "virtio-net-pci", "id": "nic0", "netdev": "net0", "bus": "port1", "mac": "52:54:00:00:00:01"}'
	guest_eth0
	check_traffic 1
}

# as libvirt plugs a network card: new descriptors through the monitor
lifecycle_replug_netdev() {
	guest_qmp 1 --wait DEVICE_DELETED device_del '{"id": "nic0"}'
	guest_qmp 1 netdev_del '{"id": "net0"}'
	# the descriptor that QEMU was started with is gone as well, only the
	# process that passes the new one has the node open now
	guest_qmp 1 --fd "$VHOST_DEV" vhost1 netdev_add '{"type": "tap", "id": "net0", "ifname": "tap1", "script": "no", "downscript": "no", "vhost": true, "vhostfd": "vhost1"}' ||
		fail "netdev_add with a passed descriptor"
	guest_qmp 1 device_add '{"driver": "virtio-net-pci", "id": "nic0", "netdev": "net0", "bus": "port1", "mac": "52:54:00:00:00:01"}'
	guest_eth0
	check_traffic 1
}

lifecycle_reset() {
	local before
	before=$(guest_boots 1)
	guest_qmp 1 system_reset
	guest_wait_ready 1 $((before + 1))
	check_traffic 1
}

# the NIC is busy in both directions when the reset comes
lifecycle_reset_load() {
	local before job
	before=$(guest_boots 1)
	iperf_server
	guest 1 "iperf3 -c 10.0.0.1 -p $IPERF_PORT -t 30 --bidir > /dev/null 2>&1 &"
	ping -q -i 0.01 10.0.0.11 > /dev/null &
	job=$!
	sleep 2
	guest_qmp 1 system_reset
	guest_wait_ready 1 $((before + 1))
	kill $job
	check_traffic 1
}

lifecycle_kill_load() {
	local pid i
	pid=$(guest_pid 1)
	iperf_server
	guest 1 "iperf3 -c 10.0.0.1 -p $IPERF_PORT -t 30 --bidir > /dev/null 2>&1 &"
	sleep 2
	check_log 1
	kill -9 "$pid"
	for ((i = 0; i < 100; i++)); do
		[ -d "/proc/$pid" ] || break
		sleep 0.2
	done
	[ ! -d "/proc/$pid" ] || fail "QEMU is still there 20 s after SIGKILL"
	check_stop
}

run_test "lifecycle: boot" lifecycle_boot
run_test "lifecycle: stop and cont" lifecycle_stop_cont
run_test "lifecycle: stop and cont under TCP load" lifecycle_stop_cont_load
run_test "lifecycle: link down and up" lifecycle_link
run_test "lifecycle: hot-unplug and plug of the NIC" lifecycle_replug_device
run_test "lifecycle: hot-plug with new descriptors" lifecycle_replug_netdev
run_test "lifecycle: system_reset" lifecycle_reset
run_test "lifecycle: system_reset under load" lifecycle_reset_load
run_test "lifecycle: SIGKILL under load releases everything" lifecycle_kill_load
