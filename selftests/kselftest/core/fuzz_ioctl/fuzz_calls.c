// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM without scruples: every ioctl and message of both dialects, with
 * arguments that are good, nearly good, or not there.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fuzz.h"
#include "iotlb.h"
#include "proc.h"

/* What an argument is; it decides how it is made. */
enum fuzz_arg {
	ARG_NONE,
	ARG_U8,
	ARG_U32,
	ARG_U64,
	ARG_FD,
	ARG_USER,
	ARG_STATUS,
	ARG_FEATURES,
	ARG_ARRAY,
	ARG_STATE,
	ARG_SMALL,
	ARG_NUM,
	ARG_FILE,
	ARG_ADDR,
	ARG_MEMORY,
	ARG_CONFIG,
	ARG_STATS,
	ARG_SETUP,
	ARG_BLK,
	ARG_LIMITS,
	ARG_NET_LIMITS,
	ARG_NODE,
};

/**
 * struct fuzz_ioctl - an ioctl
 * @cmd: its number
 * @arg: its argument
 */
struct fuzz_ioctl {
	unsigned long cmd;
	enum fuzz_arg arg;
};

static const struct fuzz_ioctl fuzz_ioctls[] = {
	{ VHOST_SET_OWNER, ARG_NONE },
	{ VHOST_RESET_OWNER, ARG_NONE },
	{ VHOST_GET_FEATURES, ARG_U64 },
	{ VHOST_SET_FEATURES, ARG_FEATURES },
	{ VHOST_GET_FEATURES_ARRAY, ARG_ARRAY },
	{ VHOST_SET_FEATURES_ARRAY, ARG_ARRAY },
	{ VHOST_GET_BACKEND_FEATURES, ARG_U64 },
	{ VHOST_SET_BACKEND_FEATURES, ARG_U8 },
	{ VHOST_SET_MEM_TABLE, ARG_MEMORY },
	{ VHOST_SET_LOG_BASE, ARG_USER },
	{ VHOST_SET_LOG_FD, ARG_FD },
	{ VHOST_SET_VRING_NUM, ARG_NUM },
	{ VHOST_SET_VRING_BASE, ARG_STATE },
	{ VHOST_GET_VRING_BASE, ARG_STATE },
	{ VHOST_SET_VRING_ADDR, ARG_ADDR },
	{ VHOST_SET_VRING_KICK, ARG_FILE },
	{ VHOST_SET_VRING_CALL, ARG_FILE },
	{ VHOST_SET_VRING_ERR, ARG_FILE },
	{ VHOST_SET_VRING_ENDIAN, ARG_SMALL },
	{ VHOST_GET_VRING_ENDIAN, ARG_SMALL },
	{ VHOST_SET_VRING_BUSYLOOP_TIMEOUT, ARG_STATE },
	{ VHOST_GET_VRING_BUSYLOOP_TIMEOUT, ARG_STATE },
	{ VHOST_NET_SET_BACKEND, ARG_FILE },
	{ VHOST_NEW_WORKER, ARG_U32 },
	{ VHOST_FREE_WORKER, ARG_U8 },
	{ VHOST_ATTACH_VRING_WORKER, ARG_SMALL },
	{ VHOST_GET_VRING_WORKER, ARG_SMALL },
	{ VHOST_SET_FORK_FROM_OWNER, ARG_U8 },
	{ VHOST_GET_FORK_FROM_OWNER, ARG_U8 },
	{ VHOST_VDPA_GET_DEVICE_ID, ARG_U32 },
	{ VHOST_VDPA_GET_STATUS, ARG_U8 },
	{ VHOST_VDPA_SET_STATUS, ARG_STATUS },
	{ VHOST_VDPA_GET_CONFIG, ARG_CONFIG },
	{ VHOST_VDPA_SET_CONFIG, ARG_CONFIG },
	{ VHOST_VDPA_GET_CONFIG_SIZE, ARG_U32 },
	{ VHOST_VDPA_SET_CONFIG_CALL, ARG_FD },
	{ VHOST_VDPA_SET_VRING_ENABLE, ARG_SMALL },
	{ VHOST_VDPA_GET_VRING_NUM, ARG_U32 },
	{ VHOST_VDPA_GET_VQS_COUNT, ARG_U32 },
	{ VHOST_VDPA_GET_IOVA_RANGE, ARG_U64 },
	{ VHOST_VDPA_GET_GROUP_NUM, ARG_U32 },
	{ VHOST_VDPA_GET_AS_NUM, ARG_U32 },
	{ VHOST_VDPA_GET_VRING_GROUP, ARG_SMALL },
	{ VHOST_VDPA_GET_VRING_DESC_GROUP, ARG_SMALL },
	{ VHOST_VDPA_GET_VRING_SIZE, ARG_SMALL },
	{ VHOST_VDPA_SET_GROUP_ASID, ARG_SMALL },
	{ VHOST_VDPA_SUSPEND, ARG_NONE },
	{ VHOST_VDPA_RESUME, ARG_NONE },
	{ MYVHOST_GET_VRING_STATS, ARG_STATS },
	{ MYVHOST_SET_VRING_POLL, ARG_STATE },
	{ MYVHOST_SETUP, ARG_SETUP },
	{ MYVHOST_BLK_SET_BACKING, ARG_BLK },
	{ MYVHOST_BLK_RESIZE, ARG_NONE },
	{ MYVHOST_BLK_SET_LIMITS, ARG_LIMITS },
	{ MYVHOST_NET_SET_FLAGS, ARG_U8 },
	{ MYVHOST_NET_SET_LIMITS, ARG_NET_LIMITS },
	{ MYVHOST_NODE_ADD, ARG_NODE },
	{ MYVHOST_NODE_DEL, ARG_NODE },
};

