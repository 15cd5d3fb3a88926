#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kver.sh 6.1|6.12|7.2: print the kernel's release and its build directory,
# a path that is valid inside the root file system (see inroot.sh).
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# = 1 ] || die "usage: kver.sh 6.1|6.12|7.2"
release=$(kernel_release "$1")
echo "$release /lib/modules/$release/build"
