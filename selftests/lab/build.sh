#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# build.sh 6.1|6.12|7.2 [MAKE ARGS]: build the modules, and those of the tests, out
# of tree for one kernel of the lab, with W=1 and warnings as errors. Sources are
# copied to the cache only where they differ, so a rebuild is incremental. Prints
# the paths of the modules; in the host VM they are below /build.
set -euo pipefail
. "$(dirname "$0")/common.sh"

SOURCE=${MYVHOST_SOURCE:-$REPO_DIR}
SERIES=${1:?usage: build.sh 6.1|6.12|7.2 [MAKE ARGS]}
shift
DEST=$CACHE/build/$SERIES
KERNEL_BUILD=${KERNEL_BUILD:-/lib/modules/$(kernel_release "$SERIES")/build}
TEST_MODULES=selftests/kselftest/test_modules

# sources DIR: what is copied; generated files (*.mod.c) stay out
sources() {
	(cd "$1" && find drivers include $TEST_MODULES -type f \
		\( -name '*.[chS]' -o -name Kbuild -o -name Makefile \) \
		! -name '*.mod.c' 2> /dev/null | sort)
}

sync_sources() {
	local f
	mkdir -p "$DEST"
	# a source that is gone would leave its objects and modules behind
	[ -z "$(comm -13 <(sources "$SOURCE") <(sources "$DEST"))" ] ||
		rm -rf "$DEST"/{drivers,include,selftests}
	sources "$SOURCE" | while read -r f; do
		cmp -s "$SOURCE/$f" "$DEST/$f" || install -D -m 644 "$SOURCE/$f" "$DEST/$f"
	done
}

# compile FOLDER [MAKE ARGS]
compile() {
	local log=$DEST/build.log folder=$1
	shift
	"$LAB_DIR/inroot.sh" make -C "$KERNEL_BUILD" \
		"M=/build/$SERIES/$folder" -j"$(nproc)" W=1 KCFLAGS=-Werror \
		modules "$@" >> "$log" 2>&1 || {
		cat "$log" >&2
		die "build for $SERIES failed"
	}
	if grep -E 'warning:|WARNING: modpost' "$log" >&2; then
		die "build for $SERIES has warnings, log: $log"
	fi
}

[ -d "$SOURCE/drivers/myvhost" ] || die "no $SOURCE/drivers/myvhost"
mkdir -p "$CACHE/build"
exec 7> "$CACHE/build/$SERIES.lock"
flock 7
sync_sources
: > "$DEST/build.log"
compile drivers/myvhost "$@"
compile "$TEST_MODULES" "$@"
find "$DEST/drivers" -name '*.ko' | sort