#define FUZZ_IOCTLS	(sizeof(fuzz_ioctls) / sizeof(*fuzz_ioctls))

static __u32 fuzz_index(struct fuzz *f)
{
	return rng_one_in(&f->rng, 16) ? rng_edge(&f->rng) :
					 rng_below(&f->rng, f->n_rings);
}

static int fuzz_fd(struct fuzz *f)
{
	unsigned int i = rng_below(&f->rng, FUZZ_FDS + 2);

	if (i < FUZZ_FDS)
		return f->pool[i];
	return i == FUZZ_FDS ? f->fd : (int)rng_edge(&f->rng);
}

/* An address of ours with its room, or one that is not ours. */
static __u64 fuzz_user(struct fuzz *f, __u64 *room)
{
	__u64 at = f->mem->base + rng_below(&f->rng, f->mem->size);
	size_t half = f->mem->size / GUEST_REGIONS;

	if (rng_one_in(&f->rng, 8)) {
		*room = rng_edge(&f->rng);
		return rng_edge(&f->rng);
	}
	if (rng_next(&f->rng) & 3)
		at &= ~(VHU_PAGE_SIZE - 1);
	*room = half - (at - f->mem->base) % half;
	/* Shuffled pages end with the page. */
	if (f->mem->perm)
		*room = VHU_PAGE_SIZE - at % VHU_PAGE_SIZE;
	return guest_hva(f->mem, at);
}

static __u64 fuzz_size(struct fuzz *f, __u64 room)
{
	if (rng_one_in(&f->rng, 3))
		return room;
	return rng_one_in(&f->rng, 8) ? 0 : rng_next(&f->rng) & room;
}

static __u64 fuzz_guest_addr(struct fuzz *f)
{
	if (rng_one_in(&f->rng, 8))
		return rng_edge(&f->rng);
	return f->mem->base + (rng_below(&f->rng, f->mem->size) &
			       ~(VHU_PAGE_SIZE - 1));
}

static void fuzz_make_memory(struct fuzz *f, struct vhost_memory *m)
{
	unsigned int i, n = rng_below(&f->rng, 5);
	__u64 room;

	if (rng_one_in(&f->rng, 2)) {
		guest_mem_regions(f->mem, m->regions);
		n = GUEST_REGIONS;
		i = rng_below(&f->rng, 3);
		if (i < n)
			m->regions[i].memory_size =
				fuzz_size(f, f->mem->size / GUEST_REGIONS);
	} else {
		for (i = 0; i < n; i++) {
			struct vhost_memory_region *r = &m->regions[i];

			r->guest_phys_addr = fuzz_guest_addr(f);
			r->userspace_addr = fuzz_user(f, &room);
			r->memory_size = fuzz_size(f, room);
		}
	}
	m->nregions = rng_one_in(&f->rng, 16) ? rng_edge(&f->rng) : n;
	m->padding = rng_one_in(&f->rng, 16);
}

