// SPDX-License-Identifier: GPL-2.0
/*
 * A disk that cannot start: the VMM gets an error, fdinfo and the kernel's log have the
 * reason, no queue is served, and once the reason has gone the disk starts.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "blk_vdpa_fixture.h"
#include "iotlb.h"
#include "proc.h"

/* An address that no translation has. */
#define START_NOWHERE	0x7000000000ULL

static int start_log = -1;

/* The kernel's log from now on. */
static void start_watch_log(void)
{
	start_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ktap_check(start_log >= 0, "/dev/kmsg: %s", strerror(errno));
	lseek(start_log, 0, SEEK_END);
}

/* How many lines about this process have a text. */
static unsigned int start_logged(const char *text)
{
	char line[1024], who[32];
	unsigned int n = 0;
	ssize_t r;

	snprintf(who, sizeof(who), "process %d:", getpid());
	lseek(start_log, 0, SEEK_DATA);
	while ((r = read(start_log, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[r > 0 ? r : 0] = 0;
		n += strstr(line, who) && strstr(line, text);
	}
	return n;
}

static void start_expect(struct blk_fix *x, const char *key, const char *want)
{
	char val[128] = "";
	bool found = proc_fdinfo(x->b.fd, key, val, sizeof(val));

	ktap_check(want ? found && strstr(val, want) : !found,
		   "%s is \"%s\", not \"%s\"", key, val, want ? want : "");
}

/* A read in queue 0 is not served. */
static void start_expect_silent(struct blk_fix *x)
{
	mock_blk_add(&x->b, 0, VIRTIO_BLK_T_IN, 0, x->buf, 4096, NULL);
	mock_blk_submit(&x->b, 0);
	ktap_check(!mock_ring_wait(&x->b.queue[0].ring, BLK_QUIET),
		   "half a disk is served");
}

/* Start it once more, with all it needs. */
static void start_again(struct blk_fix *x)
{
	unsigned int q;

	ktap_ok(vdpa_set_status(x->b.fd, 0));
	mock_blk_restart_rings(&x->b);
	ktap_ok(mock_blk_negotiate(&x->b));
	for (q = 0; q < x->b.cfg.queues; q++)
		ktap_ok(mock_blk_setup_vq(&x->b, q));
	ktap_ok(mock_blk_run(&x->b));
	blk_write(x, 0, 4096, 1);
	blk_read(x, 0, 4096);
	start_expect(x, "failure", NULL);
}

static int start_move_ring(struct blk_fix *x, unsigned int q, unsigned int part)
{
	const struct mock_ring *r = &x->b.queue[q].ring;
	struct vhost_vring_addr a = {
		.index = q,
		.desc_user_addr = part == 0 ? START_NOWHERE : r->desc_addr,
		.avail_user_addr = part == 1 ? START_NOWHERE : r->driver_addr,
		.used_user_addr = part == 2 ? START_NOWHERE : r->device_addr,
	};

	return vhost_set_addr(x->b.fd, &a);
}

/* The ring of the second queue is nowhere: no queue starts, and VMM and people know. */
KTAP_TEST(start_ring, KTAP_SHORT, blk_vdpa_layouts, "VD16_start_ring")
{
	struct blk_fix x;
	unsigned int part;

	start_watch_log();
	blk_vdpa_open(&x, arg, 2);
	ktap_ok(mock_blk_map(&x.b));
	for (part = 0; part < 3; part++) {
		ktap_ok(mock_blk_negotiate(&x.b));
		ktap_ok(mock_blk_setup_vq(&x.b, 0));
		ktap_ok(mock_blk_setup_vq(&x.b, 1));
		ktap_ok(start_move_ring(&x, 1, part));
		ktap_eq(mock_blk_run(&x.b), -EFAULT);
		ktap_eq(mock_blk_run(&x.b), -EFAULT);
		ktap_eq(blk_vdpa_status(&x), VDPA_FEATURES_OK);
		start_expect(&x, "failure", "ring of q1 ");
		start_expect(&x, "q0.state", "off");
		start_expect_silent(&x);
		ktap_ok(vdpa_set_status(x.b.fd, 0));
		mock_blk_restart_rings(&x.b);
	}
	ktap_eq(start_logged("cannot start: the ring of q1 "), 1);
	start_again(&x);
}

/* A ring that the device may not write. */
KTAP_TEST(start_readonly, KTAP_SHORT, blk_vdpa_layouts, "VD16_start_readonly_ring")
{
	struct vhost_memory_region m[GUEST_REGIONS];
	struct blk_fix x;
	unsigned int i;

	blk_vdpa_open(&x, arg, 1);
	guest_mem_regions(&x.b.mem, m);
	for (i = 0; i < GUEST_REGIONS; i++)
		ktap_ok(vdpa_map(x.b.fd, m[i].guest_phys_addr, m[i].memory_size,
				 m[i].userspace_addr, VHOST_ACCESS_RO));
	ktap_ok(mock_blk_negotiate(&x.b));
	ktap_ok(mock_blk_setup_vq(&x.b, 0));
	ktap_eq(mock_blk_run(&x.b), -EFAULT);
	start_expect(&x, "failure", "ring of q0 ");
	ktap_ok(vdpa_unmap(x.b.fd, 0, ~0ULL));
	ktap_ok(mock_blk_map(&x.b));
	start_again(&x);
}

/* A queue that is enabled late, and resumed ones: the same. */
KTAP_TEST(start_late, KTAP_SHORT, blk_vdpa_layouts, "VD16_start_late")
{
	struct blk_fix x;

	blk_vdpa_open(&x, arg, 2);
	ktap_ok(mock_blk_map(&x.b));
	ktap_ok(mock_blk_negotiate(&x.b));
	ktap_ok(mock_blk_setup_vq(&x.b, 0));
	ktap_ok(mock_blk_setup_vq(&x.b, 1));
	ktap_ok(start_move_ring(&x, 1, 0));
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 1));
	ktap_ok(vdpa_set_status(x.b.fd, BLK_VDPA_OK));
	blk_write(&x, 0, 4096, 1);
	ktap_eq(vdpa_set_enable(x.b.fd, 1, 1), -EFAULT);
	start_expect(&x, "failure", "ring of q1 ");
	blk_read(&x, 0, 4096);
	ktap_ok(vdpa_suspend(x.b.fd));
	ktap_ok(start_move_ring(&x, 0, 0));
	ktap_eq(vdpa_resume(x.b.fd), -EFAULT);
	start_expect(&x, "failure", "ring of q0 ");
	ktap_ok(mock_blk_set_addr(&x.b, 0));
	ktap_ok(vdpa_resume(x.b.fd));
	start_expect(&x, "failure", NULL);
	blk_read(&x, 0, 4096);
}

