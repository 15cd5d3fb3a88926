// SPDX-License-Identifier: GPL-2.0
/* Backing, mock device and what must be on the disk, see blk_fixture.h. */
#define _GNU_SOURCE
#include <sys/mount.h>
#include <sys/stat.h>

#include "blk_fixture.h"
#include "rng.h"

const char *const blk_kind_names[BLK_KINDS] = {
	[BLK_TMPFS] = "tmpfs",
	[BLK_RAMFS] = "ramfs",
	[BLK_9P] = "9p",
	[BLK_EXT4] = "ext4",
	[BLK_XFS] = "xfs",
	[BLK_LOOP] = "loop",
	[BLK_DM] = "dm",
	[BLK_NULL] = "null",
	[BLK_NULL_4K] = "null4k",
	[BLK_LOOP_4K] = "loop4k",
	[BLK_EXT4_4K] = "ext4_4k",
	[BLK_NULL_SLOW] = "null_slow",
	[BLK_ERASE] = "mvht_erase",
};

const struct blk_mode blk_modes[4] = {
	{ "vhost_split", false, BLK_MODERN },
	{ "vhost_packed", false, BLK_MODERN | VHU_PACKED },
	{ "vdpa_split", true, BLK_MODERN | VHU_ACCESS_PLATFORM },
	{ "vdpa_packed", true, BLK_MODERN | VHU_ACCESS_PLATFORM | VHU_PACKED },
};

const struct blk_mode *const blk_vhost_split = &blk_modes[0];
const struct blk_mode *const blk_vdpa_packed = &blk_modes[3];

const struct ktap_variant blk_all_modes[] = {
	{ "vhost_split", &blk_modes[0] },
	{ "vhost_packed", &blk_modes[1] },
	{ "vdpa_split", &blk_modes[2] },
	{ "vdpa_packed", &blk_modes[3] },
	{ }
};

const struct ktap_variant blk_two_modes[] = {
	{ "vhost_split", &blk_modes[0] },
	{ "vdpa_packed", &blk_modes[3] },
	{ }
};

const struct ktap_variant blk_vdpa_layouts[] = {
	{ "split", &blk_modes[2] },
	{ "packed", &blk_modes[3] },
	{ }
};

const struct ktap_variant blk_vhost_split_one[] = { { "", &blk_modes[0] }, { } };
const struct ktap_variant blk_vdpa_packed_one[] = { { "", &blk_modes[3] }, { } };
const struct ktap_variant blk_vdpa_split[] = { { "", &blk_modes[2] }, { } };

const struct ktap_variant blk_flags[] = {
	{ "direct", &(const __u32) { 0 } },
	{ "buffered", &(const __u32) { MYVHOST_BLK_BUFFERED } },
	{ }
};

KTAP_TEARDOWN(blk_clean)
{
	host_disk_clean();
}

/* Make the directory of backings and remove what earlier cases left. */
void blk_prepare(void)
{
	int r;

	host_disk_clean();
	r = host_space();
	ktap_check(!r, "mount name space: %s", strerror(-r));
}

static void blk_make_file(struct blk_backing *back, const char *dir)
{
	snprintf(back->path, sizeof(back->path), "%s/disk", dir);
	back->fd = ktap_ok(host_file(back->path, back->size));
}

static void blk_make_ramfs(struct blk_backing *back)
{
	const char *dir = HOST_DIR "/ramfs";

	mkdir(dir, 0700);
	ktap_check(!mount("mvht", dir, "ramfs", 0, NULL), "ramfs: %s",
		   strerror(errno));
	blk_make_file(back, dir);
}

static void blk_make_9p(struct blk_backing *back)
{
	if (host_9p_path(back->path, sizeof(back->path)))
		ktap_skip("no 9p is mounted");
	back->fd = ktap_ok(host_file(back->path, back->size));
}

