// SPDX-License-Identifier: GPL-2.0
/* Disks in the vdpa dialect, see blk_vdpa_fixture.h. */
#include <sys/wait.h>
#include <unistd.h>

#include "blk_vdpa_fixture.h"

/* A device on tmpfs in the vdpa dialect, not started. */
void blk_vdpa_open(struct blk_fix *x, const struct blk_mode *mode,
		   unsigned int queues)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, mode);
	cfg.queues = queues;
	blk_open(x, &back, &cfg, 1 << 20);
}

/* The status byte. */
__u8 blk_vdpa_status(struct blk_fix *x)
{
	__u8 s = 0xff;

	ktap_ok(vdpa_get_status(x->b.fd, &s));
	return s;
}

/*
 * Run something in a process that is not the owner.
 * @fn: what, returns 0 or a negative errno
 *
 * Returns what @fn returned.
 */
int blk_vdpa_other(int (*fn)(struct blk_fix *x), struct blk_fix *x)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(-fn(x));
	ktap_check(waitpid(pid, &status, 0) == pid && WIFEXITED(status),
		   "child");
	return -WEXITSTATUS(status);
}

/*
 * Negotiate and run again after a reset.
 * @x: fixture with one queue, its memory mapped
 */
void blk_vdpa_restart(struct blk_fix *x)
{
	mock_blk_restart_rings(&x->b);
	ktap_ok(mock_blk_negotiate(&x->b));
	ktap_ok(mock_blk_setup_vq(&x->b, 0));
	ktap_ok(mock_blk_run(&x->b));
}
