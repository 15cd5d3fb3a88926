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
. ../lib/ktap.sh
mode=${1:?usage: run.sh check|fuzz OUT SECONDS TARGET...}
out=$(realpath "$2")
seconds=$3
shift 3
runs=${FUZZ_RUNS:-5000}
seed=${FUZZ_SEED:-1}
share=$((seconds / $#))

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
	../lib/no-aslr.sh "$out/$name" -max_len=4096 -timeout=20 -rss_limit_mb=2048 \
		-use_value_profile=1 -print_final_stats=1 "${limit[@]}" \
		-artifact_prefix="$out/crash/$name-" "$corpus" \
		"$out/seeds/$name" > "$out/$name.log" 2>&1
}

# number NAME KEY: from the final statistics
number() { awk -v key="stat::$2:" '$1 == key { print $2 }' "$out/$1.log"; }

# figures NAME: of a run that found nothing
figures() {
	echo "$(seeds_of "$1") seeds, $(number "$1" number_of_executed_units) inputs," \
		"$(grep -o 'cov: [0-9]*' "$out/$1.log" | tail -n 1)"
}

# faults NAME: the lines of its log that say what it found
faults() {
	grep -E '^[^ ]*\.[ch]:[0-9]+: |ERROR|SUMMARY|Test unit written' "$out/$1.log" || true
}

ktap_begin $#
for name in "$@"; do
	if [ "$(seeds_of "$name")" = 0 ]; then
		ktap_result "$name: no unit test wrote a seed into $out/seeds/$name" 1
	elif target "$name"; then
		ktap_result "$name: $(figures "$name")" 0
	else
		ktap_result "$name: log $out/$name.log" 1 "$(faults "$name")"
	fi
done
ktap_end
