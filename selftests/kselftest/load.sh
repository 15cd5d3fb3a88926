#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Load what the tests use besides myvhost; what is missing is skipped later.

for module in tun tap macvtap veth 8021q sch_tbf af_packet vhost_net vhost_scsi \
	loop ext4 xfs dm-mod dm-delay dm-flakey null_blk; do
	params=
	[ "$module" != null_blk ] || params=nr_devices=0
	# shellcheck disable=SC2086
	modprobe -q "$module" $params || echo "# $module is not available"
done

# the RAM disk of blk_erase
[ -d /sys/module/mvht_erase ] ||
	insmod "${TEST_MODULES:-$(dirname "$0")/test_modules}/mvht_erase.ko" ||
	echo "# mvht_erase is not available"
