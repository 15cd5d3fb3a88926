// SPDX-License-Identifier: GPL-2.0
/*
 * A user of a named node is killed with requests in flight: none of them is executed
 * after the next user has begun.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "blk_fixture.h"

#define FENCE_NODE	"mvht"
#define FENCE_PATH	"/dev/myvhost-" FENCE_NODE

/* More than the threads that a disk has for what may block. */
#define FENCE_N		40

/* How long the end of a killed process and of its requests may take. */
#define FENCE_MSECS	40000

static int fence_open_node(void)
{
	int fd = open(FENCE_PATH, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Have the node's disk driven by this process. */
static void fence_use(struct blk_fix *x, const struct blk_backing *back, int fd)
{
	struct mock_blk_cfg cfg;

	blk_cfg(&cfg, back, &blk_modes[2]);
	cfg.features &= ~BLK_F(DISCARD);
	cfg.fd = fd;
	cfg.num = 256;
	blk_open(x, back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x->b));
}

static void fence_make_node(struct blk_backing *back, __u32 flags)
{
	struct mock_blk_cfg cfg;
	int fd;

	blk_cfg(&cfg, back, &blk_modes[2]);
	cfg.backing.flags = flags;
	fd = ktap_ok(mock_blk_setup_fd(&cfg));
	ktap_ok(myvhost_node_add(fd, FENCE_NODE));
	close(fd);
}

/* Remove what an earlier case left. */
static void fence_prepare(void)
{
	int fd = open(ktap_opts.node, O_RDWR | O_CLOEXEC);

	myvhost_node_del(fd, FENCE_NODE);
	close(fd);
	blk_prepare();
}

KTAP_TEARDOWN(fence_clean)
{
	fence_prepare();
}

struct fence {
	struct blk_backing back;
	void (*post)(struct blk_fix *x);
	pid_t pid;
};

static void fence_submit(void *arg)
{
	struct fence *f = arg;
	struct blk_fix x;

	fence_use(&x, &f->back, ktap_ok(fence_open_node()));
	f->post(&x);
	mock_blk_submit(&x.b, 0);
	/* The worker takes them. */
	usleep(200000);
}

/* The user, who is to be killed once it has submitted its requests. */
static void fence_user(struct fence *f)
{
	f->pid = blk_fork_user(fence_submit, f);
}

static void fence_kill(struct fence *f)
{
	__s64 start = mock_msecs();
	int status;

	kill(f->pid, SIGKILL);
	while (waitpid(f->pid, &status, WNOHANG) != f->pid) {
		ktap_check(mock_msecs() - start < FENCE_MSECS,
			   "the user does not end");
		usleep(10000);
	}
	ktap_info("the user took %lld ms to end", mock_msecs() - start);
}

/* Wait until the node can be opened again. */
static int fence_next(void)
{
	__s64 start = mock_msecs();
	int fd;

	while ((fd = fence_open_node()) == -EBUSY) {
		ktap_check(mock_msecs() - start < FENCE_MSECS,
			   "the node stays busy");
		usleep(20000);
	}
	ktap_info("the node was busy for %lld ms", mock_msecs() - start);
	return ktap_ok(fd);
}

/* The next user writes what the earlier one may still have in flight, and flushes. */
static void fence_write(struct blk_fix *x, __u64 sector)
{
	blk_write(x, sector, 65536, 99);
	ktap_eq(blk_do(x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
}

static void fence_check(struct blk_fix *x, __u64 sector)
{
	usleep(500000);
	blk_read(x, sector, 65536);
}

#define FENCE_ZERO_SECTORS	(1 << 11)

static void fence_post_zeroes(struct blk_fix *x)
{
	unsigned int i;

	for (i = 0; i < FENCE_N; i++) {
		struct virtio_blk_discard_write_zeroes w = {
			.sector = i * FENCE_ZERO_SECTORS,
			.num_sectors = FENCE_ZERO_SECTORS,
		};
		__u64 at = x->buf + i * 64;

		memcpy(blk_ptr(x, at), &w, sizeof(w));
		ktap_check(mock_blk_add(&x->b, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0,
					at, sizeof(w), NULL), "add");
	}
}

static bool fence_is(int fd, __u64 at, __u8 want)
{
	__u8 *buf;
	bool is;

	ktap_check(!posix_memalign((void **)&buf, 4096, 4096), "no memory");
	ktap_eq(pread(fd, buf, 4096, at), 4096);
	is = buf[0] == want && !memcmp(buf, buf + 1, 4095);
	free(buf);
	return is;
}

/* 40 zeroings on a device that writes 8 MiB a second: most have not begun. */
KTAP_TEST(fence_zeroes, KTAP_LONG, NULL, "B29_B34_killed_in_zeroes")
{
	static struct fence f = { .post = fence_post_zeroes };
	__u64 far = FENCE_N * FENCE_ZERO_SECTORS - 128;
	struct blk_fix x;
	void *old;
	int i, r;

	fence_prepare();
	r = host_null("mvht0", "memory_backed=1 size=40 blocksize=512 mbps=8",
		      f.back.path, sizeof(f.back.path));
	if (r)
		ktap_skip("no null_blk: %s", strerror(-r));
	f.back.size = 40 << 20;
	f.back.block = 512;
	f.back.fd = open(f.back.path, O_RDWR | O_CLOEXEC);
	ktap_check(f.back.fd >= 0, "%s: %s", f.back.path, strerror(errno));
	old = malloc(4096);
	memset(old, 0xd5, 4096);
	for (i = 0; i < FENCE_N; i++)
		ktap_eq(pwrite(f.back.fd, old, 4096, (i << 20) + (1 << 19)),
			4096);
	fsync(f.back.fd);
	fence_make_node(&f.back, 0);
	fence_user(&f);
	fence_kill(&f);
	fence_use(&x, &f.back, fence_next());
	fence_write(&x, far);
	usleep(6000000);
	fence_check(&x, far);
	close(f.back.fd);
	f.back.fd = open(f.back.path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	for (i = 0, r = 0; i < FENCE_N; i++)
		r += fence_is(f.back.fd, (i << 20) + (1 << 19), 0xd5);
	ktap_check(r > FENCE_N / 4, "only %d of %d zeroings were cancelled", r,
		   FENCE_N);
	blk_close(&x);
}

/* More writes than a disk has threads. */
#define FENCE_WRITES	80
#define FENCE_THREADS	64

/* One 4 KiB write for each place. */
static void fence_post_writes(struct blk_fix *x)
{
	unsigned int i;

	memset(blk_ptr(x, x->buf), 0xee, FENCE_WRITES * 4096);
	for (i = 0; i < FENCE_WRITES; i++)
		ktap_check(mock_blk_add(&x->b, 0, VIRTIO_BLK_T_OUT, i * 8,
					x->buf + i * 4096, 4096, NULL), "add");
}

static const struct ktap_variant fence_modes[] = {
	{ "direct", &(const __u32) { 0 } },
	{ "pool", &(const __u32) { MYVHOST_BLK_BUFFERED |
				   MYVHOST_BLK_WRITETHROUGH } },
	{ }
};

/* A device that hangs when its user is killed, and goes on later. */
KTAP_TEST(fence_hung, KTAP_LONG, fence_modes, "B29_B34_killed_in_writes")
{
	static struct fence f = { .post = fence_post_writes };
	__u32 flags = *(const __u32 *)arg;
	unsigned int i, n = 0;
	struct blk_fix x;

	fence_prepare();
	blk_backing(&f.back, BLK_DM);
	fence_make_node(&f.back, flags);
	ktap_eq(host_dm_hang("disk"), 0);
	fence_user(&f);
	fence_kill(&f);
	ktap_eq(fence_open_node(), -EBUSY);
	ktap_eq(host_dm_go_on("disk"), 0);
	fence_use(&x, &f.back, fence_next());
	blk_forgot(&x, 0, FENCE_WRITES * 8);
	fence_write(&x, 0);
	fence_check(&x, 0);
	/* What had begun is done, what had not will not be. */
	for (i = FENCE_THREADS; i < FENCE_WRITES; i++)
		n += fence_is(f.back.fd, i * 4096, 0xee);
	if (flags)
		ktap_check(n <= (FENCE_WRITES - FENCE_THREADS) / 2, "%u writes landed", n);
	else
		ktap_eq(n, FENCE_WRITES - FENCE_THREADS);
	ktap_ok(mock_blk_stop(&x.b));
	blk_close(&x);
}

static void fence_post_flush(struct blk_fix *x)
{
	blk_write(x, 0, 65536, 5);
	ktap_eq(host_dm_hang("disk"), 0);
	ktap_check(mock_blk_add(&x->b, 0, VIRTIO_BLK_T_FLUSH, 0, x->buf, 0,
				NULL), "add");
}

/* Its flush fails when nobody is there to be told: the next user's flush does. */
KTAP_TEST(fence_error, KTAP_LONG, NULL, "B14_B34_killed_in_flush")
{
	static struct fence f = { .post = fence_post_flush };
	struct blk_fix x;
	int lower;

	fence_prepare();
	blk_backing(&f.back, BLK_DM);
	fence_make_node(&f.back, MYVHOST_BLK_BUFFERED);
	fence_user(&f);
	fence_kill(&f);
	ktap_eq(fence_open_node(), -EBUSY);
	/* The loop device must outlive the table that uses it. */
	lower = open(f.back.lower, O_RDONLY | O_CLOEXEC);
	ktap_check(lower >= 0, "%s: %s", f.back.lower, strerror(errno));
	ktap_eq(host_run("dmsetup load mvht-disk --table '0 16384 error'"), 0);
	ktap_eq(host_dm_go_on("disk"), 0);
	fence_use(&x, &f.back, fence_next());
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", f.back.lower), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), VIRTIO_BLK_S_IOERR);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), VIRTIO_BLK_S_OK);
	ktap_ok(mock_blk_stop(&x.b));
	close(lower);
	blk_close(&x);
}
