#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# add-nodes: make the named nodes of /etc/myvhost.d/*.conf, whose lines are commands
# "myvhost add ..."; empty lines and comments (#) are allowed. Nodes that exist stay as
# they are. One that cannot be made does not keep the others from it; the exit status is
# 1 then. Called by myvhost-nodes.service; HOST_ROOT is for tests.
set -uo pipefail
root=${HOST_ROOT:-}
program=${MYVHOST:-/usr/bin/myvhost}
shopt -s nullglob
failed=

# name_of WORD...: the name in the arguments of add
name_of() {
	case ${1:-} in
	blk | scsi) printf '%s\n' "${2:-}" ;;
	esac
}

# add_line FILE:LINE TEXT: quotes are those of a shell, but nothing is expanded
add_line() {
	local words name
	words=$(xargs -n 1 printf '%s\n' <<< "$2") || {
		echo "$1: quotes do not match" >&2
		return 1
	}
	mapfile -t words <<< "$words"
	if [ "${words[0]##*/}" != myvhost ] || [ "${words[1]:-}" != add ]; then
		echo "$1: not a line \"myvhost add ...\": $2" >&2
		return 1
	fi
	name=$(name_of "${words[@]:2}")
	[ -z "$name" ] || [ ! -c "$root/dev/myvhost-$name" ] || return 0
	"$program" "${words[@]:1}" || {
		echo "$1: no node: $2" >&2
		return 1
	}
}

for file in "$root"/etc/myvhost.d/*.conf; do
	number=0
	while IFS= read -r line || [ -n "$line" ]; do
		number=$((number + 1))
		case $line in
		'' | \#*) continue ;;
		esac
		add_line "${file#"$root"}:$number" "$line" || failed=1
	done < "$file"
done

[ -n "$failed" ] || exit 0
"$program" doctor | grep ^FAIL >&2
exit 1
