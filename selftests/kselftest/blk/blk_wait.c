// SPDX-License-Identifier: GPL-2.0
/*
 * A backing that makes its callers wait: the worker does not, so requests that need
 * nothing of it go on.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "blk_fixture.h"

#define WAIT_DIR	HOST_DIR "/wait"
#define WAIT_FILE	WAIT_DIR "/disk"
#define WAIT_SIZE	(4 << 20)

/* A disk of which each write allocates, on ext4 on a device that can hang. */
static void wait_start(struct blk_fix *x, __u32 flags)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	blk_prepare();
	blk_backing(&back, BLK_DM);
	close(back.fd);
	if (host_run("mke2fs -q -t ext4 -E lazy_itable_init=0 %s", back.path) ||
	    mkdir(WAIT_DIR, 0700) || mount(back.path, WAIT_DIR, "ext4", 0, NULL))
		ktap_skip("no ext4");
	back.kind = BLK_EXT4;
	back.size = WAIT_SIZE;
	strcpy(back.path, WAIT_FILE);
	back.fd = ktap_ok(host_file(WAIT_FILE, WAIT_SIZE));
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	cfg.backing.flags |= flags;
	blk_open(x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x->b));
}

/* A process that writes behind the end of the file, and has its lock until it is done. */
static pid_t wait_lock_file(void)
{
	pid_t pid = fork();
	void *p;
	int fd;

	if (pid)
		return pid;
	fd = open(WAIT_FILE, O_WRONLY | O_DIRECT | O_DSYNC);
	_exit(fd < 0 || posix_memalign(&p, 4096, 4096) ||
	      pwrite(fd, p, 4096, WAIT_SIZE) != 4096);
}

static void wait_post(struct blk_fix *x, __u32 type, __u64 sector, __u64 at,
		      __u32 len)
{
	ktap_check(mock_blk_add(&x->b, 0, type, sector, x->buf + at, len, NULL),
		   "add");
	mock_blk_submit(&x->b, 0);
}

static const struct ktap_variant wait_flags[] = {
	{ "direct", &(const __u32) { 0 } },
	{ "buffered", &(const __u32) { MYVHOST_BLK_BUFFERED } },
	{ }
};

/* Reads and writes wait for the lock, the serial number does not wait for them. */
KTAP_TEST(wait_lock, KTAP_LONG, wait_flags, "B38_lock")
{
	struct mock_blk_req *r;
	struct blk_fix x;
	unsigned int i;
	pid_t pid;
	int status;

	wait_start(&x, *(const __u32 *)arg);
	blk_write(&x, 0, 4096, 1);
	blk_write(&x, 64, 4096, 2);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_eq(host_dm_hang("disk"), 0);
	pid = wait_lock_file();
	usleep(BLK_QUIET * 1000);
	blk_fill(blk_ptr(&x, x.buf), 4096, 3);
	wait_post(&x, VIRTIO_BLK_T_OUT, 1024, 0, 4096);
	blk_wrote(&x, 1024, blk_ptr(&x, x.buf), 4096);
	usleep(BLK_QUIET * 1000);
	for (i = 0; i < 3; i++) {
		wait_post(&x, VIRTIO_BLK_T_GET_ID, 0, 8192, 20);
		r = blk_get(&x, 0);
		ktap_eq(r->type, VIRTIO_BLK_T_GET_ID);
		ktap_eq(r->status, 0);
	}
	ktap_eq(host_dm_go_on("disk"), 0);
	r = blk_get(&x, 0);
	ktap_eq(r->type, VIRTIO_BLK_T_OUT);
	ktap_eq(r->status, 0);
	ktap_check(waitpid(pid, &status, 0) == pid && !status, "the other writer");
	blk_read(&x, 1024, 4096);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
	blk_close(&x);
}

