#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# pktgen.sh DEVICE DST_MAC DST_IP SECONDS [SIZE]: send UDP frames with the
# kernel's packet generator as fast as it goes. Count at the receiver.
dev=$1 mac=$2 ip=$3 secs=$4 size=${5:-60}
dir=/proc/net/pktgen

echo rem_device_all > $dir/kpktgend_0
echo "add_device $dev" > $dir/kpktgend_0
for c in "count 0" "clone_skb 0" "pkt_size $size" "delay 0" "burst 1" \
	"dst $ip" "dst_mac $mac" "udp_dst_min 9" "udp_dst_max 9"; do
	echo "$c" > "$dir/$dev"
done
(
	sleep "$secs"
	echo stop > $dir/pgctrl
) &
echo start > $dir/pgctrl
wait
