#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each check can fail: faults are put into copies of the tree, one at a time, and
# the check must object to them. Sparse is left out, it would build the modules
# again.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
here=$(cd "$OLDPWD" && cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
src=drivers/myvhost

# expect CHECK PATTERN COMMAND: after COMMAND in a copy, CHECK prints PATTERN
expect() {
	local out rc=0
	rm -rf "$work/tree"
	cp -r "$work/clean" "$work/tree"
	(cd "$work/tree" && eval "$3")
	out=$(CHECK_TREE=$work/tree CHECK_OBJECTS=$work/tree "$here/$1.sh" 2>&1) || rc=$?
	[ $rc != 4 ] || return 0
	[ $rc = 1 ] || echo "$1 passes with: $3"
	grep -qE "$2" <<< "$out" || echo "$1 does not say \"$2\" with: $3"
}

# only FILE: without the other sources, which take a slow check its time
only() { find drivers include -type f ! -path "$src/$1" -delete; }

copy_tree() {
	mkdir "$work/clean"
	files 'drivers/*' 'include/*' 'Documentation/*' 'tools/check/*' selftests/unit/pure.mk |
		tar -cf - -T - | tar -xf - -C "$work/clean"
}

check() {
	copy_tree
	expect rooms 'ring/chain.c .*core/vq.h' "echo '#include \"core/vq.h\"' >> $src/ring/chain.c"
	expect rooms 'net/rx.c .*cdev/cdev.h' "echo '#include \"cdev/cdev.h\"' >> $src/net/rx.c"
	expect rooms 'net/rx.c .*\.\./core/vq.h' "echo '#include \"../core/vq.h\"' >> $src/net/rx.c"
	expect rooms 'stray/x.c is in no room' "mkdir $src/stray && touch $src/stray/x.c"
	expect rooms 'tx.c.*if_tun' "echo '#include <linux/if_tun.h>' >> $src/net/tx.c"
	expect fields 'tx.c.*vq->ring' "echo '	x = vq->ring.num;' >> $src/net/tx.c"
	expect fields 'blk.c.*dev->mm' "echo '	x = dev->mm;' >> $src/blk/blk.c"
	expect fields 'vhost.c.*vq->state =' "echo '	vq->state = 0;' >> $src/cdev/vhost.c"
	expect fields 'rx.c.*core/dev.h' "echo '#include \"core/dev.h\"' >> $src/net/rx.c"
	expect pure 'ring.c.*mutex_lock' "echo '	mutex_lock(&lock);' >> $src/ring/ring.c"
	expect pure 'mem.c.*ifdef' "echo '#ifdef X' >> $src/ring/mem.c"
	expect pure 'dirty.h.*slab' "echo '#include <linux/slab.h>' >> $src/ring/dirty.h"
	expect pure 'no file net/hdr' "rm $src/net/hdr.[ch]"
	expect pure 'pure.mk' "rm selftests/unit/pure.mk"
	expect versions 'vq.c.*LINUX_VERSION' "echo '#if LINUX_VERSION_CODE > 1' >> $src/core/vq.c"
	expect bug 'vq.c.*BUG_ON' "echo '	BUG_ON(1);' >> $src/core/vq.c"
	expect bug 'vq.c.*pr_err' "echo '	pr_err(\"x\");' >> $src/core/vq.c"
	expect locks 'mvh_dev_detach_vq demands' "sed -i '/^void mvh_dev_detach_vq/,/^}/{/lockdep_assert/d}' $src/core/dev.c"
	expect locks 'mvh_vq_flush demands' "sed -i '/^void mvh_vq_flush/,/^}/{/lockdep_assert/d}' $src/core/vq_serve.c"
	expect length 'mem.c: [0-9]+ lines' "yes | head -n 701 >> $src/ring/mem.c"
	expect length 'mem.c:.* long\(\) has 61 lines' "{ printf 'int long(void)\n{\n'; yes | head -n 59; echo '}'; } >> $src/ring/mem.c"
	expect exports 'mvh_extra is exported' "echo 'EXPORT_SYMBOL_GPL(mvh_extra);' >> $src/core/vq.c"
	expect exports 'mvh_vq_next is documented' "sed -i '/^EXPORT.*mvh_vq_next/d' $src/core/vq_serve.c"
	expect exports 'EXPORT_SYMBOL\(' "echo 'EXPORT_SYMBOL(mvh_vq_next);' >> $src/core/vq.c"
	expect documented 'mem.c.*mvh_naked' "printf 'int mvh_naked(void)\n{\n}\n' >> $src/ring/mem.c"
	expect documented 'mem.c.*mvh_naked' "printf 'int *\nmvh_naked(void)\n{\n}\n' >> $src/ring/mem.c"
	expect documented 'mem.c.*mvh_map_free' "sed -i 's/ mvh_map_free - / mvh_map_fee - /' $src/ring/mem.c"
	expect documented 'no kernel-doc of mvh_vq_next' "sed -i 's|^/[*][*]$|/*|' $src/core/vq_serve.c"
	expect documented 'myvhost.h.*naked' "echo 'struct naked {' >> include/uapi/linux/myvhost.h"
	expect kernel-doc "hdr.c.*'len' not described" "sed -i '/^ \* @len: /d' $src/net/hdr.c"
	expect kernel-doc "ring.h.*'MVH_BAD_HEAD' not described" "sed -i '/@MVH_BAD_HEAD:/d' $src/ring/ring.h"
	expect kernel-doc 'mem.c.*return value' "sed -i '/^ \* Return: /d' $src/ring/mem.c"
	expect checkpatch 'file.c.*MEMORY_BARRIER' "only cdev/file.c; sed -i '/Pairs with cmpxchg/d' $src/cdev/file.c"
	expect checkpatch 'vq.c.*LINUX_VERSION_CODE' "only core/vq.c; echo '#if LINUX_VERSION_CODE > 1' >> $src/core/vq.c"
	expect checkpatch 'compat.h.*PARENTHESIS_ALIGNMENT' "only compat/compat.h; printf 'int f(int a,\n\tint b);\n' >> $src/compat/compat.h"
	expect checkpatch 'vq.c.*LONG_LINE' "only core/vq.c; printf '\t/*%101s*/\n' x >> $src/core/vq.c"
	expect checkpatch 'trace.h.*TRAILING_WHITESPACE' "only core/trace.h; echo 'int x; ' >> $src/core/trace.h"
	expect spdx 'stray.c' "echo 'int x;' > $src/stray.c"
	expect whitespace 'mem.c' "echo 'int x; ' >> $src/ring/mem.c"
	expect whitespace 'mem.c' "echo '    int x;' >> $src/ring/mem.c"
	expect whitespace 'no newline' "printf 'int x;' >> $src/ring/mem.c"
	expect whitespace 'empty line' "echo >> $src/ring/mem.c"
	expect shell 'stray.sh.*(syntax|unexpected)' "echo 'if' > tools/stray.sh"
	expect shell 'not executable' "chmod -x tools/check/static.sh"
	expect links 'no document nowhere.rst' "echo 'See nowhere.rst.' >> Documentation/using.rst"
	expect links 'no part of disk.rst is called Nothing' "echo 'See *Nothing* in disk.rst.' >> Documentation/using.rst"
	expect links 'no picture performance.svg' "rm Documentation/performance.svg"
	expect rst 'too short' "printf 'Title\n====\n' > Documentation/stray.rst"
	expect man 'Xx' "echo '.Xx' >> Documentation/man/myvhost.8"
	expect indirect-calls 'mvh_chain_fetch.*(jmp|call)' "printf 'void (*f)(void); void mvh_chain_fetch(void) { f(); }' |
		{ mkdir -p o/$src/ring && gcc -xc -c -o o/$src/ring/chain.o -; }"
}

verdict check
