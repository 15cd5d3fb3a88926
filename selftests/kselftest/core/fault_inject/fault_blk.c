// SPDX-License-Identifier: GPL-2.0
/* The life of a disk, in both dialects, for fault.h. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "fault_blk.h"
#include "proc.h"

#define BLKF_NUM	16
#define BLKF_MEM	(512 << 10)
#define BLKF_BUF	(128 << 10)
#define BLKF_LEN	(16 << 10)
#define BLKF_STEP	200

static bool blkf_broken(struct blkf_world *w)
{
	char state[16];

	return proc_fdinfo(w->x.b.fd, "q0.state", state, sizeof(state)) &&
	       !strcmp(state, "broken");
}

static int blkf_vrings(void *world)
{
	struct blkf_world *w = world;
	int r = mock_blk_setup_vq(&w->x.b, 0);

	if (!r && w->x.b.cfg.vdpa)
		r = vdpa_set_config_call(w->x.b.fd, w->x.b.config_fd);
	return r;
}

static int blkf_negotiate(void *world)
{
	struct blkf_world *w = world;

	return mock_blk_negotiate(&w->x.b);
}

static int blkf_run(void *world)
{
	struct blkf_world *w = world;

	return mock_blk_run(&w->x.b);
}

static int blkf_stop(void *world)
{
	struct blkf_world *w = world;

	return mock_blk_stop(&w->x.b);
}

/* Served again, after a stop. */
static int blkf_restart(void *world)
{
	struct blkf_world *w = world;
	int r = 0;

	mock_blk_restart_rings(&w->x.b);
	mock_fd_drain(w->x.b.queue[0].ring.err_fd);
	if (w->x.b.cfg.vdpa)
		r = blkf_negotiate(w);
	if (!r)
		r = blkf_vrings(w);
	return r ? r : blkf_run(w);
}

/* A queue that a fault has broken says so, and works again after a restart. */
static void blkf_mend(struct blkf_world *w)
{
	__u8 status;

	if (!blkf_broken(w))
		return;
	ktap_check(fault_met(), "the queue is broken");
	ktap_check(mock_fd_drain(w->x.b.queue[0].ring.err_fd),
		   "the queue is broken, and nobody was told");
	if (w->x.b.cfg.vdpa) {
		ktap_ok(vdpa_get_status(w->x.b.fd, &status));
		ktap_check(status & VDPA_NEEDS_RESET, "status is %#x", status);
	}
	ktap_ok(blkf_stop(w));
	ktap_ok(blkf_restart(w));
}

static __u64 blkf_errors(struct blkf_world *w)
{
	return blk_counter(&w->x, MYVHOST_CNT_IO_ERRORS) +
	       blk_counter(&w->x, MYVHOST_CNT_INVALID) +
	       blk_counter(&w->x, MYVHOST_CNT_UNSUPPORTED);
}

/* Returns 1 if a request completed, -EIO if the queue broke. */
static int blkf_wait(struct blkf_world *w, struct mock_blk_req **r)
{
	__s64 end = mock_msecs() + BLK_WAIT;
	int ret;

	do {
		ret = mock_blk_wait(&w->x.b, 0, r, BLKF_STEP);
		if (ret == -ETIMEDOUT && blkf_broken(w))
			return -EIO;
	} while (ret == -ETIMEDOUT && mock_msecs() < end);
	return ret;
}

/* One request; a failed one is counted, and says nothing but that. */
static int blkf_request(struct blkf_world *w, __u32 type, __u64 sector,
			__u64 bus, __u32 len)
{
	struct mock_blk_req *r;
	__u64 errors;
	int ret;

	if (!fault_armed())
		blkf_mend(w);
	errors = blkf_errors(w);
	ktap_check(mock_blk_add(&w->x.b, 0, type, sector, bus, len, NULL),
		   "the ring is full");
	mock_blk_submit(&w->x.b, 0);
	ret = blkf_wait(w, &r);
	if (ret < 0)
		return ret;
	if (!r->status)
		return 0;
	ktap_eq(r->status, VIRTIO_BLK_S_IOERR);
	ktap_eq(r->used_len, 1);
	ktap_eq(blkf_errors(w), errors + 1);
	return -EIO;
}

