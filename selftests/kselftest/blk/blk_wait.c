// SPDX-License-Identifier: GPL-2.0
/*
 * A file system that makes its callers wait: the worker does not, so requests that need
 * nothing of it go on.
 */
#define _GNU_SOURCE
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
