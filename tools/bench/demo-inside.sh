#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# demo-inside.sh ELAPSED ROUNDS: the part of the demo that runs where the modules
# are loaded. Each back end has two guests; those of one run while the others are
# stopped, and the back ends take turns in each round, so that a change of the
# machine's load hits all of them.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../../selftests/lab/guest.sh"
PATH=/build/bin:$PATH

ELAPSED=$1
ROUNDS=$2
SECS=3
BACKENDS="myvhost vhost_net off"
WORK=$(mktemp -d /tmp/demo.XXXXXX)
RESULTS=${DEMO_RESULTS:-$WORK/results}

progress() { printf '[%4d s] %s\n' $((ELAPSED + SECONDS)) "$*"; }

node_of() {
	case $1 in
	myvhost) echo /dev/myvhost ;;
	vhost_net) echo /dev/vhost-net ;;
	off) echo off ;;
	esac
}

# pair VERB BACKEND: stop or cont its guests; a guest that only idles costs the
# others much when processors are emulated
pair() {
	local first
	first=$(first_guest "$2")
	guest_qmp "$first" "$1" > /dev/null
	guest_qmp $((first + 1)) "$1" > /dev/null
}

# guests 1 and 2 are on myvhost, 3 and 4 on vhost_net, 5 and 6 on neither
first_guest() {
	case $1 in
	myvhost) echo 1 ;;
	vhost_net) echo 3 ;;
	off) echo 5 ;;
	esac
}

load() {
	local dev
	for dev in /dev/myvhost /dev/vhost-net; do
		VHOST_DEV=$dev vhost_load
	done
	host_net_up
	iperf3 -s -D -B 10.0.0.1 > "$WORK/iperf-server"
}

unload() {
	local n
	for n in 1 2 3 4 5 6; do
		[ ! -f "$GUEST_RUN/$n/pid" ] || guest_stop "$n"
	done
	pkill -x iperf3 || true
	vhost_unload
}

boot_pair() {
	local n first
	first=$(first_guest "$1")
	for n in $first $((first + 1)); do
		tap_add "tap$n"
		guest_start "$n" vhost="$(node_of "$1")"
	done
	for n in $first $((first + 1)); do
		guest_wait_ready "$n"
		check_fallback "$n"
	done
	guest $((first + 1)) 'iperf3 -s -D > /dev/null'
	pair stop "$1"
}

# QEMU falls back to its own virtio when the back end refuses to start
check_fallback() {
	if grep 'vhost' "$GUEST_RUN/$1/log"; then
		echo "QEMU complains about the back end of guest $1" >&2
		return 1
	fi
}

# record NAME VALUE: round 0 only warms up
record() { [ "$ROUND" = 0 ] || echo "$ROUND $BACKEND $1 $2" >> "$RESULTS"; }

# measure_one_tcp NAME GUEST SERVER ARGS: Mbit/s that the receiver saw. A run that
# fails leaves a hole in the table and a line that says so.
measure_one_tcp() {
	local name=$1 n=$2 server=$3
	shift 3
	if guest "$n" "iperf3 -c $server -t $SECS -J $*" > "$WORK/iperf"; then
		record "$name" "$(python3 -c 'import json, sys
print("%.1f" % (json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e6))' < "$WORK/iperf")"
	else
		progress "no result of $name in this round: iperf3 says $(grep '"error"' "$WORK/iperf")"
	fi
}

now_ms() { date +%s%3N; }

host_count() { cat "/sys/class/net/$1/statistics/$2"; }

guest_count() { guest "$1" "cat /sys/class/net/eth0/statistics/$2"; }

guest_mac() { echo "52:54:00:00:00:0$1"; }

pktgen_sent() { sed -n 's/.*pkts-sofar: \([0-9]*\).*/\1/p' "/proc/net/pktgen/$1"; }

guest_pktgen_sent() { guest "$1" "cat /proc/net/pktgen/eth0" | sed -n 's/.*pkts-sofar: \([0-9]*\).*/\1/p'; }

# record_packets NAME RECEIVED SENT MILLISECONDS
record_packets() {
	record "$1" "$(awk -v n="$2" -v ms="$4" 'BEGIN { printf "%.0f", n * 1000 / ms }')"
	record "$1.drops" "$(awk -v n="$2" -v s="$3" 'BEGIN { d = s - n; printf "%.2f", (d > 0) ? 100 * d / s : 0 }')"
}

measure_ping() {
	ping -q -c 5 -i 0.2 -W 10 "$(guest_ip "$1")" > "$WORK/ping" || {
		cat "$WORK/ping"
		return 1
	}
	record ping "$(sed -nE 's,^rtt.*= [^/]*/([^/]*)/.*,\1,p' "$WORK/ping")"
}

