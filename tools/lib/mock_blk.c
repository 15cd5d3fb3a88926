// SPDX-License-Identifier: GPL-2.0
/*
 * Mock block device, see mock_blk.h.
 *
 * This is a mock, it only plays the guest and its VMM.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "iotlb.h"
#include "mock_blk.h"

#define MOCK_BLK_NUM	64
#define MOCK_BLK_MEM	(8UL << 20)
/* How long a device may take for a request that mock_blk_do() waits for. */
#define MOCK_BLK_WAIT	15000

/* Header and status of a request; a line each, so that neither is aligned. */
#define MOCK_BLK_CELL	64
#define MOCK_BLK_AT_HDR	8
#define MOCK_BLK_AT_STATUS	43

/*
 * A descriptor that is a disk with backing.
 *
 * Returns the descriptor or a negative errno.
 */
int mock_blk_setup_fd(const struct mock_blk_cfg *cfg)
{
	int r, fd = vhost_open(cfg->node);

	if (fd < 0)
		return fd;
	r = myvhost_setup(fd, MYVHOST_DEVICE_BLK, cfg->vdpa ?
			  MYVHOST_DIALECT_VDPA : MYVHOST_DIALECT_VHOST,
			  cfg->queues);
	if (!r)
		r = myvhost_set_backing(fd, &cfg->backing);
	if (!r)
		return fd;
	close(fd);
	return r;
}

/*
 * What would a device with this backing offer?  Returns 0 or a negative errno.
 */
int mock_blk_offered(const struct mock_blk_cfg *cfg, __u64 *features)
{
	int r, fd = mock_blk_setup_fd(cfg);

	if (fd < 0)
		return fd;
	r = vhost_ioctl(fd, VHOST_GET_FEATURES, features);
	close(fd);
	return r;
}

static int mock_blk_init_queue(struct mock_blk *b, struct mock_blk_queue *q)
{
	struct mock_ring_cfg c = {
		.num = b->cfg.num,
		.features = b->cfg.features,
		.start = b->cfg.features & VHU_PACKED ? MOCK_START_WRAP : 0,
		.table_max = b->cfg.table_max,
	};
	unsigned int i;
	int r = mock_ring_init(&q->ring, &b->mem, &c);

	if (r)
		return r;
	q->req = calloc(c.num, sizeof(*q->req));
	if (!q->req)
		return -ENOMEM;
	q->cells = guest_alloc(&b->mem, (size_t)c.num * MOCK_BLK_CELL, 4096);
	for (i = 0; i < c.num; i++) {
		__u64 cell = q->cells + i * MOCK_BLK_CELL;

		q->req[i].hdr = cell + MOCK_BLK_AT_HDR;
		q->req[i].status_at = cell + MOCK_BLK_AT_STATUS;
	}
	return 0;
}

/*
 * Open the node, become owner, make memory and rings.
 *
 * Returns 0 or a negative errno.
 */
int mock_blk_open(struct mock_blk *b, const struct mock_blk_cfg *cfg)
{
	bool iommu = cfg->features & VHU_ACCESS_PLATFORM && !cfg->vdpa;
	unsigned int i;
	int r;

	memset(b, 0, sizeof(*b));
	b->cfg = *cfg;
	if (!b->cfg.queues)
		b->cfg.queues = 1;
	if (!b->cfg.num)
		b->cfg.num = MOCK_BLK_NUM;
	if (!b->cfg.mem_size)
		b->cfg.mem_size = MOCK_BLK_MEM;
	b->fd = cfg->fd ? cfg->fd : mock_blk_setup_fd(&b->cfg);
	if (b->fd < 0)
		return b->fd;
	b->config_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = vhost_set_owner(b->fd);
	if (!r)
		r = guest_mem_init(&b->mem, b->cfg.mem_size, iommu);
	for (i = 0; i < b->cfg.queues && !r; i++)
		r = mock_blk_init_queue(b, &b->queue[i]);
	return r;
}

static bool mock_blk_iommu(const struct mock_blk *b)
{
	return !b->cfg.vdpa && b->cfg.features & VHU_ACCESS_PLATFORM;
}

/* In the vdpa dialect rings are in I/O virtual memory too. */
static __u64 mock_blk_ring_addr(const struct mock_blk *b, __u64 bus)
{
	return b->cfg.vdpa || mock_blk_iommu(b) ? bus : guest_hva(&b->mem, bus);
}

/*
 * VHOST_SET_VRING_ADDR.  Returns 0 or a negative errno, as all functions below.
 */
