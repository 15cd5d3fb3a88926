/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory that was written -> bits in the owner's dirty log.  Pure: see
 * ring.h.
 */
#ifndef _MVH_DIRTY_H
#define _MVH_DIRTY_H

#include "mem.h"

/* One bit stands for this many bytes of guest memory, on every machine. */
#define MVH_LOG_PAGE	4096

int mvh_dirty_mark(u64 log, u64 gpa, u64 len);
int mvh_dirty_mark_user(u64 log, const struct mvh_map *table, u64 uaddr,
			u64 len);
int mvh_dirty_mark_iov(u64 log, const struct mvh_map *table,
		       const struct iovec *iov, u64 len);

#endif /* _MVH_DIRTY_H */