static int blkf_write_at(struct blkf_world *w, __u64 sector, __u64 bus)
{
	void *p = blk_ptr(&w->x, bus);
	int r;

	blk_fill(p, BLKF_LEN, ++w->seed);
	blk_forgot(&w->x, sector, BLKF_LEN / 512);
	r = blkf_request(w, VIRTIO_BLK_T_OUT, sector, bus, BLKF_LEN);
	if (!r)
		blk_wrote(&w->x, sector, p, BLKF_LEN);
	return r;
}

static int blkf_read_at(struct blkf_world *w, __u64 sector, __u64 bus)
{
	void *p = blk_ptr(&w->x, bus);
	int r;

	memset(p, 0xa5, BLKF_LEN);
	r = blkf_request(w, VIRTIO_BLK_T_IN, sector, bus, BLKF_LEN);
	if (!r)
		blk_check_read(&w->x, sector, p, BLKF_LEN);
	return r;
}

static __u64 blkf_sector(const struct blkf_world *w)
{
	return w->seed % 64 * (BLKF_LEN / 512);
}

int blkf_write(void *world)
{
	struct blkf_world *w = world;

	return blkf_write_at(w, blkf_sector(w), w->x.buf);
}

int blkf_read(void *world)
{
	struct blkf_world *w = world;

	return blkf_read_at(w, blkf_sector(w), w->x.buf);
}

/* Not aligned for direct I/O: through kernel pages. */
int blkf_write_bounced(void *world)
{
	struct blkf_world *w = world;

	return blkf_write_at(w, blkf_sector(w), w->x.buf + 100);
}

int blkf_read_bounced(void *world)
{
	struct blkf_world *w = world;

	return blkf_read_at(w, blkf_sector(w), w->x.buf + 100);
}

