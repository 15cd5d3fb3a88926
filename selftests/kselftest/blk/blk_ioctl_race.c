// SPDX-License-Identifier: GPL-2.0
/*
 * All ioctls of a disk at once, in both dialects, with requests in flight: several
 * threads call them in random order, give it eventfds that nobody has seen, and in
 * some cases close the device under the others.  Nothing is asserted of the
 * answers; the device must neither hang nor crash, and work afterwards (HO7).
 */
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "crowd.h"
#include "vdpa_dev.h"

#define STORM_QUEUES	2
#define STORM_MSECS	2500

/* The device has the only reference when this returns. */
static void storm_new_eventfd(struct crowd_thread *t, struct mock_blk *b,
			      unsigned int vq)
{
	int fd = b->fd, efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	switch (rng_below(&t->rng, 4)) {
	case 0:
		vhost_set_kick(fd, vq, efd);
		break;
	case 1:
		vhost_set_call(fd, vq, efd);
		break;
	case 2:
		vhost_set_err(fd, vq, efd);
		break;
	case 3:
		vdpa_set_config_call(fd, efd);
		break;
	}
	close(efd);
}

static void storm_queue_calls(struct crowd_thread *t, struct mock_blk *b,
			      unsigned int vq)
{
	unsigned int base;

	switch (rng_below(&t->rng, 7)) {
	case 0:
		vhost_set_num(b->fd, vq, 1U << rng_below(&t->rng, 17));
		break;
	case 1:
		vhost_set_base(b->fd, vq, rng_next(&t->rng));
		break;
	case 2:
		vhost_get_base(b->fd, vq, &base);
		break;
	case 3:
		mock_blk_set_addr(b, vq % STORM_QUEUES);
		break;
	case 4:
		mock_blk_setup_vq(b, vq % STORM_QUEUES);
		break;
	case 5:
		vdpa_set_enable(b->fd, vq, rng_next(&t->rng) & 1);
		break;
	case 6:
		mock_ring_kick(&b->queue[vq % STORM_QUEUES].ring);
		break;
	}
}

static void storm_device_calls(struct crowd_thread *t, struct mock_blk *b)
{
	static const __u8 status[] = {
		0, VDPA_ACK, VDPA_FEATURES_OK, VDPA_FEATURES_OK | VDPA_DRIVER_OK,
		VDPA_FAILED, 0xff,
	};
	__u8 config[72];

	switch (rng_below(&t->rng, 7)) {
	case 0:
		vdpa_set_status(b->fd, status[rng_below(&t->rng,
						 sizeof(status))]);
		break;
	case 1:
		vdpa_suspend(b->fd);
		break;
	case 2:
		vdpa_resume(b->fd);
		break;
	case 3:
		vdpa_get_config(b->fd, rng_below(&t->rng, 80), config, 8);
		break;
	case 4:
		config[0] = rng_next(&t->rng);
		vdpa_set_config(b->fd, 32, config, 1);
		break;
	case 5:
		vhost_set_owner(b->fd);
		break;
	case 6:
		mock_blk_start(b);
		break;
	}
}

static void storm_memory_calls(struct crowd_thread *t, struct mock_blk *b)
{
	__u64 at = b->mem.base + (rng_next(&t->rng) % b->mem.size & ~4095ULL);

	switch (rng_below(&t->rng, 5)) {
	case 0:
		mock_blk_map(b);
		break;
	case 1:
		vdpa_map(b->fd, at, 4096, guest_hva(&b->mem, at), 3);
		break;
	case 2:
		vdpa_unmap(b->fd, at, (__u32)rng_next(&t->rng));
		break;
	case 3:
		vdpa_batch_begin(b->fd);
		break;
	case 4:
		vdpa_batch_end(b->fd);
		break;
	}
}

