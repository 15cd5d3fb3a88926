/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A piece of the owner's memory that the kernel uses word by word: a part of a
 * ring.
 */
#ifndef _MVH_AREA_H
#define _MVH_AREA_H

#include <linux/types.h>
#include <linux/uio.h>

struct mm_struct;
struct page;

/**
 * struct mvh_area - a piece of the owner's memory, pinned or not
 *
 * Guarded by the mutex of the queue it belongs to, whose device keeps the owner's
 * address space.
 *
 * @uaddr: owner's address of each page, NULL while the area is nowhere
 * @n: pages
 * @off: where in the first page the area begins
 * @addr: kernel address of the first byte, NULL while not pinned
 * @pages: the pages while pinned
 * @n_pages: how many of them are pinned
 * @mapping: what vmap() returned, NULL if the pages lie next to each other
 * @written: the kernel may have written to the pages
 * @mm: whose pinned memory they count as
 */
struct mvh_area {
	u64 *uaddr;
	unsigned int n;
	u32 off;
	void *addr;
	struct page **pages;
	unsigned int n_pages;
	void *mapping;
	bool written;
	struct mm_struct *mm;
};

int mvh_area_place(struct mvh_area *area, const struct iovec *iov,
		   unsigned int n);
void mvh_area_remove(struct mvh_area *area);
int mvh_area_pin(struct mvh_area *area, bool written, u64 limit);
void mvh_area_unpin(struct mvh_area *area);
bool mvh_area_current(const struct mvh_area *area);

/**
 * mvh_area_uaddr - where a byte of an area is in the owner's address space
 * @area: an area that has a place
 * @off: offset of the byte
 *
 * Return: the owner's address.
 */
static inline u64 mvh_area_uaddr(const struct mvh_area *area, u32 off)
{
	u32 pos = area->off + off;

	return area->uaddr[pos / PAGE_SIZE] + pos % PAGE_SIZE;
}

#endif /* _MVH_AREA_H */
