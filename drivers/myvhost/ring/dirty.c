// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory that was written -> bits in the owner's dirty log.  Pure: see
 * dirty.h.
 */
#include "dirty.h"

/**
 * mvh_dirty_mark - mark a range of guest physical memory
 * @log: owner's address of the log
 * @gpa: first guest physical address written
 * @len: bytes written, 0 marks nothing
 *
 * Return: 0, or -EFAULT if the log cannot be written or the range wraps.
 */
int mvh_dirty_mark(u64 log, u64 gpa, u64 len)
{
	u64 page, last;

	if (!len)
		return 0;
	if (gpa + len - 1 < gpa)
		return -EFAULT;
	last = (gpa + len - 1) / MVH_LOG_PAGE;
	for (page = gpa / MVH_LOG_PAGE; page <= last; page++) {
		int err = mvh_log_set_bit(log, page);

		if (err)
			return err;
	}
	return 0;
}

/**
 * mvh_dirty_mark_user - mark a range that is known by the owner's address
 * @log: owner's address of the log
 * @table: the memory table
 * @uaddr: first address written
 * @len: bytes written
 *
 * The owner may have mapped the same memory at several guest addresses: each is
 * marked.  This is the only way there is when guest addresses pass an IOMMU.
 *
 * Return: 0, or -EFAULT if the log cannot be written or no guest address is
 * known for the start of the range.
 */
int mvh_dirty_mark_user(u64 log, const struct mvh_map *table, u64 uaddr,
			u64 len)
{
	u64 last = uaddr + len - 1;
	bool known = false;
	u32 i;

	if (!len)
		return 0;
	for (i = mvh_map_first_mapped(table, uaddr); i < table->n; i++) {
		const struct mvh_region *r =
			&table->region[table->by_uaddr[i].region];
		u64 from = max(uaddr, r->uaddr);
		u64 to = min(last, r->uaddr + (r->last - r->start));
		int err;

		if (r->uaddr > last)
			break;
		if (from > to)
			continue;
		known |= from == uaddr;
		err = mvh_dirty_mark(log, r->start + (from - r->uaddr),
				     to - from + 1);
		if (err)
			return err;
	}
	return known ? 0 : -EFAULT;
}

/*
 * Take up to @len bytes of pieces that follow each other for the owner.  Returns how
 * many, and the next piece in @iov.
 */
static u64 mvh_iov_run(const struct iovec **iov, u64 len)
{
	const struct iovec *i = *iov;
	u64 n = 0;

	do {
		n += min_t(u64, len - n, i->iov_len);
		i++;
	} while (n < len && i[-1].iov_base + i[-1].iov_len == i->iov_base);
	*iov = i;
	return n;
}

/**
 * mvh_dirty_mark_iov - mark what was written into the pieces of a buffer
 * @log: owner's address of the log
 * @table: the memory table
 * @iov: the pieces
 * @len: bytes written, from the start of the first
 *
 * Pieces that follow each other are one range: a page in which they meet is marked once.
 *
 * Return: 0, or -EFAULT if not all could be marked; the rest is.
 */
int mvh_dirty_mark_iov(u64 log, const struct mvh_map *table,
		       const struct iovec *iov, u64 len)
{
	int err = 0;

	while (len) {
		u64 uaddr = (uintptr_t)iov->iov_base;
		u64 n = mvh_iov_run(&iov, len);

		err |= mvh_dirty_mark_user(log, table, uaddr, n);
		len -= n;
	}
	return err;
}
