#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is visible outside of its file has a comment right before it that begins with its
# name. Exported functions, and structs and enums in headers, have kernel-doc, which the
# check "kernel-doc" reads; a function within a module has it where a parameter needs
# more than its name.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

# exported FILE: the functions that it exports, in one line
exported() {
	sed -n 's/^EXPORT_SYMBOL_GPL(\(.*\));$/\1/p' "$1" | tr '\n' ' '
}

# lacking FILE: "FILE:LINE: NAME" of what has no kernel-doc
lacking() {
	awk -v header="${1##*.}" -v file="$1" -v exported=" $(exported "$1") " '
	function want(name) {
		if (doc != name)
			print file ":" NR ": no comment on " name
		else if (!kernel_doc && (header == "h" || index(exported, " " name " ")))
			print file ":" NR ": no kernel-doc of " name
	}
	/^\/\* mvh_[a-z0-9_]+\(\) - .*\*\/$/ {
		doc = $2
		sub(/\(\)$/, "", doc)
		kernel_doc = 0
		next
	}
	/^\/\*\*?$/ {
		kernel_doc = /\*\*/
		getline
		doc = $2 ~ /^(struct|enum|union)$/ ? $3 : $2
		sub(/\(\)$/, "", doc)
		open = 1
	}
	open { open = !/^ \*\/$/; next }
	header == "h" && /^(struct|enum|union) [a-z_0-9]+ \{$/ { want($2) }
	# a definition, not a static one, not a prototype; its type may stand alone on
	# the line before
	header == "c" && /^[a-z]/ && !/^(static|struct [a-z_]+ [a-z_]+ =)/ && !/;/ &&
	!static_type && match($0, /(mvh|myvhost)_[a-z0-9_]+\(/) {
		want(substr($0, RSTART, RLENGTH - 1))
	}
	{
		static_type = /^static [a-z_ ]+\*?$/
		if (!/^[a-z].*[a-z*]$/) doc = ""
	}' "$1"
}

check() {
	files 'drivers/*.[ch]' 'include/*.h' | grep -v '\.mod\.c$' | while read -r f; do
		lacking "$f"
	done
}

verdict check
