// SPDX-License-Identifier: GPL-2.0
/*
 * A piece of the owner's memory, pinned and mapped into the kernel.
 *
 * Rings are small, hot, and touched one word at a time.  Mapped, they cost no
 * window of user access per word, cannot fault, and are contiguous even where
 * an IOMMU scatters them.  The price: a page that the owner unmaps or replaces
 * while a ring is in use stays alive until the ring is stopped or set up anew;
 * memory that cannot be pinned for long (a shared mapping of a file on a disk)
 * cannot hold a ring.  Pins are shown as VmPin, and limited as other pins are: the
 * largest ring has 210 pages.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "area.h"

static unsigned int mvh_iov_pages(const struct iovec *iov)
{
	return DIV_ROUND_UP(offset_in_page(iov->iov_base) + iov->iov_len,
			    PAGE_SIZE);
}

/* Pieces join without a gap only at page borders. */
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

static int mvh_area_pin(struct mvh_area *area, const struct iovec *iov,
			u64 limit)
{
	unsigned long start = (unsigned long)iov->iov_base & PAGE_MASK;
	unsigned int want = mvh_iov_pages(iov), i;

	for (i = 0; i < want; ) {
		int got = pin_user_pages_fast(start + i * PAGE_SIZE, want - i,
					      FOLL_WRITE | FOLL_LONGTERM,
					      area->pages + area->n_pages);

		if (got <= 0)
			return got ?: -EFAULT;
		area->n_pages += got;
		if (atomic64_add_return(got, &area->mm->pinned_vm) > limit)
			return -ENOMEM;
		i += got;
	}
	for (i = 0; i < want; i++)
		area->uaddr[area->n_pages - want + i] = start + i * PAGE_SIZE;
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

/**
 * mvh_area_map - pin memory and map it
 * @area: an area that is not mapped
 * @iov: where the memory is, in order
 * @n: pieces, at least 1, none of them empty
 * @written: the kernel is going to write to it
 * @limit: pages that may be pinned in this address space, these included
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: 0; -ENOMEM, also if it would be more than @limit; or -EFAULT if it is no
 * memory, cannot be pinned, or its pieces do not join at page borders.
 */
int mvh_area_map(struct mvh_area *area, const struct iovec *iov,
		 unsigned int n, bool written, u64 limit)
{
	unsigned int i, total = 0;
	int err = -ENOMEM;

	if (!mvh_iov_joins(iov, n))
		return -EFAULT;
	for (i = 0; i < n; i++)
		total += mvh_iov_pages(&iov[i]);
	area->n_pages = 0;
	area->written = written;
	area->mm = current->mm;
	area->pages = kvmalloc_array(total, sizeof(*area->pages),
				     GFP_KERNEL_ACCOUNT);
	area->uaddr = kvmalloc_array(total, sizeof(*area->uaddr),
				     GFP_KERNEL_ACCOUNT);
	if (!area->pages || !area->uaddr)
		goto fail;
	for (i = 0; i < n; i++) {
		err = mvh_area_pin(area, &iov[i], limit);
		if (err)
			goto fail;
	}
	if (mvh_pages_adjoin(area->pages, total)) {
		area->addr = page_address(area->pages[0]);
	} else {
		err = -ENOMEM;
		area->mapping = vmap(area->pages, total, VM_MAP, PAGE_KERNEL);
		if (!area->mapping)
			goto fail;
		area->addr = area->mapping;
	}
	area->addr += offset_in_page(iov->iov_base);
	return 0;

fail:
	mvh_area_unmap(area);
	return err == -ENOMEM ? err : -EFAULT;
}

/**
 * mvh_area_unmap - undo mvh_area_map()
 * @area: the area, mapped or not
 *
 * Context: Process context of any task, may sleep.
 */
void mvh_area_unmap(struct mvh_area *area)
{
	vunmap(area->mapping);
	if (area->n_pages) {
		unpin_user_pages_dirty_lock(area->pages, area->n_pages,
					    area->written);
		atomic64_sub(area->n_pages, &area->mm->pinned_vm);
	}
	kvfree(area->pages);
	kvfree(area->uaddr);
	memset(area, 0, sizeof(*area));
}

/**
 * mvh_area_uaddr - where a byte of an area is in the owner's address space
 * @area: a mapped area
 * @off: offset of the byte
 *
 * Return: the owner's address.
 */
u64 mvh_area_uaddr(const struct mvh_area *area, u32 off)
{
	u32 pos = offset_in_page(area->addr) + off;

	return area->uaddr[pos / PAGE_SIZE] + pos % PAGE_SIZE;
}