static void blk_make_fs(struct blk_backing *back)
{
	const char *type = back->kind == BLK_XFS ? "xfs" : "ext4";
	int r = host_fs(type, "fs", 320ULL << 20,
			back->kind == BLK_EXT4_4K ? 4096 : 512);

	if (r)
		ktap_skip("no %s here: %d", type, r);
	blk_make_file(back, HOST_DIR "/fs");
}

static void blk_make_loop(struct blk_backing *back, char *dev, int len)
{
	int fd;

	snprintf(back->lower, sizeof(back->lower), HOST_DIR "/lower");
	fd = ktap_ok(host_file(back->lower, back->size));
	close(fd);
	fd = host_loop(back->lower, back->block, dev, len);
	if (fd < 0)
		ktap_skip("no loop device: %s", strerror(-fd));
	back->fd = fd;
}

static void blk_make_dm(struct blk_backing *back)
{
	char dev[32];
	int r;

	blk_make_loop(back, dev, sizeof(dev));
	r = host_dm_create("disk", "0 %llu linear %s 0", back->size / 512, dev);
	if (r)
		ktap_skip("no device mapper: %d", r);
	/* The loop device lives on because the mapper uses it. */
	close(back->fd);
	snprintf(back->lower, sizeof(back->lower), "%s", dev);
	snprintf(back->path, sizeof(back->path), "/dev/mapper/"
		 HOST_DM_PREFIX "disk");
	back->fd = open(back->path, O_RDWR | O_CLOEXEC);
	ktap_check(back->fd >= 0, "%s: %s", back->path, strerror(errno));
}

static void blk_make_null(struct blk_backing *back)
{
	char attrs[128];
	int r;

	snprintf(attrs, sizeof(attrs), "memory_backed=1 size=%llu blocksize=%u%s",
		 back->size >> 20, back->block, back->kind == BLK_NULL_SLOW ?
		 " irqmode=2 completion_nsec=20000000" : " discard=1");
	r = host_null("mvht0", attrs, back->path, sizeof(back->path));
	if (r)
		ktap_skip("no null_blk: %s", strerror(-r));
	back->fd = open(back->path, O_RDWR | O_CLOEXEC);
	ktap_check(back->fd >= 0, "%s: %s", back->path, strerror(errno));
}

/* The device of test_modules/mvht_erase.ko, which has what earlier cases left. */
static void blk_make_erase(struct blk_backing *back)
{
	__u8 *zero = calloc(1, back->size);

	snprintf(back->path, sizeof(back->path), "/dev/mvht_erase");
	back->fd = open(back->path, O_RDWR | O_CLOEXEC);
	if (back->fd < 0 && errno == ENOENT)
		ktap_skip("no %s, see load.sh", back->path);
	ktap_check(back->fd >= 0, "%s: %s", back->path, strerror(errno));
	ktap_check(zero && pwrite(back->fd, zero, back->size, 0) ==
		   (ssize_t)back->size && !fsync(back->fd), "zeroing %s",
		   back->path);
	free(zero);
}

/* Make a backing of BLK_DISK_SIZE, or skip the case. */
void blk_backing(struct blk_backing *back, enum blk_kind kind)
{
	memset(back, 0, sizeof(*back));
	back->kind = kind;
	back->size = BLK_DISK_SIZE;
	back->block = kind == BLK_NULL_4K || kind == BLK_LOOP_4K ? 4096 : 512;
	switch (kind) {
	case BLK_TMPFS:
		return blk_make_file(back, HOST_DIR);
	case BLK_RAMFS:
		return blk_make_ramfs(back);
	case BLK_9P:
		return blk_make_9p(back);
	case BLK_EXT4:
	case BLK_XFS:
	case BLK_EXT4_4K:
		return blk_make_fs(back);
	case BLK_LOOP:
	case BLK_LOOP_4K:
		return blk_make_loop(back, back->path, sizeof(back->path));
	case BLK_DM:
		return blk_make_dm(back);
	case BLK_ERASE:
		return blk_make_erase(back);
	default:
		return blk_make_null(back);
	}
}

/*
 * Configuration of a mock device.
 * @back: its backing, which is open
 */
