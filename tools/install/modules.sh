#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# modules.sh [DKMS]: the modules that the Kbuild files below drivers/myvhost make, as paths in
# there, one per line; with an argument as lines of a dkms.conf.
set -eu
cd "$(dirname "$0")/../../drivers/myvhost"
i=0
grep -o '^obj-m.*' Kbuild */Kbuild | while IFS=: read -r file words; do
	for word in $words; do
		case $word in
		*.o) ;;
		*) continue ;;
		esac
		folder=${file%Kbuild}
		name=${word%.o}
		if [ $# = 0 ]; then
			echo "$folder$name.ko"
			continue
		fi
		echo "BUILT_MODULE_NAME[$i]=\"$name\""
		echo "BUILT_MODULE_LOCATION[$i]=\"drivers/myvhost${folder:+/${folder%/}}\""
		echo "DEST_MODULE_LOCATION[$i]=\"/updates/dkms\""
		echo "STRIP[$i]=\"no\""
		i=$((i + 1))
	done
done
