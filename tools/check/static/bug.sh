#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Nothing that a guest or a caller does may end in a stopped machine, or in
# complaints in the kernel log.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

check() {
	files 'drivers/*.[ch]' | while read -r f; do
		lines '\b(BUG|BUG_ON|VM_BUG_ON|panic|WARN|WARN_ON|WARN_ONCE|WARN_ON_ONCE)\(' "$f"
		lines '\b(pr_(emerg|alert|crit|err|warn)|printk|dev_(err|warn))(_[a-z]+)?\(' "$f"
	done
}

verdict check
