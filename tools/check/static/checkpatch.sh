#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's checkpatch.pl --strict has no remark on the drivers and the UAPI, but
# for the types below.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
tools=$(cd "$OLDPWD" && cd "$(dirname "$0")/.." && pwd)
checkpatch=$("$tools/checkpatch.sh") || skip "$checkpatch"

# UNCOMMENTED_DEFINITION: of locks; what a lock guards is in the struct's kernel-doc
# MACRO_ARG_REUSE: of tables, whose arguments are constants, and of loops over queues
ignore=UNCOMMENTED_DEFINITION,MACRO_ARG_REUSE
# compat/ has the version tests, and macros and types that hide them
ignore_compat=LINUX_VERSION_CODE,CONSTANT_COMPARISON,NEW_TYPEDEFS
# trace.h is laid out as the files in include/trace/events
ignore_trace=PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE

# remarks TYPES: on the files on standard input, except those of TYPES
remarks() {
	xargs -r perl "$checkpatch" --strict --no-tree --no-summary --terse --show-types --color=never \
		--ignore "$ignore,$1" -f || true
}

check() {
	local sources
	sources=$(files 'drivers/*.[ch]' 'include/*.h' | grep -v '\.mod\.c$')
	matching '*/compat/*' <<< "$sources" | remarks $ignore_compat
	matching '*/trace.h' <<< "$sources" | remarks $ignore_trace
	{ grep -v '/compat/\|/trace\.h$' <<< "$sources" || true; } | remarks $ignore
}

verdict check
