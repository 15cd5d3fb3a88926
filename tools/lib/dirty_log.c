// SPDX-License-Identifier: GPL-2.0
/* Dirty log, see dirty_log.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dirty_log.h"

/* Make an empty log for guest memory.  Returns 0 or a negative errno. */
int dirty_log_init(struct dirty_log *d, const struct guest_mem *mem)
{
	size_t size = (GUEST_BASE + mem->size) / VHU_PAGE_SIZE / 8;

	d->mem = mem;
	d->size = (size + 4095) & ~4095UL;
	d->map = mmap(NULL, d->size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	d->must = calloc(1, d->size);
	d->may = calloc(1, d->size);
	return d->map == MAP_FAILED || !d->must || !d->may ? -ENOMEM : 0;
}

static void dirty_log_add(const struct dirty_log *d, __u8 *set, __u64 bus,
			  __u64 len)
{
	__u64 end = bus + len, page;

	if (!len)
		return;
	for (bus &= ~(VHU_PAGE_SIZE - 1); bus < end; bus += VHU_PAGE_SIZE) {
		page = guest_gpa(d->mem, bus) / VHU_PAGE_SIZE;
		set[page / 8] |= 1 << page % 8;
	}
}

/* The device writes here. */
void dirty_log_must(struct dirty_log *d, __u64 bus, __u64 len)
{
	dirty_log_add(d, d->must, bus, len);
}

/* The device may write here. */
void dirty_log_may(struct dirty_log *d, __u64 bus, __u64 len)
{
	dirty_log_add(d, d->may, bus, len);
}

static void dirty_log_split(struct dirty_log *d, const struct mock_ring *r,
			    unsigned int first, unsigned int count)
{
	unsigned int i;

	/* Flags and index, entries, and the available event at the end. */
	dirty_log_must(d, r->device_addr + 2, 2);
	dirty_log_may(d, r->device_addr, 4);
	dirty_log_may(d, r->device_addr + 4 + 8ULL * r->cfg.num, 2);
	for (i = 0; i < count; i++)
		dirty_log_must(d, r->device_addr + 4 +
			       8 * ((first + i) % r->cfg.num), 8);
}

/*
 * Ring pages that the device writes for used buffers.
 * @first: index (split) or position (packed) of the first used buffer
 * @count: how many entries (split) or descriptors (packed) follow each other
 */
void dirty_log_ring(struct dirty_log *d, const struct mock_ring *r,
		    unsigned int first, unsigned int count)
{
	unsigned int i;

	if (!r->packed) {
		dirty_log_split(d, r, first, count);
		return;
	}
	dirty_log_may(d, r->device_addr, 4);
	for (i = 0; i < count; i++)
		dirty_log_must(d, r->desc_addr +
			       16 * ((first + i) % r->cfg.num), 16);
}

static long dirty_log_find(const __u8 *a, const __u8 *b, const __u8 *c,
			   size_t size)
{
	size_t i;
	int bit;

	for (i = 0; i < size; i++) {
		__u8 x = a[i] & ~b[i] & ~(c ? c[i] : 0);

		for (bit = 0; x && bit < 8; bit++)
			if (x & 1 << bit)
				return i * 8 + bit;
	}
	return -1;
}

/* A page that must be dirty but is not.  Returns its number, or -1. */
long dirty_log_missing(const struct dirty_log *d)
{
	return dirty_log_find(d->must, d->map, NULL, d->size);
}

/* A page that is dirty but must not be.  Returns its number, or -1. */
long dirty_log_surplus(const struct dirty_log *d)
{
	return dirty_log_find(d->map, d->must, d->may, d->size);
}
