#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Boot the host VM, run a command in it, bring back output, exit status and
# kernel log.
set -euo pipefail
. "$(dirname "$0")/common.sh"

usage() {
	cat >&2 <<-'EOF'
	usage: run.sh [-k 6.1|6.12|7.2] [-t SECS] [-o OUTDIR] [-m MB] [-s SMP]
	              [-a "KERNEL ARGS"] [-x "QEMU ARGS"] [-d] -- COMMAND...

	COMMAND: one argument is a shell command line, several are a command
	with its arguments. It runs as root in /lab (OUTDIR, writable); /repo is
	this repository, /build the modules built by build.sh (both read-only).
	-d adds a virtio disk with the serial number "debian": the image of the
	guest with its root on a disk. What is written to it is lost.
	Exit status: that of COMMAND; 124 time-out, 125 the host VM died,
	126 COMMAND succeeded but the kernel log holds a warning or worse.
	MYVHOST_ACCEL=kvm|tcg overrides the choice of the accelerator.
	EOF
	exit 2
}

KERNEL=6.12 TIMEOUT=600 OUT='' BUILD='' MEM=6144 SMP=2 KARGS='' XARGS='' DISK=''
EMULATOR_FAULTS_MAX=3

parse() {
	local o
	while getopts k:t:o:m:s:a:x:d o; do
		case $o in
		k) KERNEL=$OPTARG ;;
		t) TIMEOUT=$OPTARG ;;
		o) OUT=$OPTARG ;;
		m) MEM=$OPTARG ;;
		s) SMP=$OPTARG ;;
		a) KARGS=$OPTARG ;;
		x) XARGS=$OPTARG ;;
		d) DISK=1 ;;
		*) usage ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -gt 0 ] || usage
	if [ $# = 1 ]; then COMMAND=$1; else COMMAND=$(printf '%q ' "$@"); fi
}

prepare_out() {
	KEEP=1
	if [ -z "$OUT" ]; then
		KEEP=0
		OUT=$(mktemp -d "${TMPDIR:-/tmp}/myvhost-lab.XXXXXX")
	fi
	mkdir -p "$OUT" "$CACHE/build/$KERNEL"
	OUT=$(realpath "$OUT")
	rm -rf "$OUT"/emulator-fault-*
	printf '%s\n' "$COMMAND" > "$OUT/cmd"
	cat > "$OUT/env" <<-EOF
	LAB_KERNEL=$KERNEL
	LAB_TIMEOUT=$TIMEOUT
	LAB_ACCEL=$ACCEL
	EOF
}