int mock_blk_set_addr(struct mock_blk *b, unsigned int q)
{
	const struct mock_ring *r = &b->queue[q].ring;
	struct vhost_vring_addr a = {
		.index = q,
		.desc_user_addr = mock_blk_ring_addr(b, r->desc_addr),
		.avail_user_addr = mock_blk_ring_addr(b, r->driver_addr),
		.used_user_addr = mock_blk_ring_addr(b, r->device_addr),
	};

	return vhost_set_addr(b->fd, &a);
}

/* Everything for one queue but to serve it. */
int mock_blk_setup_vq(struct mock_blk *b, unsigned int q)
{
	struct mock_ring *ring = &b->queue[q].ring;
	int r;

	r = vhost_set_num(b->fd, q, b->cfg.num);
	if (!r)
		r = vhost_set_base(b->fd, q, mock_ring_idle_base(ring));
	if (!r)
		r = mock_blk_set_addr(b, q);
	if (!r)
		r = vhost_set_kick(b->fd, q, ring->kick_fd);
	if (!r)
		r = vhost_set_call(b->fd, q, ring->call_fd);
	if (!r)
		r = vhost_set_err(b->fd, q, ring->err_fd);
	return r;
}

static int mock_blk_map_vdpa(struct mock_blk *b)
{
	struct vhost_memory_region m[GUEST_REGIONS];
	unsigned int i;
	int r;

	guest_mem_regions(&b->mem, m);
	r = vdpa_batch_begin(b->fd);
	for (i = 0; i < GUEST_REGIONS && !r; i++)
		r = vdpa_map(b->fd, m[i].guest_phys_addr, m[i].memory_size,
			     m[i].userspace_addr, VHOST_ACCESS_RW);
	return r ? r : vdpa_batch_end(b->fd);
}

static int mock_blk_map_cache(struct mock_blk *b)
{
	__u64 bus, end = b->mem.base + b->mem.size;
	int r = 0;

	for (bus = b->mem.base; bus < end && !r; bus += VHU_PAGE_SIZE)
		r = iotlb_update(b->fd, true, bus, VHU_PAGE_SIZE,
				 guest_hva(&b->mem, bus), VHOST_ACCESS_RW);
	return r;
}

/*
 * Give the device all guest memory.
 * @b: device, whose features are set
 */
int mock_blk_map(struct mock_blk *b)
{
	struct vhost_memory_region m[GUEST_REGIONS];
	int r;

	if (b->cfg.vdpa)
		return mock_blk_map_vdpa(b);
	guest_mem_regions(&b->mem, m);
	r = vhost_set_mem_table(b->fd, m, GUEST_REGIONS);
	if (!r && mock_blk_iommu(b))
		r = mock_blk_map_cache(b);
	return r;
}

/* Features, up to FEATURES_OK. */
int mock_blk_negotiate(struct mock_blk *b)
{
	__u64 bf = VHU_BF_MSG_V2;
	__u8 status;
	int r;

	if (!b->cfg.vdpa) {
		r = vhost_ioctl(b->fd, VHOST_SET_FEATURES, &b->cfg.features);
		return r ? r : vhost_set_backend_features(b->fd, bf);
	}
	bf |= VHU_BF_BATCH | VHU_BF_SUSPEND | VHU_BF_RESUME;
	r = vhost_set_backend_features(b->fd, bf);
	if (!r)
		r = vhost_ioctl(b->fd, VHOST_SET_FEATURES, &b->cfg.features);
	if (!r)
		r = vdpa_set_status(b->fd, VDPA_FEATURES_OK);
	if (!r)
		r = vdpa_get_status(b->fd, &status);
	if (!r && !(status & VDPA_FEATURES_OK))
		r = -EOPNOTSUPP;
	return r;
}

/* Everything but to serve the queues. */
int mock_blk_setup(struct mock_blk *b)
{
	unsigned int i;
	int r = mock_blk_negotiate(b);

	if (!r)
		r = mock_blk_map(b);
	for (i = 0; i < b->cfg.queues && !r; i++)
		r = mock_blk_setup_vq(b, i);
	if (!r && b->cfg.vdpa)
		r = vdpa_set_config_call(b->fd, b->config_fd);
	return r;
}

/*
 * Have all queues served.
 * @b: device, set up
 */
int mock_blk_run(struct mock_blk *b)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < b->cfg.queues && !r; i++)
		r = vdpa_set_enable(b->fd, i, 1);
	if (!r && b->cfg.vdpa)
		r = vdpa_set_status(b->fd, VDPA_FEATURES_OK | VDPA_DRIVER_OK);
	return r;
}

/* Set everything up and have it served. */
int mock_blk_start(struct mock_blk *b)
{
	int r = mock_blk_setup(b);

	return r ? r : mock_blk_run(b);
}

