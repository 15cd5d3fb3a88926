// SPDX-License-Identifier: GPL-2.0
/*
 * The stop that cannot fail, and changes under traffic.
 */
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "net_fixture.h"

/* Both ways to stop, each for each queue; they answer, whatever is broken. */
static void stop_now(struct fixture *x)
{
	unsigned int vq, base;

	for (vq = 0; vq < VHU_NVQS; vq++) {
		ktap_ok(vhost_set_backend(x->n.fd, vq, -1));
		ktap_ok(vhost_get_base(x->n.fd, vq, &base));
	}
}

static void stop_table_empty(struct fixture *x)
{
	ktap_ok(vhost_set_mem_table(x->n.fd, NULL, 0));
}

static void stop_table_elsewhere(struct fixture *x)
{
	struct vhost_memory_region r = {
		.guest_phys_addr = 0x1000, .memory_size = 4096,
		.userspace_addr = 0x10000,
	};

	ktap_ok(vhost_set_mem_table(x->n.fd, &r, 1));
}

static void stop_unmapped(struct fixture *x)
{
	munmap(x->n.mem.half[0], x->n.mem.size / 2);
	munmap(x->n.mem.half[1], x->n.mem.size / 2);
}

static void stop_addr_null(struct fixture *x)
{
	struct vhost_vring_addr a = { .index = VHU_TX };

	ktap_ok(vhost_set_addr(x->n.fd, &a));
}

static void stop_addr_nowhere(struct fixture *x)
{
	struct vhost_vring_addr a = {
		.index = VHU_TX, .desc_user_addr = 0x10000,
		.avail_user_addr = 0x20000, .used_user_addr = 0x30000,
	};

	ktap_ok(vhost_set_addr(x->n.fd, &a));
}

static void stop_log_nowhere(struct fixture *x)
{
	__u64 f[2] = { x->n.cfg.features[0] | VHU_LOG_ALL, 0 };

	ktap_ok(vhost_set_log_base(x->n.fd, (void *)0x10000));
	ktap_ok(vhost_set_features(x->n.fd, f));
	mock_net_set_addr(&x->n, VHU_TX, true);
	mock_net_set_addr(&x->n, VHU_RX, true);
}

static void stop_no_kick(struct fixture *x)
{
	ktap_ok(vhost_set_kick(x->n.fd, VHU_TX, -1));
	ktap_ok(vhost_set_call(x->n.fd, VHU_TX, -1));
	ktap_ok(vhost_set_err(x->n.fd, VHU_TX, -1));
}

static void stop_garbage(struct fixture *x)
{
	memset(guest_ptr(&x->n.mem, x->n.mem.base), 0xff, 64 << 10);
}

static const struct stop_case {
	const char *name;
	void (*fn)(struct fixture *x);
} stop_cases[] = {
	{ "table_empty", stop_table_empty },
	{ "table_elsewhere", stop_table_elsewhere },
	{ "unmapped", stop_unmapped },
	{ "addr_null", stop_addr_null },
	{ "addr_nowhere", stop_addr_nowhere },
	{ "log_nowhere", stop_log_nowhere },
	{ "no_eventfds", stop_no_kick },
	{ "garbage", stop_garbage },
};

#define STOP_NCASES	(sizeof(stop_cases) / sizeof(*stop_cases))

struct stop_run {
	const struct stop_case *sc;
	const struct combo *c;
};

static KTAP_VARIANTS(stop_runs, 2 * STOP_NCASES)
{
	unsigned int i;

	for (i = 0; i < 2 * STOP_NCASES; i++) {
		const struct stop_run run = {
			&stop_cases[i % STOP_NCASES],
			i < STOP_NCASES ? &combo_split : &combo_packed,
		};

		ktap_variant(stop_runs, run, "%s_%s", run.sc->name,
			     run.c->name);
	}
}

/*
 * Everything broken under load: SET_BACKEND(-1) and GET_VRING_BASE answer, once
 * more when there is nothing to stop, and the next start works.
 */
