// SPDX-License-Identifier: GPL-2.0
/* A disk of myvhost, and the driver that keeps it busy. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "meter.h"
#include "mock_blk.h"
#include "rng.h"

#define RING	256
#define DEPTH_MAX	128
#define VERIFY		(2 << 20)

static struct mock_blk blk;
static struct meter meter;
static __u64 data[DEPTH_MAX];
static __u64 issued;

static const struct mock_blk_frame indirect = { .indirect = true };

static int myvhost_start(const struct disk_case *c, int fd)
{
	struct mock_blk_cfg cfg = {
		.node = "/dev/myvhost",
		.vdpa = true,
		.features = VHU_VERSION_1 | VHU_EVENT_IDX | VHU_INDIRECT |
			    VHU_ACCESS_PLATFORM | BLK_F(FLUSH),
		.num = RING,
		.mem_size = 64 << 20,
		.backing = { .fd = fd, .flags = c->buffered ? MYVHOST_BLK_BUFFERED : 0 },
	};
	unsigned int i;
	int r = mock_blk_open(&blk, &cfg);

	if (r)
		return r;
	for (i = 0; i < c->depth; i++)
		data[i] = guest_alloc(&blk.mem, c->memory ? VERIFY : c->len, 4096);
	/* Pages that the guest has used before. */
	for (i = 0; i < c->depth; i++)
		memset(guest_ptr(&blk.mem, data[i]), 1, c->len);
	r = mock_blk_setup(&blk);
	return r ? r : mock_blk_run(&blk);
}

static int myvhost_open(const struct disk_case *c, const char *path)
{
	static struct meter_threads before;
	int r, fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	meter_threads(&before);
	r = myvhost_start(c, fd);
	close(fd);
	issued = 0;
	return r ? r : meter_open(&meter, &before);
}

/* Write @len random bytes in pieces of @cut, and read them back in others. */
static int myvhost_verify_one(__u32 len, unsigned int cut, unsigned int off)
{
	const unsigned int cuts[] = { cut, 0 };
	const struct mock_blk_frame frame = { .cut = cut ? cuts : NULL };
	__u8 *from = guest_ptr(&blk.mem, data[0] + off), *to;
	struct mock_blk_req *done;
	struct rng rng;

	rng_seed(&rng, len + cut + off);
	rng_fill(&rng, from, len);
	if (!mock_blk_add(&blk, 0, VIRTIO_BLK_T_OUT, 2 * off + 8, data[0] + off, len, &frame))
		return -ENOSPC;
	mock_blk_submit(&blk, 0);
	if (mock_blk_wait(&blk, 0, &done, 5000) <= 0 || done->status)
		return -EIO;
	to = guest_ptr(&blk.mem, data[1]);
	memset(to, 0, len);
	if (mock_blk_do(&blk, 0, VIRTIO_BLK_T_IN, 2 * off + 8, data[1], len))
		return -EIO;
	return memcmp(from, to, len) ? -EBADMSG : 0;
}

/* Sizes of one block to many pages, whole and cut, in pages and across them. */
static int myvhost_verify(void)
{
	static const __u32 lens[] = { 512, 4096, 12288, 65536, 131072, 524288, 1048576 };
	static const unsigned int cuts[] = { 0, 512, 1536, 4096, 69632 };
	unsigned int i, j, off;
	int r = 0;

	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++)
		for (j = 0; j < sizeof(cuts) / sizeof(*cuts); j++)
			for (off = 0; off <= 4096 && !r; off += off ? 3584 : 512)
				/* A ring has so many descriptors. */
				if (!cuts[j] || lens[i] / cuts[j] < RING - 8)
					r = myvhost_verify_one(lens[i], cuts[j], off);
	return r;
}

static int myvhost_add(const struct disk_case *c, __u64 buffer)
{
	__u32 type = c->op == DISK_READ ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_OUT;
	struct mock_blk_req *r;
	__u64 i = issued++;

	if (c->op == DISK_SYNC && i % 2)
		r = mock_blk_add(&blk, 0, VIRTIO_BLK_T_FLUSH, 0, buffer, 0, NULL);
	else
		r = mock_blk_add(&blk, 0, type, disk_pos(c, i) >> 9, buffer, c->len,
				 c->indirect ? &indirect : NULL);
	if (!r)
		return -ENOSPC;
	r->tag = buffer;
	return 0;
}

/* Give the device back what it has completed.  Returns how many, or a negative errno. */
static int myvhost_turn(const struct disk_case *c, unsigned int left, unsigned int *added)
{
	struct mock_blk_req *done;
	unsigned int n = 0;
	int r;

	while ((r = mock_blk_reap(&blk, 0, &done)) > 0) {
		if (done->status)
			return -EIO;
		n++;
		if (*added < left) {
			++*added;
			r = myvhost_add(c, done->tag);
			if (r)
				return r;
		}
	}
	if (n)
		mock_blk_submit(&blk, 0);
	return r ? r : (int)n;
}

static int myvhost_requests(const struct disk_case *c, unsigned int n)
{
	unsigned int added = 0, done = 0;
	int r = 0;

	while (added < c->depth && added < n && !r)
		r = myvhost_add(c, data[added++]);
	if (!r)
		mock_blk_submit(&blk, 0);
	while (!r && done < n) {
		r = myvhost_turn(c, n, &added);
		if (r > 0) {
			done += r;
			r = 0;
		}
	}
	return r;
}

static int myvhost_run(const struct disk_case *c, unsigned int n, struct disk_counts *counts)
{
	__u64 before[MYVHOST_CNT_MAX], after[MYVHOST_CNT_MAX];
	struct meter_reading m, m2;
	double insns;
	int r;

	r = mock_blk_stats(&blk, before);
	if (!r)
		r = meter_read(&meter, &m);
	insns = disk_insns();
	if (!r)
		r = myvhost_requests(c, n);
	counts->insns = disk_insns() - insns;
	if (!r)
		r = meter_read(&meter, &m2);
	if (!r)
		r = mock_blk_stats(&blk, after);
	if (r)
		return r;
	counts->sleeps = m2.sleeps - m.sleeps;
	counts->kicks = after[MYVHOST_CNT_KICKS] - before[MYVHOST_CNT_KICKS];
	counts->calls = after[MYVHOST_CNT_CALLS] - before[MYVHOST_CNT_CALLS];
	counts->runs = after[MYVHOST_CNT_RUNS] - before[MYVHOST_CNT_RUNS];
	return 0;
}

static void myvhost_close(void)
{
	meter_close(&meter);
	mock_blk_close(&blk);
}

const struct server server_myvhost = {
	.name = "myvhost",
	.open = myvhost_open,
	.verify = myvhost_verify,
	.run = myvhost_run,
	.close = myvhost_close,
};
