# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests with stock QEMU; sourced by bash in the host VM (or on a real host).
#
#   host_net_up                        bridge br0 with 10.0.0.1/24
#   tap_add tap1 [multi_queue]         a tap on the bridge
#   guest_start 1 [OPTION=VALUE]... [-- QEMU ARGS]
#   guest 1 'COMMAND LINE'             output and status of the command
#   guest_wait_ready 1 [N]             wait for the Nth boot of the guest
#   guest_qmp 1 COMMAND [JSON]
#   guest_stop 1
#
# Options of guest_start: vhost=PATH of the back end's node (default $VHOST_DEV),
# or off, or none for a guest without network; queues=N; smp=N; mem=MB;
# kernel=6.12|7.2 (default 7.2; if the lab lacks it, the one that is there);
# tap=NAME (default tapN);
# id=N (MAC and address 10.0.0.1N; default the guest's own number);
# netdev=STRING and device=STRING appended to -netdev and to -device
# virtio-net-pci; machine=STRING appended to -M; append=KERNEL ARGS;
# bus=NAME of the NIC's bus (default a PCIe root port);
# disk=NAME[,PROPERTIES] of a named node, and blk=FILE[,OPTIONS] as of
# "myvhost run --blk", both as often as there are disks; scsi=NAME,WWPN[,PROPERTIES] of a
# named node that is a SCSI host, whose drivers guest_scsi_files has for file=;
# root=SERIAL[:ro] of the disk that is the guest's root, see guest-init;
# file=PATH of a program to put into the guest's /bin, as often as needed;
# under=COMMAND that becomes QEMU, such as "prlimit --memlock=65536".
# One queue needs nothing but bash to open the node; more go through qemu-fds.

GUEST_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
GUEST_RUN=${GUEST_RUN:-/tmp/guests}
GUEST_IMAGES=${GUEST_IMAGES:-/opt/guest}
GUEST_KERNEL=${GUEST_KERNEL:-7.2}
GUEST_WAIT=${GUEST_WAIT:-300}
VHOST_DEV=${VHOST_DEV:-/dev/myvhost}

# vhost_load: load what serves $VHOST_DEV; our modules come from $MODULES
vhost_load() {
	case $VHOST_DEV in
	/dev/vhost-net) modprobe vhost_net ;;
	*)
		modprobe tun
		modprobe -q tap || true
		insmod "$MODULES/myvhost.ko"
		insmod "$MODULES/net/myvhost_net.ko"
		insmod "$MODULES/blk/myvhost_blk.ko"
		;;
	esac
}

# it has myvhost_blk in use, whose tests unload that
vhost_load_scsi() { insmod "$MODULES/scsi/myvhost_scsi.ko"; }

vhost_unload() { rmmod myvhost_blk myvhost_net myvhost; }

# vhost_users: descriptors and threads that are left of the back end; nothing
# is printed when all guests are gone and everything was released.
vhost_users() {
	local m count
	for m in myvhost_net myvhost_blk myvhost_scsi vhost_net; do
		count=$(cat "/sys/module/$m/refcnt" 2> /dev/null) || continue
		# other modules are no users
		count=$((count - $(find "/sys/module/$m/holders" -mindepth 1 | wc -l)))
		[ "$count" = 0 ] || echo "module $m has $count users"
	done
	ps -eLo lwp=,comm= | grep -E ' (vhost-|mvh)' | sed 's/^/worker thread left: /' || true
}

host_net_up() {
	local m
	for m in tun bridge pktgen; do
		modprobe -q "$m" 2> /dev/null || true
	done
	if grep -qw svm /proc/cpuinfo; then modprobe kvm_amd; else modprobe kvm_intel; fi
	[ -c /dev/kvm ] || { echo "no /dev/kvm for the guests" >&2; return 1; }
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip link add br0 type bridge forward_delay 0 mcast_snooping 0
	ip addr add 10.0.0.1/24 dev br0
	ip link set br0 up
}

tap_add() {
	# shellcheck disable=SC2086
	ip tuntap add dev "$1" mode tap ${2:-}
	ip link set "$1" master br0 up
}

