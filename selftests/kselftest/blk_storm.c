// SPDX-License-Identifier: GPL-2.0
/*
 * All ioctls of a disk at once, in both dialects, with requests in flight: several
 * threads call them in random order, give it eventfds that nobody has seen, and in
 * some cases close the device under the others.  Nothing is asserted of the
 * answers; the device must neither hang nor crash, and work afterwards (HO7).
 */
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "vdpa_dev.h"

#define STORM_THREADS	3
#define STORM_QUEUES	2
#define STORM_MSECS	2500

/**
 * struct blk_storm - what the threads share
 * @x: fixture
 * @closes: close the device now and then, too
 * @stop: set to end them
 * @calls: how many calls were made
 */
struct blk_storm {
	struct blk_fix *x;
	bool closes;
	bool stop;
	unsigned int calls;
};

/* A thread of the storm, with random numbers of its own. */
struct blk_storm_thread {
	struct blk_storm *s;
	pthread_t thread;
	unsigned int state;
};

static unsigned int storm_random(struct blk_storm_thread *t)
{
	t->state ^= t->state << 13;
	t->state ^= t->state >> 17;
	t->state ^= t->state << 5;
	return t->state;
}

/* The device has the only reference when this returns. */
static void storm_new_eventfd(struct blk_storm_thread *t, unsigned int vq)
{
	int fd = t->s->x->b.fd, efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	switch (storm_random(t) % 4) {
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

static void storm_queue_calls(struct blk_storm_thread *t, unsigned int vq)
{
	struct mock_blk *b = &t->s->x->b;
	unsigned int base;

	switch (storm_random(t) % 7) {
	case 0:
		vhost_set_num(b->fd, vq, 1U << storm_random(t) % 17);
		break;
	case 1:
		vhost_set_base(b->fd, vq, storm_random(t));
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
		vdpa_set_enable(b->fd, vq, storm_random(t) & 1);
		break;
	case 6:
		mock_ring_kick(&b->queue[vq % STORM_QUEUES].ring);
		break;
	}
}

static void storm_device_calls(struct blk_storm_thread *t)
{
	static const __u8 status[] = {
		0, VDPA_ACK, VDPA_FEATURES_OK, VDPA_FEATURES_OK | VDPA_DRIVER_OK,
		VDPA_FAILED, 0xff,
	};
	struct mock_blk *b = &t->s->x->b;
	__u8 config[72];

	switch (storm_random(t) % 7) {
	case 0:
		vdpa_set_status(b->fd, status[storm_random(t) % sizeof(status)]);
		break;
	case 1:
		vdpa_suspend(b->fd);
		break;
	case 2:
		vdpa_resume(b->fd);
		break;
	case 3:
		vdpa_get_config(b->fd, storm_random(t) % 80, config, 8);
		break;
	case 4:
		config[0] = storm_random(t);
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

static void storm_memory_calls(struct blk_storm_thread *t)
{
	struct mock_blk *b = &t->s->x->b;
	__u64 at = b->mem.base + (storm_random(t) % b->mem.size & ~4095ULL);

	switch (storm_random(t) % 5) {
	case 0:
		mock_blk_map(b);
		break;
	case 1:
		vdpa_map(b->fd, at, 4096, guest_hva(&b->mem, at), 3);
		break;
	case 2:
		vdpa_unmap(b->fd, at, storm_random(t));
		break;
	case 3:
		vdpa_batch_begin(b->fd);
		break;
	case 4:
		vdpa_batch_end(b->fd);
		break;
	}
}

static void storm_other_calls(struct blk_storm_thread *t, unsigned int vq)
{
	int fd = t->s->x->b.fd;
	__u64 c[MYVHOST_CNT_MAX];
	unsigned int id;

	switch (storm_random(t) % 6) {
	case 0:
		vhost_get_stats(fd, vq, c);
		break;
	case 1:
		vhost_set_poll(fd, vq, storm_random(t) % 1001);
		break;
	case 2:
		vhost_new_worker(fd, &id);
		break;
	case 3:
		vhost_free_worker(fd, storm_random(t) % 4);
		break;
	case 4:
		vhost_attach_worker(fd, vq, storm_random(t) % 4);
		break;
	case 5:
		vhost_ioctl(fd, VHOST_SET_FEATURES, &t->s->x->b.cfg.features);
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

static void *storm_run(void *arg)
{
	struct blk_storm_thread *t = arg;

	while (!__atomic_load_n(&t->s->stop, __ATOMIC_ACQUIRE)) {
		/* Now and then a queue that there is not. */
		unsigned int vq = storm_random(t) % 16 ?
				  storm_random(t) % STORM_QUEUES :
				  storm_random(t);

		switch (storm_random(t) % 6) {
		case 0:
			storm_new_eventfd(t, vq);
			break;
		case 1:
			storm_device_calls(t);
			break;
		case 2:
			storm_memory_calls(t);
			break;
		case 3:
			storm_other_calls(t, vq);
			break;
		default:
			storm_queue_calls(t, vq);
			break;
		}
		if (t->s->closes && !(storm_random(t) % 64))
			storm_replace(&t->s->x->b);
		__atomic_fetch_add(&t->s->calls, 1, __ATOMIC_RELAXED);
	}
	return NULL;
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

static void storm_start(struct blk_storm *s, struct blk_storm_thread *t,
			struct blk_fix *x, bool closes)
{
	unsigned int i;

	*s = (struct blk_storm) { .x = x, .closes = closes };
	for (i = 0; i < STORM_THREADS; i++) {
		t[i].s = s;
		t[i].state = 77 + i;
		ktap_check(!pthread_create(&t[i].thread, NULL, storm_run,
					   &t[i]), "thread");
	}
}

/* Reads in the rings, as many as fit; which come back is anybody's guess. */
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

static void storm_all(const struct blk_mode *mode, bool closes)
{
	struct blk_storm_thread t[STORM_THREADS];
	struct blk_storm s;
	struct blk_fix x;
	unsigned int i;
	__s64 end;

	storm_open(&x, mode);
	storm_start(&s, t, &x, closes);
	end = mock_msecs() + STORM_MSECS;
	while (mock_msecs() < end) {
		storm_post(&x);
		usleep(500);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < STORM_THREADS; i++)
		pthread_join(t[i].thread, NULL);
	ktap_info("%u calls", s.calls);
	ktap_check(s.calls > 50, "only %u calls", s.calls);
	ktap_ok(storm_replace(&x.b));
	ktap_ok(vhost_set_owner(x.b.fd));
	mock_blk_restart_rings(&x.b);
	ktap_ok(mock_blk_start(&x.b));
	blk_read(&x, 0, 65536);
	blk_check_disk(&x);
}

static void storm_ioctls(const void *arg)
{
	storm_all(arg, false);
}

static void storm_closed(const void *arg)
{
	storm_all(arg, true);
}

/* The owner dies in the middle of it. */
static void storm_killed(const void *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct blk_storm_thread t[STORM_THREADS];
		struct blk_storm s;
		struct blk_fix x;

		storm_open(&x, arg);
		storm_start(&s, t, &x, true);
		storm_post(&x);
		usleep(400 * 1000);
		kill(getpid(), SIGKILL);
	}
	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
	ktap_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		   "status 0x%x", status);
}

int main(int argc, char **argv)
{
	unsigned int i;
	int r;

	for (i = 0; i < 4; i++) {
		const struct blk_mode *m = &blk_modes[i];

		ktap_add(storm_ioctls, m, 60, "storm_HO7_disk_%s", m->name);
		ktap_add(storm_closed, m, 60, "storm_HO7_closed_%s", m->name);
		ktap_add(storm_killed, m, 60, "storm_HO7_disk_killed_%s",
			 m->name);
	}
	r = ktap_main(argc, argv);
	host_disk_clean();
	return r;
}
