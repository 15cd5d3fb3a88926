#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pure files include nothing but each other, the environment and the layouts of
# virtio; they hold no lock, know no kernel object, and contain no #ifdef. The list of
# them is selftests/unit/pure.mk.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
allowed='"(ring/)?(ring|split|packed|mem|chain|dirty|features|hdr|cmd|req|limit|mvh_env)\.h"|"(blk/(cmd|req)|spec|sense|cdb|reserve)\.h"|<uapi/linux/virtio_(ring|config|net|blk)\.h>'
kernel='mutex|spin_(un)?lock|lockdep|rcu_[a-z]|schedule|current|k[mzv]*alloc|kv?free|copy_(from|to)_user|READ_ONCE|WRITE_ONCE|smp_[a-z]|printk|pr_[a-z]+\(|WARN|wake_up|jiffies|ktime'

# pure: the files
pure() {
	local pattern patterns
	read -ra patterns < <(sed -n 's/^PURE_PATTERNS := //p' selftests/unit/pure.mk)
	for pattern in "${patterns[@]}"; do
		files "drivers/myvhost/$pattern.[ch]" | grep -v '\.mod\.c$' || echo "no file $pattern"
	done
}

check() {
	local f
	pure | while read -r f; do
		[ -f "$f" ] || { echo "$f"; continue; }
		lines '^ *# *include' "$f" | { grep -vE "#include ($allowed)\$" || true; }
		lines '^ *# *(if|ifdef|elif|else)\b' "$f"
		lines '^ *# *ifndef' "$f" | { grep -vE 'ifndef _MVH_[A-Z_]+_H$' || true; }
		# comments may say what they like
		lines "\b($kernel)" "$f" | { grep -vE '^[^:]*:[0-9]+:( \*|/\*)' || true; }
	done
}

verdict check
