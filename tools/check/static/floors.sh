#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A file includes headers of its own floor or of a lower one; 6a and 6b do not
# see each other. The table is the one in Documentation/architecture.rst; a
# header that is not in it stands on the floor of its .c file, compat/ on 0.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
dir=drivers/myvhost
declare -A floor

# table: "FLOOR FILE" for each file of the table
table() {
	awk '
	/^Floors$/ { inside = 1 }
	/^Pure files$/ { inside = 0 }
	!inside { next }
	/^   \* - [0-9]/ { floor = $3; column = 1; next }
	/^     - / { column++ }
	floor != "" && column == 2 {
		sub(/^ *-? */, "")
		n = split($0, name, /, */)
		for (i = 1; i <= n; i++)
			if (name[i] != "") print floor, name[i]
	}' Documentation/architecture.rst
}

# floor_of FILE: sets $found, to nothing if it is not known
floor_of() {
	found=${floor[$1]:-}
	case $1 in
	compat/*) found=0 ;;
	*/*) found=${found:-${floor[${1%/*}/]:-}} ;;
	*.h) found=${found:-${floor[${1%.h}.c]:-}} ;;
	esac
}

# resolve FROM NAME: the file that #include "NAME" in FROM means
resolve() {
	local base
	base=$(dirname "$1")
	if [ "$2" = mvh_env.h ]; then
		echo env/mvh_env.h
	elif [ -f "$dir/$base/$2" ]; then
		realpath --relative-to="$dir" "$dir/$base/$2"
	else
		echo "$2"
	fi
}

include() {
	local from=$1 to=$2 mine theirs
	floor_of "$from"
	mine=$found
	floor_of "$to"
	theirs=$found
	[ -f "$dir/$to" ] || echo "$from: no $to"
	[ -n "$theirs" ] || return 0
	if [ "${theirs%[ab]}" -gt "${mine%[ab]}" ]; then
		echo "$from (floor $mine) includes $to (floor $theirs)"
	elif [ "${theirs%[ab]}" = 6 ] && [ "$mine" != "$theirs" ] && [ "${mine%[ab]}" = 6 ]; then
		echo "$from ($mine) includes $to ($theirs)"
	fi
}

# The transport of a port is known to one file, and to the one that offers its
# features.
knows_tun() {
	case $1 in
	net/tap.c | net/net.c | compat/*) ;;
	*) lines '#include .*(if_tun|if_tap|compat_tun)' "$dir/$1" ;;
	esac
}

check() {
	local path from name
	while read -r number name; do
		floor[$name]=$number
	done < <(table)
	[ ${#floor[@]} -gt 10 ] || echo "no table of floors"
	while read -r path; do
		from=${path#"$dir"/}
		knows_tun "$from"
		floor_of "$from"
		if [ -z "$found" ]; then
			echo "$from is on no floor: add it to Documentation/architecture.rst"
			continue
		fi
		while read -r name; do
			include "$from" "$(resolve "$from" "$name")"
		done < <(sed -n 's/^#include "\(.*\)"$/\1/p' "$path")
	done < <(files "$dir/*.[ch]" | grep -v '\.mod\.c$')
}

verdict check