/* How many threads of the pools wait at the moment. */
static unsigned int wait_n_threads(void)
{
	char path[300], text[4096];
	DIR *d = opendir("/proc");
	unsigned int n = 0;
	struct dirent *e;
	size_t len;
	FILE *f;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%s/stack", e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		len = fread(text, 1, sizeof(text) - 1, f);
		text[len] = 0;
		n += !!strstr(text, "mvh_io_work");
		fclose(f);
	}
	if (d)
		closedir(d);
	return n;
}

#define WAIT_WRITES	8

/* Buffered writes of a file wait for its lock one after the other, and a read beside them. */
KTAP_TEST(wait_writers, KTAP_LONG, NULL, "B38_writers")
{
	struct blk_fix x;
	unsigned int i;
	pid_t pid;
	int status;

	wait_start(&x, MYVHOST_BLK_BUFFERED);
	blk_write(&x, 0, 65536, 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_eq(host_dm_hang("disk"), 0);
	pid = wait_lock_file();
	usleep(BLK_QUIET * 1000);
	for (i = 0; i < WAIT_WRITES; i++) {
		blk_fill(blk_ptr(&x, x.buf + i * 4096), 4096, i);
		wait_post(&x, VIRTIO_BLK_T_OUT, i * 8, i * 4096, 4096);
		blk_wrote(&x, i * 8, blk_ptr(&x, x.buf + i * 4096), 4096);
	}
	usleep(BLK_QUIET * 1000);
	if (access("/proc/self/stack", R_OK))
		ktap_info("no stacks here");
	else
		ktap_eq(wait_n_threads(), 1);
	ktap_eq(host_dm_go_on("disk"), 0);
	for (i = 0; i < WAIT_WRITES; i++)
		ktap_eq(blk_get(&x, 0)->status, 0);
	ktap_check(waitpid(pid, &status, 0) == pid && !status, "the other writer");
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
	blk_close(&x);
}

/* A device that takes four requests at a time. */
#define WAIT_DEVICE	"size=8 memory_backed=1 submit_queues=1 hw_queue_depth=4 irqmode=2 "
#define WAIT_READS	40
#define WAIT_READ_LEN	(32 << 10)

/**
 * struct wait_on - what the device is below
 * @attrs: how long it takes for a request, in nanoseconds
 * @make: make the backing, whose path is the device's
 */
struct wait_on {
	const char *attrs;
	void (*make)(struct blk_backing *back);
};

static void wait_on_device(struct blk_backing *back)
{
	(void)back;
}

/* It cannot be asked not to wait. */
static void wait_on_stacked(struct blk_backing *back)
{
	if (host_module("dm_flakey", "") ||
	    host_dm_create("disk", "0 %llu flakey %s 0 3600 0", back->size / 512,
			   back->path))
		ktap_skip("no dm-flakey");
	strcpy(back->path, "/dev/mapper/" HOST_DM_PREFIX "disk");
}

/* It does not ask the device. */
static void wait_on_file(struct blk_backing *back)
{
	if (host_run("mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1,nodiscard %s",
		     back->path) || mkdir(WAIT_DIR, 0700) ||
	    mount(back->path, WAIT_DIR, "ext4", 0, NULL))
		ktap_skip("no ext4");
	back->kind = BLK_EXT4;
	back->size = WAIT_SIZE;
	strcpy(back->path, WAIT_FILE);
	close(ktap_ok(host_file(WAIT_FILE, WAIT_SIZE)));
	ktap_ok(host_run("dd if=/dev/zero of=" WAIT_FILE " bs=%u count=2 oflag=direct "
			 "conv=notrunc 2>/dev/null", WAIT_READS / 2 * WAIT_READ_LEN));
}

static const struct ktap_variant wait_tags_on[] = {
	{ "device", &(const struct wait_on) { "completion_nsec=300000000", wait_on_device } },
	{ "stacked", &(const struct wait_on) { "completion_nsec=300000000", wait_on_stacked } },
	{ "file", &(const struct wait_on) { "completion_nsec=100000000", wait_on_file } },
	{ }
};

static void wait_tags_backing(struct blk_backing *back, const struct wait_on *on)
{
	char attrs[160];
	int r;

	memset(back, 0, sizeof(*back));
	back->kind = BLK_NULL;
	back->size = BLK_DISK_SIZE;
	back->block = 512;
	snprintf(attrs, sizeof(attrs), WAIT_DEVICE "%s", on->attrs);
	r = host_null("mvht0", attrs, back->path, sizeof(back->path));
	if (r)
		ktap_skip("no null_blk: %s", strerror(-r));
	on->make(back);
	back->fd = ktap_ok(open(back->path, O_RDWR | O_CLOEXEC));
}

/* A serial number does not wait for a device that is busy, and many requests can wait. */
KTAP_TEST(wait_tags, KTAP_LONG, wait_tags_on, "B38_tags")
{
	unsigned int i, n_reads = 0, n_threads = 0;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct mock_blk_req *r;
	struct blk_fix x;

	blk_prepare();
	wait_tags_backing(&back, arg);
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	cfg.num = 256;
	blk_open(&x, &back, &cfg, WAIT_READ_LEN);
	ktap_ok(mock_blk_start(&x.b));
	for (i = 0; i < WAIT_READS; i++)
		ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, i * WAIT_READ_LEN / 512,
					x.buf, WAIT_READ_LEN, NULL), "add");
	ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_GET_ID, 0, x.buf, 20, NULL), "add");
	mock_blk_submit(&x.b, 0);
	while ((r = blk_get(&x, 0))->type != VIRTIO_BLK_T_GET_ID) {
		ktap_eq(r->status, 0);
		n_reads++;
	}
	ktap_check(n_reads < WAIT_READS / 2, "it waited for %u reads", n_reads);
	/* It takes a moment until all of them are there. */
	for (i = 0; i < 20 && n_threads < WAIT_READS / 2; i++)
		n_threads = wait_n_threads();
	ktap_info("%u reads before it, %u threads wait", n_reads, n_threads);
	ktap_check(n_threads >= WAIT_READS / 2 || back.kind == BLK_EXT4 ||
		   access("/proc/self/stack", R_OK), "%u threads", n_threads);
	for (i = n_reads; i < WAIT_READS; i++)
		ktap_eq(blk_get(&x, 0)->status, 0);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
	ktap_ok(mock_blk_stop(&x.b));
	blk_close(&x);
}

