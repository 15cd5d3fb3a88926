#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rules.sh LOGDIR: the rules of Documentation/rules.rst, the tests in LOGDIR/*.tap
# that carry their ids, and what became of them: "ID RESULT TESTS". RESULT is ok,
# not ok if one failed, skipped if all were skipped, and none if there is no test.
# KERNEL self-tests count once for all kernels.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:?usage: rules.sh LOGDIR}

ids() { sed -nE 's/^   \* - ((LC|SP|PK|HO|N|B|VD)[0-9]+)$/\1/p' "$REPO/Documentation/rules.rst"; }

# results: "STATUS NAME" for each result of each report
results() {
	sed -nE 's/^ *(ok|not ok) [0-9]+ (- )?(.*)/\1\t\3/p' "$dir"/*.tap | sort -u
}

awk -F'\t' '
FILENAME == ARGV[1] { order[n++] = $1; next }
{
	status = $1
	name = $2
	if (name ~ /# *SKIP/) status = "skipped"
	sub(/ *#.*/, "", name)
	words = name
	gsub(/[^A-Za-z0-9]+/, " ", words)
	m = split(words, word, " ")
	for (i = 1; i <= m; i++) {
		if (word[i] !~ /^(LC|SP|PK|HO|N|B|VD)[0-9]+$/) continue
		id = word[i]
		if (!seen[id, name]++) {
			count[id]++
			if (count[id] <= 4) tests[id] = tests[id] (tests[id] ? ", " : "") name
		}
		if (status == "not ok") bad[id] = 1
		if (status == "ok") good[id] = 1
	}
}
END {
	for (i = 0; i < n; i++) {
		id = order[i]
		result = bad[id] ? "not ok" : good[id] ? "ok" : count[id] ? "skipped" : "none"
		more = count[id] > 4 ? " and " count[id] - 4 " more" : ""
		printf "%-5s %-8s %s%s\n", id, result, tests[id], more
	}
}' <(ids) <(results)