void blk_cfg(struct mock_blk_cfg *cfg, const struct blk_backing *back,
	     const struct blk_mode *mode)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->node = ktap_opts.node;
	cfg->vdpa = mode->vdpa;
	cfg->features = mode->features | BLK_ALL;
	if (back->kind == BLK_ERASE)
		cfg->features |= BLK_F(SECURE_ERASE);
	cfg->backing.fd = back->fd;
	/* Its memory goes page by page. */
	if (!mode->vdpa && mode->features & VHU_ACCESS_PLATFORM)
		cfg->mem_size = 4 << 20;
	memcpy(cfg->backing.serial, "mvht-0123456789abcdef", 20);
}

/* What is not offered is not negotiated. */
static void blk_mask(struct mock_blk_cfg *cfg)
{
	__u64 offered;
	int r = mock_blk_offered(cfg, &offered);

	if (r == -ENOTTY)
		ktap_skip("%s has no disks", cfg->node);
	ktap_check(!r, "setting up a disk: %s", strerror(-r));
	cfg->features &= offered | ~(BLK_ALL | BLK_F(SECURE_ERASE));
}

static void blk_open_device(struct blk_fix *x, const struct mock_blk_cfg *cfg)
{
	struct mock_blk_cfg c = *cfg;

	if (!c.fd)
		blk_mask(&c);
	ktap_ok(mock_blk_open(&x->b, &c));
	x->buf = guest_alloc(&x->b.mem, x->buf_len, 4096);
}

/* Make the device, start nothing. */
void blk_open(struct blk_fix *x, const struct blk_backing *back,
	      const struct mock_blk_cfg *cfg, size_t buf_len)
{
	memset(x, 0, sizeof(*x));
	x->back = *back;
	x->buf_len = buf_len;
	blk_open_device(x, cfg);
	x->want = calloc(1, back->size);
	x->known = malloc(back->size / 512);
	ktap_check(x->want && x->known, "no memory");
	memset(x->known, 1, back->size / 512);
}

/* Another device on the same backing, whose content is kept. */
void blk_again(struct blk_fix *x, const struct mock_blk_cfg *cfg)
{
	mock_blk_close(&x->b);
	blk_open_device(x, cfg);
}

/*
 * Backing, device and 1 MiB for data, all started.
 * @flags: MYVHOST_BLK_*
 */
void blk_start(struct blk_fix *x, enum blk_kind kind,
	       const struct blk_mode *mode, __u32 flags)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	blk_prepare();
	blk_backing(&back, kind);
	blk_cfg(&cfg, &back, mode);
	cfg.backing.flags = flags;
	blk_open(x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x->b));
}

/*
 * Make a disk on a file system that is smaller than the disk, and start it.
 * @flags: MYVHOST_BLK_*
 */
void blk_start_small(struct blk_fix *x, const struct blk_mode *mode, __u32 flags)
{
	struct blk_backing back = {
		.path = HOST_DIR "/small/disk", .size = BLK_DISK_SIZE,
		.block = 512,
	};
	struct mock_blk_cfg cfg;

	blk_prepare();
	mkdir(HOST_DIR "/small", 0700);
	ktap_check(!mount("none", HOST_DIR "/small", "tmpfs", 0, "size=1m"),
		   "mount: %s", strerror(errno));
	back.fd = ktap_ok(host_file(back.path, back.size));
	blk_cfg(&cfg, &back, mode);
	cfg.backing.flags = flags;
	blk_open(x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x->b));
}

/*
 * Have another process call @fn, and stay until it is killed.  Returns its id when @fn
 * has returned.
 */
pid_t blk_fork_user(void (*fn)(void *arg), void *arg)
{
	pid_t pid;
	int p[2];
	char c;

	ktap_check(!pipe(p), "pipe");
	fflush(stdout);
	pid = ktap_ok(fork());
	if (!pid) {
		fn(arg);
		ktap_eq(write(p[1], "x", 1), 1);
		pause();
		_exit(0);
	}
	close(p[1]);
	ktap_eq(read(p[0], &c, 1), 1);
	close(p[0]);
	return pid;
}

