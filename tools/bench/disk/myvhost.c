// SPDX-License-Identifier: GPL-2.0
/* A disk of myvhost, and the driver that keeps it busy. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "meter.h"
#include "mock_blk.h"

#define RING	256
#define DEPTH_MAX	128

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
		data[i] = guest_alloc(&blk.mem, c->len, 4096);
	/* Pages that the guest has used before. */
	memset(guest_ptr(&blk.mem, data[0]), 1, (size_t)c->depth * c->len);
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
	.run = myvhost_run,
	.close = myvhost_close,
};
