// SPDX-License-Identifier: GPL-2.0
/*
 * See maps.h.
 */
#include "case.h"
#include "maps.h"
#include "seed.h"
#include "unit.h"

/**
 * struct maps - the life that goes on
 * @mem: where it is written for the fuzzer of maps, or NULL
 * @io: likewise for that of IOTLB messages
 * @batch: messages are being collected
 * @n_looks: looks since the last change
 */
struct maps {
	struct code *mem;
	struct code *io;
	bool batch;
	unsigned int n_looks;
};

static struct maps maps;

static void maps_did(struct case_map m, struct case_io io)
{
	if (maps.mem)
		case_map(maps.mem, &m);
	if (maps.io)
		case_io(maps.io, &io);
	if (m.kind != CASE_MAP_LOOK)
		maps.n_looks = 0;
}

/* The size of everything is no number. */
static struct case_io maps_msg(enum case_io_kind kind,
			       const struct mvh_region *r)
{
	return (struct case_io) {
		.kind = kind,
		.iova = r->start,
		.size = r->last - r->start + 1 ?: U64_MAX,
		.uaddr = r->uaddr,
		.perm = r->access,
	};
}

static void maps_check(const struct mvh_map *map)
{
	u32 i;

	for (i = 0; i < map->n; i++) {
		check(map->region[i].start <= map->region[i].last);
		if (i)
			check(map->region[i - 1].last < map->region[i].start);
	}
}

static void maps_begin(struct case_table *t)
{
	static struct seeds mem = { .target = "mem" };
	static struct seeds iotlb = { .target = "iotlb" };
	bool vdpa = !t->cached;
	struct case_io msg;
	unsigned int i;

	maps = (struct maps) { .mem = seed_new(&mem), .io = seed_new(&iotlb) };
	if (maps.mem)
		case_table(maps.mem, t);
	if (!maps.io)
		return;
	case_io_vdpa(maps.io, &vdpa);
	for (i = 0; i < t->n; i++) {
		msg = maps_msg(CASE_IO_UPDATE, &t->region[i]);
		case_io(maps.io, &msg);
	}
}

struct mvh_map *maps_create(const struct mvh_region *region, u32 n)
{
	struct case_table t = { .n = min(n, (u32)CASE_TABLE_MAX) };
	struct mvh_map *map = mvh_map_create(region, n);

	if (n)
		memcpy(t.region, region, t.n * sizeof(*region));
	maps_begin(&t);
	if (!IS_ERR(map))
		maps_check(map);
	return map;
}

struct mvh_map *maps_create_cache(u32 max)
{
	struct case_table t = { .cached = true };

	maps_begin(&t);
	return mvh_map_create_cache(max);
}

/* What a batch of IOTLB messages begins with. */
struct mvh_map *maps_copy(const struct mvh_map *map, u32 max)
{
	maps_did((struct case_map) { .kind = CASE_MAP_COPY },
		 (struct case_io) { .kind = CASE_IO_BEGIN });
	maps.batch = true;
	return mvh_map_copy(map, max);
}

void maps_put(struct mvh_map *map, const struct mvh_region *add)
{
	mvh_map_put(map, add);
	maps_did((struct case_map) {
			.kind = CASE_MAP_INSERT, .region = *add,
			.limit = map->max,
		 }, maps_msg(CASE_IO_UPDATE, add));
	maps_check(map);
	check(map->n <= map->max);
}

void maps_remove(struct mvh_map *map, u64 start, u64 last)
{
	struct mvh_region r = { .start = start, .last = last };

	mvh_map_remove(map, start, last);
	maps_did((struct case_map) { .kind = CASE_MAP_REMOVE, .region = r },
		 maps_msg(CASE_IO_INVALIDATE, &r));
	maps_check(map);
}

/* Of a map and its copy one goes when the batch ends. */
void maps_free(struct mvh_map *map)
{
	struct case_io end = { .kind = CASE_IO_END };

	if (maps.batch && maps.io)
		case_io(maps.io, &end);
	maps.batch = false;
	mvh_map_free(map);
}

/* As mvh_view_translate().  Of many looks in a row few are kept for the fuzzers. */
int maps_look(struct mvh_view *view, u64 addr, u64 len, u8 access,
	      struct iovec *iov, unsigned int max)
{
	unsigned int n = maps.n_looks++;
	u8 how = min(max, 63U) << 2 | access;

	if (!(n & (n - 1)))
		maps_did((struct case_map) {
				.kind = CASE_MAP_LOOK, .addr = addr, .len = len,
				.how = how,
			 },
			 (struct case_io) {
				.kind = CASE_IO_LOOK, .iova = addr, .size = len,
				.uaddr = addr, .perm = how, .view = n,
			 });
	return mvh_view_translate(view, addr, len, access, iov, max);
}
