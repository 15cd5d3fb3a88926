#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh check|fuzz OUT SECONDS TARGET...: run the fuzzers in OUT, KTAP on
# standard output.
#
# Each begins with the seeds in OUT/seeds/TARGET; without any it fails.
# check: FUZZ_RUNS inputs for those that make rings, twenty times as many for the
# others, the same ones every time.
# fuzz: SECONDS in all, in equal shares; inputs that reach something new are kept
# in OUT/corpus and are where the next time begins.
#
# What a target fails on is in OUT/crash; OUT/TARGET FILE does it again.
set -euo pipefail
cd "$(dirname "$0")"
mode=${1:?usage: run.sh check|fuzz OUT SECONDS TARGET...}
out=$(realpath "$2")
seconds=$3
shift 3
runs=${FUZZ_RUNS:-5000}
seed=${FUZZ_SEED:-1}
share=$((seconds / $#))

# The sanitizers of older compilers do not find their way in an address space
# that is randomised as widely as newer kernels do it.
no_random() {
	if setarch "$(uname -m)" -R true 2> /dev/null; then
		setarch "$(uname -m)" -R "$@"
	else
		"$@"
	fi
}

runs_of() {
	case $1 in
	chain | device | ring) echo "$runs" ;;
	*) echo $((runs * 20)) ;;
	esac
}

# how many seeds NAME has
seeds_of() { find "$out/seeds/$1" -type f 2> /dev/null | wc -l; }

# -use_value_profile is for comparisons with numbers that are hard to guess
target() {
	local name=$1 corpus=$out/corpus/$1 limit
	mkdir -p "$corpus" "$out/crash"
	limit=(-runs="$(runs_of "$name")" -seed="$seed")
	if [ "$mode" = fuzz ]; then
		limit=(-max_total_time="$share")
	else
		corpus=$out/fresh/$name
		rm -rf "$corpus"
		mkdir -p "$corpus"
	fi
	no_random "$out/$name" -max_len=4096 -timeout=20 -rss_limit_mb=2048 \
		-use_value_profile=1 -print_final_stats=1 "${limit[@]}" \
		-artifact_prefix="$out/crash/$name-" "$corpus" \
		"$out/seeds/$name" > "$out/$name.log" 2>&1
}

# number NAME KEY: from the final statistics
number() { awk -v key="stat::$2:" '$1 == key { print $2 }' "$out/$1.log"; }

n=0
failed=0
echo "KTAP version 1"
echo "1..$#"
for name in "$@"; do
	n=$((n + 1))
	if [ "$(seeds_of "$name")" = 0 ]; then
		failed=1
		echo "not ok $n $name: no unit test wrote a seed into $out/seeds/$name"
	elif target "$name"; then
		echo "ok $n $name: $(seeds_of "$name") seeds," \
			"$(number "$name" number_of_executed_units) inputs," \
			"$(grep -o 'cov: [0-9]*' "$out/$name.log" | tail -n 1)"
	else
		failed=1
		grep -E '^[^ ]*\.[ch]:[0-9]+: |ERROR|SUMMARY|Test unit written' \
			"$out/$name.log" | sed 's/^/# /' || true
		echo "not ok $n $name: log $out/$name.log"
	fi
done
exit $failed
