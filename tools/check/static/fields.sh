#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The core is closed: back ends and the character device use its functions and read
# the fields of struct mvh_vq and struct mvh_dev that are public. They write none,
# except a back end its device's priv and offered features. Back ends include
# core/backend.h and no other header of the core.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
dir=drivers/myvhost
vq='dev|index|state'
dev='backend|features|offered|n_vqs|vq'

# others DIR PUBLIC: fields that are not PUBLIC, by line
others() {
	files "$dir/$1/*.[ch]" | xargs -r grep -nHoE '\b(vq|dev)->[a-z_]+' | grep -vE "\b($2)$" ||
		true
}

writes() {
	files "$dir/$1/*.[ch]" |
		xargs -r grep -nHE "\b(vq|dev)->[][a-z_0-9.]+ *([-|&+^]?=[^=]|\+\+|--)" |
		grep -vE "$2" || true
}

check() {
	local room
	for room in net blk scsi; do
		others $room "vq->($vq|port|iov)|dev->($dev|priv)"
		writes $room 'dev->(priv =|offered\[0\] \|=)'
		files "$dir/$room/*.[ch]" | while read -r f; do
			lines '#include "core/' "$f" | grep -v 'core/backend\.h"' || true
		done
	done
	others cdev "vq->($vq|mutex)|dev->($dev|id|mutex|mm|owner|fork_owner|backend_features|frontend|miss_wait|vq)"
	writes cdev '^$'
}

verdict check
