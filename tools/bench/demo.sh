#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demo (make demo): guests with stock QEMU on /dev/myvhost, on the kernel's
# vhost_net and on QEMU's own virtio, measured in turn, one table at the end; then
# the same for disks.
#
# KERNEL=6.1|6.12|7.2 chooses the kernel of the lab's host VM (default 6.12),
# ROUNDS the number of rounds (default 3), PARTS="net disk" what is measured.
# NATIVE=1 does without the host VM and loads the modules into the running kernel.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
LAB=$REPO/selftests/lab
CACHE=${MYVHOST_CACHE:-$HOME/.cache/myvhost}
KERNEL=${KERNEL:-6.12}
ROUNDS=${ROUNDS:-3}
PARTS=${PARTS:-net disk}
NATIVE_PACKAGES="qemu-system-x86 iproute2 iperf3 iputils-ping procps kmod python3 gcc make
fio e2fsprogs cpio pkgconf libjson-c-dev libncurses-dev"

STEP='' HINT=''

# step TEXT HINT: HINT is printed if the step fails
step() {
	STEP=$1 HINT=$2
	printf '[%4d s] %s\n' "$SECONDS" "$STEP"
}

on_exit() {
	local rc=$?
	[ $rc = 0 ] && return 0
	printf '[%4d s] FAILED (%d): %s\n' "$SECONDS" "$rc" "$STEP"
	printf 'What to do: %s\n' "$HINT"
}

wanted() { [[ " $PARTS " = *" $1 "* ]]; }

demo_lab() {
	step "building the modules for Debian's kernel $KERNEL" \
		"read the compiler's output above; selftests/lab/build.sh $KERNEL repeats it"
	"$LAB/build.sh" "$KERNEL"
	step "building the program myvhost" "read the compiler's output above; make -C tools/ctl repeats it"
	"$LAB/inroot.sh" make -s -C /repo/tools/ctl O="/build/$KERNEL/bin"
	! wanted net || demo_lab_net
	! wanted disk || demo_lab_disk
}

demo_lab_net() {
	local out=$CACHE/demo
	step "booting the host VM with kernel $KERNEL" \
		"read the messages above and the logs in $out; 124 is a time-out (is the machine very busy?), 125 a crash of the host VM, 126 a kernel warning"
	rm -rf "$out"
	"$LAB/run.sh" -k "$KERNEL" -t 1800 -o "$out" -- \
		"DEMO_RESULTS=/lab/results /repo/tools/bench/demo-inside.sh $SECONDS $ROUNDS"
}

demo_lab_disk() {
	local out=$CACHE/demo-disk
	step "booting the host VM with kernel $KERNEL, for the disks" \
		"read the messages above and the logs in $out; the numbers mean what they mean for the network"
	rm -rf "$out"
	"$LAB/run.sh" -k "$KERNEL" -t 1800 -d -o "$out" -- \
		"DISK_RESULTS=/lab/results /repo/tools/bench/disk-inside.sh $SECONDS $ROUNDS"
}

install_native() {
	local p missing=()
	for p in $NATIVE_PACKAGES "linux-headers-$(uname -r)"; do
		dpkg -s "$p" > /dev/null 2>&1 || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] ||
		DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}"
}

# Bridge, taps and addresses live in a network namespace of their own, so that
# nothing of the machine's network is touched.
demo_native() {
	step "installing QEMU, iperf3 and the headers of $(uname -r)" \
		"apt-get must be able to install: $NATIVE_PACKAGES linux-headers-$(uname -r)"
	install_native
	step "building the modules for $(uname -r)" "read the compiler's output above; 'make' repeats it"
	make -C "$REPO" modules tools
	step "starting guests on this machine" \
		"read the messages above; /dev/kvm must work here, and myvhost must not be in use (lsmod)"
	export MODULES=$REPO/drivers/myvhost GUEST_IMAGES=$CACHE/rootfs/opt/guest
	export PATH=$REPO/tools/ctl/obj:$PATH
	! wanted net ||
		unshare --net --mount bash -c 'mount -t sysfs sysfs /sys && exec "$@"' demo \
			"$REPO/tools/bench/demo-inside.sh" "$SECONDS" "$ROUNDS"
	! wanted disk ||
		DISK_IMAGE=$CACHE/images/debian.img \
			unshare --mount "$REPO/tools/bench/disk-inside.sh" "$SECONDS" "$ROUNDS"
}

trap on_exit EXIT
step "checking for root" "run it as root: sudo make demo"
[ "$(id -u)" = 0 ]
step "preparing the lab in $CACHE (the first time it fetches about 700 MB)" \
	"a Debian mirror must be reachable and 6 GB be free in $CACHE; the log is in $CACHE/log"
"$LAB/setup.sh"
if [ "${NATIVE:-}" = 1 ]; then demo_native; else demo_lab; fi
step "done" ""