# virtio_disk SERIAL: the virtio disk of this machine with that serial number
virtio_disk() {
	local d
	modprobe -q virtio_blk
	for d in /sys/block/vd*; do
		[ "$(cat "$d/serial" 2> /dev/null)" != "$1" ] || echo "/dev/${d##*/}"
	done
}

guest_pid() { cat "$GUEST_RUN/$1/pid"; }

guest_ip() { cat "$GUEST_RUN/$1/ip"; }

guest_alive() { kill -0 "$(guest_pid "$1")" 2> /dev/null; }

# guest_netdev: -netdev and the prefix that opens the descriptors
guest_netdev() {
	if [ "$vhost" = off ]; then
		netdev="tap,id=net0,ifname=$tap,script=no,downscript=no,vhost=off$netdev"
	elif [ "$queues" = 1 ]; then
		netdev="tap,id=net0,ifname=$tap,script=no,downscript=no,vhost=on,vhostfd=7$netdev"
	else
		wrap+=(qemu-fds "$tap" "$vhost" "$queues")
		netdev="tap,id=net0,fds=$(seq -s: 100 $((99 + queues))),vhost=on,vhostfds=$(seq -s: 200 $((199 + queues)))$netdev"
		device=",mq=on,vectors=$((2 * queues + 2))$device"
	fi
}