measure_tcp() {
	measure_one_tcp tcp_g2h "$1" 10.0.0.1
	measure_one_tcp tcp_h2g "$1" 10.0.0.1 -R
	measure_one_tcp tcp_g2g "$1" "$(guest_ip $(($1 + 1)))"
}

measure_udp_g2h() {
	local before start end
	before=$(host_count br0 rx_packets)
	start=$(now_ms)
	guest "$1" "pktgen.sh eth0 $(cat /sys/class/net/br0/address) 10.0.0.1 $SECS"
	end=$(now_ms)
	sleep 0.3
	record_packets udp_g2h $(($(host_count br0 rx_packets) - before)) "$(guest_pktgen_sent "$1")" $((end - start))
}

measure_udp_h2g() {
	local before start end
	before=$(guest_count "$1" rx_packets)
	start=$(now_ms)
	sh "$HERE/../../selftests/lab/pktgen.sh" "tap$1" "$(guest_mac "$1")" "$(guest_ip "$1")" "$SECS"
	end=$(now_ms)
	sleep 0.3
	record_packets udp_h2g $(($(guest_count "$1" rx_packets) - before)) "$(pktgen_sent "tap$1")" $((end - start))
}

measure_udp_g2g() {
	local peer=$(($1 + 1)) before start end
	before=$(guest_count $peer rx_packets)
	start=$(now_ms)
	guest "$1" "pktgen.sh eth0 $(guest_mac $peer) $(guest_ip $peer) $SECS"
	end=$(now_ms)
	sleep 0.3
	record_packets udp_g2g $(($(guest_count $peer rx_packets) - before)) "$(guest_pktgen_sent "$1")" $((end - start))
}

measure() {
	local first
	first=$(first_guest "$BACKEND")
	pair cont "$BACKEND"
	measure_ping "$first"
	measure_tcp "$first"
	measure_udp_g2h "$first"
	measure_udp_h2g "$first"
	measure_udp_g2g "$first"
	pair stop "$BACKEND"
}

# threads of QEMU that belong to a back end, with the processor time they used
show_workers() {
	local b n
	echo "Workers:"
	for b in $BACKENDS; do
		n=$(first_guest "$b")
		for n in $n $((n + 1)); do
			printf '  %-10s guest %d: ' "$b" "$n"
			worker_of "$b" "$n"
		done
	done
}

worker_of() {
	local pid
	pid=$(guest_pid "$2")
	case $1 in
	off) echo "QEMU's main thread ($(thread_time "$pid" qemu))" ;;
	vhost_net) thread_time "$pid" vhost && echo ;;
	myvhost) echo "$(thread_time "$pid" mvh); $(queue_workers "$2")" ;;
	esac
}

# thread_time PID NAME: the threads whose name begins with NAME
thread_time() {
	ps -L -p "$1" -o lwp=,comm=,time= |
		awk -v name="$2" 'index($2, name) == 1 && !(name == "qemu" && n++) {
			printf "%s%s, thread %s, CPU time %s", sep, $2, $1, $3; sep = "; " }'
}

# queue_workers GUEST: which thread serves which queue, and what it carried and dropped
queue_workers() {
	local pid
	pid=$(guest_pid "$1")
	python3 - "$(myvhost show -j "$pid")" "$(myvhost stats -j "$pid")" <<-'EOF'
	import json, sys
	show, stats = ([q for d in json.loads(a) for q in d["queues"]] for a in sys.argv[1:])
	worker = {q["name"]: q["worker"]["name"] for q in show}
	text = ["%s by %s: %d packets" % (q["name"], worker[q["name"]], q["counters"]["packets"]) for q in stats]
	drops = ["%s.%s: %d" % (q["name"], k, v) for q in stats for k, v in q["counters"].items()
	         if k.startswith("drop_") and v]
	print(", ".join(text + (["drops: " + " ".join(drops)] if drops else [])))
	EOF
}

round_title() {
	if [ "$ROUND" = 0 ]; then echo "warm-up, $BACKEND"; else echo "round $ROUND of $ROUNDS, $BACKEND"; fi
}

cleanup() { unload > "$WORK/unload" 2>&1 || cat "$WORK/unload"; }

main() {
	local b
	trap cleanup EXIT
	progress "loading myvhost, vhost_net, kvm on $(uname -r)"
	load
	for b in $BACKENDS; do
		progress "bridge br0: booting two guests on $b ($(qemu-system-x86_64 --version | sed -n 's/.*version \([^ ]*\).*/QEMU \1/p'))"
		boot_pair "$b"
	done
	for ((ROUND = 0; ROUND <= ROUNDS; ROUND++)); do
		for BACKEND in $BACKENDS; do
			progress "$(round_title): ping, TCP both ways, 60-byte UDP both ways and guest to guest"
			measure
		done
	done
	progress "finished"
	echo
	python3 "$HERE/demo-table.py" "$RESULTS"
	show_workers
	echo
}

main
