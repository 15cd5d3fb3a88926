// SPDX-License-Identifier: GPL-2.0
/*
 * A piece of the owner's memory that the kernel uses word by word.
 *
 * Rings are small and hot.  Pinned and mapped, a word costs no window of user
 * access, cannot fault, and its neighbours follow it even where an IOMMU scatters
 * them.  The price: a page that the owner unmaps or replaces while a ring is in
 * use stays alive until the owner says so.  Pins are shown as VmPin, and limited
 * as other pins are: the largest ring has 210 pages.
 *
 * Not all memory can be pinned: a shared mapping of a file on a disk, memory
 * without struct page, more than RLIMIT_MEMLOCK allows.  What has a place can
 * always be reached through the owner's address space instead, as vhost_net does.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "compat/pin.h"
#include "area.h"

/* Pages that are compared at a time. */
#define MVH_AREA_STRIDE	16

static unsigned int mvh_iov_pages(const struct iovec *iov)
{
	return DIV_ROUND_UP(offset_in_page(iov->iov_base) + iov->iov_len,
			    PAGE_SIZE);
}

/* Pieces join without a gap only at page borders, and no word lies across one. */
static bool mvh_iov_joins(const struct iovec *iov, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		u64 start = (unsigned long)iov[i].iov_base;

		if (i > 0 && start % PAGE_SIZE)
			return false;
		if (i + 1 < n && (start + iov[i].iov_len) % PAGE_SIZE)
			return false;
	}
	return true;
}

/**
 * mvh_area_place - say where an area is
 * @area: an area that is nowhere
 * @iov: owner's memory, in order
 * @n: pieces, at least 1, none of them empty
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -EINVAL if the pieces do not join at page borders.
 */
int mvh_area_place(struct mvh_area *area, const struct iovec *iov,
		   unsigned int n)
{
	unsigned int i, total = 0;
	u64 *uaddr;

	if (!mvh_iov_joins(iov, n))
		return -EINVAL;
	for (i = 0; i < n; i++)
		total += mvh_iov_pages(&iov[i]);
	uaddr = kvmalloc_array(total, sizeof(*uaddr), GFP_KERNEL_ACCOUNT);
	if (!uaddr)
		return -ENOMEM;
	area->uaddr = uaddr;
	area->n = total;
	area->off = offset_in_page(iov->iov_base);
	for (i = 0; i < n; i++) {
		u64 page = (unsigned long)iov[i].iov_base & PAGE_MASK;
		unsigned int left = mvh_iov_pages(&iov[i]);

		for (; left; left--, page += PAGE_SIZE)
			*uaddr++ = page;
	}
	return 0;
}

/**
 * mvh_area_remove - undo mvh_area_place()
 * @area: the area, pinned or not
 *
 * Context: Process context of any task, may sleep.
 */
void mvh_area_remove(struct mvh_area *area)
{
	mvh_area_unpin(area);
	kvfree(area->uaddr);
	memset(area, 0, sizeof(*area));
}

/* How many pages from the @i-th on follow each other for the owner. */
static unsigned int mvh_area_run(const struct mvh_area *area, unsigned int i)
{
	unsigned int n = 1;

	while (i + n < area->n &&
	       area->uaddr[i + n] == area->uaddr[i] + n * PAGE_SIZE)
		n++;
	return n;
}

static int mvh_area_get_pages(struct mvh_area *area, u64 limit)
{
	while (area->n_pages < area->n) {
		unsigned int run = mvh_area_run(area, area->n_pages);
		u64 start = area->uaddr[area->n_pages];
		int got = mvh_pin_prepare(start, run * PAGE_SIZE);

		if (!got)
			got = pin_user_pages_fast(start, run,
						  FOLL_WRITE | FOLL_LONGTERM,
						  area->pages + area->n_pages);
		if (got <= 0)
			return got ?: -EFAULT;
		area->n_pages += got;
		if (atomic64_add_return(got, &area->mm->pinned_vm) > limit)
			return -ENOMEM;
	}
	return 0;
}

static bool mvh_pages_adjoin(struct page **pages, unsigned int n)
{
	unsigned long pfn = page_to_pfn(pages[0]);
	unsigned int i;

	for (i = 0; i < n; i++)
		if (page_to_pfn(pages[i]) != pfn + i || PageHighMem(pages[i]))
			return false;
	return true;
}

static int mvh_area_map(struct mvh_area *area)
{
	if (mvh_pages_adjoin(area->pages, area->n)) {
		area->addr = page_address(area->pages[0]);
	} else {
		area->mapping = vmap(area->pages, area->n, VM_MAP, PAGE_KERNEL);
		if (!area->mapping)
			return -ENOMEM;
		area->addr = area->mapping;
	}
	area->addr += area->off;
	return 0;
}

/**
 * mvh_area_pin - pin an area and map it
 * @area: an area that has a place, not pinned
 * @written: the kernel is going to write to it
 * @limit: pages that may be pinned in this address space, these included
 *
 * Waits for memory that is still to come, as userfaultfd has it.
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: 0; -ENOMEM, also if it would be more than @limit; or what the memory
 * manager says of memory that cannot be pinned.
 */
int mvh_area_pin(struct mvh_area *area, bool written, u64 limit)
{
	int err;

	area->written = written;
	area->mm = current->mm;
	area->pages = kvmalloc_array(area->n, sizeof(*area->pages),
				     GFP_KERNEL_ACCOUNT);
	if (!area->pages)
		return -ENOMEM;
	err = mvh_area_get_pages(area, limit);
	if (!err)
		err = mvh_area_map(area);
	if (err)
		mvh_area_unpin(area);
	return err;
}

/**
 * mvh_area_unpin - undo mvh_area_pin()
 * @area: the area, pinned or not
 *
 * Context: Process context of any task, may sleep.
 */
void mvh_area_unpin(struct mvh_area *area)
{
	vunmap(area->mapping);
	if (area->n_pages) {
		unpin_user_pages_dirty_lock(area->pages, area->n_pages,
					    area->written);
		atomic64_sub(area->n_pages, &area->mm->pinned_vm);
	}
	kvfree(area->pages);
	area->mapping = NULL;
	area->addr = NULL;
	area->pages = NULL;
	area->n_pages = 0;
}

/**
 * mvh_area_current - does the owner still have these pages there?
 * @area: a pinned area
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: false if the owner has other memory there, or none.
 */
bool mvh_area_current(const struct mvh_area *area)
{
	struct page *now[MVH_AREA_STRIDE];
	unsigned int i = 0;

	while (i < area->n) {
		unsigned int want = min(mvh_area_run(area, i), MVH_AREA_STRIDE);
		int got = get_user_pages_fast(area->uaddr[i], want,
					      FOLL_NOFAULT, now);
		bool same;

		if (got <= 0)
			return false;
		same = !memcmp(now, area->pages + i, got * sizeof(now[0]));
		i += got;
		while (got--)
			put_page(now[got]);
		if (!same)
			return false;
	}
	return true;
}
