#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# No indirect call per descriptor: what fetches chains and translates addresses
# calls by name. Looks into the objects that the lab built for x86-64, or into
# CHECK_OBJECTS.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
objects=${CHECK_OBJECTS:-${MYVHOST_CACHE:-$HOME/.cache/myvhost}/build}
command -v objdump > /dev/null || skip "no objdump"
[ "$(uname -m)" = x86_64 ] || skip "not on x86-64"
dirs=$(find "$objects" -path '*/drivers/myvhost/ring/chain.o' -printf '%h\n' 2> /dev/null | sort)
[ -n "$dirs" ] || skip "nothing is built in $objects"

# calls OBJECT FUNCTIONS: indirect calls and jumps in functions of these names
calls() {
	objdump -dr "$1" | awk -v want="$2" -v object="$1" '
	/^[0-9a-f]+ <.*>:$/ {
		name = substr($2, 2, length($2) - 3)
		inside = name ~ want
		seen += inside
	}
	inside && /indirect_thunk|(call|jmp)q? +\*/ { print object ": " name ": " $0 }
	END { if (!seen) print object ": no function like " want }'
}

check() {
	while read -r dir; do
		calls "$dir/chain.o" '^mvh_'
		calls "$dir/mem.o" '^mvh_view_'
		calls "$dir/split.o" '^mvh_split_(next|has_new|should_call)$'
		calls "$dir/packed.o" '^mvh_packed_(next|advance|room|has_new|should_call)$'
	done <<< "$dirs"
}

verdict check