KTAP_TEST(defect_3_4_5, KTAP_SHORT, stop_runs, "defect_3_4_5_stop")
{
	const struct stop_run *run = arg;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, run->c);
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 10);
	run->sc->fn(&x);
	/* Let it trip over what was broken. */
	for (i = 0; i < x.tx.count; i++)
		if (!x.tx.held[i] && mock_tx_post(&x.tx, i, 60, NULL))
			break;
	mock_ring_publish(x.tx.ring);
	mock_ring_kick(x.tx.ring);
	mock_ring_kick(x.rx.ring);
	usleep(20 * 1000);
	stop_now(&x);
	stop_now(&x);
	if (run->sc->fn == stop_unmapped)
		return;
	for (i = 0; i < VHU_NVQS; i++)
		mock_ring_restart(&x.n.ring[i], x.tx.ring->packed ?
				  MOCK_START_WRAP : 0, 0);
	memset(x.tx.held, 0, x.tx.count * sizeof(*x.tx.held));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_drain(&x, 200);
	fixture_tx(&x, 500, 20);
}

/* Addresses that no start would accept; they may be set while stopped. */
static void stop_set_nonsense(struct fixture *x)
{
	struct vhost_memory_region r = {
		.guest_phys_addr = 0x1000, .memory_size = 4096,
		.userspace_addr = 0xffff888000000000ULL,
	};
	unsigned int i;

	ktap_ok(vhost_set_mem_table(x->n.fd, &r, 1));
	for (i = 0; i < VHU_NVQS; i++) {
		struct vhost_vring_addr a = {
			.index = i, .desc_user_addr = r.userspace_addr,
			.avail_user_addr = r.userspace_addr,
			.used_user_addr = r.userspace_addr,
		};

		ktap_ok(vhost_set_addr(x->n.fd, &a));
	}
}

/* A queue that was never set up, or set up wrongly, can be stopped. */
KTAP_TEST(stop_never_started, KTAP_LONG, net_layouts,
	  "defect_3_4_5_stop_never_started")
{
	struct mock_net_cfg cfg;
	struct fixture x;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	stop_now(&x);
	ktap_ok(vhost_set_features(x.n.fd, cfg.features));
	stop_now(&x);
	stop_set_nonsense(&x);
	stop_now(&x);
	ktap_eq(vhost_set_backend(x.n.fd, VHU_TX, x.tap), -EFAULT);
	stop_now(&x);
}

/* HO8: features may not change under a back end, except for logging. */
KTAP_TEST(stop_features_running, KTAP_LONG, net_layouts, "stop_HO8_features")
{
	const struct combo *c = arg;
	struct fixture x;
	__u64 f[2];

	fixture_start(&x, c);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s accepts any change", ktap_opts.node);
	fixture_tx(&x, 1, 10);
	f[1] = 0;
	f[0] = c->f[0] ^ VHU_PACKED;
	ktap_eq(vhost_set_features(x.n.fd, f), -EBUSY);
	f[0] = c->f[0] ^ VHU_EVENT_IDX;
	ktap_eq(vhost_set_features(x.n.fd, f), -EBUSY);
	f[0] = c->f[0] | VHU_ACCESS_PLATFORM;
	ktap_eq(vhost_set_features(x.n.fd, f), -EBUSY);
	ktap_ok(vhost_set_features(x.n.fd, c->f));
	fixture_tx(&x, 100, 10);
}

/* Ring memory that is unmapped is not missed: its pages are held. */
KTAP_TEST(stop_ring_unmapped, KTAP_LONG, net_layouts, "stop_HO2_ring_unmapped")
{
	struct fixture x;

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s does not hold ring pages", ktap_opts.node);
	fixture_tx(&x, 1, 10);
	/* Rings are in the first pages; buffers lie behind. */
	ktap_check(!munmap(x.n.mem.half[0], 4096 * 3), "munmap: %s",
		   strerror(errno));
	fixture_tx(&x, 100, 20);
	stop_now(&x);
}

struct stop_race {
	struct fixture *x;
	pthread_t thread;
	bool stop;
	void (*fn)(struct fixture *x, unsigned int i);
};

static void *stop_race_run(void *arg)
{
	struct stop_race *r = arg;
	unsigned int i;

	for (i = 0; !__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE); i++)
		r->fn(r->x, i);
	return NULL;
}

