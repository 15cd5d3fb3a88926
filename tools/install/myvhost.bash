# SPDX-License-Identifier: GPL-2.0
# Completion of bash for the program myvhost.

# names of the nodes that there are
_myvhost_nodes() {
	local node
	for node in "${HOST_ROOT:-}"/dev/myvhost-*; do
		[ ! -e "$node" ] || echo "${node##*/myvhost-}"
	done
}

# options of a command
_myvhost_options() {
	case $1 in
	add) echo --wwpn --lun --file --readonly --queues --workers --serial --cache --block-size --discard --discard-granularity --on-enospc --on-error --no-lock --format --iops --bps --user --owner --group --mode ;;
	show) echo --json ;;
	stats) echo --json --prometheus --interval --count ;;
	top) echo --batch --json --interval --count --sort --filter ;;
	trace) echo --slow --drops --seconds --queue ;;
	pin) echo --queue ;;
	report) echo --html --interval --count ;;
	resize) echo --shrink ;;
	limit) echo --iops --bps --pps --rx-pps --rx-bps --tx-pps --tx-bps ;;
	run) echo --blk --net --pin --print ;;
	doctor) echo --blk --net --json ;;
	esac
}

# values of an option; nothing for what is not known
_myvhost_values() {
	case $1 in
	--cache) echo none writeback writethrough directsync ;;
	--block-size) echo 512 1024 2048 4096 ;;
	--discard) echo on off ;;
	--on-enospc | --on-error) echo stop report ;;
	--format) echo raw ;;
	--sort) echo wait items bytes drops cpu name ;;
	--slow) echo 100us 1ms 10ms ;;
	--net) find "${HOST_ROOT:-}/sys/class/net" -mindepth 2 -maxdepth 2 -follow -name tun_flags 2> /dev/null |
		sed 's,/tun_flags$,,; s,.*/,,' ;;
	esac
}

_myvhost() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cmd=${COMP_WORDS[1]} words
	if [ "$COMP_CWORD" = 1 ]; then
		words="add show stats top trace report pin resize limit resume lun del run doctor help"
	elif [ "$prev" = --file ] || [ "$prev" = --html ] || [ "$prev" = --blk ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	elif words=$(_myvhost_values "$prev") && [ -n "$words" ]; then
		:
	elif [ "$cmd" = add ] && [ "$COMP_CWORD" = 2 ]; then
		words="blk scsi"
	elif [ "$cmd" = lun ] && [ "$COMP_CWORD" = 2 ]; then
		words="add del"
	elif [[ $cur == -* ]]; then
		words=$(_myvhost_options "$cmd")
	else
		case $cmd in
		show | stats | top | trace | report | pin | resize | limit | resume | lun | del) words=$(_myvhost_nodes) ;;
		*) words= ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o default -F _myvhost myvhost
