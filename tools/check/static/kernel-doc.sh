#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's kernel-doc has no warning about the drivers and the UAPI: each
# parameter, member and return value is described under its name.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
root=${MYVHOST_CACHE:-$HOME/.cache/myvhost}/rootfs
tool=$(find "$root"/usr/lib/linux-kbuild-6.12*/scripts -name kernel-doc 2> /dev/null | head -n 1)
[ -n "$tool" ] || skip "no kernel-doc in $root; run selftests/lab/setup.sh"

check() {
	files 'drivers/*.[ch]' 'include/*.h' | grep -v '\.mod\.c$' | xargs "$tool" -none -Wall
}

verdict check