/* End the device; the backing stays. */
void blk_close(struct blk_fix *x)
{
	mock_blk_close(&x->b);
	free(x->want);
	free(x->known);
}

/* Pointer to guest memory. */
void *blk_ptr(struct blk_fix *x, __u64 bus)
{
	return guest_ptr(&x->b.mem, bus);
}

/* Make data whose every byte follows from a seed. */
void blk_fill(void *p, size_t len, unsigned int seed)
{
	struct rng r;

	rng_seed(&r, seed);
	rng_fill(&r, p, len);
}

/* The disk's expected content changes to this. */
void blk_wrote(struct blk_fix *x, __u64 sector, const void *p, size_t len)
{
	memcpy(x->want + sector * 512, p, len);
	memset(x->known + sector, 1, len / 512);
}

/* The expected content is zeroes. */
void blk_zeroed(struct blk_fix *x, __u64 sector, __u64 n)
{
	memset(x->want + sector * 512, 0, n * 512);
	memset(x->known + sector, 1, n);
}

/* The content is unknown from now on. */
void blk_forgot(struct blk_fix *x, __u64 sector, __u64 n)
{
	memset(x->known + sector, 0, n);
}

/* Compare data with the disk's expected content. */
void blk_check_read(struct blk_fix *x, __u64 sector, const void *p, size_t len)
{
	const __u8 *got = p, *want = x->want + sector * 512;
	size_t i, k;

	for (i = 0; i < len; i += 512) {
		if (!x->known[sector + i / 512] ||
		    !memcmp(got + i, want + i, 512))
			continue;
		for (k = i; got[k] == want[k]; k++)
			;
		ktap_fail("byte %zu of sector %llu is %#x, not %#x", k - i,
			  (unsigned long long)sector + i / 512, got[k],
			  want[k]);
	}
}

/*
 * Compare all of the backing itself.
 * @x: fixture, nothing in flight
 */
