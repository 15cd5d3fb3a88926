// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel side of the dirty log: one bit in the owner's bitmap, set so that
 * the owner may clear others at the same time.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include "mvh_env.h"

/**
 * mvh_log_set_bit - mark one page in the owner's dirty log
 * @log: owner's address of the log
 * @page: number of the guest page
 *
 * The log is ordinary memory of the owner and may go away at any time, so its
 * page is pinned for the moment of the write.
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: 0, or -EFAULT, also when the task is being killed.
 */
int mvh_log_set_bit(u64 log, u64 page)
{
	u64 addr = log + page / 8;
	struct page *pinned;
	void *base;

	cond_resched();
	if (fatal_signal_pending(current) || addr < log ||
	    !access_ok((void __user *)(uintptr_t)addr, 1))
		return -EFAULT;
	if (pin_user_pages_fast(addr & PAGE_MASK, 1, FOLL_WRITE, &pinned) != 1)
		return -EFAULT;
	base = kmap_local_page(pinned);
	/* Who sees the bit sees what was written; partner: the owner's xchg. */
	smp_mb__before_atomic();
	set_bit_le(page % 8 + offset_in_page(addr) * 8, base);
	kunmap_local(base);
	unpin_user_pages_dirty_lock(&pinned, 1, true);
	return 0;
}
