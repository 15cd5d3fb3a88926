/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A piece of the owner's memory, pinned and mapped into the kernel.  Rings live
 * in such areas.
 */
#ifndef _MVH_AREA_H
#define _MVH_AREA_H

#include <linux/types.h>
#include <linux/uio.h>

struct mm_struct;
struct page;

/**
 * struct mvh_area - pinned and mapped memory
 *
 * Guarded by the mutex of the queue it belongs to, whose device keeps the owner's
 * address space.
 *
 * @addr: kernel address of the first byte, NULL while not mapped
 * @uaddr: owner's address of the first byte of each page
 * @pages: the pages
 * @n_pages: how many
 * @mapping: what vmap() returned, NULL if the pages lie next to each other
 * @written: the kernel may have written to it
 * @mm: whose pinned memory it counts as
 */
struct mvh_area {
	void *addr;
	u64 *uaddr;
	struct page **pages;
	unsigned int n_pages;
	void *mapping;
	bool written;
	struct mm_struct *mm;
};

int mvh_area_map(struct mvh_area *area, const struct iovec *iov,
		 unsigned int n, bool written, u64 limit);
void mvh_area_unmap(struct mvh_area *area);
u64 mvh_area_uaddr(const struct mvh_area *area, u32 off);

#endif /* _MVH_AREA_H */