share_args() { # TAG PATH READONLY
	echo "-fsdev local,id=$1,path=$2,security_model=none,readonly=$3,multidevs=remap"
	echo "-device virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

# qemu SECONDS ARGS...: become the root file system's QEMU, killed after SECONDS; under
# TCG the mended one (qemu-backports.sh). Ends with the process that started it.
qemu() {
	local limit=$1 program=qemu-system-x86_64
	shift
	[ "${ACCEL:-}" != tcg ] || program=$HOST_QEMU
	LAB_BINDS="$CACHE/kernels:/mnt
$CACHE/images:/media${OUT:+
$OUT:/lab}${BUILD:+
$BUILD:/srv}" exec setpriv --pdeathsig TERM timeout -k 5 "$limit" "$LAB_DIR/inroot.sh" "$program" \
		-M q35 -nodefaults -display none -no-reboot "$@"
}

# kvm_works: /dev/kvm may be there and even create a VM, yet be unable to run
# an ordinary kernel at a useful speed. Only a boot tells.
kvm_works() {
	local log
	[ -c /dev/kvm ] || return
	log=$(mktemp)
	(qemu 20 -accel kvm -cpu host -smp 2 -m 512 \
		-kernel "/mnt/$KERNEL/vmlinuz" -initrd "/mnt/$KERNEL/initrd" \
		-append "console=ttyS0 panic=-1 quiet lab.probe" \
		-serial stdio < /dev/null > "$log" 2>&1) || true
	grep -q 'LAB probe ok' "$log" && rm "$log"
}

tsc_khz() {
	"$LAB_DIR/inroot.sh" sh -c \
		'gcc -O2 -Wall -o /tmp/tsc-khz /repo/selftests/lab/tsc-khz.c && /tmp/tsc-khz'
}

best_accel() { if kvm_works; then echo kvm; else echo tcg; fi; }

# ask_once CMD: its answer, which is kept until the machine reboots; runs that start at
# the same time wait for the first of them
ask_once() {
	local boot answer=$CACHE/machine/$1
	boot=$(cat /proc/sys/kernel/random/boot_id)
	mkdir -p "$CACHE/machine"
	exec 7> "$answer.lock"
	flock 7
	[ "$(cut -d' ' -f1 "$answer" 2> /dev/null)" = "$boot" ] || echo "$boot $("$1")" > "$answer"
	exec 7>&-
	cut -d' ' -f2 "$answer"
}

choose_accel() {
	ACCEL=${MYVHOST_ACCEL:-$(ask_once best_accel)}
	[ "$ACCEL" != kvm ] || return 0
	[ ! -f "$ROOTFS${HOST_QEMU%/*}/unmended" ] ||
		say "guests may reset themselves, since the emulator has faults, see tcg-fix.py:" \
			"$(paste -sd ';' "$ROOTFS${HOST_QEMU%/*}/unmended")"
	KARGS="$KARGS tsc_early_khz=$(ask_once tsc_khz)"
}

accel_args() {
	case $ACCEL in
	kvm) echo "-accel kvm -cpu host" ;;
	tcg) echo "-accel tcg,thread=multi -cpu max,la57=off" ;;
	*) die "unknown accelerator $ACCEL" ;;
	esac
}

disk_args() {
	[ -n "$DISK" ] || return 0
	echo "-drive file=/media/debian.img,format=raw,if=none,id=debian,snapshot=on"
	echo "-device virtio-blk-pci,drive=debian,serial=debian"
}

boot() {
	BUILD=$CACHE/build/$KERNEL
	# The command's own limit works inside the VM; this one is for a VM that
	# does not boot or does not come back.
	# shellcheck disable=SC2046,SC2086
	qemu $((TIMEOUT + 90)) $(accel_args) -smp "$SMP" -m "$MEM" \
		-kernel "/mnt/$KERNEL/vmlinuz" -initrd "/mnt/$KERNEL/initrd" \
		-append "console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off tsc=reliable nokaslr log_buf_len=4M sysrq_always_enabled $KARGS" \
		-serial file:/lab/console -device virtio-rng-pci \
		-qmp unix:/lab/monitor,server=on,wait=off \
		$(share_args root /opt/root on) $(share_args repo /repo on) \
		$(share_args build /srv on) $(share_args lab /lab off) \
		$(disk_args) $XARGS > "$OUT/qemu.log" 2>&1 < /dev/null
}

# kernel_report: lines of log and console that must not be there, in $OUT/report; the
# patterns are matched on lines, time stamps included
kernel_report() {
	cat "$OUT/dmesg" "$OUT/console" 2> /dev/null | tr -d '\r' | grep -Ef "$LAB_DIR/kernel-log.grep" |
		sort -u > "$OUT/report" || true
	[ -s "$OUT/report" ]
}

# emulator_fault: QEMU's TCG has two faults that show in the host VM. Nothing under
# test can cause these pictures, and the run says nothing about it. What it was is
# left in EMULATOR_FAULT.
# - A host interrupt is delivered between #VMEXIT and STGI although the global
#   interrupt flag is clear. The handler then runs on the guest's GS base, every
#   access to per-CPU data faults, and the faults nest until the stack is used up.
# - A processor sleeps through an interrupt, see lost-interrupt.py.
emulator_fault() {
	[ "$ACCEL" = tcg ] && [ ! -f "$OUT/rc" ] || return
	if [ -s "$OUT/lost-interrupt" ]; then
		EMULATOR_FAULT="TCG lost an interrupt"
	elif grep -q 'stack guard page was hit' "$OUT/console" &&
		grep -qE 'RIP: 0010:(error_entry|exc_page_fault|asm_exc_page_fault|irqentry_enter)\+' "$OUT/console"; then
		EMULATOR_FAULT="TCG delivered an interrupt with GIF clear"
	else
		return 1
	fi
}

result() {
	local qemu_status=$1 rc
	if [ -f "$OUT/rc" ]; then
		rc=$(cat "$OUT/rc")
	elif [ "$qemu_status" = 124 ] || [ "$qemu_status" = 137 ]; then
		rc=124
	else
		rc=125
	fi
	[ "$rc" != 137 ] || rc=124
	if kernel_report; then
		say "the kernel log has:"
		cat "$OUT/report" >&2
		[ "$rc" != 0 ] || rc=126
	fi
	case $rc in
	124) say "time-out (limit $TIMEOUT s), or a command in the VM had one" ;;
	125) say "the host VM died"; tail -n 5 "$OUT/qemu.log" "$OUT/console" >&2 || true ;;
	esac
	return "$rc"
}

# last_look PID: if the VM does not end in time, what its processors and their
# interrupt controllers do, in $OUT/registers
last_look() {
	local cpu command rc=0 commands=("info registers -a")
	timeout $((TIMEOUT + 60)) tail -s 0.2 -f --pid="$1" /dev/null || rc=$?
	[ $rc = 124 ] || return 0
	for ((cpu = 0; cpu < SMP; cpu++)); do commands+=("info lapic $cpu"); done
	for command in "${commands[@]}"; do
		(cd "$OUT" && "$LAB_DIR/qmp.py" monitor human-monitor-command \
			"{\"command-line\": \"$command\"}") || true
	done > "$OUT/registers" 2>&1
}

# watch_interrupts: end a VM that lost an interrupt, what is known is in the file
watch_interrupts() {
	[ "$ACCEL" = tcg ] || exit 0
	cd "$OUT"
	exec "$LAB_DIR/lost-interrupt.py" monitor "$SMP" > lost-interrupt 2> /dev/null
}

# run_once: boot, stream the output, leave QEMU's status in QEMU_STATUS
run_once() {
	local pid watch
	rm -f "$OUT"/{rc,console,dmesg,qemu.log,report,registers,monitor,lost-interrupt}
	: > "$OUT/out"
	boot &
	pid=$!
	last_look $pid &
	watch_interrupts &
	watch=$!
	tail -n +1 -s 0.2 -f --pid=$pid "$OUT/out" &
	QEMU_STATUS=0
	wait $pid || QEMU_STATUS=$?
	kill $watch 2> /dev/null || true
	wait
}

run_again_after_emulator_fault() {
	local i
	for ((i = 1; i <= EMULATOR_FAULTS_MAX; i++)); do
		emulator_fault || return 0
		mkdir -p "$OUT/emulator-fault-$i"
		cp "$OUT"/{out,console,dmesg,lost-interrupt} "$OUT/emulator-fault-$i/"
		echo "# lab: the host VM is started again: $EMULATOR_FAULT, logs in $OUT/emulator-fault-$i"
		run_once
	done
}

main() {
	local rc=0 start=$SECONDS
	need_root
	parse "$@"
	have_kernel "$KERNEL" || no_kernel "$KERNEL"
	choose_accel
	prepare_out
	run_once
	run_again_after_emulator_fault
	result "$QEMU_STATUS" && rc=0 || rc=$?
	if [ "$rc" = 0 ] && [ $KEEP = 0 ]; then rm -rf "$OUT"; else say "logs: $OUT"; fi
	say "kernel $KERNEL ($ACCEL), exit status $rc, $((SECONDS - start)) s"
	exit "$rc"
}

main "$@"
