#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Arrows between the rooms (folders) of the drivers run one way: a file includes
# headers of its own room by their plain name, and those of the rooms below it as
# "ROOM/NAME". That such a name is right, the compiler checks.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
dir=drivers/myvhost
declare -A below=(
	[env]="" [compat]="" [ring]=""
	[core]="ring compat"
	[net]="ring core compat"
	[blk]="ring core compat"
	[scsi]="ring core compat blk"
	[cdev]="ring core compat"
	[.]="core cdev compat"
)

# The transport of a port is known to two files, and to the one that offers its
# features.
knows_tun() {
	case $1 in
	net/tap.[ch] | net/tap_rx.c | net/txq.c | net/net.c | compat/*) ;;
	*) lines '#include .*(if_tun|if_tap|compat/tun)' "$dir/$1" ;;
	esac
}

check() {
	local path from room name
	while read -r path; do
		from=${path#"$dir"/}
		room=$(dirname "$from")
		knows_tun "$from"
		if [ -z "${below[$room]+known}" ]; then
			echo "$from is in no room"
			continue
		fi
		while read -r name; do
			case " ${below[$room]} " in
			*" ${name%/*} "*) ;;
			*) echo "$from ($room) includes $name" ;;
			esac
		done < <(sed -n 's|^#include "\(.*/.*\)"$|\1|p' "$path")
	done < <(files "$dir/*.[ch]" | grep -v '\.mod\.c$')
}

verdict check