void blk_check_disk(struct blk_fix *x)
{
	int fd = open(x->back.path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	size_t size = x->back.size;
	ssize_t r;
	__u8 *buf;

	if (fd < 0)
		fd = open(x->back.path, O_RDONLY | O_CLOEXEC);
	ktap_check(fd >= 0, "%s: %s", x->back.path, strerror(errno));
	ktap_check(!posix_memalign((void **)&buf, 4096, size), "no memory");
	ktap_check(!fsync(x->back.fd), "fsync: %s", strerror(errno));
	/* At once: a slow device takes its time for each call. */
	r = pread(fd, buf, size, 0);
	ktap_check(r == (ssize_t)size, "reading %s: %zd", x->back.path, r);
	blk_check_read(x, 0, buf, size);
	free(buf);
	close(fd);
}

/*
 * One request with the data at @x->buf.
 * @x: fixture, nothing in flight in queue 0
 *
 * Returns its status.
 */
int blk_do(struct blk_fix *x, __u32 type, __u64 sector, __u32 len)
{
	int r = mock_blk_do(&x->b, 0, type, sector, x->buf, len);

	ktap_check(r >= 0, "request %u at %llu of %u bytes: %s", type,
		   (unsigned long long)sector, len, strerror(-r));
	return r;
}

/* One write, which must succeed. */
void blk_write(struct blk_fix *x, __u64 sector, __u32 len, unsigned int seed)
{
	void *p = blk_ptr(x, x->buf);

	blk_fill(p, len, seed);
	ktap_eq(blk_do(x, VIRTIO_BLK_T_OUT, sector, len), 0);
	blk_wrote(x, sector, p, len);
}

/* One read, whose data must be right. */
void blk_read(struct blk_fix *x, __u64 sector, __u32 len)
{
	memset(blk_ptr(x, x->buf), 0xa5, len);
	ktap_eq(blk_do(x, VIRTIO_BLK_T_IN, sector, len), 0);
	blk_check_read(x, sector, blk_ptr(x, x->buf), len);
}

static void blk_set_range(struct blk_fix *x, __u64 bus, __u64 sector, __u32 n,
			  __u32 flags)
{
	struct virtio_blk_discard_write_zeroes w = {
		.sector = sector, .num_sectors = n, .flags = flags,
	};

	memcpy(blk_ptr(x, bus), &w, sizeof(w));
}

/* A discard or zeroing of one range.  Returns its status. */
int blk_range(struct blk_fix *x, __u32 type, __u64 sector, __u32 n,
	      __u32 flags)
{
	blk_set_range(x, x->buf, sector, n, flags);
	return blk_do(x, type, 0, sizeof(struct virtio_blk_discard_write_zeroes));
}

/* Wait for a request to complete, and return it. */
struct mock_blk_req *blk_get(struct blk_fix *x, unsigned int q)
{
	struct mock_blk_req *r;
	int ret = mock_blk_wait(&x->b, q, &r, BLK_WAIT);

	ktap_check(ret != -ENOMSG, "completion without notification");
	ktap_check(ret == 1, "%u requests in flight: %s",
		   x->b.queue[q].ring.ninflight, strerror(-ret));
	return r;
}

/* A counter, of all queues together. */
__u64 blk_counter(struct blk_fix *x, enum myvhost_counter c)
{
	__u64 v[MYVHOST_CNT_MAX];

	ktap_ok(mock_blk_stats(&x->b, v));
	return v[c];
}

/* A load in progress; each slot has a zone of the disk and of memory. */
struct blk_run {
	struct blk_fix *x;
	const struct blk_load *load;
	unsigned int left, inflight;
	struct rng rng;
	__u64 zone;		/* sectors */
	size_t room;		/* bytes of memory */
	struct blk_slot {
		bool busy;
		__u64 sector;
		__u64 n;
		__u64 data;
	} slot[256];
};

/* Mostly reads and writes, and what else was negotiated. */
static __u32 blk_pick_type(struct blk_run *run)
{
	__u64 f = run->x->b.cfg.features;
	unsigned int v = rng_below(&run->rng, 100);

	if (v < 4 && f & BLK_F(DISCARD))
		return VIRTIO_BLK_T_DISCARD;
	if (v < 8 && f & BLK_F(WRITE_ZEROES))
		return VIRTIO_BLK_T_WRITE_ZEROES;
	if (v < 11 && f & BLK_F(FLUSH))
		return VIRTIO_BLK_T_FLUSH;
	return v < 55 ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN;
}

static __u32 blk_prepare_slot(struct blk_run *run, unsigned int i, __u32 type)
{
	unsigned int unit = run->x->back.block / 512, max;
	struct blk_slot *s = &run->slot[i];
	__u64 base = run->x->buf + i * run->room + 64;

	max = run->load->max_len / run->x->back.block;
	s->n = (1 + rng_below(&run->rng, max)) * unit;
	s->sector = i * run->zone +
		    rng_below(&run->rng, (run->zone - s->n) / unit + 1) * unit;
	/* 64 bytes before it for a header. */
	s->data = run->load->unaligned ? base + rng_below(&run->rng, 3000) :
					 (base + 4095) & ~4095ULL;
	switch (type) {
	case VIRTIO_BLK_T_FLUSH:
		return 0;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		blk_set_range(run->x, s->data, s->sector, s->n,
			      type == VIRTIO_BLK_T_WRITE_ZEROES &&
			      rng_below(&run->rng, 2));
		return sizeof(struct virtio_blk_discard_write_zeroes);
	case VIRTIO_BLK_T_OUT:
		blk_fill(blk_ptr(run->x, s->data), s->n * 512,
			 rng_next(&run->rng));
		break;
	default:
		memset(blk_ptr(run->x, s->data), 0xa5, s->n * 512);
	}
	return s->n * 512;
}

/* Returns false if the ring is full. */
static bool blk_post(struct blk_run *run, unsigned int q)
{
	struct mock_blk_req *r;
	__u32 type, len;
	unsigned int i;

	for (i = 0; run->slot[i].busy; i++)
		;
	type = blk_pick_type(run);
	len = blk_prepare_slot(run, i, type);
	r = mock_blk_add(&run->x->b, q, type,
			 type == VIRTIO_BLK_T_FLUSH ? 0 : run->slot[i].sector,
			 run->slot[i].data, len, &run->load->frame);
	if (!r)
		return false;
	r->tag = i;
	run->slot[i].busy = true;
	run->inflight++;
	run->left--;
	return true;
}

static void blk_account(struct blk_run *run, const struct mock_blk_req *r)
{
	struct blk_slot *s = &run->slot[r->tag];
	void *p = blk_ptr(run->x, s->data);

	ktap_check(!r->status, "request %u at %llu, %u bytes: status %#x",
		   r->type, (unsigned long long)r->sector, r->len, r->status);
	ktap_eq(r->used_len, r->type == VIRTIO_BLK_T_IN ? r->len + 1 : 1);
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
		blk_check_read(run->x, s->sector, p, r->len);
		break;
	case VIRTIO_BLK_T_OUT:
		blk_wrote(run->x, s->sector, p, r->len);
		break;
	case VIRTIO_BLK_T_DISCARD:
		blk_forgot(run->x, s->sector, s->n);
		break;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		blk_zeroed(run->x, s->sector, s->n);
		break;
	}
	s->busy = false;
	run->inflight--;
}

