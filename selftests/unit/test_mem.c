// SPDX-License-Identifier: GPL-2.0
/*
 * Maps and views: tables, translation, and the cache that an IOTLB is.
 */
#include <stdlib.h>
#include "maps.h"
#include "unit.h"

#define R	MVH_ACCESS_READ
#define W	MVH_ACCESS_WRITE
#define RW	(R | W)

static struct mvh_region region(u64 start, u64 last, u64 uaddr)
{
	return (struct mvh_region) { start, last, uaddr, RW, 0 };
}

UNIT_TEST(test_map_empty, "map: an empty table holds nothing")
{
	struct mvh_map *map = maps_create(NULL, 0);
	struct mvh_view view;
	struct iovec iov;

	check(!IS_ERR(map));
	mvh_view_set(&view, map);
	check_eq(maps_look(&view, 0, 1, R, &iov, 1), -EFAULT);
	check_eq(maps_look(&view, ~0ULL, 1, R, &iov, 1), -EFAULT);
	check_eq(maps_look(&view, 0, 0, R, &iov, 1), 0);
	maps_free(map);
	maps_free(NULL);
}

/* 509 regions in random order are found again (SET_MEM_TABLE's bound). */
UNIT_TEST(test_map_order, "map: 509 regions given in any order")
{
	struct mvh_region table[509];
	struct mvh_view view;
	struct mvh_map *map;
	struct iovec iov;
	unsigned int i;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 509; i++)
		table[i] = region(i * 0x3000, i * 0x3000 + 0x1fff, i << 20);
	for (i = 508; i; i--) {
		unsigned int k = unit_rand_below(i + 1);
		struct mvh_region tmp = table[i];

		table[i] = table[k];
		table[k] = tmp;
	}
	map = maps_create(table, 509);
	check(!IS_ERR(map));
	check_eq(map->n, 509);
	check(!map->cached);
	mvh_view_set(&view, map);
	for (i = 0; i < 509 * 3; i++) {
		u64 addr = i * 0x1000 + 5;
		bool in = i % 3 < 2;
		int n = maps_look(&view, addr, 1, R, &iov, 1);

		check_eq(n, in ? 1 : -EFAULT);
		if (in)
			check_eq((uintptr_t)iov.iov_base,
				 (i / 3 << 20) + addr % 0x3000);
	}
	maps_free(map);
}

/* All pairs of small intervals. */
UNIT_TEST(test_map_overlap, "map: tables with regions that overlap, touch, or are reversed")
{
	unsigned int a, b, c, d;

	for (a = 0; a < 6; a++)
	for (b = 0; b < 6; b++)
	for (c = 0; c < 6; c++)
	for (d = 0; d < 6; d++) {
		struct mvh_region table[] = { region(a, b, 0), region(c, d, 0) };
		bool bad = b < a || d < c || (a <= d && c <= b);
		struct mvh_map *map = maps_create(table, 2);

		check_eq(IS_ERR(map), bad);
		if (bad) {
			check_eq(PTR_ERR(map), -EFAULT);
			continue;
		}
		maps_free(map);
	}
	check_eq(env.live, 0);
}

UNIT_TEST(test_map_ends, "SP12 map: the first and the last byte of the address space")
{
	struct mvh_region table[] = {
		region(0, 0, 0x100), region(~0ULL, ~0ULL, 0x200),
	};
	struct mvh_map *map = maps_create(table, 2);
	struct mvh_view view;
	struct iovec iov[2];

	mvh_view_set(&view, map);
	check_eq(maps_look(&view, 0, 1, R, iov, 2), 1);
	check_eq((uintptr_t)iov[0].iov_base, 0x100);
	check_eq(maps_look(&view, ~0ULL, 1, R, iov, 2), 1);
	check_eq((uintptr_t)iov[0].iov_base, 0x200);
	check_eq(maps_look(&view, ~0ULL, 2, R, iov, 2), -EFAULT);
	check_eq(maps_look(&view, 0, ~0ULL, R, iov, 2), -EFAULT);
	check_eq(maps_look(&view, 1, ~0ULL, R, iov, 2), -EFAULT);
	check_eq(maps_look(&view, 2, ~0ULL, R, iov, 2), -EFAULT);
	maps_free(map);
}

