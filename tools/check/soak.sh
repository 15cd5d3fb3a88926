#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# soak.sh SECS: the tests with the most disorder, again and again in one host VM, and
# the fuzzer with another seed in each round; on the debug kernel, or on KERNEL. A
# failure ends it with exit status 1; a kernel report or a leak is found at its end.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
LAB=$REPO/selftests/lab
SECS=${1:?usage: soak.sh SECS}
KERNEL=${KERNEL:-debug}
CACHE=${MYVHOST_CACHE:-$HOME/.cache/myvhost}
OUT=${SOAK_LOGS:-$CACHE/soak/$(date +%Y%m%d-%H%M%S)}

"$LAB/setup.sh"
[ "$KERNEL" != debug ] || "$LAB/debug-kernel.sh"
"$LAB/build.sh" "$KERNEL" > /dev/null
"$LAB/inroot.sh" make -s -C /repo/selftests/kselftest
mkdir -p "$OUT"
cat > "$OUT/soak" <<EOF
[ "$KERNEL" != debug ] || export KTAP_SLOWDOWN=4
round=0 failed=0
while [ \$SECONDS -lt $SECS ]; do
	round=\$((round + 1))
	echo "# round \$round, \$SECONDS s"
	bin/fuzz_ioctl -s \$((round * 100)) -t 60 > /lab/fuzz || failed=1
	./run.sh 'net_*_race' net_hostile net_stop net_tap_gone blk_errors blk_ioctl_race \
		blk_refs blk_stop lifecycle isolation fault_inject > /lab/round
	grep -hE '^not ok|^# Totals|steps' /lab/fuzz /lab/round
	! grep -q '^not ok' /lab/round || failed=1
	[ \$failed = 0 ] || break
done
echo "# \$round rounds in \$SECONDS s"
exit \$failed
EOF
echo "soaking for $SECS s, logs: $OUT"
exec "$LAB/run.sh" -k "$KERNEL" -t $((SECS + 1800)) -o "$OUT" -- \
	'/repo/selftests/kselftest/in-vm.sh bash /lab/soak'
