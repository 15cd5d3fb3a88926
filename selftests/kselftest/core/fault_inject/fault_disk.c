// SPDX-License-Identifier: GPL-2.0
/*
 * Named nodes, backings that fail, and what a disk is after a call that failed.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fault_blk.h"
#include "proc.h"

#define BLKF_NODE	"mvht-fault"
#define BLKF_NODE_PATH	"/dev/myvhost-" BLKF_NODE
#define BLKF_NODE_DEV	"/sys/class/misc/myvhost-" BLKF_NODE "/dev"
#define BLKF_BIO	"/sys/kernel/debug/fail_make_request/"
/* No call has more points than this. */
#define BLKF_POINTS	200

/* The node of a device whose making met a fault may be missing in /dev. */
static void blkf_find_node(void)
{
	unsigned int major, minor;
	FILE *f;

	if (!fault_met() || !access(BLKF_NODE_PATH, F_OK))
		return;
	f = fopen(BLKF_NODE_DEV, "r");
	ktap_check(f && fscanf(f, "%u:%u", &major, &minor) == 2, "no "
		   BLKF_NODE_DEV);
	fclose(f);
	ktap_check(!mknod(BLKF_NODE_PATH, S_IFCHR | 0600,
			  makedev(major, minor)), "mknod: %s",
		   strerror(errno));
}

static int blkf_node_open(int *fd, int flags)
{
	if (!fault_armed())
		blkf_find_node();
	*fd = open(BLKF_NODE_PATH, flags | O_CLOEXEC | O_NONBLOCK);
	return *fd < 0 ? -errno : 0;
}

static int blkf_add(void *world)
{
	struct blkf_world *w = world;

	return myvhost_node_add(w->x.b.fd, BLKF_NODE);
}

static int blkf_find(void *world)
{
	(void)world;
	blkf_find_node();
	return 0;
}

static int blkf_use(void *world)
{
	struct blkf_world *w = world;

	return blkf_node_open(&w->user, O_RDWR);
}

static int blkf_look(void *world)
{
	struct blkf_world *w = world;

	return blkf_node_open(&w->looker, O_RDONLY);
}

static int blkf_look_stats(void *world)
{
	struct blkf_world *w = world;
	__u64 c[MYVHOST_CNT_MAX];

	return vhost_get_stats(w->looker, 0, c);
}

/* The node is used as a device of its own. */
static int blkf_use_it(void *world)
{
	struct blkf_world *w = world;
	int r;

	w->x.b.fd = w->user;
	r = blkf_owner(w);
	return r ? r : blkf_start(w);
}

static int blkf_look_away(void *world)
{
	struct blkf_world *w = world;

	return close(w->looker) ? -errno : 0;
}

static int blkf_del(void *world)
{
	int fd = vhost_open(ktap_opts.node), r;

	(void)world;
	if (fd < 0)
		return fd;
	r = myvhost_node_del(fd, BLKF_NODE);
	close(fd);
	if (!r)
		unlink(BLKF_NODE_PATH);
	return r;
}

static const struct fault_step blkf_node_steps[] = {
	{ "open", blkf_open },
	{ "setup", blkf_setup },
	{ "backing", blkf_backing },
	/* Without a minor number it says EBUSY, for whatever reason. */
	{ "add", blkf_add, FAULT_CALLER, .also = EBUSY },
	{ "find", blkf_find },
	{ "close", blkf_close, FAULT_CALLER, .sure = true },
	{ "use", blkf_use, FAULT_CALLER },
	{ "look", blkf_look, FAULT_CALLER },
	{ "look at counters", blkf_look_stats, FAULT_CALLER },
	{ "use it", blkf_use_it },
	{ "close it", blkf_close, FAULT_CALLER, .sure = true },
	{ "look away", blkf_look_away },
	{ "delete", blkf_del, FAULT_CALLER },
};

static const struct ktap_variant blkf_tmpfs[] = {
	{ "", &(const struct blkf_kind) { BLK_TMPFS, &blk_modes[2], 0 } },
	{ }
};

KTAP_TEST(blkf_node, KTAP_SWEEP, blkf_tmpfs, "fault_VD8_node")
{
	static struct blkf_world w;

	blkf_prepare(&w, arg);
	blkf_sweep(&w, blkf_node_steps,
		   sizeof(blkf_node_steps) / sizeof(*blkf_node_steps));
}

/* The next bio to the disk fails. */
static void blkf_fail_next(int times)
{
	ktap_check(!host_run("cd " BLKF_BIO " && echo 0 > space && "
			     "echo 100 > probability && echo %d > times",
			     times), "no " BLKF_BIO);
}

static bool blkf_has_failed(void)
{
	return !host_run("[ \"$(cat " BLKF_BIO "times)\" = 0 ]");
}

static const struct ktap_variant blkf_loops[] = {
	{ "vhost_packed_loop", &(const struct blkf_kind) {
			BLK_LOOP, &blk_modes[1], 0 } },
	{ "vdpa_split_loop", &(const struct blkf_kind) {
			BLK_LOOP, &blk_modes[2], 0 } },
	{ }
};

/* A backing that fails once: that request fails, the next one does not. */
KTAP_TEST(blkf_bios, KTAP_LONG, blkf_loops, "fault_B4_B5_B9_bio")
{
	static int (*const requests[])(void *world) = {
		blkf_write, blkf_read, blkf_write_bounced, blkf_read_bounced,
		blkf_flush, blkf_discard, blkf_zero,
	};
	static struct blkf_world w;
	unsigned int i;

	blkf_prepare(&w, arg);
	if (access(BLKF_BIO, F_OK))
		ktap_skip("no fail_make_request in debugfs");
	blkf_begin(&w);
	w.x.b.fd = ktap_ok(mock_blk_setup_fd(&w.x.b.cfg));
	ktap_ok(blkf_owner(&w));
	ktap_ok(blkf_start(&w));
	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		blkf_fail_next(1);
		ktap_eq(requests[i](&w), -EIO);
		ktap_check(blkf_has_failed(), "request %u has no bio", i);
		fault_count(1);
		blkf_fail_next(0);
		ktap_ok(requests[i](&w));
		ktap_ok(blkf_flow(&w));
	}
	ktap_ok(mock_blk_stop(&w.x.b));
	blk_check_disk(&w.x);
}

static void blkf_expect_state(struct blkf_world *w, const char *want)
{
	char state[16];

	ktap_check(proc_fdinfo(w->x.b.fd, "q0.state", state, sizeof(state)) &&
		   !strcmp(state, want), "the queue is %s", state);
}

/* A queue that could not be enabled stays off, whatever else starts queues. */
KTAP_TEST(blkf_enable_fails, KTAP_LONG, blkf_tmpfs, "fault_enable_that_failed")
{
	static struct blkf_world w;
	unsigned int nth;
	int r = 0;

	blkf_prepare(&w, arg);
	blkf_begin(&w);
	w.x.b.fd = ktap_ok(mock_blk_setup_fd(&w.x.b.cfg));
	ktap_ok(blkf_owner(&w));
	ktap_ok(blkf_start(&w));
	for (nth = 1; r != -ENOMEM; nth++) {
		ktap_check(nth < BLKF_POINTS, "it never fails");
		ktap_ok(blkf_disable(&w));
		fault_once(nth, blkf_enable, &w, &r);
	}
	blkf_expect_state(&w, "off");
	ktap_ok(blkf_suspend(&w));
	ktap_ok(blkf_resume(&w));
	blkf_expect_state(&w, "off");
	ktap_ok(blkf_enable(&w));
	ktap_ok(blkf_flow(&w));
}
