#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh OUT: the unit tests and the tests of the command line with the programs
# in OUT, as one KTAP report.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
. ../lib/ktap.sh
out=$(realpath "${1:?usage: run.sh OUT}")
export ASAN_OPTIONS=detect_leaks=0

ktap_begin 2
ktap_part unit ../lib/no-aslr.sh "$out/unit"
ktap_part cli ../lib/no-aslr.sh ./cli.sh "$out/asan/myvhost"
ktap_end