static void storm_other_calls(struct crowd_thread *t, struct mock_blk *b,
			      unsigned int vq)
{
	int fd = b->fd;
	__u64 c[MYVHOST_CNT_MAX];
	unsigned int id;

	switch (rng_below(&t->rng, 6)) {
	case 0:
		vhost_get_stats(fd, vq, c);
		break;
	case 1:
		vhost_set_poll(fd, vq, rng_below(&t->rng, 1001));
		break;
	case 2:
		vhost_new_worker(fd, &id);
		break;
	case 3:
		vhost_free_worker(fd, rng_below(&t->rng, 4));
		break;
	case 4:
		vhost_attach_worker(fd, vq, rng_below(&t->rng, 4));
		break;
	case 5:
		vhost_ioctl(fd, VHOST_SET_FEATURES, &b->cfg.features);
		break;
	}
}

/* The old device is closed while others are in their calls. */
static int storm_replace(struct mock_blk *b)
{
	int fd = mock_blk_setup_fd(&b->cfg);

	if (fd < 0)
		return fd;
	if (dup2(fd, b->fd) < 0)
		return -errno;
	close(fd);
	return 0;
}

static void storm_call(struct crowd_thread *t, void *arg)
{
	/* Now and then a queue that there is not. */
	unsigned int vq = rng_one_in(&t->rng, 16) ? rng_next(&t->rng) :
			  rng_below(&t->rng, STORM_QUEUES);

	switch (rng_below(&t->rng, 6)) {
	case 0:
		return storm_new_eventfd(t, arg, vq);
	case 1:
		return storm_device_calls(t, arg);
	case 2:
		return storm_memory_calls(t, arg);
	case 3:
		return storm_other_calls(t, arg, vq);
	default:
		return storm_queue_calls(t, arg, vq);
	}
}

static void storm_call_or_close(struct crowd_thread *t, void *arg)
{
	if (rng_below(&t->rng, 64))
		storm_call(t, arg);
	else
		storm_replace(arg);
}

static void storm_open(struct blk_fix *x, const struct blk_mode *mode)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	blk_cfg(&cfg, &back, mode);
	cfg.queues = STORM_QUEUES;
	/* Closed under its claim a block device would be busy for its successor. */
	cfg.backing.flags = MYVHOST_BLK_READONLY;
	blk_open(x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x->b));
}

/* Fill the rings with reads; any number of them may complete. */
static void storm_post(struct blk_fix *x)
{
	unsigned int q;

	for (q = 0; q < STORM_QUEUES; q++) {
		while (mock_blk_add(&x->b, q, VIRTIO_BLK_T_IN, 0, x->buf, 65536,
				    NULL))
			;
		mock_blk_submit(&x->b, q);
	}
}

static void storm_all(const struct blk_mode *mode,
		      void (*call)(struct crowd_thread *t, void *arg))
{
	struct crowd crowd;
	struct blk_fix x;
	__s64 end;

	storm_open(&x, mode);
	crowd_start(&crowd, call, &x.b);
	end = mock_msecs() + STORM_MSECS;
	while (mock_msecs() < end) {
		storm_post(&x);
		usleep(500);
	}
	crowd_end(&crowd);
	ktap_ok(storm_replace(&x.b));
	ktap_ok(vhost_set_owner(x.b.fd));
	mock_blk_restart_rings(&x.b);
	ktap_ok(mock_blk_start(&x.b));
	blk_read(&x, 0, 65536);
	blk_check_disk(&x);
}

KTAP_TEST(storm_ioctls, KTAP_LONG, blk_all_modes, "storm_HO7_disk")
{
	storm_all(arg, storm_call);
}

KTAP_TEST(storm_closed, KTAP_LONG, blk_all_modes, "storm_HO7_closed")
{
	storm_all(arg, storm_call_or_close);
}

/* The owner dies in the middle of it. */
KTAP_TEST(storm_killed, KTAP_LONG, blk_all_modes, "storm_HO7_disk_killed")
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct crowd crowd;
		struct blk_fix x;

		storm_open(&x, arg);
		crowd_start(&crowd, storm_call_or_close, &x.b);
		storm_post(&x);
		usleep(400 * 1000);
		kill(getpid(), SIGKILL);
	}
	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
	ktap_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		   "status 0x%x", status);
}