/* A legacy driver: FEATURES_OK does not stick, which the VMM has to read. */
KTAP_TEST(start_legacy, KTAP_SHORT, blk_vdpa_split, "VD16_start_legacy")
{
	struct blk_fix x;
	__u64 f;

	start_watch_log();
	blk_vdpa_open(&x, arg, 1);
	f = x.b.cfg.features & ~VHU_VERSION_1;
	ktap_ok(vhost_ioctl(x.b.fd, VHOST_SET_FEATURES, &f));
	ktap_ok(vdpa_set_status(x.b.fd, VDPA_FEATURES_OK));
	ktap_ok(vdpa_set_status(x.b.fd, VDPA_FEATURES_OK));
	ktap_eq(blk_vdpa_status(&x), 0);
	start_expect(&x, "failure", "legacy");
	ktap_eq(start_logged("cannot start: the guest's driver is a legacy one"), 1);
	ktap_ok(mock_blk_map(&x.b));
	start_again(&x);
}

/* The block device was removed. */
KTAP_TEST(start_gone, KTAP_SHORT, blk_vdpa_split, "VD16_B30_start_gone")
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;

	start_watch_log();
	blk_prepare();
	blk_backing(&back, BLK_NULL);
	blk_cfg(&cfg, &back, arg);
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_setup(&x.b));
	start_expect(&x, "backing", NULL);
	host_null_remove("mvht0");
	ktap_eq(mock_blk_run(&x.b), -ENODEV);
	start_expect(&x, "failure", "gone");
	start_expect(&x, "backing", "gone");
	ktap_eq(start_logged("cannot start: the backing is gone"), 1);
}

/* The file was cut: what is left of it is served. */
KTAP_TEST(start_shrunk, KTAP_SHORT, blk_vdpa_split, "VD16_start_shrunk")
{
	struct blk_fix x;

	blk_vdpa_open(&x, arg, 1);
	start_expect(&x, "backing", NULL);
	ktap_check(!ftruncate(x.back.fd, 65536), "ftruncate: %s", strerror(errno));
	ktap_ok(mock_blk_start(&x.b));
	start_expect(&x, "backing", "shorter than the disk");
	blk_read(&x, 0, 65536);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 128, 512), VIRTIO_BLK_S_IOERR);
	ktap_check(!ftruncate(x.back.fd, x.back.size), "ftruncate: %s",
		   strerror(errno));
	start_expect(&x, "backing", NULL);
	blk_read(&x, 0, 131072);
}

static int start_own_without_threads(struct blk_fix *x)
{
	const struct rlimit none = { 0, 0 };

	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
	    setresuid(65534, 65534, 65534) || setrlimit(RLIMIT_NPROC, &none))
		return -ENOTRECOVERABLE;
	return vhost_set_owner(x->b.fd);
}

/* No thread can be made.  Kernel threads, which Linux 6.1 has, need no permission. */
KTAP_TEST(start_thread, KTAP_SHORT, blk_vdpa_split, "VD16_start_thread")
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x = { 0 };
	int r;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	x.b.fd = ktap_ok(mock_blk_setup_fd(&cfg));
	r = blk_vdpa_other(start_own_without_threads, &x);
	if (!r)
		ktap_skip("workers are kernel threads");
	ktap_check(r == -EAGAIN || r == -ENOMEM, "SET_OWNER: %d", r);
	start_expect(&x, "failure", "thread");
	ktap_ok(vhost_set_owner(x.b.fd));
	start_expect(&x, "failure", NULL);
}

/* What the guest does wrong later stops a queue, and the log says so once. */
KTAP_TEST(start_broken, KTAP_SHORT, blk_vdpa_layouts, "LC10_broken_is_logged")
{
	struct blk_fix x;
	unsigned int i;

	start_watch_log();
	blk_vdpa_open(&x, arg, 1);
	ktap_ok(mock_blk_map(&x.b));
	for (i = 0; i < 3; i++) {
		blk_vdpa_restart(&x);
		mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, START_NOWHERE, 4096,
			     NULL);
		mock_blk_submit(&x.b, 0);
		ktap_check(mock_fd_wait(x.b.queue[0].ring.err_fd, BLK_WAIT),
			   "no error");
		mock_fd_drain(x.b.queue[0].ring.err_fd);
		start_expect(&x, "q0.state", "broken");
		ktap_ok(vdpa_set_status(x.b.fd, 0));
	}
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_ADDRESS), 3);
	ktap_eq(start_logged("queue 0 is broken"), 1);
}