int blkf_flush(void *world)
{
	return blkf_request(world, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
}

static int blkf_range(struct blkf_world *w, __u32 type)
{
	struct virtio_blk_discard_write_zeroes range = {
		.sector = blkf_sector(w), .num_sectors = BLKF_LEN / 512,
	};
	int r;

	memcpy(blk_ptr(&w->x, w->x.buf), &range, sizeof(range));
	blk_forgot(&w->x, range.sector, range.num_sectors);
	r = blkf_request(w, type, 0, w->x.buf, sizeof(range));
	if (!r && type == VIRTIO_BLK_T_WRITE_ZEROES)
		blk_zeroed(&w->x, range.sector, range.num_sectors);
	return r;
}

int blkf_discard(void *world)
{
	struct blkf_world *w = world;

	if (!(w->x.b.cfg.features & BLK_F(DISCARD)))
		return 0;
	return blkf_range(w, VIRTIO_BLK_T_DISCARD);
}

int blkf_zero(void *world)
{
	return blkf_range(world, VIRTIO_BLK_T_WRITE_ZEROES);
}

int blkf_flow(void *world)
{
	struct blkf_world *w = world;
	int r = blkf_write(w);

	return r ? r : blkf_read(w);
}

int blkf_open(void *world)
{
	struct blkf_world *w = world;
	int fd = vhost_open(ktap_opts.node);

	if (fd < 0)
		return fd;
	w->x.b.fd = fd;
	return 0;
}

int blkf_setup(void *world)
{
	struct blkf_world *w = world;

	return myvhost_setup(w->x.b.fd, MYVHOST_DEVICE_BLK, w->x.b.cfg.vdpa ?
			     MYVHOST_DIALECT_VDPA : MYVHOST_DIALECT_VHOST, 0);
}

int blkf_backing(void *world)
{
	struct blkf_world *w = world;

	return myvhost_set_backing(w->x.b.fd, &w->x.b.cfg.backing);
}

int blkf_owner(void *world)
{
	struct blkf_world *w = world;

	return vhost_set_owner(w->x.b.fd);
}

static int blkf_get_config(void *world)
{
	struct blkf_world *w = world;
	__u8 config[60];

	if (!w->x.b.cfg.vdpa)
		return 0;
	return vdpa_get_config(w->x.b.fd, 0, config, sizeof(config));
}

static int blkf_set_config(void *world)
{
	struct blkf_world *w = world;
	__u8 wce = 1;

	if (!w->x.b.cfg.vdpa)
		return 0;
	return vdpa_set_config(w->x.b.fd,
			       offsetof(struct virtio_blk_config, wce), &wce,
			       sizeof(wce));
}

/* One half of memory at a time, so that each message is a step. */
static int blkf_map_half(struct blkf_world *w, unsigned int i)
{
	struct vhost_memory_region m[GUEST_REGIONS];

	if (!w->x.b.cfg.vdpa)
		return 0;
	guest_mem_regions(&w->x.b.mem, m);
	return vdpa_map(w->x.b.fd, m[i].guest_phys_addr, m[i].memory_size,
			m[i].userspace_addr, VHOST_ACCESS_RW);
}

static int blkf_map_low(void *world)
{
	return blkf_map_half(world, 0);
}

static int blkf_map_high(void *world)
{
	return blkf_map_half(world, 1);
}

static int blkf_batch(void *world)
{
	struct blkf_world *w = world;

	return w->x.b.cfg.vdpa ? vdpa_batch_begin(w->x.b.fd) : 0;
}

static int blkf_batch_end(void *world)
{
	struct blkf_world *w = world;

	return w->x.b.cfg.vdpa ? vdpa_batch_end(w->x.b.fd) : 0;
}

static int blkf_memory(void *world)
{
	struct blkf_world *w = world;

	return w->x.b.cfg.vdpa ? 0 : mock_blk_map(&w->x.b);
}

static int blkf_unmap(void *world)
{
	struct blkf_world *w = world;

	return w->x.b.cfg.vdpa ? vdpa_unmap(w->x.b.fd, 0, ~0ULL) : 0;
}

static int blkf_new_worker(void *world)
{
	struct blkf_world *w = world;

	return vhost_new_worker(w->x.b.fd, &w->worker);
}

static int blkf_give_worker(void *world)
{
	struct blkf_world *w = world;

	return vhost_attach_worker(w->x.b.fd, 0, w->worker);
}

/* All translations change at once, and the worker maps the ring again. */
static int blkf_remap_run(void *world)
{
	struct blkf_world *w = world;

	if (!w->x.b.cfg.vdpa)
		return 0;
	if (!fault_armed())
		blkf_mend(w);
	ktap_ok(blkf_batch(w));
	ktap_ok(blkf_unmap(w));
	ktap_ok(blkf_map_low(w));
	ktap_ok(blkf_map_high(w));
	ktap_ok(blkf_batch_end(w));
	return blkf_read(w);
}

static int blkf_resize(void *world)
{
	struct blkf_world *w = world;

	return myvhost_resize(w->x.b.fd);
}

int blkf_suspend(void *world)
{
	struct blkf_world *w = world;

	return w->x.b.cfg.vdpa ? vdpa_suspend(w->x.b.fd) :
				 vdpa_set_enable(w->x.b.fd, 0, 0);
}

int blkf_resume(void *world)
{
	struct blkf_world *w = world;

	return w->x.b.cfg.vdpa ? vdpa_resume(w->x.b.fd) :
				 vdpa_set_enable(w->x.b.fd, 0, 1);
}

int blkf_disable(void *world)
{
	struct blkf_world *w = world;

	return vdpa_set_enable(w->x.b.fd, 0, 0);
}

int blkf_enable(void *world)
{
	struct blkf_world *w = world;

	return vdpa_set_enable(w->x.b.fd, 0, 1);
}

static int blkf_base(void *world)
{
	struct blkf_world *w = world;
	unsigned int base;

	return vhost_get_base(w->x.b.fd, 0, &base);
}

static int blkf_reset(void *world)
{
	struct blkf_world *w = world;

	return w->x.b.cfg.vdpa ? vdpa_set_status(w->x.b.fd, 0) :
				 vhost_reset_owner(w->x.b.fd);
}

/* Served again, after a reset. */
static int blkf_next(void *world)
{
	struct blkf_world *w = world;
	int r = 0;

	if (!w->x.b.cfg.vdpa) {
		r = blkf_owner(w);
		if (!r)
			r = blkf_negotiate(w);
		if (!r)
			r = blkf_memory(w);
	}
	if (!r)
		r = blkf_restart(w);
	return r ? r : blkf_flow(w);
}

int blkf_close(void *world)
{
	struct blkf_world *w = world;
	int r = close(w->x.b.fd) ? -errno : 0;

	w->x.b.fd = -1;
	return r;
}

/* Everything that a driver and its VMM do, up to traffic. */
int blkf_start(void *world)
{
	struct blkf_world *w = world;
	int r = mock_blk_start(&w->x.b);

	return r ? r : blkf_flow(w);
}

static const struct fault_step blkf_steps[] = {
	{ "open", blkf_open, FAULT_CALLER },
	{ "setup", blkf_setup, FAULT_CALLER },
	{ "backing", blkf_backing, FAULT_CALLER },
	{ "owner", blkf_owner, FAULT_CALLER },
	{ "negotiate", blkf_negotiate, FAULT_CALLER },
	{ "get config", blkf_get_config, FAULT_CALLER, .aside = 1 },
	{ "set config", blkf_set_config, FAULT_CALLER, .aside = 2 },
	{ "memory", blkf_memory, FAULT_CALLER },
	{ "map", blkf_map_low, FAULT_CALLER, .also = EINVAL },
	{ "unmap", blkf_unmap, FAULT_CALLER, .also = EINVAL },
	{ "batch", blkf_batch, FAULT_CALLER, .also = EINVAL },
	{ "map in batch", blkf_map_low, FAULT_CALLER, .also = EINVAL },
	{ "map in batch", blkf_map_high },
	{ "batch end", blkf_batch_end, FAULT_CALLER, .also = EINVAL },
	{ "vrings", blkf_vrings, FAULT_CALLER },
	{ "new worker", blkf_new_worker, FAULT_CALLER, .aside = 3 },
	{ "give worker", blkf_give_worker, FAULT_CALLER, .aside = 3 },
	{ "run", blkf_run, FAULT_CALLER },
	{ "write", blkf_write, FAULT_WORKER, "q0" },
	{ "read", blkf_read, FAULT_WORKER, "q0" },
	{ "bounced write", blkf_write_bounced, FAULT_WORKER, "q0", .aside = 4 },
	{ "bounced read", blkf_read_bounced, FAULT_WORKER, "q0", .aside = 4 },
	{ "flush", blkf_flush, FAULT_WORKER, "q0", .aside = 5 },
	{ "discard", blkf_discard, FAULT_WORKER, "q0", .aside = 6 },
	{ "zero", blkf_zero, FAULT_WORKER, "q0", .aside = 7 },
	{ "write, pool", blkf_write, FAULT_POOL, .aside = 15 },
	{ "flush, pool", blkf_flush, FAULT_POOL, .aside = 16 },
	{ "discard, pool", blkf_discard, FAULT_POOL, .aside = 17 },
	{ "zero, pool", blkf_zero, FAULT_POOL, .aside = 8 },
	{ "remap, run", blkf_remap_run, FAULT_WORKER, "q0", .aside = 9 },
	{ "remap", blkf_memory, FAULT_CALLER, .aside = 10 },
	{ "resize", blkf_resize, FAULT_CALLER, .aside = 11 },
	{ "suspend", blkf_suspend, FAULT_CALLER, .aside = 12 },
	{ "base", blkf_base, FAULT_CALLER, .aside = 12 },
	{ "resume", blkf_resume, FAULT_CALLER, .aside = 12 },
	{ "disable", blkf_disable, FAULT_CALLER, .aside = 13 },
	{ "enable", blkf_enable, FAULT_CALLER, .aside = 13 },
	{ "reset", blkf_reset, FAULT_CALLER, .sure = true, .aside = 14 },
	{ "next", blkf_next, .aside = 14 },
	{ "flow", blkf_flow },
	{ "close", blkf_close, FAULT_CALLER, .sure = true },
};

void blkf_begin(void *world)
{
	struct blkf_world *w = world;
	unsigned int i;

	w->x.b.fd = -1;
	mock_blk_restart_rings(&w->x.b);
	mock_fd_drain(w->x.b.queue[0].ring.err_fd);
	for (i = 0; i < GUEST_REGIONS; i++)
		madvise(w->x.b.mem.half[i], w->x.b.mem.size / 2,
			MADV_DONTNEED);
}

void blkf_end(void *world)
{
	struct blkf_world *w = world;

	ktap_eq(w->x.b.fd, -1);
}

/* Let bios to a block device be points as well. */
static void blkf_fail_bios(const struct blk_backing *back)
{
	if (!strncmp(back->path, "/dev/", 5))
		host_run("echo 1 > /sys/block/%s/make-it-fail",
			 back->path + 5);
}

void blkf_prepare(struct blkf_world *w, const struct blkf_kind *kind)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	fault_require();
	blk_prepare();
	blk_backing(&back, kind->kind);
	blk_cfg(&cfg, &back, kind->mode);
	cfg.backing.flags = kind->flags;
	cfg.num = BLKF_NUM;
	cfg.mem_size = BLKF_MEM;
	cfg.table_max = 4;
	blk_open(&w->x, &back, &cfg, BLKF_BUF);
	close(w->x.b.fd);
	blkf_fail_bios(&back);
}