static void fuzz_make_addr(struct fuzz *f, struct vhost_vring_addr *a)
{
	struct mock_ring *r = f->ring[rng_below(&f->rng, f->n_rings)];
	__u64 room, *part[] = {
		&a->desc_user_addr, &a->avail_user_addr, &a->used_user_addr,
	};

	a->index = fuzz_index(f);
	a->flags = rng_one_in(&f->rng, 4) ? rng_below(&f->rng, 4) : 0;
	a->log_guest_addr = fuzz_guest_addr(f);
	a->desc_user_addr = r->desc_addr;
	a->avail_user_addr = r->driver_addr;
	a->used_user_addr = r->device_addr;
	if (f->kind != FUZZ_BLK_VDPA && !f->mem->perm) {
		a->desc_user_addr = guest_hva(f->mem, r->desc_addr);
		a->avail_user_addr = guest_hva(f->mem, r->driver_addr);
		a->used_user_addr = guest_hva(f->mem, r->device_addr);
	}
	if (rng_one_in(&f->rng, 3))
		*part[rng_below(&f->rng, 3)] = fuzz_user(f, &room);
}

static void fuzz_make_blk(struct fuzz *f, struct myvhost_blk *b)
{
	b->fd = rng_one_in(&f->rng, 2) ? f->pool[1] : fuzz_fd(f);
	b->flags = rng_one_in(&f->rng, 8) ? rng_edge(&f->rng) :
					    rng_below(&f->rng, 128);
	b->block_size = rng_one_in(&f->rng, 2) ? 0 : 256U << rng_below(&f->rng, 6);
	if (rng_one_in(&f->rng, 3)) {
		b->iops = rng_edge(&f->rng);
		b->iops_burst = rng_edge(&f->rng);
		b->bps = rng_edge(&f->rng);
		b->bps_burst = rng_edge(&f->rng);
	}
}

static void fuzz_make_limits(struct fuzz *f, struct myvhost_blk_limits *l)
{
	l->flags = rng_one_in(&f->rng, 8) ? rng_edge(&f->rng) :
					    rng_below(&f->rng, 4);
	l->iops = rng_edge(&f->rng);
	l->iops_burst = rng_edge(&f->rng);
	l->bps = rng_edge(&f->rng);
	l->bps_burst = rng_edge(&f->rng);
}

/* Most are limits that let traffic through. */
static void fuzz_make_net_limits(struct fuzz *f, struct myvhost_net_limits *l)
{
	l->index = rng_one_in(&f->rng, 8) ? rng_edge(&f->rng) :
					    rng_below(&f->rng, 2);
	l->flags = rng_one_in(&f->rng, 8) ? rng_edge(&f->rng) :
					    rng_below(&f->rng, 4);
	l->pps = rng_one_in(&f->rng, 2) ? rng_edge(&f->rng) : 0;
	l->pps_burst = rng_edge(&f->rng);
	l->bps = rng_one_in(&f->rng, 2) ? rng_edge(&f->rng) : 0;
	l->bps_burst = rng_edge(&f->rng);
}

static void fuzz_make_setup(struct fuzz *f, struct myvhost_setup *s)
{
	s->device = rng_below(&f->rng, 4);
	s->dialect = rng_below(&f->rng, 3);
	s->queues = rng_one_in(&f->rng, 8) ? rng_edge(&f->rng) :
					     rng_below(&f->rng, 18);
	s->workers = rng_below(&f->rng, 4);
}

static void fuzz_make_config(struct fuzz *f, struct vhost_vdpa_config *c)
{
	c->off = rng_one_in(&f->rng, 4) ? rng_edge(&f->rng) :
					  rng_below(&f->rng, 100);
	c->len = rng_one_in(&f->rng, 4) ? rng_edge(&f->rng) :
					  rng_below(&f->rng, 100);
}

static void fuzz_make_node(struct fuzz *f, struct myvhost_node *n)
{
	unsigned int own = strlen(FUZZ_NODE);

	snprintf(n->name, sizeof(n->name), FUZZ_NODE "%u",
		 rng_below(&f->rng, FUZZ_NODES));
	if (rng_one_in(&f->rng, 4))
		n->name[own + rng_below(&f->rng, sizeof(n->name) - own)] =
			rng_next(&f->rng);
}

static void fuzz_make_state(struct fuzz *f, struct vhost_vring_state *s,
			    enum fuzz_arg arg)
{
	s->index = fuzz_index(f);
	if (arg == ARG_SMALL)
		s->num = rng_below(&f->rng, 4);
	else if (arg == ARG_NUM)
		s->num = rng_one_in(&f->rng, 8) ? rng_edge(&f->rng) :
						  f->ring[0]->cfg.num;
	else
		s->num = rng_edge(&f->rng);
}

