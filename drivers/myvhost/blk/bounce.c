// SPDX-License-Identifier: GPL-2.0
/*
 * See bounce.h.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include "bounce.h"

/**
 * mvh_bounce_free - free kernel pages
 * @bounce: they, or NULL
 */
void mvh_bounce_free(struct mvh_bounce *bounce)
{
	if (!bounce)
		return;
	while (bounce->n)
		__free_page(bounce->bv[--bounce->n].bv_page);
	kfree(bounce);
}

/*
 * mvh_bounce_alloc() - make kernel pages for the units around some bytes of a disk
 * @pos: first byte
 * @len: how many; the data is as much of them as MVH_BOUNCE_MAX has room for
 * @unit: a power of two up to MVH_BOUNCE_MAX
 *
 * Context: Process context, may sleep.
 * Return: the pages, or NULL.
 */
struct mvh_bounce *mvh_bounce_alloc(u64 pos, u64 len, u32 unit)
{
	size_t skip = pos & (unit - 1);
	size_t span = min_t(u64, ALIGN(skip + len, unit), MVH_BOUNCE_MAX);
	unsigned int n = DIV_ROUND_UP(span, PAGE_SIZE);
	struct mvh_bounce *bounce;

	bounce = kmalloc(struct_size(bounce, bv, n), GFP_KERNEL_ACCOUNT);
	if (!bounce)
		return NULL;
	bounce->n = 0;
	bounce->len = span;
	bounce->skip = skip;
	bounce->want = min_t(u64, len, span - skip);
	while (bounce->n < n) {
		struct bio_vec *bv = &bounce->bv[bounce->n];

		bv->bv_page = alloc_page(GFP_KERNEL_ACCOUNT);
		if (!bv->bv_page) {
			mvh_bounce_free(bounce);
			return NULL;
		}
		bv->bv_offset = 0;
		bv->bv_len = min_t(size_t, span - bounce->n * PAGE_SIZE,
				   PAGE_SIZE);
		bounce->n++;
	}
	return bounce;
}

/*
 * mvh_bounce_copy() - copy the data between guest memory and the pages
 * @guest: guest memory
 * @len: bytes
 * @write: from guest memory
 *
 * Context: Process context with the owner's address space.
 * Return: 0, or -EFAULT.
 */
int mvh_bounce_copy(struct mvh_bounce *bounce, struct iov_iter *guest,
		    size_t len, bool write)
{
	size_t at = bounce->skip;

	while (len) {
		struct page *page = bounce->bv[at >> PAGE_SHIFT].bv_page;
		size_t off = offset_in_page(at);
		size_t n = min_t(size_t, len, PAGE_SIZE - off), copied;

		copied = write ? copy_page_from_iter(page, off, n, guest) :
				 copy_page_to_iter(page, off, n, guest);
		if (copied != n)
			return -EFAULT;
		at += n;
		len -= n;
	}
	return 0;
}

/*
 * mvh_bounce_iter() - an iterator over all of the pages
 * @write: it is read from
 */
void mvh_bounce_iter(const struct mvh_bounce *bounce, struct iov_iter *iter,
		     bool write)
{
	iov_iter_bvec(iter, write ? ITER_SOURCE : ITER_DEST, bounce->bv,
		      bounce->n, bounce->len);
}

/*
 * mvh_bounce_merge() - copy bytes from some pages to others
 * @at: offset in @to
 * @from_at: offset in @from
 */
void mvh_bounce_merge(struct mvh_bounce *to, size_t at,
		      const struct mvh_bounce *from, size_t from_at, size_t len)
{
	while (len) {
		size_t n = min3(len, PAGE_SIZE - offset_in_page(at),
				PAGE_SIZE - offset_in_page(from_at));

		memcpy_page(to->bv[at >> PAGE_SHIFT].bv_page,
			    offset_in_page(at),
			    from->bv[from_at >> PAGE_SHIFT].bv_page,
			    offset_in_page(from_at), n);
		at += n;
		from_at += n;
		len -= n;
	}
}

/*
 * mvh_bounce_zero() - make bytes zero
 * @at: offset of the first
 */
void mvh_bounce_zero(struct mvh_bounce *bounce, size_t at, size_t len)
{
	while (len) {
		size_t n = min_t(size_t, len, PAGE_SIZE - offset_in_page(at));

		memzero_page(bounce->bv[at >> PAGE_SHIFT].bv_page,
			     offset_in_page(at), n);
		at += n;
		len -= n;
	}
}