/*
 * Run the steps of a disk once per fault point.
 * @w: world, prepared
 */
void blkf_sweep(struct blkf_world *w, const struct fault_step *step,
		unsigned int n)
{
	struct fault_life life = {
		.step = step,
		.n = n,
		.world = w,
		.fd = &w->x.b.fd,
		.begin = blkf_begin,
		.end = blkf_end,
	};

	fault_sweep(&life);
	/* fsync() repeats the write errors that requests have reported. */
	if (fsync(w->x.back.fd))
		ktap_info("fsync: %s", strerror(errno));
	blk_check_disk(&w->x);
}

static const struct ktap_variant blkf_lives[] = {
	{ "vhost_split_tmpfs", &(const struct blkf_kind) {
			BLK_TMPFS, &blk_modes[0], 0 } },
	{ "vdpa_packed_loop", &(const struct blkf_kind) {
			BLK_LOOP, &blk_modes[3], 0 } },
	{ "vdpa_split_loop_buffered", &(const struct blkf_kind) {
			BLK_LOOP, &blk_modes[2],
			MYVHOST_BLK_BUFFERED | MYVHOST_BLK_WRITETHROUGH } },
	{ }
};

KTAP_TEST(blkf_live, KTAP_SWEEP, blkf_lives, "fault_B4_B5_LC3")
{
	static struct blkf_world w;

	fault_pin_rings(true);
	blkf_prepare(&w, arg);
	blkf_sweep(&w, blkf_steps, sizeof(blkf_steps) / sizeof(*blkf_steps));
}

static const struct ktap_variant blkf_user_lives[] = {
	{ "vhost_packed_tmpfs", &(const struct blkf_kind) {
			BLK_TMPFS, &blk_modes[1], 0 } },
	{ }
};

/* The same with a ring that is reached through the owner's address space. */
KTAP_TEST(blkf_user_live, KTAP_SWEEP, blkf_user_lives, "fault_B4_LC3_user")
{
	static struct blkf_world w;

	fault_pin_rings(false);
	blkf_prepare(&w, arg);
	blkf_sweep(&w, blkf_steps, sizeof(blkf_steps) / sizeof(*blkf_steps));
}
