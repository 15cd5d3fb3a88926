#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A function whose kernel-doc demands a lock asserts it: a comment with "locked" or
# "with the queue's mutex" goes with lockdep_assert...() or mvh_..._assert_...() in the
# body. Static functions and those that say "not locked" are left out.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

check() {
	files 'drivers/myvhost/core/*.c' 'drivers/myvhost/cdev/*.c' 'drivers/myvhost/net/*.c' \
		'drivers/myvhost/blk/*.c' | while read -r f; do
		awk -v f="$f" '
		/^\/\*\*?$/ { doc = ""; comment = 1; next }
		comment && /\*\// { comment = 0; documented = 1; next }
		comment { line = $0; sub(/^ \*[ \t]*/, "", line); doc = doc " " line; next }
		documented && /^\{/ {
			body = 1; asserted = 0
			text = doc
			gsub(/(not|unless|un)( be)? ?locked|locked or not|mutexe?s? of all/, "", text)
			demands = text ~ /[ ,(]locked/ ||
				text ~ /[Ww]ith (the|its) ((device|queue)'\''s )?mutex/ ||
				text ~ /and the queue'\''s mutex/ ||
				text ~ /queue'\''s mutex held/
			next
		}
		documented && !body && /^static/ { documented = 0; next }
		documented && !body && match($0, /mvh_[a-z0-9_]+\(/) && name == "" {
			name = substr($0, RSTART, RLENGTH - 1)
		}
		body && /lockdep_assert|mvh_[a-z_]*_assert_/ { asserted = 1 }
		body && /^\}/ {
			if (demands && !asserted)
				print f ": " name " demands a lock and does not assert it"
			body = documented = 0
			name = ""
		}
		documented && !body && /^$/ { documented = 0; name = "" }
		' "$f"
	done
}

verdict check