UNIT_TEST(test_map_whole, "SP12 map: one region that is everything")
{
	struct mvh_region all = region(0, ~0ULL, 0);
	struct mvh_map *map = maps_create(&all, 1);
	struct mvh_view view;
	struct iovec iov;

	mvh_view_set(&view, map);
	check_eq(maps_look(&view, 0, ~0ULL, RW, &iov, 1), 1);
	check_eq(iov.iov_len, ~0ULL);
	check_eq(maps_look(&view, 1, ~0ULL, RW, &iov, 1), 1);
	check_eq((uintptr_t)iov.iov_base, 1);
	check_eq(iov.iov_len, ~0ULL);
	check_eq(maps_look(&view, 2, ~0ULL, RW, &iov, 1), -EFAULT);
	maps_free(map);
}

/* A model of 64 addresses, each with an owner's address and rights. */
struct model {
	bool there[64];
	u64 uaddr[64];
	u8 access[64];
};

/* What translation must say, found address by address. */
static int model_translate(const struct model *m, u64 addr, u64 len, u8 access,
			   struct iovec *iov, unsigned int max, bool cached,
			   u64 *miss)
{
	unsigned int n = 0;
	u64 i;

	for (i = addr; i < addr + len; i++) {
		bool joins = n && i > addr && m->there[i - 1] &&
			     m->uaddr[i] == m->uaddr[i - 1] + 1 &&
			     m->access[i] == m->access[i - 1];

		if (!m->there[i]) {
			*miss = i;
			return cached ? -EAGAIN : -EFAULT;
		}
		if ((m->access[i] & access) != access)
			return -EPERM;
		if (joins) {
			iov[n - 1].iov_len++;
			continue;
		}
		if (n == max)
			return -ENOBUFS;
		iov[n].iov_base = (void *)(uintptr_t)m->uaddr[i];
		iov[n++].iov_len = 1;
	}
	return n;
}

static void model_set(struct model *m, const struct mvh_region *r)
{
	u64 i;

	for (i = r->start; i <= r->last; i++) {
		m->there[i] = true;
		m->uaddr[i] = r->uaddr + (i - r->start);
		m->access[i] = r->access;
	}
}

static void compare(struct mvh_view *view, const struct model *m, bool cached)
{
	struct iovec got[64], want[64];
	unsigned int addr, len, max;
	u8 access;

	for (addr = 0; addr < 60; addr++)
	for (len = 1; len < 60 - addr; len += 1 + len / 8) {
		u64 miss = ~0ULL;
		int n;

		access = 1 + unit_rand_below(3);
		max = unit_rand_below(2) ? 64 : unit_rand_below(4);
		n = model_translate(m, addr, len, access, want, max, cached,
				    &miss);
		view->miss = ~0ULL;
		check_eq(maps_look(view, addr, len, access, got, max), n);
		if (n == -EAGAIN) {
			check_eq(view->miss, miss);
			check_eq(view->miss_access, access);
		}
		if (n > 0)
			check(!memcmp(got, want, n * sizeof(*got)));
	}
}

/* Regions of random size and gaps; owner's addresses never continue. */
UNIT_TEST(test_translate, "SP12 HO11 view: random tables against a model, byte by byte")
{
	unsigned int round;

	for (round = 0; round < 300; round++) {
		struct mvh_region table[32];
		struct model m = {};
		struct mvh_view view;
		struct mvh_map *map;
		u64 at = 0;
		u32 n = 0;

		unit_rand_seed(unit_seed(round));
		for (at = unit_rand_below(3); at < 56 && n < 32; n++) {
			table[n] = region(at, at + unit_rand_below(6),
					  1000 + 100 * n);
			table[n].access = 1 + unit_rand_below(3);
			model_set(&m, &table[n]);
			at = table[n].last + 1 + unit_rand_below(2);
		}
		map = maps_create(table, n);
		mvh_view_set(&view, map);
		compare(&view, &m, false);
		maps_free(map);
	}
}

/* What overlaps an update goes, as a whole; invalidations likewise. */
static void model_touch(struct model *m, struct mvh_region *list, u32 *n,
			u64 start, u64 last)
{
	u32 i = 0;

	while (i < *n) {
		if (list[i].start > last || list[i].last < start) {
			i++;
			continue;
		}
		memset(&m->there[list[i].start], 0,
		       list[i].last - list[i].start + 1);
		list[i] = list[--*n];
	}
}

