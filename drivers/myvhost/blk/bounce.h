/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel pages that I/O goes through where guest memory, a position or a length is
 * not aligned for direct I/O, or where guest memory is out of reach.
 */
#ifndef _MVH_BLK_BOUNCE_H
#define _MVH_BLK_BOUNCE_H

#include <linux/bvec.h>
#include <linux/types.h>
#include <linux/uio.h>

#define MVH_BOUNCE_PAGES	64
#define MVH_BOUNCE_MAX		(MVH_BOUNCE_PAGES * PAGE_SIZE)

/**
 * struct mvh_bounce - kernel pages
 * @n: pages
 * @len: bytes that are read or written
 * @skip: the data begins behind so many of them
 * @want: bytes of the data
 * @bv: the pages
 */
struct mvh_bounce {
	unsigned int n;
	size_t len;
	size_t skip;
	size_t want;
	struct bio_vec bv[];
};

struct mvh_bounce *mvh_bounce_alloc(u64 pos, u64 len, u32 unit);
void mvh_bounce_free(struct mvh_bounce *bounce);
int mvh_bounce_copy(struct mvh_bounce *bounce, struct iov_iter *guest,
		    size_t len, bool write);
void mvh_bounce_iter(const struct mvh_bounce *bounce, struct iov_iter *iter,
		     bool write);
void mvh_bounce_merge(struct mvh_bounce *to, size_t at,
		      const struct mvh_bounce *from, size_t from_at, size_t len);
void mvh_bounce_zero(struct mvh_bounce *bounce, size_t at, size_t len);

/* Does it have bytes besides the data? */
static inline bool mvh_bounce_padded(const struct mvh_bounce *bounce)
{
	return bounce->want != bounce->len;
}

#endif /* _MVH_BLK_BOUNCE_H */
