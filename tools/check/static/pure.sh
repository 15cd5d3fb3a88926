#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pure files include nothing but each other, the environment and the layouts of
# virtio; they hold no lock, know no kernel object, and contain no #ifdef.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
allowed='"(\.\./)?(ring|mem|chain|dirty|features|hdr|req|limit|mvh_env)\.h"|<uapi/linux/virtio_(ring|config|net|blk)\.h>'
kernel='mutex|spin_(un)?lock|lockdep|rcu_[a-z]|schedule|current|k[mzv]*alloc|kv?free|copy_(from|to)_user|READ_ONCE|WRITE_ONCE|smp_[a-z]|printk|pr_[a-z]+\(|WARN|wake_up|jiffies|ktime'
pure="ring.h ring.c ring_split.c ring_packed.c mem.h mem.c chain.h chain.c dirty.h dirty.c
	features.h net/hdr.h net/hdr.c blk/req.h blk/req.c blk/limit.h blk/limit.c"

check() {
	local f
	for f in $pure; do
		f=drivers/myvhost/$f
		lines '^ *# *include' "$f" | { grep -vE "#include ($allowed)\$" || true; }
		lines '^ *# *(if|ifdef|elif|else)\b' "$f"
		lines '^ *# *ifndef' "$f" | { grep -vE 'ifndef _MVH_[A-Z_]+_H$' || true; }
		# comments may say what they like
		lines "\b($kernel)" "$f" | { grep -vE '^[^:]*:[0-9]+:( \*|/\*)' || true; }
	done
}

verdict check