/* Nor does it wait for a read that the zeroing of a device holds up in the page cache. */
KTAP_TEST(wait_zeroing, KTAP_LONG, blk_two_modes, "B38_zeroing")
{
	struct virtio_blk_discard_write_zeroes *w;
	struct mock_blk_req *r;
	struct blk_fix x;

	blk_start(&x, BLK_DM, arg, MYVHOST_BLK_BUFFERED);
	if (host_module("dm_delay", "") ||
	    host_dm_switch("disk", "0 16384 delay %s 0 0 %s 0 1000",
			   x.back.lower, x.back.lower))
		ktap_skip("no dm-delay");
	w = blk_ptr(&x, x.buf);
	memset(w, 0, sizeof(*w));
	w->num_sectors = 128;
	ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, x.buf, sizeof(*w),
				NULL), "add");
	mock_blk_submit(&x.b, 0);
	usleep(BLK_QUIET * 1000);
	wait_post(&x, VIRTIO_BLK_T_IN, 8192, 4096, 4096);
	usleep(BLK_QUIET * 1000);
	wait_post(&x, VIRTIO_BLK_T_GET_ID, 0, 8192, 20);
	do
		r = blk_get(&x, 0);
	while (r->type == VIRTIO_BLK_T_IN);
	ktap_eq(r->type, VIRTIO_BLK_T_GET_ID);
	while (x.b.queue[0].ring.ninflight)
		ktap_eq(blk_get(&x, 0)->status, 0);
	ktap_ok(mock_blk_stop(&x.b));
	blk_close(&x);
}