UNIT_TEST(test_cache, "HO9 cache: random updates and invalidations against a model")
{
	unsigned int round, step;

	for (round = 0; round < 60; round++) {
		struct mvh_map *map = maps_create_cache(64);
		struct mvh_region list[64], add;
		struct model m = {};
		struct mvh_view view;
		u32 n = 0;

		unit_rand_seed(unit_seed(round));
		check(map->cached);
		for (step = 0; step < 60; step++) {
			u64 start = unit_rand_below(56);
			u64 last = start + unit_rand_below(8);

			model_touch(&m, list, &n, start, last);
			add = region(start, last, 1000 + 100 * step);
			add.access = 1 + unit_rand_below(3);
			if (unit_rand_below(3)) {
				maps_put(map, &add);
				model_set(&m, &add);
				list[n++] = add;
			} else {
				maps_remove(map, start, last);
			}
			check(map->cached);
			check_eq(map->n, n);
			mvh_view_set(&view, map);
			if (step % 10 == 9)
				compare(&view, &m, true);
		}
		maps_free(map);
	}
}

UNIT_TEST(test_cache_bounds, "HO9 cache: whole address space, first and last byte")
{
	struct mvh_map *map = maps_create_cache(10);
	struct mvh_region r[] = {
		region(0, ~0ULL, 0), region(~0ULL, ~0ULL, 5),
		region(0, 0, 6), region(1, ~0ULL - 1, 7),
	};
	static const u32 n[] = { 1, 1, 2, 3 };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		maps_put(map, &r[i]);
		check_eq(map->n, n[i]);
	}
	maps_remove(map, ~0ULL, ~0ULL);
	check_eq(map->n, 2);
	maps_remove(map, 0, ~0ULL);
	check_eq(map->n, 0);
	maps_free(map);
}

/* By age, wherever they lie; what is put again is young again. */
UNIT_TEST(test_cache_evict, "HO9 cache: never above its limit, the oldest gives way")
{
	unsigned int limit, step, i;

	for (limit = 1; limit < 9; limit++) {
		struct mvh_map *map = maps_create_cache(limit);

		/* Ages that wrap. */
		map->puts = -100;
		for (step = 0; step < 200; step++) {
			u64 at = step * 37 % 200 * 16;
			struct mvh_region add = region(at, at + 15, step);

			maps_put(map, &add);
			check_eq(map->n, min(step + 1, limit));
			for (i = 0; i < map->n; i++)
				check(step - map->region[i].uaddr < limit);
		}
		maps_free(map);
	}
}