/* Stop all queues; in the vdpa dialect by a reset. */
int mock_blk_stop(struct mock_blk *b)
{
	unsigned int i;
	int r = 0;

	if (b->cfg.vdpa)
		return vdpa_set_status(b->fd, 0);
	for (i = 0; i < b->cfg.queues && !r; i++)
		r = vdpa_set_enable(b->fd, i, 0);
	return r;
}

/*
 * Forget all requests and begin with empty rings.
 * @b: device, stopped
 */
void mock_blk_restart_rings(struct mock_blk *b)
{
	unsigned int i, k;

	for (i = 0; i < b->cfg.queues; i++) {
		struct mock_blk_queue *q = &b->queue[i];

		mock_ring_restart(&q->ring, q->ring.packed ?
				  MOCK_START_WRAP : 0, 0);
		for (k = 0; k < b->cfg.num; k++)
			q->req[k].busy = false;
	}
}

/* Close the descriptor if it is ours, free memory and rings. */
void mock_blk_close(struct mock_blk *b)
{
	unsigned int i;

	if (!b->cfg.fd)
		close(b->fd);
	close(b->config_fd);
	for (i = 0; i < b->cfg.queues; i++) {
		mock_ring_fini(&b->queue[i].ring);
		free(b->queue[i].req);
	}
	guest_mem_fini(&b->mem);
}

/* The counters of all queues together. */
int mock_blk_stats(struct mock_blk *b, __u64 c[MYVHOST_CNT_MAX])
{
	__u64 one[MYVHOST_CNT_MAX];
	unsigned int q, i;
	int r = 0;

	memset(c, 0, MYVHOST_CNT_MAX * sizeof(*c));
	for (q = 0; q < b->cfg.queues && !r; q++) {
		r = vhost_get_stats(b->fd, q, one);
		for (i = 0; i < MYVHOST_CNT_MAX && !r; i++)
			c[i] += one[i];
	}
	return r;
}

/* Does the device write a request's data? */
bool mock_blk_to_guest(__u32 type)
{
	return type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID ||
	       type == 10 /* VIRTIO_BLK_T_GET_LIFETIME */;
}

/* Two pieces that are neighbours, cut in turn. */
static unsigned int mock_blk_cut_two(struct mock_seg a, struct mock_seg b,
				     const unsigned int *cut,
				     struct mock_seg *seg)
{
	struct mock_seg part[2] = { a, b };
	unsigned int i, k = 0, n = 0;

	if (a.addr + a.len == b.addr) {
		part[0].len += b.len;
		part[1].len = 0;
	}
	for (i = 0; i < 2; i++) {
		while (part[i].len && n < MOCK_BLK_SEGS / 2) {
			__u32 len = part[i].len;

			if (cut && cut[k] < len)
				len = cut[k];
			if (cut && !cut[++k])
				k = 0;
			seg[n++] = (struct mock_seg) {
				part[i].addr, len, part[i].write,
			};
			part[i].addr += len;
			part[i].len -= len;
		}
	}
	return n;
}

/*
 * The descriptors of a request.
 * @seg: result, room for MOCK_BLK_SEGS
 *
 * Returns how many.
 */
unsigned int mock_blk_cut(const struct mock_blk_req *r,
			  const struct mock_blk_frame *f, struct mock_seg *seg)
{
	bool in = mock_blk_to_guest(r->type);
	struct mock_seg none = { 0, 0, in };
	struct mock_seg data = { r->data, r->len, in };
	unsigned int n;

	n = mock_blk_cut_two((struct mock_seg) { r->hdr, MOCK_BLK_HDR, false },
			     in ? none : data, f->cut, seg);
	none.write = true;
	return n + mock_blk_cut_two(in ? data : none, (struct mock_seg) {
				    r->status_at, 1, true }, f->cut, seg + n);
}

/* Take a free request and write its header.  Returns the request or NULL. */
struct mock_blk_req *mock_blk_new(struct mock_blk *b, unsigned int q,
				  __u32 type, __u64 sector, __u64 data,
				  __u32 len)
{
	struct mock_blk_queue *queue = &b->queue[q];
	struct mock_blk_req *r = NULL;
	struct virtio_blk_outhdr h = { .type = type, .sector = sector };
	unsigned int i;

	for (i = 0; i < b->cfg.num && !r; i++)
		if (!queue->req[i].busy)
			r = &queue->req[i];
	if (!r)
		return NULL;
	i = r - queue->req;
	r->type = type;
	r->sector = sector;
	r->data = data;
	r->len = len;
	r->status = MOCK_BLK_S_NONE;
	r->hdr = queue->cells + i * MOCK_BLK_CELL + MOCK_BLK_AT_HDR;
	r->status_at = queue->cells + i * MOCK_BLK_CELL + MOCK_BLK_AT_STATUS;
	memcpy(guest_ptr(&b->mem, r->hdr), &h, sizeof(h));
	*(__u8 *)guest_ptr(&b->mem, r->status_at) = MOCK_BLK_S_NONE;
	return r;
}

