// SPDX-License-Identifier: GPL-2.0
/*
 * Memory tables and maps against a naive list: what is refused, what is found,
 * what gives way.
 */
#include "case.h"
#include "fuzz.h"
#include "naive.h"

/* Make a map and its model; NULL if the table is refused, as it must be. */
static struct mvh_map *some_map(struct naive *m)
{
	struct case_table t = {};
	struct mvh_map *map;
	unsigned int i;
	bool bad = false;

	case_table(&fuzz_input, &t);
	m->cached = t.cached;
	if (t.cached)
		return mvh_map_create_cache(1);
	for (i = 0; i < t.n; i++) {
		const struct mvh_region *r = &t.region[i];

		bad |= r->last < r->start ||
		       naive_overlaps(m, r->start, r->last);
		naive_add(m, r);
	}
	map = mvh_map_create(t.region, t.n);
	check_eq(IS_ERR(map), bad);
	if (!bad)
		return map;
	check_eq(PTR_ERR(map), -EFAULT);
	return NULL;
}

/* Into a copy with another limit; the map stays what it was. */
static struct mvh_map *insert(struct mvh_map *map, struct naive *m,
			      const struct case_map *step)
{
	u32 max = map->cached ? max(step->limit, map->n) : map->n + 1;
	const struct mvh_region *add = &step->region;
	struct mvh_map *new;

	if (add->last < add->start || m->n == NAIVE_MAX)
		return map;
	if (step->fails) {
		env_fail_nth(ENV_ALLOC, 1);
		check(!mvh_map_copy(map, max));
		naive_check(m, map);
		return map;
	}
	new = mvh_map_copy(map, max);
	mvh_map_put(new, add);
	naive_check(m, map);
	naive_insert(m, new, add, max);
	mvh_map_free(map);
	return new;
}

static struct mvh_map *copy(struct mvh_map *map, struct naive *m)
{
	struct mvh_map *new = mvh_map_copy(map, map->max);

	naive_check(m, new);
	mvh_map_free(map);
	return new;
}

static void take_out(struct mvh_map *map, struct naive *m, u64 start, u64 last)
{
	if (last < start)
		return;
	check_eq(mvh_map_overlaps(map, start, last),
		 naive_overlaps(m, start, last));
	mvh_map_remove(map, start, last);
	naive_remove(m, start, last);
	naive_check(m, map);
}

/* Do a step that may change the map. */
static struct mvh_map *turn(struct mvh_map *map, struct naive *m,
			    const struct case_map *step)
{
	switch (step->kind) {
	case CASE_MAP_REMOVE:
		take_out(map, m, step->region.start, step->region.last);
		return map;
	case CASE_MAP_COPY:
		return copy(map, m);
	default:
		return insert(map, m, step);
	}
}

void fuzz_one(void)
{
	struct naive m = {};
	struct mvh_map *map = some_map(&m);
	struct mvh_view view;

	if (!map)
		return;
	naive_check(&m, map);
	mvh_view_set(&view, map);
	while (fuzz_more()) {
		struct case_map step = {};

		case_map(&fuzz_input, &step);
		if (step.kind == CASE_MAP_LOOK) {
			naive_check_view(&m, &view, step.addr, step.len,
					 step.how);
			continue;
		}
		map = turn(map, &m, &step);
		mvh_view_set(&view, map);
	}
	mvh_map_free(map);
}