/* Traffic with every byte verified while another thread calls @fn. */
static void stop_race(const struct combo *c,
		      void (*fn)(struct fixture *x, unsigned int i))
{
	struct stop_race r = { .fn = fn };
	struct fixture x;
	unsigned int i;

	fixture_start(&x, c);
	mock_rx_fill(&x.rx);
	r.x = &x;
	ktap_check(!pthread_create(&r.thread, NULL, stop_race_run, &r),
		   "thread");
	for (i = 0; i < 4; i++) {
		fixture_tx(&x, 1000 * i, 150);
		fixture_rx(&x, 1000 * i, 150);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELEASE);
	pthread_join(r.thread, NULL);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
	ktap_eq(mock_fd_drain(x.rx.ring->err_fd), 0);
}

/* The memory table is replaced; regions that are in use stay. */
static void race_mem_table(struct fixture *x, unsigned int i)
{
	struct vhost_memory_region r[GUEST_REGIONS + 1];

	guest_mem_regions(&x->n.mem, r);
	memset(&r[GUEST_REGIONS], 0, sizeof(*r));
	r[GUEST_REGIONS].guest_phys_addr = 0x1000;
	r[GUEST_REGIONS].memory_size = 4096;
	r[GUEST_REGIONS].userspace_addr = (uintptr_t)x->n.mem.view;
	ktap_ok(vhost_set_mem_table(x->n.fd, r, GUEST_REGIONS + (i & 1)));
}

KTAP_TEST(live_mem_table, KTAP_LONG, net_layouts, "live_mem_table")
{
	stop_race(arg, race_mem_table);
}

/* QEMU masks and unmasks interrupts; none may be lost. */
static void race_call(struct fixture *x, unsigned int i)
{
	static int masked = -1;
	unsigned int vq = i / 2 % 2;

	if (masked < 0)
		masked = eventfd(0, EFD_NONBLOCK);
	if (i & 1) {
		ktap_ok(vhost_set_call(x->n.fd, vq, x->n.ring[vq].call_fd));
		/* What was used while masked is signalled afterwards. */
		if (mock_fd_drain(masked))
			eventfd_write(x->n.ring[vq].call_fd, 1);
	} else {
		ktap_ok(vhost_set_call(x->n.fd, vq, masked));
	}
}

KTAP_TEST(live_call, KTAP_LONG, net_layouts, "defect_3_4_8_live_call")
{
	stop_race(arg, race_call);
}

static void race_kick(struct fixture *x, unsigned int i)
{
	unsigned int vq = i / 2 % 2;

	ktap_ok(vhost_set_kick(x->n.fd, vq,
			       i & 1 ? x->n.ring[vq].kick_fd : -1));
}

KTAP_TEST(live_kick, KTAP_LONG, net_layouts, "live_kick")
{
	stop_race(arg, race_kick);
}

/* HO6: kicks without end, and descriptors that are everything at once. */
static void race_kick_storm(struct fixture *x, unsigned int i)
{
	mock_ring_kick(&x->n.ring[i & 1]);
}

KTAP_TEST(live_kick_storm, KTAP_LONG, net_layouts, "live_HO6_kick_storm")
{
	stop_race(arg, race_kick_storm);
}

/* HO6: a call descriptor whose counter is full, one that is a kick. */
KTAP_TEST(live_odd_eventfds, KTAP_LONG, net_layouts, "live_HO6_odd_eventfds")
{
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	fixture_tx(&x, 1, 10);
	eventfd_write(x.tx.ring->call_fd, 0xfffffffffffffffeULL);
	for (i = 0; i < 30; i++) {
		ktap_ok(mock_tx_post(&x.tx, i, 60, NULL));
		mock_ring_submit(x.tx.ring);
	}
	fixture_tx_reap(&x);
	/* The interrupt of one queue is the kick of the other, and back. */
	ktap_ok(vhost_set_call(x.n.fd, VHU_TX, x.rx.ring->kick_fd));
	ktap_ok(vhost_set_call(x.n.fd, VHU_RX, x.tx.ring->kick_fd));
	mock_rx_fill(&x.rx);
	for (i = 0; i < 20; i++) {
		ktap_ok(mock_tx_post(&x.tx, i, 60, NULL));
		mock_ring_submit(x.tx.ring);
		mock_ring_kick(x.tx.ring);
	}
	usleep(50 * 1000);
	ktap_ok(mock_net_stop(&x.n));
}
