/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps from guest addresses to the owner's addresses.  A memory table never
 * changes: another one is another map.  An IOTLB changes in place, while nobody
 * looks, and its views must be set again then.  Pure: see ring.h.
 */
#ifndef _MVH_MEM_H
#define _MVH_MEM_H

#include "mvh_env.h"

/* What a region may be used for; the values are those of VHOST_ACCESS_*. */
#define MVH_ACCESS_READ		1
#define MVH_ACCESS_WRITE	2

/**
 * struct mvh_region - guest addresses that are contiguous for the owner too
 * @start: first guest address
 * @last: last guest address, included, so that the end of the address space
 *	can be expressed
 * @uaddr: owner's address of @start
 * @access: MVH_ACCESS_*
 * @born: mvh_map.puts when it was put into its map
 */
struct mvh_region {
	u64 start;
	u64 last;
	u64 uaddr;
	u8 access;
	u32 born;
};

/**
 * struct mvh_mapped - a region of a map, in the order of owner's addresses
 * @reach: highest owner's address of this region and of all before it in that order,
 *	since the owner may map the same memory several times
 * @region: its number
 */
struct mvh_mapped {
	u64 reach;
	u32 region;
};

/**
 * struct mvh_map - regions that do not overlap, by rising address
 * @n: regions
 * @max: room for regions
 * @cached: it is a cache (an IOTLB): what is not there may be asked for
 * @puts: regions that were put into it; wraps, which confuses ages only of what
 *	is older than 2^32 others
 * @by_uaddr: in a memory table, the regions by owner's address; NULL in a cache
 * @region: the regions
 */
struct mvh_map {
	u32 n;
	u32 max;
	u32 puts;
	bool cached;
	struct mvh_mapped *by_uaddr;
	struct mvh_region region[];
};

/**
 * struct mvh_view - one user's way of looking into a map
 * @map: what it looks into, NULL for no memory at all
 * @hint: the region that served last, or NULL; guests have few, and stay in one
 * @miss: where the last -EAGAIN happened
 * @miss_access: what was wanted there
 */
struct mvh_view {
	const struct mvh_map *map;
	const struct mvh_region *hint;
	u64 miss;
	u8 miss_access;
};

struct mvh_map *mvh_map_create(const struct mvh_region *region, u32 n);
struct mvh_map *mvh_map_create_cache(u32 max);
struct mvh_map *mvh_map_copy(const struct mvh_map *map, u32 max);
bool mvh_map_overlaps(const struct mvh_map *map, u64 start, u64 last);
void mvh_map_put(struct mvh_map *map, const struct mvh_region *add);
void mvh_map_remove(struct mvh_map *map, u64 start, u64 last);
void mvh_map_free(struct mvh_map *map);
u32 mvh_map_first_mapped(const struct mvh_map *map, u64 uaddr);
void mvh_view_set(struct mvh_view *view, const struct mvh_map *map);
int mvh_view_translate(struct mvh_view *view, u64 addr, u64 len, u8 access,
		       struct iovec *iov, unsigned int max);

/*
 * mvh_view_hit() - find guest memory in one piece in the region that served last
 * @addr: guest address
 * @len: bytes
 * @access: MVH_ACCESS_*
 * @iov: where to put the piece
 *
 * The ordinary case of mvh_view_translate(), to be compiled into a loop.
 *
 * Return: true if it is there; false also if @len is 0.
 */
static __always_inline bool mvh_view_hit(const struct mvh_view *view, u64 addr,
					 u64 len, u8 access, struct iovec *iov)
{
	const struct mvh_region *r = view->hint;
	u64 off;

	if (unlikely(!r))
		return false;
	off = addr - r->start;
	if (unlikely(addr < r->start || addr > r->last ||
		     len - 1 > r->last - addr || (r->access & access) != access))
		return false;
	iov->iov_base = (void __user *)(uintptr_t)(r->uaddr + off);
	iov->iov_len = len;
	return true;
}

#endif /* _MVH_MEM_H */