static __u64 fuzz_feature_bits(struct fuzz *f)
{
	__u64 bits = f->kind == FUZZ_NET ? f->net.cfg.features[0] :
					   f->blk.cfg.features;

	return rng_one_in(&f->rng, 2) ? bits ^ VHU_LOG_ALL :
	       bits ^ 1ULL << rng_below(&f->rng, 64);
}

static void fuzz_make_array(struct fuzz *f, struct vhost_features_array *a)
{
	a->count = rng_one_in(&f->rng, 4) ? rng_edge(&f->rng) :
					    rng_below(&f->rng, 5);
	a->features[0] = fuzz_feature_bits(f);
	a->features[1] = rng_one_in(&f->rng, 2) ? rng_edge(&f->rng) : 0;
}

static void fuzz_make_stats(struct fuzz *f, struct myvhost_vring_stats *s)
{
	s->index = fuzz_index(f);
	s->count = rng_edge(&f->rng);
	s->counters = (uintptr_t)f->arg + VHU_PAGE_SIZE -
		      8 * rng_below(&f->rng, 64);
}

static void fuzz_make_file(struct fuzz *f, struct vhost_vring_file *v)
{
	v->index = fuzz_index(f);
	v->fd = fuzz_fd(f);
	if (rng_one_in(&f->rng, 2) && v->index < f->n_rings)
		v->fd = f->ring[v->index]->kick_fd;
}

static void fuzz_make(struct fuzz *f, enum fuzz_arg arg, void *p)
{
	__u64 room;

	switch (arg) {
	case ARG_NONE:
		break;
	case ARG_U8:
		*(__u64 *)p = rng_below(&f->rng, 8);
		break;
	case ARG_U32:
	case ARG_U64:
		*(__u64 *)p = rng_edge(&f->rng);
		break;
	case ARG_FD:
		*(int *)p = fuzz_fd(f);
		break;
	case ARG_USER:
		*(__u64 *)p = fuzz_user(f, &room);
		break;
	case ARG_STATUS:
		*(__u8 *)p = rng_one_in(&f->rng, 3) ? 0 : rng_next(&f->rng);
		break;
	case ARG_FEATURES:
		*(__u64 *)p = fuzz_feature_bits(f);
		break;
	case ARG_ARRAY:
		fuzz_make_array(f, p);
		break;
	case ARG_STATE:
	case ARG_SMALL:
	case ARG_NUM:
		fuzz_make_state(f, p, arg);
		break;
	case ARG_FILE:
		fuzz_make_file(f, p);
		break;
	case ARG_ADDR:
		fuzz_make_addr(f, p);
		break;
	case ARG_MEMORY:
		fuzz_make_memory(f, p);
		break;
	case ARG_CONFIG:
		fuzz_make_config(f, p);
		break;
	case ARG_STATS:
		fuzz_make_stats(f, p);
		break;
	case ARG_SETUP:
		fuzz_make_setup(f, p);
		break;
	case ARG_BLK:
		fuzz_make_blk(f, p);
		break;
	case ARG_LIMITS:
		fuzz_make_limits(f, p);
		break;
	case ARG_NET_LIMITS:
		fuzz_make_net_limits(f, p);
		break;
	case ARG_NODE:
		fuzz_make_node(f, p);
		break;
	}
}

/* Where the argument is: mostly there, else cut off, or nowhere. */
static void *fuzz_place(struct fuzz *f)
{
	switch (rng_below(&f->rng, 64)) {
	case 0:
		return NULL;
	case 1:
		return (void *)-4096UL;
	case 2:
		return (void *)0xffff888000000000UL;
	case 3:
		return f->arg + VHU_PAGE_SIZE - 1 - rng_below(&f->rng, 64);
	default:
		return f->arg;
	}
}

static int fuzz_device(struct fuzz *f)
{
	return rng_one_in(&f->rng, 12) ?
	       f->extra[rng_below(&f->rng, FUZZ_EXTRA)] : f->fd;
}

/* What sets the device back to its beginning comes less often than the rest. */
static void fuzz_act_ioctl(struct fuzz *f)
{
	const struct fuzz_ioctl *c = &fuzz_ioctls[rng_below(&f->rng,
							    FUZZ_IOCTLS)];

	if (c->cmd == VHOST_RESET_OWNER && !rng_one_in(&f->rng, 8))
		return;
	memset(f->arg, 0, 512);
	fuzz_make(f, c->arg, f->arg);
	vhost_ioctl(fuzz_device(f), c->cmd, fuzz_place(f));
}

