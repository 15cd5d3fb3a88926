#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# No version of the kernel is asked for outside of compat/.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

check() {
	files 'drivers/*' 'include/*' | grep -v '^drivers/myvhost/compat/' | while read -r f; do
		lines 'LINUX_VERSION_CODE|KERNEL_VERSION|linux/version\.h|UTS_RELEASE' "$f"
	done
}

verdict check