UNIT_TEST(test_cache_renew, "HO9 cache: a translation that is given again is the youngest")
{
	struct mvh_map *map = maps_create_cache(3);
	struct mvh_region r[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		r[i] = region(100 * i, 100 * i + 9, i);
	for (i = 0; i < 3; i++)
		maps_put(map, &r[i]);
	maps_put(map, &r[0]);
	maps_put(map, &r[3]);
	check_eq(map->n, 3);
	check_eq(map->region[0].start, 0);
	check_eq(map->region[1].start, 200);
	check_eq(map->region[2].start, 300);
	maps_free(map);
}

/* An update costs what lies behind it, and no memory. */
UNIT_TEST(test_cache_in_place, "HO9 cache: an update allocates nothing")
{
	struct mvh_map *map = maps_create_cache(8);
	unsigned long allocs = env.n[ENV_ALLOC];
	struct mvh_region add;
	u64 i;

	for (i = 0; i < 100; i++) {
		add = region(i * 16, i * 16 + 15, i);
		maps_put(map, &add);
	}
	check_eq(env.n[ENV_ALLOC], allocs);
	maps_free(map);
}

UNIT_TEST(test_map_alloc, "map: no memory, at every allocation")
{
	struct mvh_region r = region(0, 15, 0);
	struct mvh_map *map;

	env_fail_nth(ENV_ALLOC, 1);
	check_eq(PTR_ERR(maps_create(&r, 1)), -ENOMEM);
	env_fail_nth(ENV_ALLOC, 2);
	check_eq(PTR_ERR(maps_create(&r, 1)), -ENOMEM);
	env_fail_nth(ENV_ALLOC, 1);
	check(!maps_create_cache(1));
	map = maps_create_cache(1);
	env_fail_nth(ENV_ALLOC, 1);
	check(!maps_copy(map, 2));
	maps_free(map);
}

/* What a batch of IOTLB messages begins with. */
UNIT_TEST(test_map_copy, "VD3 map: a copy is like the other, and lives on its own")
{
	static const u32 sizes[] = { 0, 1, 2, 509, 4096 };
	unsigned int k, cached;

	for (k = 0; k < ARRAY_SIZE(sizes); k++)
	for (cached = 0; cached < 2; cached++) {
		u64 i, n = sizes[k], max = cached && n ? max(n - 1, 1ull) : n + !n;
		struct mvh_map *map, *copy, *none = NULL;
		struct mvh_region add;

		if (cached) {
			map = maps_create_cache(max);
		} else {
			none = maps_create(NULL, 0);
			map = maps_copy(none, max);
		}

		for (i = 0; i < n; i++) {
			add = region(i * 32, i * 32 + 15, i << 20);
			add.access = 1 + i % 3;
			maps_put(map, &add);
		}
		copy = maps_copy(map, max + 1);
		check(copy && copy != map);
		check_eq(copy->n, map->n);
		check_eq(copy->cached, cached);
		check_eq(copy->max, max + 1);
		check_eq(copy->puts, map->puts);
		check(!memcmp(copy->region, map->region,
			      map->n * sizeof(*map->region)));
		/* Nothing done to one shows in the other. */
		maps_remove(copy, 0, ~0ULL);
		check_eq(copy->n, 0);
		check_eq(map->n, cached && n > 1 ? n - 1 : n);
		add = region(0, 0, 1);
		maps_put(copy, &add);
		maps_free(none);
		maps_free(map);
		maps_free(copy);
	}
	check_eq(env.live, 0);
}

/* All small maps and ranges, and the ends of the address space. */
UNIT_TEST(test_map_overlaps, "VD3 map: is anything in a range, byte by byte")
{
	unsigned int bits, start, last, i;

	for (bits = 0; bits < 1 << 8; bits++) {
		struct mvh_region table[8];
		struct mvh_map *map;
		u32 n = 0;

		/* Regions of two bytes, adjoining or not. */
		for (i = 0; i < 8; i++)
			if (bits & 1 << i)
				table[n++] = region(2 * i + 1, 2 * i + 2, i);
		map = maps_create(table, n);
		for (start = 0; start < 20; start++)
		for (last = start; last < 20; last++) {
			bool hit = false;

			for (i = start; i <= last; i++)
				hit |= i >= 1 && i <= 16 &&
				       bits & 1 << (i - 1) / 2;
			check_eq(mvh_map_overlaps(map, start, last), hit);
		}
		check_eq(mvh_map_overlaps(map, 0, ~0ULL), n > 0);
		check_eq(mvh_map_overlaps(map, 17, ~0ULL), false);
		check_eq(mvh_map_overlaps(map, ~0ULL, ~0ULL), false);
		maps_free(map);
	}
}

UNIT_TEST(test_map_overlaps_ends, "VD3 map: overlaps at the ends of the address space")
{
	struct mvh_region table[] = {
		region(0, 0, 0), region(~0ULL, ~0ULL, 0),
	};
	struct mvh_region all = region(0, ~0ULL, 0);
	struct mvh_map *map = maps_create(table, 2);

	check(mvh_map_overlaps(map, 0, 0));
	check(!mvh_map_overlaps(map, 1, ~0ULL - 1));
	check(mvh_map_overlaps(map, 1, ~0ULL));
	check(mvh_map_overlaps(map, ~0ULL, ~0ULL));
	maps_free(map);
	map = maps_create(&all, 1);
	check(mvh_map_overlaps(map, 0, 0));
	check(mvh_map_overlaps(map, 1ULL << 40, 1ULL << 40));
	check(mvh_map_overlaps(map, ~0ULL, ~0ULL));
	maps_free(map);
}

/* The hint of one map must not outlive it. */
UNIT_TEST(test_view_hint, "view: the hint serves, and does not survive a change of map")
{
	struct mvh_region table[] = {
		region(0, 15, 100), region(16, 31, 200), region(64, 79, 300),
	};
	struct mvh_map *big = maps_create(table, 3);
	struct mvh_map *small = maps_create(table, 1);
	struct mvh_view view;
	struct iovec iov[2];

	mvh_view_set(&view, big);
	check_eq(maps_look(&view, 70, 1, R, iov, 2), 1);
	check(view.hint == &big->region[2]);
	check_eq((uintptr_t)iov[0].iov_base, 306);
	check_eq(maps_look(&view, 79, 1, R, iov, 2), 1);
	check_eq(maps_look(&view, 80, 1, R, iov, 2), -EFAULT);
	check_eq(maps_look(&view, 63, 1, R, iov, 2), -EFAULT);
	check_eq(maps_look(&view, 15, 2, R, iov, 2), 2);
	check(view.hint == &big->region[1]);
	mvh_view_set(&view, small);
	check(!view.hint);
	check_eq(maps_look(&view, 3, 1, R, iov, 2), 1);
	check_eq((uintptr_t)iov[0].iov_base, 103);
	maps_free(big);
	maps_free(small);
}