static void fuzz_act_message(struct fuzz *f)
{
	struct vhost_iotlb_msg m = {
		.iova = fuzz_guest_addr(f),
		.perm = rng_one_in(&f->rng, 4) ? rng_below(&f->rng, 8) :
						 VHOST_ACCESS_RW,
		.type = rng_below(&f->rng, 8),
	};
	__u64 room;

	m.uaddr = fuzz_user(f, &room);
	m.size = fuzz_size(f, room);
	iotlb_send(fuzz_device(f), !rng_one_in(&f->rng, 4), &m);
}

/* Any bytes, also too few. */
static void fuzz_act_write(struct fuzz *f)
{
	unsigned int i;
	ssize_t r;

	for (i = 0; i < 10; i++)
		((__u64 *)f->arg)[i] = rng_edge(&f->rng);
	r = write(fuzz_device(f), fuzz_place(f), rng_below(&f->rng, 100));
	(void)r;
}

static void fuzz_act_read(struct fuzz *f)
{
	ssize_t r = read(fuzz_device(f), fuzz_place(f),
			 rng_below(&f->rng, 200));
	(void)r;
}

static void fuzz_act_look(struct fuzz *f)
{
	struct pollfd p = { .fd = fuzz_device(f), .events = POLLIN };
	char key[] = "backend", buf[64];
	void *at;

	poll(&p, 1, 0);
	proc_fdinfo(p.fd, key, buf, sizeof(buf));
	at = mmap(NULL, VHU_PAGE_SIZE, PROT_WRITE, MAP_SHARED, p.fd,
		  rng_below(&f->rng, 4) * VHU_PAGE_SIZE);
	if (at != MAP_FAILED)
		munmap(at, VHU_PAGE_SIZE);
}

/* The file behind a descriptor changes, or the eventfd behind a queue. */
static void fuzz_act_swap(struct fuzz *f)
{
	struct mock_ring *r = f->ring[rng_below(&f->rng, f->n_rings)];
	int fd = eventfd(rng_one_in(&f->rng, 4) ? -1U - 1 : 0,
			 EFD_CLOEXEC | EFD_NONBLOCK);

	if (rng_next(&f->rng) & 1)
		dup2(fd, rng_next(&f->rng) & 1 ? r->call_fd : r->kick_fd);
	else if (ftruncate(f->pool[1], rng_below(&f->rng, 3) << 19))
		ktap_diag("ftruncate: %s", strerror(errno));
	close(fd);
}

static void fuzz_act_extra(struct fuzz *f)
{
	unsigned int i = rng_below(&f->rng, FUZZ_EXTRA);
	char name[64];

	close(f->extra[i]);
	snprintf(name, sizeof(name), "%s", ktap_opts.node);
	if (rng_one_in(&f->rng, 4))
		snprintf(name, sizeof(name), "%s-" FUZZ_NODE "%u", ktap_opts.node,
			 rng_below(&f->rng, FUZZ_NODES));
	f->extra[i] = vhost_open(name);
}

/* The child has the descriptors, but is not the owner; it may die of it. */
static void fuzz_act_fork(struct fuzz *f)
{
	unsigned int i, n = rng_below(&f->rng, 20);
	bool exec = rng_one_in(&f->rng, 2);
	pid_t pid;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	pid = fork();
	if (pid)
		return;
	for (i = 0; i < n; i++)
		fuzz_act_ioctl(f);
	if (exec)
		execl("/bin/true", "true", NULL);
	_exit(0);
}

/* One step of the VMM. */
void fuzz_call(struct fuzz *f)
{
	switch (rng_below(&f->rng, 1024)) {
	case 0 ... 5:
		fuzz_down(f);
		fuzz_up(f);
		break;
	case 6 ... 40:
		fuzz_restart(f);
		break;
	case 41 ... 44:
		fuzz_act_fork(f);
		break;
	case 45 ... 60:
		fuzz_act_extra(f);
		break;
	case 61 ... 90:
		fuzz_mem_hurt(f);
		break;
	case 91 ... 110:
		fuzz_mem_heal(f);
		break;
	case 111 ... 150:
		fuzz_act_swap(f);
		break;
	case 151 ... 300:
		fuzz_act_message(f);
		break;
	case 301 ... 330:
		fuzz_act_write(f);
		break;
	case 331 ... 400:
		fuzz_act_read(f);
		break;
	case 401 ... 430:
		fuzz_act_look(f);
		break;
	default:
		fuzz_act_ioctl(f);
	}
}
