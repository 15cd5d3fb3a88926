// SPDX-License-Identifier: GPL-2.0
/*
 * IOTLB messages of both dialects against a naive list: what cdev_msg.c and
 * dev_iotlb.c do with maps, with limits that an input can reach.
 */
#include "case.h"
#include "fuzz.h"
#include "naive.h"

#define CACHE_MAX	6
#define SPACE_MAX	10
#define VIEWS		2

/**
 * struct io - the translations of a device
 * @vdpa: all there is, instead of a cache
 * @iotlb: what is in use
 * @batch: what is being collected, or NULL
 * @view: of the queues
 * @now: what @iotlb must be
 * @then: what @batch must be
 */
struct io {
	bool vdpa;
	struct mvh_map *iotlb;
	struct mvh_map *batch;
	struct mvh_view view[VIEWS];
	struct naive now;
	struct naive then;
};

static void refresh(struct io *io)
{
	unsigned int i;

	for (i = 0; i < VIEWS; i++)
		mvh_view_set(&io->view[i], io->iotlb);
}

/* Views use the old map until it is replaced. */
static void publish(struct io *io, struct mvh_map *map)
{
	struct mvh_map *old = io->iotlb;

	naive_check(&io->now, old);
	io->iotlb = map;
	refresh(io);
	mvh_map_free(old);
}

static int begin(struct io *io)
{
	if (!io->vdpa || io->batch)
		return -EINVAL;
	io->batch = mvh_map_copy(io->iotlb, io->iotlb->max);
	io->then = io->now;
	return 0;
}

static int end(struct io *io)
{
	if (!io->batch)
		return -EINVAL;
	publish(io, io->batch);
	io->now = io->then;
	io->batch = NULL;
	return 0;
}

static int cache_update(struct io *io, const struct mvh_region *r)
{
	mvh_map_put(io->iotlb, r);
	refresh(io);
	naive_insert(&io->now, io->iotlb, r, CACHE_MAX);
	return 0;
}

static int space_update(struct io *io, const struct mvh_region *r)
{
	struct mvh_map *old = io->batch ?: io->iotlb, *map;
	struct naive *m = io->batch ? &io->then : &io->now;
	bool overlaps = mvh_map_overlaps(old, r->start, r->last);

	check_eq(overlaps, naive_overlaps(m, r->start, r->last));
	if (overlaps)
		return -EEXIST;
	if (old->n >= SPACE_MAX)
		return -ENOSPC;
	map = old->n < old->max ? old : mvh_map_copy(old, 2 * old->n + 1);
	if (map != old && !io->batch)
		publish(io, map);
	if (map != old && io->batch) {
		mvh_map_free(old);
		io->batch = map;
	}
	mvh_map_put(map, r);
	refresh(io);
	naive_add(m, r);
	naive_check(m, map);
	return 0;
}

static int update(struct io *io, const struct case_io *msg)
{
	struct mvh_region r = {
		.start = msg->iova,
		.last = msg->iova + msg->size - 1,
		.uaddr = msg->uaddr,
		.access = msg->perm,
	};

	if (r.last < r.start || !msg->perm || msg->perm > 3)
		return -EFAULT;
	return io->vdpa ? space_update(io, &r) : cache_update(io, &r);
}

static int invalidate(struct io *io, const struct case_io *msg)
{
	u64 last = msg->iova + msg->size - 1;

	if (last < msg->iova)
		return -EFAULT;
	if (io->batch) {
		mvh_map_remove(io->batch, msg->iova, last);
		naive_remove(&io->then, msg->iova, last);
		return 0;
	}
	mvh_map_remove(io->iotlb, msg->iova, last);
	naive_remove(&io->now, msg->iova, last);
	refresh(io);
	return 0;
}

static int process(struct io *io, const struct case_io *msg)
{
	switch (msg->kind) {
	case CASE_IO_BEGIN:
		return begin(io);
	case CASE_IO_END:
		return end(io);
	case CASE_IO_INVALIDATE:
		return msg->size ? invalidate(io, msg) : -EINVAL;
	default:
		return msg->size ? update(io, msg) : -EINVAL;
	}
}

/* A queue looks; if it misses, the answer brings it further. */
static void look(struct io *io, const struct case_io *at)
{
	struct mvh_view *view = &io->view[at->view % VIEWS];
	u8 access = at->perm & 3;
	struct case_io answer;
	struct iovec iov;

	naive_check_view(&io->now, view, at->iova, at->size, at->perm);
	if (mvh_view_translate(view, at->iova, at->size, access, &iov, 1) !=
	    -EAGAIN)
		return;
	answer = (struct case_io) {
		.iova = view->miss & ~7ULL, .size = 8, .uaddr = at->uaddr,
		.perm = view->miss_access ?: 1,
	};
	check_eq(update(io, &answer), 0);
	check_eq(mvh_view_translate(view, view->miss, 1, access, &iov, 1), 1);
}

static void start(struct io *io)
{
	case_io_vdpa(&fuzz_input, &io->vdpa);
	io->iotlb = io->vdpa ? mvh_map_create(NULL, 0) : mvh_map_create_cache(CACHE_MAX);
	io->now.cached = !io->vdpa;
	refresh(io);
}

void fuzz_one(void)
{
	struct io io = {};

	start(&io);
	while (fuzz_more()) {
		struct case_io msg = {};

		case_io(&fuzz_input, &msg);
		if (msg.kind == CASE_IO_LOOK) {
			look(&io, &msg);
			continue;
		}
		process(&io, &msg);
		naive_check(&io.now, io.iotlb);
		if (io.batch)
			naive_check(&io.then, io.batch);
	}
	mvh_map_free(io.batch);
	mvh_map_free(io.iotlb);
}
