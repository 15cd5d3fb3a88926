#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cli.sh PROGRAM: the command line of myvhost without the module: arguments,
# files, output for a /proc of our making.  KTAP on standard output.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ctl/expect.sh
. "$here/expect.sh"
m=$(realpath "${1:?usage: cli.sh PROGRAM}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# usage NAME PATTERN ARGUMENTS...: a wrong command line
usage() {
	local name=$1 pattern=$2
	shift 2
	expect "usage: $name" 2 "^myvhost: .*$pattern" "$m" "$@"
}

# json PROGRAM: $out is JSON, and the expression of Python says True
json() {
	python3 -c '
import json, sys
v = [json.loads(x) for x in sys.argv[2].splitlines()] if sys.argv[3] else json.loads(sys.argv[2])
ok = eval(sys.argv[1])
if not ok:
    print(v)
sys.exit(not ok)' "$1" "$out" "${2:-}"
}

# expect_json NAME EXPRESSION ARGUMENTS...
expect_json() {
	local name=$1 expression=$2 verdict=0 why
	shift 2
	run "$m" "$@"
	[ $rc = 0 ] || verdict=1
	why=$(json "$expression" "${json_lines:-}" 2>&1) || verdict=1
	ktap_result "$name" $verdict "$expression: status $rc"$'\n'"$out"$'\n'"$why"
}

# process PID FD SAMPLE [TARGET]: a descriptor of a process
process() {
	mkdir -p "proc/$1/fd" "proc/$1/fdinfo"
	ln -s "${4:-/dev/myvhost}" "proc/$1/fd/$2"
	cp "$here/samples/$3" "proc/$1/fdinfo/$2"
}

# wait_for NAME PATTERN FILE: until a line of the file fits
wait_for() {
	local end=$((SECONDS + 60))
	until grep -qE "$2" "$3"; do
		if [ $SECONDS -ge $end ]; then
			ktap_result "$1" 1 "$(cat "$3")"
			return
		fi
		sleep 0.1
	done
	ktap_result "$1" 0
}

# wait_unexplained NAME N FILE: until a line of rates in JSON has N frames that nobody
# explains; a loaded machine makes the intervals longer, so rates are taken times seconds
wait_unexplained() {
	local end=$((SECONDS + 60))
	# shellcheck disable=SC2016
	until python3 -c '
import json, sys
for line in open(sys.argv[2]):
    if line.endswith("\n"):
        v = json.loads(line)
        if round(v["devices"][0]["queues"][0]["unexplained"] * v["seconds"]) == int(sys.argv[1]):
            sys.exit(0)
sys.exit(1)' "$2" "$3"; do
		if [ $SECONDS -ge $end ]; then
			ktap_result "$1" 1 "$(cat "$3")"
			return
		fi
		sleep 0.1
	done
	ktap_result "$1" 0
}

test_usage() {
	usage "no command" "no command given"
	usage "unknown command" 'unknown command "frob"' frob
	usage "no prefix of a command" 'unknown command "sh"' sh
	usage "unknown option" "unknown option --frob" show --frob
	usage "unknown letter" "unknown option -x" show -x
	usage "letter in a group" "unknown option -x" stats -jx
	usage "option without value" "option --file requires a value" add blk d --file
	usage "letter without value" "option -i requires a value" stats -i
	usage "add: no kind" "NAME is missing" add
	usage "add: other kind" "unknown kind net" add net d --file f
	usage "add: no name" "NAME is missing" add blk --file f
	usage "add: no file" "--file FILE is missing" add blk d
	usage "add: too much" "unexpected argument e" add blk d e --file f
	usage "add: name with slash" "is not a name" add blk ../d --file f
	usage "add: name too long" "is not a name" add blk "$(printf %032d 0)" --file f
	usage "add: empty name" "is not a name" add blk "" --file f
	usage "add: queues" "1 to 16" add blk d --file f --queues 17
	usage "add: queues, garbage" "1 to 16" add blk d --file f --queues 2x
	usage "add: workers" "number from 1" add blk d --file f --workers 0
	usage "add: serial" "1 to 20" add blk d --file f --serial 123456789012345678901
	usage "add: cache" "none, writeback" add blk d --file f --cache unsafe
	usage "add: block size" "512, 1024, 2048 or 4096" add blk d --file f --block-size 768
	usage "add: block size, too large" "512, 1024, 2048 or 4096" add blk d --file f --block-size 8192
	usage "add: discard" "on or off" add blk d --file f --discard maybe
	usage "add: owner" "--owner nobody-there: no such user" add blk d --file f --owner nobody-there
	usage "add: group" "--group nobody-there: no such group" add blk d --file f --group nobody-there
	usage "add: mode" "octal number" add blk d --file f --mode 0880
	usage "add: mode, too many" "0777 at most" add blk d --file f --mode 4755
	usage "add: discard-granularity" "multiple of 512" add blk d --file f --discard-granularity 1000
	usage "add: discard-granularity, too large" "1G at most" add blk d --file f --discard-granularity 2G
	usage "add: on-enospc" "stop or report" add blk d --file f --on-enospc pause
	usage "add: on-error" "stop or report" add blk d --file f --on-error ""
	usage "resume: no name" "NAME is missing" resume
	usage "resume: neither name nor process" "neither a name nor PID:FD" resume x:y
	usage "add: iops" "requests per second" add blk d --file f --iops 1K
	usage "add: bps" "bytes per second" add blk d --file f --bps 10MB
	usage "add: bps, overflow" "bytes per second" add blk d --file f --bps 99999999999G
	usage "add: burst without limit" "requests per second" add blk d --file f --iops 0,5
	usage "show: two names" "unexpected argument b" show a b
	usage "show: no name" "neither a name" show a/b
	usage "stats: interval" "0.01 to 86400" stats -i 0
	usage "stats: interval, garbage" "0.01 to 86400" stats -i 1s
	usage "stats: count" "not a count" stats -c 0
	usage "stats: Prometheus and intervals" "neither -j" stats --prometheus -i 1
	usage "top: interval" "0.1 to 3600" top -i 0
	usage "top: count" "not a count" top -c 0
	usage "top: order" "wait, items, bytes, drops, cpu or name, not by .x" top -s x
	usage "top: no terminal" "myvhost top -b" top
	usage "trace: slow" "a time as 1ms or 500us, not .1" trace --slow 1
	usage "trace: slow, too long" "a time as" trace --slow 99999999999999s
	usage "trace: seconds" "not a number of seconds" trace --seconds x
	usage "report: no file" "--html FILE is missing" report
	usage "pin: no processors" "is missing" pin d
	usage "run: pin auto" "myvhost pin PID auto" run --pin auto -- true
	usage "run: pin" "no list of processors" run --pin 3-1 -- true
	usage "resize: no name" "NAME is missing" resize
	usage "limit: no name" "NAME is missing" limit --iops 1
	usage "limit: no limit" "neither --iops nor --bps" limit d
	usage "limit: iops" "requests per second" limit d --iops 1K
	usage "limit: pps" "frames per second" limit d --pps 1K
	usage "limit: rx-bps" "bytes per second" limit d --rx-bps 1X
	usage "limit: of both kinds" "are of network devices" limit d --iops 1 --tx-pps 1
	usage "limit: neither name nor process" "neither a name nor PID:FD" limit x:y --bps 1
	usage "limit: two names" "unexpected argument e" limit d e --bps 1M
	usage "resize: no size" "not a size" resize d 1Q
	usage "resize: negative" "not a size|unknown option" resize d -- -1
	usage "resize: no sector" "multiple" resize d 1000
	usage "resize: empty" "multiple" resize d 0
	usage "resize: too large" "not a size" resize d 8E
	usage "resize: --shrink alone" "without SIZE" resize --shrink d
	usage "del: no name" "NAME is missing" del
	usage "del: two names" "unexpected argument b" del a b
	usage "del: not a name" "is not a name" del .a
	usage "run: no command" "the QEMU command is missing" run
	usage "run: no command behind --" "the QEMU command is missing" run --blk f --
	usage "run: blk" "unknown option" run --blk f,frob=1 -- q
	usage "run: blk, empty" "the name is missing" run --blk ,readonly -- q
	usage "run: net" "unknown option" run --net t,frob -- q
	usage "run: pps" "frames per second" run --net t,pps=x -- q
	usage "run: tx-bps, burst without limit" "bytes per second" run --net t,tx-bps=0,,1 -- q
	usage "run: mac" "mac must be an address" run --net t,mac=1 -- q
	usage "help: no such command" 'unknown command "me"' help me
	usage "help: two commands" "takes one command, but got add too" help show add
}

test_help() {
	expect "help" 0 "^usage: myvhost add" "$m" help
	expect "help: a command" 0 "^       myvhost show .-j. .NAME" "$m" help show
	expect "help: what it does" 0 "^  limit +change the rate limits" "$m" help limit
	expect "help: the first command" 0 "^usage: myvhost add blk" "$m" help add
	expect "help: all its lines" 0 "^ +.--on-enospc stop" "$m" help add
	ktap_result "help: no other command" "$("$m" help add | grep -qE "show|limit"; [ $? = 1 ]; echo $?)"
	expect "--help" 0 "^usage: myvhost add" "$m" --help
	expect "--version" 0 "^myvhost [0-9]+\.[0-9]+$" "$m" --version
	expect "output that cannot be written" 1 "cannot write" \
		sh -c "$m help > /dev/full"
}

test_files() {
	: > empty
	truncate -s 511 small
	truncate -s 1M good
	mkfifo pipe
	expect "file: none" 1 "^myvhost: none: No such file" "$m" add blk d --file none
	expect "file: folder" 1 "neither a regular file nor a block" "$m" add blk d --file .
	expect "file: pipe" 1 "neither a regular file nor a block" "$m" add blk d --file pipe
	expect "file: character device" 1 "neither a regular file nor a block" "$m" add blk d --file /dev/null
	expect "file: empty" 1 "less than a sector.*truncate" "$m" add blk d --file empty
	expect "file: below a sector" 1 "511 bytes, less than a sector" "$m" add blk d --file small
	expect "run: file" 1 "^myvhost: none: No such file" "$m" run --blk none -- true
	expect "run: no interface" 1 "no such interface.*ip tuntap add" "$m" run --net nosuch0 -- true
	expect "run: no interface, queues" 1 "multi_queue" "$m" run --net nosuch0,queues=2 -- true
	expect "run: no tap" 1 "lo: .*not a tap" "$m" run --net lo -- true
	expect "run: no program" 1 "nosuch-qemu: not found" "$m" run -- nosuch-qemu
	expect "run: status is the program's" 7 "" "$m" run -- sh -c 'exit 7'
}

test_no_module() {
	local c
	for c in "add blk d --file good" "del d" "run --blk good -- true"; do
		if [ -e /dev/myvhost ]; then
			ktap_skip "no module: $c" "there is a /dev/myvhost"
			continue
		fi
		# shellcheck disable=SC2086
		expect "no module: $c" 1 "is the module loaded.*modprobe myvhost" "$m" $c
	done
	expect "no node: limit" 1 "nosuch: no such node" "$m" limit nosuch --iops 1
	expect "no node: resize" 1 "nosuch: no such node" "$m" resize nosuch
	expect "no node: show" 1 "nosuch: no such device" "$m" show nosuch
	expect "no node: stats" 1 "nosuch: no such device" "$m" stats -i 1 nosuch
}

test_print() {
	expect "print: nothing to add" 0 "^q -m 1G$" "$m" run --print -- q -m 1G
	expect "print: without --" 0 "^q -m 1G$" "$m" run --print q -m 1G
	expect "print: words" 0 "^q 'a b' '' 'it'\\\\''s' 'x;y'$" "$m" run --print -- q "a b" "" "it's" "x;y"
	expect "print: disk" 0 "^q -add-fd fd=[0-9]+,set=1 -device vhost-vdpa-device-pci,vhostdev=/dev/fdset/1$" \
		"$m" run --blk none,readonly --print -- q
	expect "print: sets" 0 "set=4 -device .*/dev/fdset/4$" "$m" run --blk f --print -- q -add-fd fd=9,set=3
	expect "print: net" 0 "^q -netdev tap,id=myvhost0,fds=[0-9]+,vhost=on,vhostfds=[0-9]+ -device virtio-net-pci,netdev=myvhost0$" \
		"$m" run --net nosuch0 --print -- q
	expect "print: net, queues" 0 "fds=[0-9]+:[0-9]+,.*netdev=myvhost0,mq=on,vectors=6,packed=on$" \
		"$m" run --net nosuch0,queues=2,packed=on,lossless --print -- q
	expect "print: descriptors that are closed" 0 "fd=[3-9]" sh -c "$m run --blk f --print -- q <&- 2>&-"
}

test_slots() {
	local many="-m 1G,slots=65,maxmem=9G"
	export SYS_ROOT=$work/sys
	# shellcheck disable=SC2086
	{
		expect "slots: vhost.ko is not loaded" 0 "warning: slots=65, .* 64 .*modprobe vhost max_mem_regions=509" \
			"$m" run --net t --print -- q $many
		run "$m" run --net t --print -- q -m slots=64,size=1G
		ktap_result "slots: as many as QEMU uses" "$(grep -c warning <<< "$out")" "$out"
		run "$m" run --blk f --print -- q $many
		ktap_result "slots: disks are not concerned" "$(grep -c warning <<< "$out")" "$out"
		mkdir -p sys/module/vhost/parameters
		echo 509 > sys/module/vhost/parameters/max_mem_regions
		run "$m" run --net t --print -- q $many
		ktap_result "slots: vhost.ko allows them" "$(grep -c warning <<< "$out")" "$out"
		expect "slots: above its limit" 0 "warning: slots=510, .* 509 " "$m" run --net t --print -- q --m 1G,slots=510
	}
	unset SYS_ROOT
}

test_cost() {
	expect "cost: migration" 0 "note: QEMU cannot migrate a guest with a --blk disk$" "$m" run --blk f --print -- q
	expect "cost: balloon" 0 "warning: .*balloon and free page reporting have no effect$" \
		"$m" run --blk f --print -- q -device virtio-balloon-pci,free-page-reporting=on
	expect "cost: virtio-mem" 0 "warning: QEMU does not start with virtio-mem" \
		"$m" run --blk f --print -- q --device virtio-mem-pci,id=m
	run "$m" run --net t --print -- q -device virtio-balloon-pci -device virtio-mem-pci
	ktap_result "cost: none of a network device" "$(grep -c 'balloon \|migrate' <<< "$out")" "$out"
}

# host: a host on which all is well, below $HOST_ROOT
host() {
	rm -rf host
	mkdir -p host/sys/module/{myvhost,myvhost_net,myvhost_blk,vhost} host/dev/net
	ln -s /dev/null host/dev/myvhost
	ln -s /dev/null host/dev/net/tun
}

# deps NAME...: these modules are installed
deps() {
	local name dir
	dir=host/lib/modules/$(uname -r)
	mkdir -p "$dir"
	for name; do
		echo "updates/myvhost/$name.ko: kernel/x.ko"
	done > "$dir/modules.dep"
}

test_doctor() {
	local efi=sys/firmware/efi/efivars
	export HOST_ROOT=$work/host
	host
	expect "doctor: all is well" 0 "^ok +module +myvhost.ko is loaded$" "$m" doctor
	echo 0.0.7 > host/sys/module/myvhost/version
	expect "doctor: another version is loaded" 0 "^note +module +version 0.0.7 is loaded" "$m" doctor
	"$m" --version | cut -d ' ' -f 2 > host/sys/module/myvhost/version
	run "$m" doctor
	ktap_result "doctor: the same version is loaded" "$(grep -c 'is loaded, this program' <<< "$out")" "$out"
	rm host/sys/module/myvhost/version
	mkdir -p host/proc/sys/kernel
	echo 99.1.0 > host/proc/sys/kernel/osrelease
	expect "doctor: a kernel beyond the tested ones" 0 "^note +kernel .*not tested on Linux 99.1.0" "$m" doctor
	echo 7.2.12 > host/proc/sys/kernel/osrelease
	run "$m" doctor
	ktap_result "doctor: a tested kernel" "$(grep -c 'not tested' <<< "$out")" "$out"
	expect_json "doctor: JSON" "[f['verdict'] for f in v if f['subject'] == 'node'] == ['ok']" doctor -j
	rmdir host/sys/module/myvhost
	expect "doctor: no module" 1 "^FAIL +module +myvhost.ko is not installed for this kernel, $(uname -r); try: apt-get install linux-headers-$(uname -r)" "$m" doctor
	deps myvhost
	expect "doctor: not loaded" 0 "^ok +module +myvhost.ko is installed" "$m" doctor
	mkdir -p host/$efi
	printf '\6\0\0\0\1' > host/$efi/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	expect "doctor: Secure Boot" 0 "^note +module .*signed modules only" "$m" doctor
	rm -r host/$efi
	mkdir -p host/sys/module/module/parameters
	echo Y > host/sys/module/module/parameters/sig_enforce
	expect "doctor: signatures by the command line" 0 "^note +module .*mokutil --import" "$m" doctor
	rmdir host/sys/module/myvhost_blk
	expect "doctor: no disks" 1 "^FAIL +module +myvhost_blk.ko is not installed" "$m" doctor
	deps myvhost myvhost_blk
	rm host/dev/myvhost
	expect "doctor: no node" 1 "^FAIL +node +/dev/myvhost is not there; try: modprobe myvhost$" "$m" doctor
	touch host/dev/myvhost
	expect "doctor: a file for a node" 1 "^FAIL +node +/dev/myvhost is a file" "$m" doctor
	host
	rm host/dev/net/tun
	expect "doctor: no tun" 1 "^FAIL +tap .*modprobe tun$" "$m" doctor
	host
	rmdir host/sys/module/vhost
	expect "doctor: memory slots" 0 "^note +slots .*max_mem_regions=509$" "$m" doctor
	mkdir -p host/sys/module/apparmor/parameters host/etc/apparmor.d/{libvirt,abstractions/libvirt-qemu.d}
	echo Y > host/sys/module/apparmor/parameters/enabled
	expect "doctor: AppArmor" 1 "^FAIL +apparmor .*make install" "$m" doctor
	touch host/etc/apparmor.d/abstractions/libvirt-qemu.d/myvhost
	expect "doctor: AppArmor with the rule" 0 "^ok +apparmor" "$m" doctor
	mkdir -p host/etc/libvirt
	printf '#cgroup_device_acl = [\n# "/dev/kvm"\n#]\n' > host/etc/libvirt/qemu.conf
	run "$m" doctor
	ktap_result "doctor: libvirt's own list" "$(grep -c cgroup_device_acl <<< "$out")" "$out"
	printf 'cgroup_device_acl = [\n "/dev/kvm"\n]\n' >> host/etc/libvirt/qemu.conf
	expect "doctor: a list without nodes" 0 "^note +libvirt .*/dev/myvhost-NAME" "$m" doctor
	test_doctor_options
	unset HOST_ROOT
}

test_doctor_options() {
	: > empty
	expect "doctor: a tap that is not there" 1 "^FAIL +net +nosuch: no such interface; try: ip tuntap" "$m" doctor --net nosuch
	expect "doctor: a disk without a sector" 1 "^FAIL +blk +empty: has 0 bytes" "$m" doctor --blk empty
	expect "doctor: two disks" 1 "^FAIL +blk +nofile: No such file" "$m" doctor --blk empty --blk nofile
	expect "doctor: balloon" 1 "^note +qemu .*balloon" "$m" doctor --blk empty -- q -device virtio-balloon-pci
	expect "doctor: virtio-mem" 1 "^FAIL +qemu .*virtio-mem" "$m" doctor --blk empty q -device virtio-mem-pci
	usage "doctor: options of run" "queues must be" doctor --blk empty,queues=0
	usage "doctor: unknown option" "unknown option --frob" doctor --frob
}

# A device of a process whose worker has been made up, in two samples.
test_top() {
	local names="VM +DEVICE +QUEUE +ITEM/s"
	rm -rf proc
	mkdir proc
	expect "top: nobody" 0 "^$names" "$m" top -b -i 0.1 -c 1
	expect_json "top: nobody, JSON" "v['queues'] == [] and 'advice' not in v" top -j -i 0.1 -c 1
	process 4242 10 net
	mkdir -p proc/4242/task/4251 proc/4250
	printf 'qemu-system-x86_64\0-name\0guest=web,debug-threads=on\0-m\0001G\0' > proc/4242/cmdline
	echo "CPU 1/KVM" > proc/4242/task/4251/comm
	mkdir proc/4251
	stat_of 5 > proc/4250/stat
	stat_of 5 > proc/4251/stat
	echo "1000 2000 3" > proc/4250/schedstat
	expect "top: its VM" 0 "^web +4242:10 +rx " "$m" top -b -i 0.1 -c 1
	expect "top: it shares its processor" 0 "rx .* 5 +0.0 .*shares its CPU with vCPU 1" "$m" top -b -i 0.1 -c 1
	expect_json "top: JSON" "[q['queue'] for q in v['queues']] == ['rx', 'tx'] and v['queues'][0]['worker'] == {'tid': 4250, 'cpu': 5, **({'node': 0} if 'node' in v['queues'][0]['worker'] else {}), 'shares_with_vcpu': 1, 'busy': 0.0, 'run_delay': 0.0}" top -j -i 0.1 -c 1
	expect_json "top: a filter" "v['queues'] == []" top -j -i 0.1 -c 1 -f db
	expect "report" 0 "" "$m" report --html report.html -i 0.1 -c 3
	run python3 -c '
import sys, xml.etree.ElementTree as xml
root = xml.parse("report.html").getroot()
svg = root.findall(".//{http://www.w3.org/2000/svg}svg")
text = open("report.html").read()
print(len(svg), "web 4242:10 rx" in text, "http" in text.replace("http://www.w3.org/", ""))'
	ktap_result "report: well-formed, two pictures for each queue, no network" \
		"$([ "$out" = "4 True False" ]; echo $?)" "$out"
	expect "report: no such folder" 1 "^myvhost: none/x: No such file" "$m" report --html none/x
	expect "top: no such device" 1 "no such device" "$m" top -b -c 1 none
	expect "trace: no such device" 1 "no such device" "$m" trace none
	expect "trace: no such queue" 1 "no queue q7; see: myvhost show" "$m" trace --queue q7 4242
	expect "pin: no such device" 1 "none: no such device or virtual machine" "$m" pin none 0
	rm -rf proc
	mkdir proc
}

# stat_of CPU: a line of /proc/PID/stat, of a thread with an odd name, that ran there last
stat_of() {
	echo "1 (a) b (c) S $(seq 4 38 | tr '\n' ' ')$1 0 0"
}

# complete NAME WORDS-WANTED WORD...: what bash offers for the last word
complete_words() {
	local name=$1 want=$2 got
	shift 2
	got=$(bash -c '
		. "$0"
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_myvhost
		echo "${COMPREPLY[*]}"' "$here/../../tools/install/myvhost.bash" myvhost "$@")
	ktap_result "$name" "$([ "$got" = "$want" ]; echo $?)" "$got, not $want"
}

test_completion() {
	export HOST_ROOT=$work/host
	host
	touch host/dev/myvhost-{web,db}
	mkdir -p host/sys/class/net/{tap0,eth0}
	touch host/sys/class/net/tap0/tun_flags
	complete_words "completion: a command" "resize resume" res
	complete_words "completion: an option" "--on-enospc --on-error" add blk d --on
	complete_words "completion: a value" "writeback writethrough" add blk d --cache w
	complete_words "completion: a node" "db web" show ""
	complete_words "completion: a tap" "tap0" run --net ""
	complete_words "completion: a file" "proc" add blk d --file pro
	# each command and each option that help has
	"$m" help | sed -n 's/^  \([a-z]\{3,\}\) .*/\1/p' | sort > known
	bash -c '. "$0"; COMP_WORDS=(myvhost ""); COMP_CWORD=1; _myvhost; printf "%s\n" "${COMPREPLY[@]}"' \
		"$here/../../tools/install/myvhost.bash" | grep -vx help | sort > offered
	ktap_result "completion: all commands" "$(cmp -s known offered; echo $?)" "$(diff known offered)"
	unset HOST_ROOT
}

test_show() {
	expect "show: nobody" 0 "" "$m" show
	expect_json "show: nobody, JSON" "v == []" show -j
	process 4242 10 net
	process 4242 9 blk /dev/myvhost-disk0
	process 4242 11 net /dev/vhost-net
	process 77 3 net
	mkdir -p proc/self proc/5/fd
	expect "show: a disk" 0 "^disk0: blk vdpa owner 4242$" "$m" show
	expect "show: its file" 0 "file /srv/a: b.012c.img io buffered, .* size 1G .*iops 1000 bps 10M$" "$m" show disk0
	expect "show: what QEMU does without" 0 "^    QEMU cannot migrate .* no balloon and no virtio-mem" "$m" show disk0
	run "$m" show 77
	ktap_result "show: nothing of a network device" "$(grep -c migrate <<< "$out")" "$out"
	expect "show: why it did not start" 0 "^    CANNOT START: the backing is gone$" "$m" show disk0
	expect "show: its backing" 0 "^    BACKING: gone$" "$m" show disk0
	expect "show: requests of its last user" 0 "^    busy: requests of the last user are still in flight$" "$m" show disk0
	expect "show: its queue" 0 "q0: running ring user worker mvh-4242 4250$" "$m" show disk0
	expect "show: a network device" 0 "^4242:10: net vhost owner 4242 tap tap0$" "$m" show
	expect "show: one pair is none" 0 "^77:3: net vhost owner 4242 tap tap0$" "$m" show
	process 77 5 net
	printf 'qemu-system-x86_64\0-name\0guest=web1,debug-threads=on\0-S\0' > proc/4242/cmdline
	echo qemu-system-x86 > proc/4242/comm
	expect "show: virtual machine, program, tap, pair" 0 "^77:5: net vhost owner 4242 vm web1 program qemu-system-x86 tap tap0 pair 2 of 2$" "$m" show 77
	expect "show: of a disk too" 0 "^disk0: blk vdpa owner 4242 vm web1 program qemu-system-x86$" "$m" show
	expect_json "show: that in JSON" "[d['vm'] for d in v] == ['web1', 'web1'] and v[0]['program'] == 'qemu-system-x86' and v[0]['iff'] == 'tap0'" show -j 77
	printf 'qemu-system-x86_64\0-name\0two words\0' > proc/4242/cmdline
	expect "show: another form of the name" 0 " vm two words program" "$m" show 77
	printf 'qemu-system-x86_64\0-name' > proc/4242/cmdline
	expect "show: a name that is missing" 0 "owner 4242 program" "$m" show 77
	rm proc/4242/c{omm,mdline} proc/77/fd/5 proc/77/fdinfo/5
	expect "show: a queue without a ring" 0 "rx: running worker mvh-4242 4250$" "$m" show 4242:10
	expect "show: lossless, rate limits" 0 "^    lossless on rx_bps 2M tx_pps 1000$" "$m" show 77
	expect "show: by process" 0 "^77:3: net" "$m" show 77
	expect "show: by descriptor" 0 "^4242:10: net" "$m" show 4242:10
	expect "show: no such process" 1 "424: no such device" "$m" show 424
	expect_json "show: order" "[d['name'] for d in v] == ['77:3', 'disk0', '4242:10']" show -j
	expect_json "show: JSON of a disk" "len(v) == 1 and v[0]['size'] == 1 << 30 and v[0]['readonly'] is False and v[0]['serial'] == '007' and v[0]['file'] == '/srv/a: b\nc.img'" show -j disk0
	expect_json "show: JSON keeps what it does not know" "v[0]['newkey'] == 'something new'" show -j disk0
	expect_json "show: JSON of a queue" "v[0]['queues'][0] == {'name': 'q0', 'state': 'running', 'ring': 'user', 'worker': {'name': 'mvh-4242', 'tid': 4250}}" show -j disk0
	expect_json "show: option behind" "v[0]['pid'] == 77 and v[0]['fd'] == 3" show 77 -j
	printf 'backend:\tblk\nfile:\t/\377\033"\\134134\n' > proc/77/fdinfo/3
	expect_json "show: JSON of odd bytes" "v[0]['file'] == '/\ufffd\x1b\"\\\\134'" show -j 77
	cp "$here/samples/net" proc/77/fdinfo/3
}

test_stats() {
	expect "stats: counters that are not 0" 0 "tx: running packets 12 bytes 1100 kicks 11" "$m" stats 77
	expect "stats: drops" 0 "drop_backend 3" "$m" stats 77
	run "$m" stats disk0
	ktap_result "stats: no counter that is 0" "$(grep -c 'writes' <<< "$out")" "$out"
	expect_json "stats: JSON has all" "v[0]['queues'][0]['counters']['writes'] == 0 and v[0]['queues'][1]['counters']['read_ns'] == 2**64 - 1" stats -j disk0
	expect_json "stats: JSON keeps what it does not know" "v[0]['queues'][0]['counters']['newcounter'] == 5" stats -j disk0
	expect "stats: Prometheus" 0 '^myvhost_packets_total\{device="77:3",backend="net",queue="tx"\} 12$' "$m" stats --prometheus
	expect "stats: Prometheus, seconds" 0 '^myvhost_read_seconds_total\{device="disk0",backend="blk",queue="q0"\} 0.002000000$' "$m" stats --prometheus
	run "$m" stats --prometheus
	ktap_result "stats: Prometheus, the format" "$(grep -cvE '^# TYPE myvhost_[a-z_]+_total counter$|^myvhost_[a-z_]+_total\{device="[^"]+",backend="[a-z]+",queue="[a-z0-9]+"\} [0-9.]+$' <<< "$out")" "$out"
	ktap_result "stats: Prometheus, a metric in one piece" \
		"$(sed -n 's/[{ ].*//; s/^myvhost/&/p' <<< "$out" | uniq | sort | uniq -d | wc -l)" "$out"
	run "$m" stats -i 0.02 -c 25 77
	ktap_result "stats: header again" "$([ "$(grep -c 'packet/s' <<< "$out")" = 3 ]; echo $?)" "$out"
	ktap_result "stats: a row for each queue" "$([ "$(grep -c '^77:3' <<< "$out")" = 50 ]; echo $?)" "$out"
	expect "stats: columns of disks" 0 "^blk +queue +req/s +read/s" "$m" stats -i 0.02 -c 1
	json_lines=1 expect_json "stats: JSON of intervals" "len(v) == 3 and all(x['devices'][0]['queues'][0]['rates']['reads'] == 0 for x in v)" stats -j -i 0.02 -c 3 disk0
	test_stats_growth
	test_stats_tap
	# a device that goes
	(
		sleep 0.3
		rm -r proc/77
	) &
	expect "stats: the device goes" 1 "77: no such device" "$m" stats -i 0.1 77
	wait
}

# 100 reads of 50 us each and 7 errors between two looks at the counters
test_stats_growth() {
	local pid
	: > rows
	"$m" stats -i 0.1 disk0 > rows &
	pid=$!
	wait_for "stats: rows come as they are made" '^disk0' rows
	sed -i 's/^q0.reads:.*/q0.reads:\t120/; s/^q0.read_ns:.*/q0.read_ns:\t7000000/; s/^q0.newcounter/q0.io_errors/' proc/4242/fdinfo/9
	wait_for "stats: average time, reasons behind the row" '^disk0 +q0 .* 50 .* io_errors [0-9.]+/s$' rows
	kill $pid
	wait $pid
}

# tap PACKETS DROPPED: the counters of tap0
tap() {
	mkdir -p proc/4242/net
	printf '%s\n' 'Inter-|   Receive  |  Transmit' ' face |bytes' "  tap: 1 1 1 1 1 1 1 1 1 9 9 9 9 9 9 9" \
		"  tap0: 7 6 5 4 3 2 1 0 800 $1 0 $2 0 0 0 0" > proc/4242/net/new
	mv proc/4242/net/new proc/4242/net/dev
}

# first the device counts 200 frames, then the tap 500, and 70 that it has dropped
test_stats_tap() {
	local pid
	expect "tap: none is known" 0 "rx: running packets 17 bytes 1734 calls 12 runs 20$" "$m" stats 77
	tap 117 3
	expect "tap: its counters" 0 "^ +tap_dropped 3$" "$m" stats 77
	expect_json "tap: JSON" "v[0]['queues'][0]['counters']['tap_dropped'] == 3 and 'tap_dropped' not in v[0]['queues'][1]['counters']" stats -j 77
	json_lines=1 expect_json "tap: nothing is unexplained" "v[0]['devices'][0]['queues'][0]['unexplained'] == 0 and 'unexplained' not in v[0]['devices'][0]['queues'][1]" stats -j -i 0.02 -c 1 77
	json_lines=1 expect_json "tap: one of several devices does not say" "'unexplained' not in v[0]['devices'][0]['queues'][0]" stats -j -i 0.02 -c 1 77:3
	: > rows
	: > lines
	"$m" stats -i 1 77 > rows &
	pid=$!
	"$m" stats -j -i 1 77 > lines &
	wait_for "tap: no drops, nothing behind the row" '^77:3 +rx .* 0$' rows
	wait_for "tap: none, JSON" '"unexplained":0' lines
	sed -i 's/^rx.packets:.*/rx.packets:\t217/' proc/77/fdinfo/3
	wait_unexplained "tap: more than it has counted" -200 lines
	tap 617 73
	wait_for "tap: drops, and what nobody explains" '^77:3 +rx .* tap_dropped [67].* unexplained (4[0-9]|5[0-9])[0-9].*/s$' rows
	wait_unexplained "tap: that in JSON" 500 lines
	kill $pid $!
	wait $pid $!
	cp "$here/samples/net" proc/77/fdinfo/3
	rm -r proc/4242/net
}

# what boots make of /etc/myvhost.d, with a program that writes down its arguments
test_add_nodes() {
	local add=$here/../../tools/install/add-nodes.sh
	mkdir -p nodes/etc/myvhost.d nodes/dev
	cat > program <<-'END'
	#!/bin/sh
	printf '<%s>' "$@" >> calls
	echo >> calls
	case $* in
	doctor) echo "FAIL  node  is not there"; exit 1 ;;
	*bad*) echo "myvhost: no such file" >&2; exit 1 ;;
	esac
	END
	chmod +x program
	export HOST_ROOT=$work/nodes MYVHOST=$work/program
	expect "add-nodes: no file" 0 "^$" "$add"
	cat > nodes/etc/myvhost.d/a.conf <<-'END'
	# a comment

	myvhost add blk web1 --file "/images/with blanks.raw" --serial '$HOME'
	/usr/bin/myvhost add blk there --file /images/there.raw
	END
	printf 'myvhost add blk last --file /images/last.raw' > nodes/etc/myvhost.d/b.conf
	ln -s /dev/null nodes/dev/myvhost-there
	expect "add-nodes: two of three" 0 "^$" "$add"
	out=$(cat calls)
	[ "$out" = "<add><blk><web1><--file></images/with blanks.raw><--serial><\$HOME>
<add><blk><last><--file></images/last.raw>" ]
	ktap_result "add-nodes: words, and what exists stays" $? "$out"
	rm calls
	printf '%s\n' 'myvhost add blk bad --file x' 'myvhost del web1' "myvhost add blk q --file 'x" \
		> nodes/etc/myvhost.d/a.conf
	expect "add-nodes: a node that cannot be made" 1 "^/etc/myvhost.d/a.conf:1: no node: myvhost add blk bad" "$add"
	expect "add-nodes: another command" 1 'a.conf:2: not a line "myvhost add ..."' "$add"
	expect "add-nodes: quotes" 1 'a.conf:3: quotes do not match' "$add"
	expect "add-nodes: doctor says why" 1 "^FAIL +node" "$add"
	out=$(grep -c '<last>' calls)
	[ "$out" = 4 ]
	ktap_result "add-nodes: the others are made" $? "$out"
	unset HOST_ROOT MYVHOST
}

export PROC_ROOT=$work/proc
mkdir proc
ktap_begin
test_usage
test_help
test_files
test_no_module
test_print
test_slots
test_cost
test_doctor
test_completion
test_add_nodes
test_show
test_stats
test_top
ktap_end