/*
 * Add a request in descriptors of the caller's making.  Returns 0 or -ENOSPC.
 */
int mock_blk_add_raw(struct mock_blk *b, unsigned int q,
		     struct mock_blk_req *r, const struct mock_seg *seg,
		     unsigned int n, bool indirect)
{
	struct mock_blk_queue *queue = &b->queue[q];
	int ret = mock_ring_add(&queue->ring, seg, n, indirect,
				r - queue->req);

	if (!ret)
		r->busy = true;
	return ret;
}

/*
 * Add a request.
 * @data: bus address of its data; for a merged frame with room for a header in
 *	front of it or a status byte behind it
 * @f: descriptors, NULL for the usual
 *
 * Returns the request, or NULL if there is no room.
 */
struct mock_blk_req *mock_blk_add(struct mock_blk *b, unsigned int q,
				  __u32 type, __u64 sector, __u64 data,
				  __u32 len, const struct mock_blk_frame *f)
{
	static const struct mock_blk_frame usual;
	struct mock_seg seg[MOCK_BLK_SEGS];
	struct mock_blk_req *r = mock_blk_new(b, q, type, sector, data, len);
	unsigned int n;

	if (!r)
		return NULL;
	if (!f)
		f = &usual;
	if (f->merged && !mock_blk_to_guest(type)) {
		memcpy(guest_ptr(&b->mem, data - MOCK_BLK_HDR),
		       guest_ptr(&b->mem, r->hdr), MOCK_BLK_HDR);
		r->hdr = data - MOCK_BLK_HDR;
	} else if (f->merged) {
		r->status_at = data + len;
		*(__u8 *)guest_ptr(&b->mem, r->status_at) = MOCK_BLK_S_NONE;
	}
	n = mock_blk_cut(r, f, seg);
	return mock_blk_add_raw(b, q, r, seg, n, f->indirect) ? NULL : r;
}

/* Publish the requests and kick. */
void mock_blk_submit(struct mock_blk *b, unsigned int q)
{
	mock_ring_submit(&b->queue[q].ring);
}

static int mock_blk_finish(struct mock_blk *b, struct mock_blk_queue *queue,
			   const struct mock_used *u, struct mock_blk_req **r)
{
	if (u->cookie >= b->cfg.num || !queue->req[u->cookie].busy)
		return -EPROTO;
	*r = &queue->req[u->cookie];
	(*r)->busy = false;
	(*r)->used_len = u->len;
	(*r)->status = *(__u8 *)guest_ptr(&b->mem, (*r)->status_at);
	(*r)->seq = queue->done++;
	return 1;
}

/*
 * Take a request back.  Returns 1, 0 if there is none, -EPROTO if the device
 * broke a rule.
 */
int mock_blk_reap(struct mock_blk *b, unsigned int q, struct mock_blk_req **r)
{
	struct mock_blk_queue *queue = &b->queue[q];
	struct mock_used u;
	int ret = mock_ring_get_used(&queue->ring, &u);

	return ret <= 0 ? ret : mock_blk_finish(b, queue, &u, r);
}

/*
 * Wait for a request and take it back.  Returns 1, or as mock_ring_wait_used()
 * and mock_blk_reap().
 */
int mock_blk_wait(struct mock_blk *b, unsigned int q, struct mock_blk_req **r,
		  int msecs)
{
	struct mock_blk_queue *queue = &b->queue[q];
	struct mock_used u;
	int ret = mock_ring_wait_used(&queue->ring, &u, msecs);

	return ret <= 0 ? ret : mock_blk_finish(b, queue, &u, r);
}

/*
 * One request and nothing else.
 * @b: device, the queue idle
 *
 * Returns its status, or a negative errno; -EPROTO also if the device says it
 * wrote something else than it must.
 */
int mock_blk_do(struct mock_blk *b, unsigned int q, __u32 type, __u64 sector,
		__u64 data, __u32 len)
{
	struct mock_blk_req *r = mock_blk_add(b, q, type, sector, data, len,
					      NULL), *back;
	__u32 want = 1;
	int ret;

	if (!r)
		return -ENOSPC;
	mock_blk_submit(b, q);
	ret = mock_blk_wait(b, q, &back, MOCK_BLK_WAIT);
	if (ret <= 0)
		return ret ? ret : -EPROTO;
	if (type == VIRTIO_BLK_T_IN && !back->status)
		want += len;
	else if (type == VIRTIO_BLK_T_GET_ID && !back->status)
		want += len < VIRTIO_BLK_ID_BYTES ? len : VIRTIO_BLK_ID_BYTES;
	return back == r && back->used_len == want ? back->status : -EPROTO;
}
