#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Load what the tests use besides myvhost; what is missing is skipped later.

for module in tun tap macvtap veth 8021q sch_tbf af_packet vhost_net; do
	modprobe -q "$module" || echo "# $module is not available"
done
