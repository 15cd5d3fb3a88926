// SPDX-License-Identifier: GPL-2.0
/*
 * Memory tables and maps against a naive list: what is refused, what is found,
 * what gives way.
 */
#include "fuzz.h"
#include "naive.h"

#define TABLE_MAX	12

static struct mvh_region some_region(void)
{
	u64 start = fuzz_addr();

	/* All there is, whose length is no number. */
	if (!(fuzz_u8() % 16))
		return (struct mvh_region) { 0, U64_MAX, 0, fuzz_u8() & 3 };
	return (struct mvh_region) {
		.start = start,
		.last = start + fuzz_span(),
		.uaddr = fuzz_edge(),
		.access = fuzz_u8() & 3,
	};
}

/* Make a map and its model; NULL if the table is refused, as it must be. */
static struct mvh_map *some_map(struct naive *m)
{
	unsigned int n = fuzz_u8() % (TABLE_MAX + 1), i;
	struct mvh_region table[TABLE_MAX];
	struct mvh_map *map;
	bool bad = false;

	for (i = 0; i < n; i++) {
		table[i] = some_region();
		bad |= table[i].last < table[i].start ||
		       naive_overlaps(m, table[i].start, table[i].last);
		naive_add(m, &table[i]);
	}
	map = mvh_map_create(table, n);
	check_eq(IS_ERR(map), bad);
	if (!bad)
		return map;
	check_eq(PTR_ERR(map), -EFAULT);
	return NULL;
}

/* The old map stays what it was, whatever becomes of the new one. */
static struct mvh_map *insert(struct mvh_map *map, struct naive *m)
{
	struct mvh_region add = some_region();
	u32 limit = 1 + fuzz_u8() % 16;
	struct mvh_map *new;

	if (add.last < add.start || m->n == NAIVE_MAX)
		return map;
	if (!(fuzz_u8() % 8)) {
		env_fail_nth(ENV_ALLOC, 1);
		check(!mvh_map_insert(map, &add, limit));
		naive_check(m, map);
		return map;
	}
	new = mvh_map_insert(map, &add, limit);
	naive_check(m, map);
	/* Several may go at once where the limit is lower than it was. */
	naive_insert(m, new, &add, limit);
	mvh_map_free(map);
	return new;
}

static struct mvh_map *copy(struct mvh_map *map, struct naive *m)
{
	struct mvh_map *new = mvh_map_copy(map);

	naive_check(m, new);
	mvh_map_free(map);
	return new;
}

static void take_out(struct mvh_map *map, struct naive *m)
{
	u64 start = fuzz_addr(), last = start + fuzz_span();

	if (last < start)
		return;
	check_eq(mvh_map_overlaps(map, start, last),
		 naive_overlaps(m, start, last));
	mvh_map_remove(map, start, last);
	naive_remove(m, start, last);
	naive_check(m, map);
}

static struct mvh_map *turn(struct mvh_map *map, struct naive *m)
{
	switch (fuzz_u8() % 8) {
	case 0:
		take_out(map, m);
		return map;
	case 1:
		return copy(map, m);
	default:
		return insert(map, m);
	}
}

void fuzz_one(void)
{
	struct naive m = { .cached = fuzz_u8() & 1 };
	struct mvh_map *map = m.cached ? mvh_map_create_cache() : some_map(&m);
	struct mvh_view view;

	if (!map)
		return;
	naive_check(&m, map);
	mvh_view_set(&view, map);
	while (fuzz_more()) {
		u8 what = fuzz_u8();

		if (what & 3) {
			u64 addr = fuzz_addr(), len = fuzz_span();

			naive_check_view(&m, &view, addr, len, what);
			continue;
		}
		map = turn(map, &m);
		mvh_view_set(&view, map);
	}
	mvh_map_free(map);
}
