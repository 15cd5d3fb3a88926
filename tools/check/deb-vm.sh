#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deb-vm.sh: the packages on a running host, in the lab's host VM with Linux 6.12 and Debian
# 13: upgrade while a device is in use, and while none is, Secure Boot's signatures, removal.
# KTAP on standard output. Takes the root file system of deb.sh, in which it installs the
# packages first, and ten minutes.
#
# The modules of the later version are built beforehand, since the emulated machine would
# take half an hour: in the VM make copies them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../selftests/lab/common.sh"
. "$REPO_DIR/selftests/lib/ktap.sh"

OUT=$CACHE/check/deb-vm
ROOT=build/deb/trixie
LATER=0.1+later

run_vm() { # NAME KERNEL-ARGS
	"$LAB_DIR/run.sh" -k 6.12 -t 600 -o "$OUT/$1" -a "$2" \
		-x "-fsdev local,id=deb,path=/$ROOT,security_model=none,readonly=on,multidevs=remap
			-device virtio-9p-pci,fsdev=deb,mount_tag=deb
			-fsdev local,id=debs,path=/build/deb/work,security_model=none,readonly=on,multidevs=remap
			-device virtio-9p-pci,fsdev=debs,mount_tag=debs" -- \
		"/repo/tools/check/deb-inside.sh $1"
}

later_modules() {
	local copy=$CACHE/build/deb/later
	rm -rf "$copy"
	mkdir -p "$copy"
	cp -r "$REPO_DIR"/{drivers,include,selftests} "$copy/"
	sed -i "s/^MODULE_VERSION(.*/MODULE_VERSION(\"$LATER\");/" "$copy/drivers/myvhost/main.c"
	MYVHOST_SOURCE=$copy "$LAB_DIR/build.sh" 6.12
}

need_root
"$(dirname "$0")/deb.sh" -i trixie >&2
later_modules >&2
ktap_begin
ktap_part "packages on a running host" run_vm upgrade ""
ktap_part "a kernel that takes signed modules only" run_vm signed module.sig_enforce=1
ktap_end