# guest_initrd: the initial RAM disk, with the files behind it, which belong into
# /bin (the kernel unpacks one archive after the other; one that is not compressed
# would have to be aligned)
guest_initrd() {
	local f
	initrd=$GUEST_IMAGES/$kernel/initrd
	[ ${#files[@]} -gt 0 ] || return 0
	mkdir -p "$dir/files/bin"
	for f in "${files[@]}"; do
		cp "$f" "$dir/files/bin/"
	done
	{
		cat "$initrd"
		(cd "$dir/files" && find . -type f | cpio -o -H newc --quiet | gzip -1)
	} > "$dir/initrd"
	initrd=$dir/initrd
}

guest_start() {
	local n=$1 arg dir initrd wrap=() under=() nic=() disks=() files=()
	local scsi=''
	local vhost=$VHOST_DEV queues=1 smp=1 mem=256 kernel=$GUEST_KERNEL id=$1 tap=tap$1
	local netdev='' device='' machine='' append='' bus=port1
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		arg=${1%%=*}
		case $arg in
		vhost | queues | smp | mem | kernel | id | tap | netdev | device | machine | append | bus)
			printf -v "$arg" %s "${1#*=}" ;;
		disk) disks+=(-device "vhost-vdpa-device-pci,vhostdev=/dev/myvhost-${1#*=}") ;;
		blk) wrap+=(--blk "${1#*=}") ;;
		scsi)
			scsi=${1#*=}
			disks+=(-device "vhost-scsi-pci,vhostfd=8,wwpn=${scsi#*,}")
			scsi=/dev/myvhost-${scsi%%,*}
			;;
		root) append="$append l2.root=${1#*=}" ;;
		file) files+=("${1#*=}") ;;
		under) read -ra under <<< "${1#*=}" ;;
		*) echo "guest_start: unknown option $1" >&2; return 2 ;;
		esac
		shift
	done
	[ $# = 0 ] || shift
	netdev=${netdev:+,$netdev} device=${device:+,$device}
	[ ${#wrap[@]} = 0 ] || wrap=(myvhost run "${wrap[@]}" --)
	if [ "$vhost" != none ]; then
		guest_netdev
		nic=(-device "pcie-root-port,id=port1,chassis=1,slot=1" -netdev "$netdev"
			-device "virtio-net-pci,id=nic0,netdev=net0,bus=$bus,mac=52:54:00:00:00:0$id$device")
	fi
	dir=$GUEST_RUN/$n
	rm -rf "$dir" && mkdir -p "$dir"
	guest_kernel || return
	guest_initrd
	echo "10.0.0.1$id" > "$dir/ip"
	echo 1 > "$dir/boots"
	: > "$dir/console"
	(
		if [[ $vhost = /* ]] && [ "$queues" = 1 ]; then exec 7<> "$vhost"; fi
		[ -z "$scsi" ] || exec 8<> "$scsi"
		exec "${wrap[@]}" "${under[@]}" qemu-system-x86_64 -name "guest$n" \
			-M "q35,accel=kvm${machine:+,$machine}" -cpu host -smp "$smp" -m "$mem" \
			-nodefaults -display none \
			-kernel "$GUEST_IMAGES/$kernel/vmlinuz" -initrd "$initrd" \
			-append "console=ttyS0 quiet mitigations=off panic=-1 nokaslr tsc=reliable l2.ip=10.0.0.1$id/24 $append" \
			-serial "file:$dir/console" -serial "unix:$dir/serial,server=on,wait=off" \
			-qmp "unix:$dir/qmp,server=on,wait=off" \
			"$@" "${disks[@]}" "${nic[@]}" > "$dir/log" 2>&1 < /dev/null
	) &
	echo $! > "$dir/pid"
}

# guest_kernel: the kernel of the guest, or another if the mirror did not have it
guest_kernel() {
	local there
	[ ! -f "$GUEST_IMAGES/$kernel/initrd" ] || return 0
	for there in "$GUEST_IMAGES"/*/initrd; do
		[ -f "$there" ] || break
		there=${there%/initrd}
		echo "# lab: no guest kernel $kernel, ${there##*/} instead"
		kernel=${there##*/}
		return 0
	done
	echo "no guest kernel in $GUEST_IMAGES; run selftests/lab/setup.sh" >&2
	return 1
}

guest_boots() { grep -c 'L2 ready' "$GUEST_RUN/$1/console" || true; }

# guest_reset_itself N: it booted again unasked, and its kernel said nothing
guest_reset_itself() {
	[ "$(guest_boots "$1")" -gt "$(cat "$GUEST_RUN/$1/boots")" ] &&
		! grep -qE 'panic|Oops|BUG:|Call Trace' "$GUEST_RUN/$1/console"
}

guest_monitor() { # N COMMAND...
	guest_qmp "$1" human-monitor-command "{\"command-line\": \"${*:2}\"}" | tr -d '\r'
}

# guest_stands_still N: its first processor is not halted, but has the same registers
# whenever one looks
guest_stands_still() {
	local i seen
	[ "$(guest_qmp "$1" --get status query-status)" = running ] || return 1
	seen=$(for i in 1 2 3 4 5 6 7 8 9 10; do
		guest_monitor "$1" info registers | grep -oE '(R[A-D]X|R[SD]I|R[BSI]P|HLT)=[0-9a-f]+' | xargs
		sleep 0.2
	done | sort -u)
	[ "$(wc -l <<< "$seen")" = 1 ] && [[ $seen = *HLT=0 ]]
}

# guest_wait_ready N [COUNT]: COUNT grows by one with each boot of the guest
guest_wait_ready() {
	local dir=$GUEST_RUN/$1 count=${2:-1} end=$((SECONDS + GUEST_WAIT))
	echo "$count" > "$dir/boots"
	while [ "$(guest_boots "$1")" -lt "$count" ]; do
		if ! guest_alive "$1"; then
			echo "guest $1 ended:"
			cat "$dir/log"
			tail -n 20 "$dir/console"
			return 1
		fi
		if [ $SECONDS -ge $end ]; then
			echo "guest $1 not ready after $GUEST_WAIT s"
			tail -n 20 "$dir/console"
			return 1
		fi
		sleep 0.2
	done
}

guest() {
	local n=$1
	shift
	"$GUEST_IMAGES/serial" "$GUEST_RUN/$n/serial" "${GUEST_TIMEOUT:-120}" "$*"
}

# guest_qmp N [OPTIONS OF qmp.py] COMMAND [JSON]
guest_qmp() {
	local n=$1 flags=()
	shift
	while [[ $1 = --* ]]; do
		case $1 in
		--fd | --then) flags+=("$1" "$2" "$3"); shift 3 ;;
		*) flags+=("$1" "$2"); shift 2 ;;
		esac
	done
	python3 "$GUEST_LIB/qmp.py" "${flags[@]}" "$GUEST_RUN/$n/qmp" "$@"
}

# guest_stop N: the plain way out; the process must be gone afterwards
guest_stop() {
	local pid i
	pid=$(guest_pid "$1")
	kill "$pid" 2> /dev/null || true
	for ((i = 0; i < 150; i++)); do
		kill -0 "$pid" 2> /dev/null || return 0
		sleep 0.2
	done
	echo "guest $1 (pid $pid) does not end" >&2
	return 1
}