static unsigned int blk_collect(struct blk_run *run, unsigned int q)
{
	struct mock_blk_req *r;
	unsigned int n = 0;
	int ret;

	while ((ret = mock_blk_reap(&run->x->b, q, &r)) > 0) {
		blk_account(run, r);
		n++;
	}
	ktap_check(!ret, "the used ring breaks a rule: %d", ret);
	return n;
}

/* Wait until any queue gives something back. */
static void blk_wait_any(struct blk_run *run)
{
	struct mock_blk *b = &run->x->b;
	__s64 end = mock_msecs() + BLK_WAIT;
	unsigned int q, n = 0;

	while (!n) {
		for (q = 0; q < b->cfg.queues; q++)
			n += blk_collect(run, q);
		for (q = 0; q < b->cfg.queues && !n; q++) {
			struct mock_ring *r = &b->queue[q].ring;

			if (!r->ninflight)
				continue;
			mock_ring_wait(r, b->cfg.queues > 1 ? 1 : 200);
		}
		ktap_check(n || mock_msecs() < end,
			   "%u requests do not come back", run->inflight);
	}
}

/*
 * Carry out a random mixture of requests and verify every byte.
 * @x: fixture, running, nothing in flight
 */
void blk_load(struct blk_fix *x, const struct blk_load *load)
{
	static struct blk_run run;
	unsigned int i, q = 0, ticks = 0;

	memset(&run, 0, sizeof(run));
	run.x = x;
	run.load = load;
	run.left = load->n;
	rng_seed(&run.rng, load->seed);
	run.zone = x->back.size / 512 / load->depth & ~7ULL;
	run.room = x->buf_len / load->depth;
	ktap_check(run.room >= load->max_len + 2 * 4096 + 128 &&
		   run.zone * 512 >= load->max_len && load->depth <= 256,
		   "the load does not fit");
	while (run.left || run.inflight) {
		/* The next round begins where this one runs out of slots. */
		for (i = 0; i < x->b.cfg.queues && run.inflight < load->depth;
		     i++, q = (q + 1) % x->b.cfg.queues) {
			unsigned int batch = 1 + rng_below(&run.rng, 8);

			while (batch-- && run.left &&
			       run.inflight < load->depth && blk_post(&run, q))
				;
			mock_blk_submit(&x->b, q);
		}
		if (load->tick && ++ticks % 8 == 0)
			load->tick(x, load->arg);
		if (run.inflight)
			blk_wait_any(&run);
	}
}
