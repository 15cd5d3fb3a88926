# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the static checks: goes to the tree that is checked.
set -euo pipefail
cd "${CHECK_TREE:-$(dirname "${BASH_SOURCE[0]}")/../../..}"

# verdict CMD...: the check itself. Whatever it prints is an objection.
verdict() {
	local out
	out=$("$@" 2>&1) || out+=$'\n'"$1: exit status $?"
	[ -n "$out" ] || exit 0
	echo "${out#$'\n'}"
	exit 1
}

skip() {
	echo "$*"
	exit 4
}

# lines PATTERN FILE...: lines that fit, with file and number; none is no error
lines() {
	grep -nHE "$@" || [ $? = 1 ]
}

# files PATTERN...: the project's own files, without what builds leave behind
files() {
	if [ -e .git ]; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		find . -type f -printf '%P\n' | matching "$@"
	fi | while IFS= read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done | sort -u
}

# matching PATTERN...: lines that fit one of the patterns
matching() {
	local line pattern
	while IFS= read -r line; do
		for pattern in "$@"; do
			# shellcheck disable=SC2053
			if [[ $line == $pattern ]]; then
				echo "$line"
				break
			fi
		done
	done
}
