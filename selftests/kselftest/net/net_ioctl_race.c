// SPDX-License-Identifier: GPL-2.0
/*
 * All ioctls at once: several threads call them in random order with random
 * arguments, good and bad, on one device that has traffic.  Nothing is asserted
 * of the answers; the device must neither hang nor crash, and work afterwards.
 */
#include <signal.h>
#include <sys/wait.h>

#include "crowd.h"
#include "net_fixture.h"
#include "iotlb.h"

#define STORM_MSECS	2500

static void storm_setup_calls(struct crowd_thread *t, struct fixture *x,
			      unsigned int vq)
{
	int fd = x->n.fd;

	switch (rng_below(&t->rng, 7)) {
	case 0:
		vhost_set_num(fd, vq, 1U << rng_below(&t->rng, 17));
		break;
	case 1:
		vhost_set_num(fd, vq, 64);
		break;
	case 2:
		vhost_set_base(fd, vq, rng_next(&t->rng));
		break;
	case 3:
		mock_net_set_addr(&x->n, vq, rng_next(&t->rng) & 1);
		break;
	case 4:
		vhost_set_kick(fd, vq, rng_next(&t->rng) & 3 ?
			       x->n.ring[vq].kick_fd : -1);
		break;
	case 5:
		vhost_set_call(fd, vq, rng_next(&t->rng) & 3 ?
			       x->n.ring[vq].call_fd : -1);
		break;
	case 6:
		vhost_set_err(fd, vq, rng_next(&t->rng) & 3 ?
			      x->n.ring[vq].err_fd : -1);
		break;
	}
}

static void storm_device_calls(struct crowd_thread *t, struct fixture *x)
{
	static const __u64 bits[] = {
		0, VHU_LOG_ALL, VHU_ACCESS_PLATFORM, VHU_PACKED, VHU_IN_ORDER,
		VHU_MRG_RXBUF, VHU_EVENT_IDX,
	};
	__u64 f[2] = { x->n.cfg.features[0], 0 };
	int fd = x->n.fd;

	switch (rng_below(&t->rng, 6)) {
	case 0:
		mock_net_set_mem(&x->n);
		break;
	case 1:
		vhost_set_mem_table(fd, NULL, 0);
		break;
	case 2:
		f[0] ^= bits[rng_below(&t->rng, 7)];
		vhost_set_features(fd, f);
		break;
	case 3:
		vhost_set_log_base(fd, x->n.mem.view);
		break;
	case 4:
		if (rng_one_in(&t->rng, 8))
			vhost_reset_owner(fd);
		vhost_set_owner(fd);
		break;
	case 5:
		mock_net_setup(&x->n);
		break;
	}
}

static void storm_worker_calls(struct crowd_thread *t, struct fixture *x,
			       unsigned int vq)
{
	int fd = x->n.fd;
	unsigned int id;

	switch (rng_below(&t->rng, 5)) {
	case 0:
		vhost_new_worker(fd, &id);
		break;
	case 1:
		vhost_free_worker(fd, rng_below(&t->rng, 4));
		break;
	case 2:
		vhost_attach_worker(fd, vq, rng_below(&t->rng, 4));
		break;
	case 3:
		vhost_set_busyloop(fd, vq, rng_below(&t->rng, 2000));
		break;
	case 4:
		vhost_set_poll(fd, vq, rng_below(&t->rng, 1001));
		break;
	}
}

static void storm_other_calls(struct crowd_thread *t, struct fixture *x,
			      unsigned int vq)
{
	__u64 at = GUEST_BASE + rng_below(&t->rng, 8 << 20);
	struct vhost_iotlb_msg m;
	__u64 c[MYVHOST_CNT_MAX];
	unsigned int base;
	int version;

	switch (rng_below(&t->rng, 6)) {
	case 0:
		vhost_get_base(x->n.fd, vq, &base);
		break;
	case 1:
		iotlb_update(x->n.fd, rng_next(&t->rng) & 1, at & ~4095ULL,
			     4096, guest_hva(&x->n.mem, at & ~4095ULL), 3);
		break;
	case 2:
		iotlb_invalidate(x->n.fd, rng_next(&t->rng) & 1, at,
				 (__u32)rng_next(&t->rng));
		break;
	case 3:
		iotlb_read(x->n.fd, &m, &version);
		break;
	case 4:
		vhost_get_stats(x->n.fd, vq, c);
		break;
	case 5:
		mock_ring_kick(&x->n.ring[vq]);
		break;
	}
}

static void storm_call(struct crowd_thread *t, void *arg)
{
	unsigned int vq = rng_one_in(&t->rng, 16) ? rng_next(&t->rng) :
						    rng_next(&t->rng) & 1;
	struct fixture *x = arg;

	if (vq >= VHU_NVQS)
		vhost_set_backend(x->n.fd, vq, x->tap);
	else if (rng_one_in(&t->rng, 4))
		vhost_set_backend(x->n.fd, vq, rng_next(&t->rng) & 3 ?
				  x->tap : -1);
	else if (rng_one_in(&t->rng, 3))
		storm_setup_calls(t, x, vq);
	else if (rng_one_in(&t->rng, 3))
		storm_device_calls(t, x);
	else if (rng_next(&t->rng) & 1)
		storm_worker_calls(t, x, vq);
	else
		storm_other_calls(t, x, vq);
}

/* HO7: the storm itself, then an orderly start. */
KTAP_TEST(storm_ioctls, KTAP_LONG, net_layouts, "storm_HO7_ioctls")
{
	unsigned int i, vq;
	struct fixture x;
	struct crowd crowd;
	__s64 end;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	crowd_start(&crowd, storm_call, &x);
	end = mock_msecs() + STORM_MSECS;
	while (mock_msecs() < end) {
		for (i = 0; i < x.tx.count; i++)
			if (mock_tx_post(&x.tx, i, 100, NULL))
				break;
		mock_ring_submit(x.tx.ring);
		mock_ring_kick(x.rx.ring);
		usleep(500);
	}
	crowd_end(&crowd);
	vhost_set_owner(x.n.fd);
	ktap_ok(vhost_reset_owner(x.n.fd));
	ktap_ok(vhost_set_owner(x.n.fd));
	for (vq = 0; vq < VHU_NVQS; vq++)
		mock_ring_restart(&x.n.ring[vq], x.tx.ring->packed ?
				  MOCK_START_WRAP : 0, 0);
	memset(x.tx.held, 0, x.tx.count * sizeof(*x.tx.held));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_drain(&x, 2000);
	fixture_tx(&x, 1, 30);
}

/* The owner dies in the middle of it. */
KTAP_TEST(storm_killed, KTAP_LONG, net_layouts, "storm_HO7_killed")
{
	int status;
	pid_t pid = fork();

	if (!pid) {
			struct fixture x;
		struct crowd crowd;

		fixture_start(&x, arg);
		mock_rx_fill(&x.rx);
		crowd_start(&crowd, storm_call, &x);
		usleep(400 * 1000);
		kill(getpid(), SIGKILL);
	}
	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
	ktap_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		   "status 0x%x", status);
}
