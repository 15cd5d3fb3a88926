// SPDX-License-Identifier: GPL-2.0
/*
 * See naive.h.
 */
#include "naive.h"
#include "unit.h"

/* Pieces that a translation is compared in. */
#define NAIVE_IOV	16

const struct mvh_region *naive_find(const struct naive *m, u64 addr)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (addr >= m->region[i].start && addr <= m->region[i].last)
			return &m->region[i];
	return NULL;
}

static bool naive_touches(const struct mvh_region *r, u64 start, u64 last)
{
	return r->start <= last && r->last >= start;
}

bool naive_overlaps(const struct naive *m, u64 start, u64 last)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (naive_touches(&m->region[i], start, last))
			return true;
	return false;
}

/* What is only touched goes as a whole. */
void naive_remove(struct naive *m, u64 start, u64 last)
{
	unsigned int i = 0;

	while (i < m->n) {
		if (naive_touches(&m->region[i], start, last))
			m->region[i] = m->region[--m->n];
		else
			i++;
	}
}

void naive_add(struct naive *m, const struct mvh_region *r)
{
	check(m->n < NAIVE_MAX);
	m->region[m->n++] = *r;
}

/* As mvh_view_translate(); @miss is where -EAGAIN happened. */
int naive_translate(const struct naive *m, u64 addr, u64 len, u8 access,
		    struct iovec *iov, unsigned int max, u64 *miss)
{
	unsigned int n = 0;

	if (len && len - 1 > U64_MAX - addr)
		return -EFAULT;
	while (len) {
		const struct mvh_region *r = naive_find(m, addr);
		u64 piece;

		*miss = addr;
		if (!r)
			return m->cached ? -EAGAIN : -EFAULT;
		if (access & ~r->access)
			return -EPERM;
		if (n == max)
			return -ENOBUFS;
		piece = len;
		if (piece - 1 > r->last - addr)
			piece = r->last - addr + 1;
		iov[n].iov_base = (void *)(uintptr_t)(r->uaddr + addr - r->start);
		iov[n++].iov_len = piece;
		addr += piece;
		len -= piece;
	}
	return n;
}

/* Be like @map. */
void naive_take(struct naive *m, const struct mvh_map *map)
{
	check(map->n <= NAIVE_MAX);
	m->n = map->n;
	memcpy(m->region, map->region, map->n * sizeof(*map->region));
}

static bool naive_has(const struct naive *m, const struct mvh_region *r)
{
	const struct mvh_region *own = naive_find(m, r->start);

	return own && own->start == r->start && own->last == r->last &&
	       own->uaddr == r->uaddr && own->access == r->access;
}

/**
 * naive_check - is a map what it should be?
 * @m: what it should be
 * @map: the map
 */
void naive_check(const struct naive *m, const struct mvh_map *map)
{
	u32 i;

	check_eq(map->n, m->n);
	check_eq(map->cached, m->cached);
	for (i = 0; i < map->n; i++) {
		check(naive_has(m, &map->region[i]));
		if (i)
			check(map->region[i - 1].last < map->region[i].start);
	}
}

/**
 * naive_insert - follow mvh_map_put()
 * @m: the map before
 * @got: what became of it
 * @add: what was added
 * @limit: most regions
 *
 * Which regions give way to a limit is not told here, only that no more do than
 * must, and not the new one.
 */
void naive_insert(struct naive *m, const struct mvh_map *got,
		  const struct mvh_region *add, u32 limit)
{
	u32 i;

	naive_remove(m, add->start, add->last);
	naive_add(m, add);
	if (m->n > limit) {
		check_eq(got->n, limit);
		for (i = 0; i < got->n; i++)
			check(naive_has(m, &got->region[i]));
		naive_take(m, got);
		check(naive_has(m, add));
	}
	naive_check(m, got);
}

/**
 * naive_check_view - does a view find what it should?
 * @m: what there is
 * @view: the view
 * @addr: guest address
 * @len: bytes
 * @access: MVH_ACCESS_*, and in the other bits how many pieces there is room for
 */
void naive_check_view(const struct naive *m, struct mvh_view *view, u64 addr,
		      u64 len, u8 access)
{
	struct iovec got[NAIVE_IOV], want[NAIVE_IOV];
	unsigned int max = (access >> 2) % (NAIVE_IOV + 1);
	u64 miss;
	int n;

	access &= MVH_ACCESS_READ | MVH_ACCESS_WRITE;
	n = naive_translate(m, addr, len, access, want, max, &miss);
	check_eq(mvh_view_translate(view, addr, len, access, got, max), n);
	if (n > 0)
		check(!memcmp(got, want, n * sizeof(*got)));
	if (n == -EAGAIN) {
		check_eq(view->miss, miss);
		check_eq(view->miss_access, access);
	}
}
