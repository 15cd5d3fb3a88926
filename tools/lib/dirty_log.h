/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dirty log: the bitmap, and the set of pages that must be in it.
 *
 * Three sets of guest pages: those that the device must log, those that it may,
 * and all others, which it must not.
 */
#ifndef TOOLS_LIB_DIRTY_LOG_H
#define TOOLS_LIB_DIRTY_LOG_H

#include "guest_mem.h"
#include "mock_ring.h"

/**
 * struct dirty_log - log of a device
 * @mem: guest memory
 * @size: bytes of the bitmap
 * @map: the bitmap, from guest page 0 on
 * @must: pages that must be dirty
 * @may: pages that may be dirty
 */
struct dirty_log {
	const struct guest_mem *mem;
	size_t size;
	__u8 *map;
	__u8 *must;
	__u8 *may;
};

int dirty_log_init(struct dirty_log *d, const struct guest_mem *mem);
void dirty_log_must(struct dirty_log *d, __u64 bus, __u64 len);
void dirty_log_may(struct dirty_log *d, __u64 bus, __u64 len);
void dirty_log_ring(struct dirty_log *d, const struct mock_ring *r,
		    unsigned int first, unsigned int count);
long dirty_log_missing(const struct dirty_log *d);
long dirty_log_surplus(const struct dirty_log *d);

#endif /* TOOLS_LIB_DIRTY_LOG_H */
