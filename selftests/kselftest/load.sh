#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# load.sh: loading and unloading the modules of $MODULES.  Nothing of ours may be
# loaded before, and nothing is afterwards.  The kernel's loader is replaced by
# one that finds the back end there; tun comes from the system.  KTAP.
set -u

n=0
dir=$(mktemp -d)
loader=$(cat /proc/sys/kernel/modprobe)
trap 'echo "$loader" > /proc/sys/kernel/modprobe; rm -rf "$dir"' EXIT

result() {
	local verdict=ok
	n=$((n + 1))
	"${@:2}" || verdict="not ok"
	echo "$verdict $n load_$1"
}

make_loader() {
	cat > "$dir/modprobe" <<-END
	#!/bin/sh
	echo "\$@" >> $dir/asked
	case "\$*" in
	*myvhost-backend-net*)
		modprobe tun && modprobe tap && insmod $MODULES/net/myvhost_net.ko ;;
	esac
	END
	chmod +x "$dir/modprobe"
	echo "$dir/modprobe" > /proc/sys/kernel/modprobe
}

# A program that owns a device; it ends when its standard input does.
owner() {
	timeout 30 python3 -c '
import fcntl, os, sys
fd = os.open("/dev/myvhost", os.O_RDWR)
fcntl.ioctl(fd, 0xAF01)
print("owned", flush=True)
sys.stdin.read()'
}

loaded() {
	grep -q "^$1 " /proc/modules
}

# Another misc device registers itself while our node is used for the first time.
first_use() {
	! loaded tun && ! loaded myvhost_net || return 1
	owner < /dev/null > "$dir/first" && grep -q owned "$dir/first" &&
		loaded myvhost_net && grep -q myvhost-backend-net "$dir/asked"
}

no_backend() {
	mv "$dir/modprobe" "$dir/modprobe.away"
	! owner < /dev/null 2> "$dir/err" && grep -q "No such device" "$dir/err"
	local ret=$?
	mv "$dir/modprobe.away" "$dir/modprobe"
	return $ret
}

held_while_open() {
	local ret=1
	coproc USER { owner; }
	read -r _ <&"${USER[0]}"
	! rmmod myvhost_net 2> /dev/null && ! rmmod myvhost 2> /dev/null && ret=0
	eval "exec ${USER[1]}>&-"
	wait "$USER_PID"
	return $ret
}

unload() {
	rmmod myvhost_net && rmmod myvhost && [ ! -e /dev/myvhost ]
}

again() {
	insmod "$MODULES/myvhost.ko" && owner < /dev/null > /dev/null && unload
}

echo "TAP version 13"
echo "1..6"
make_loader
rmmod tap tun 2> /dev/null
result core insmod "$MODULES/myvhost.ko"
result no_backend_is_enodev no_backend
result LC_first_use_loads_backend first_use
result held_while_open held_while_open
result unload unload
result again again
