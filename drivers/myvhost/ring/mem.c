// SPDX-License-Identifier: GPL-2.0
/*
 * Maps from guest addresses to the owner's addresses.  Pure: see mem.h.
 */
#include "mem.h"

static struct mvh_map *mvh_map_alloc(u32 max, bool cached)
{
	struct mvh_map *map;

	map = mvh_alloc_array(1, struct_size(map, region, max));
	if (!map)
		return NULL;
	map->max = max;
	map->cached = cached;
	return map;
}

/**
 * mvh_map_free - free a map that nobody looks into any more
 * @map: the map or NULL
 */
void mvh_map_free(struct mvh_map *map)
{
	if (map)
		mvh_free(map->by_uaddr);
	mvh_free(map);
}

/* Index of the first region that ends at or after @addr; n if none does. */
static u32 mvh_map_find(const struct mvh_map *map, u64 addr)
{
	u32 lo = 0, hi = map->n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (map->region[mid].last < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * mvh_map_overlaps() - is anything in a range?
 * @start: first guest address
 * @last: last guest address, included
 *
 * Return: true if a region touches it.
 */
bool mvh_map_overlaps(const struct mvh_map *map, u64 start, u64 last)
{
	u32 i = mvh_map_find(map, start);

	return i < map->n && map->region[i].start <= last;
}

/* Put @add in its place; false if it overlaps a region. */
static bool mvh_map_add(struct mvh_map *map, const struct mvh_region *add)
{
	u32 i = mvh_map_find(map, add->start);

	if (mvh_map_overlaps(map, add->start, add->last))
		return false;
	memmove(&map->region[i + 1], &map->region[i],
		(map->n - i) * sizeof(*add));
	map->region[i] = *add;
	map->region[i].born = map->puts++;
	map->n++;
	return true;
}

static u64 mvh_region_ulast(const struct mvh_region *r)
{
	return r->uaddr + (r->last - r->start);
}

/* How many of the first @n by owner's address begin at or before @uaddr. */
static u32 mvh_map_rank(const struct mvh_map *map, u32 n, u64 uaddr)
{
	u32 lo = 0, hi = n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (map->region[map->by_uaddr[mid].region].uaddr <= uaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Put all regions into the order of owner's addresses.  Returns 0 or -ENOMEM. */
static int mvh_map_order(struct mvh_map *map)
{
	struct mvh_mapped *by;
	u64 reach = 0;
	u32 i, at;

	by = mvh_alloc_array(map->n, sizeof(*by));
	if (!by)
		return -ENOMEM;
	map->by_uaddr = by;
	for (i = 0; i < map->n; i++) {
		at = mvh_map_rank(map, i, map->region[i].uaddr);
		memmove(&by[at + 1], &by[at], (i - at) * sizeof(*by));
		by[at].region = i;
	}
	for (i = 0; i < map->n; i++) {
		reach = max(reach, mvh_region_ulast(&map->region[by[i].region]));
		by[i].reach = reach;
	}
	return 0;
}

/**
 * mvh_map_first_mapped - where to begin to look for what the owner has at an address
 * @map: a memory table
 * @uaddr: owner's address
 *
 * Return: the first entry of @by_uaddr that may hold it; none before it does.
 */
u32 mvh_map_first_mapped(const struct mvh_map *map, u64 uaddr)
{
	u32 lo = 0, hi = map->n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (map->by_uaddr[mid].reach < uaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * mvh_map_create() - a map for a memory table
 * @region: the table, in any order
 *
 * Return: the map, ERR_PTR(-ENOMEM), or ERR_PTR(-EFAULT) if
 * regions overlap or wrap.
 */
struct mvh_map *mvh_map_create(const struct mvh_region *region, u32 n)
{
	struct mvh_map *map = mvh_map_alloc(n, false);
	u32 i;

	if (!map)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < n; i++) {
		if (region[i].last < region[i].start ||
		    !mvh_map_add(map, &region[i])) {
			mvh_map_free(map);
			return ERR_PTR(-EFAULT);
		}
	}
	if (n && mvh_map_order(map)) {
		mvh_map_free(map);
		return ERR_PTR(-ENOMEM);
	}
	return map;
}

/**
 * mvh_map_create_cache - an empty map whose gaps may be asked for
 * @max: most regions, above 0
 *
 * Return: the map, or NULL.
 */
struct mvh_map *mvh_map_create_cache(u32 max)
{
	return mvh_map_alloc(max, true);
}

/**
 * mvh_map_copy - a map like another, with more room
 * @map: the other
 * @max: most regions, at least as many as there are
 *
 * Return: the copy, or NULL if there is no memory.
 */
struct mvh_map *mvh_map_copy(const struct mvh_map *map, u32 max)
{
	struct mvh_map *copy = mvh_map_alloc(max, map->cached);

	if (!copy)
		return NULL;
	copy->n = map->n;
	copy->puts = map->puts;
	memcpy(copy->region, map->region, map->n * sizeof(*map->region));
	return copy;
}

static void mvh_map_evict_oldest(struct mvh_map *map)
{
	u32 i, oldest = 0;

	for (i = 1; i < map->n; i++)
		if (map->puts - map->region[i].born >
		    map->puts - map->region[oldest].born)
			oldest = i;
	map->n--;
	memmove(&map->region[oldest], &map->region[oldest + 1],
		(map->n - oldest) * sizeof(*map->region));
}

/*
 * mvh_map_remove() - take translations out of a map
 * @start: first guest address
 * @last: last guest address, included
 *
 * Regions that are only touched go as a whole, as for vhost.
 */
void mvh_map_remove(struct mvh_map *map, u64 start, u64 last)
{
	u32 from = mvh_map_find(map, start), to = from;

	while (to < map->n && map->region[to].start <= last)
		to++;
	memmove(&map->region[from], &map->region[to],
		(map->n - to) * sizeof(*map->region));
	map->n -= to - from;
}

/**
 * mvh_map_put - an IOTLB update
 * @map: the map, a cache or with room for one more
 * @add: the region, whose last is not below its start; what it overlaps goes
 *
 * In a full cache the oldest region gives way.
 */
void mvh_map_put(struct mvh_map *map, const struct mvh_region *add)
{
	mvh_map_remove(map, add->start, add->last);
	if (map->n == map->max)
		mvh_map_evict_oldest(map);
	mvh_map_add(map, add);
}

/*
 * mvh_view_set() - look into a map from now on
 * @map: the map or NULL; the caller keeps it for as long as it is set
 */
void mvh_view_set(struct mvh_view *view, const struct mvh_map *map)
{
	view->map = map;
	view->hint = NULL;
}

/* The region that holds @addr, or NULL. */
static const struct mvh_region *mvh_view_find(struct mvh_view *view, u64 addr)
{
	const struct mvh_map *map = view->map;
	const struct mvh_region *r = view->hint;
	u32 i;

	if (likely(r && addr >= r->start && addr <= r->last))
		return r;
	i = mvh_map_find(map, addr);
	if (i == map->n || map->region[i].start > addr)
		return NULL;
	view->hint = &map->region[i];
	return view->hint;
}

static int mvh_view_miss(struct mvh_view *view, u64 addr, u8 access)
{
	if (!view->map->cached)
		return -EFAULT;
	view->miss = addr;
	view->miss_access = access;
	return -EAGAIN;
}

/*
 * mvh_view_translate() - find guest memory in the owner's address space
 * @addr: guest address
 * @len: bytes; 0 takes no piece and touches no map
 * @access: MVH_ACCESS_READ, MVH_ACCESS_WRITE, or both
 * @iov: where to put the pieces
 * @max: room there
 *
 * Return: number of pieces; -EAGAIN if a piece must be asked for, which @view
 * tells; -EFAULT if it is not guest memory or wraps; -EPERM if it may not be
 * accessed so; -ENOBUFS if there are more than @max pieces.
 */
int mvh_view_translate(struct mvh_view *view, u64 addr, u64 len, u8 access,
		       struct iovec *iov, unsigned int max)
{
	unsigned int n = 0;

	if (!len)
		return 0;
	if (!view->map || addr + len - 1 < addr)
		return -EFAULT;
	for (;;) {
		const struct mvh_region *r = mvh_view_find(view, addr);
		u64 piece;

		if (!r)
			return mvh_view_miss(view, addr, access);
		if ((r->access & access) != access)
			return -EPERM;
		if (n == max)
			return -ENOBUFS;
		/* No overflow: a piece that is the whole 2^64 cannot be. */
		piece = min(len - 1, r->last - addr) + 1;
		iov[n].iov_base = (void __user *)(uintptr_t)
				  (r->uaddr + (addr - r->start));
		iov[n].iov_len = piece;
		n++;
		len -= piece;
		if (!len)
			return n;
		addr += piece;
	}
}
