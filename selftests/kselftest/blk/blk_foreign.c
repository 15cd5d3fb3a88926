// SPDX-License-Identifier: GPL-2.0
/*
 * A holder of the descriptor who is not the owner, while requests are in flight:
 * what completes belongs into the owner's memory.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "iotlb.h"

/* What a copy on write of the owner's memory is: the same addresses, other bytes. */
static void bf_own_memory(struct blk_fix *x)
{
	size_t half = x->b.mem.size / 2;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		void *p = mmap(x->b.mem.half[i], half, PROT_READ | PROT_WRITE,
			       MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		ktap_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
		memset(p, 'C', half);
	}
}

/* In a child: all that is the owner's alone fails, at once. */
static void bf_child(struct blk_fix *x)
{
	__u64 features = x->b.cfg.features;

	bf_own_memory(x);
	ktap_eq(vhost_ioctl(x->b.fd, VHOST_SET_FEATURES, &features), -EPERM);
	ktap_eq(vhost_set_backend_features(x->b.fd, 0), -EPERM);
	_exit(KTAP_PASS);
}

static void bf_run_child(struct blk_fix *x)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	ktap_check(pid >= 0, "fork: %s", strerror(errno));
	if (!pid)
		bf_child(x);
	ktap_eq(waitpid(pid, &status, 0), pid);
	ktap_check(WIFEXITED(status) && WEXITSTATUS(status) == KTAP_PASS,
		   "the child: status %#x", status);
}

/* A request of @len bytes, not aligned, so that it passes through a bounce buffer. */
static void bf_request(const struct blk_mode *mode, __u32 type, __u32 len)
{
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct mock_blk_req *r;
	struct blk_fix x;
	void *buf;

	blk_prepare();
	blk_backing(&back, BLK_DM);
	blk_cfg(&cfg, &back, mode);
	cfg.mem_size = 64 << 20;
	blk_open(&x, &back, &cfg, len + 4096);
	ktap_ok(mock_blk_start(&x.b));
	buf = blk_ptr(&x, x.buf + 1);
	blk_fill(buf, len, 7);
	ktap_ok(host_dm_hang("disk"));
	ktap_check(mock_blk_add(&x.b, 0, type, 0, x.buf + 1, len, NULL), "add");
	mock_blk_submit(&x.b, 0);
	usleep(BLK_QUIET * 1000);
	bf_run_child(&x);
	ktap_ok(host_dm_go_on("disk"));
	r = blk_get(&x, 0);
	ktap_eq(r->status, VIRTIO_BLK_S_OK);
	if (type == VIRTIO_BLK_T_OUT)
		blk_wrote(&x, 0, buf, len);
	else
		blk_check_read(&x, 0, buf, len);
	blk_check_disk(&x);
	blk_close(&x);
}

KTAP_TEST(bf_read, KTAP_LONG, blk_vhost_split_one, "LC12_foreign_read")
{
	bf_request(arg, VIRTIO_BLK_T_IN, 2 << 20);
}

KTAP_TEST(bf_write, KTAP_LONG, blk_vhost_split_one, "LC12_foreign_write")
{
	bf_request(arg, VIRTIO_BLK_T_OUT, 2 << 20);
}

/* In pieces: the later ones begin when the earlier ones have completed. */
KTAP_TEST(bf_pieces, KTAP_LONG, blk_vhost_split_one, "LC12_foreign_pieces")
{
	bf_request(arg, VIRTIO_BLK_T_OUT, 7 << 20);
}
