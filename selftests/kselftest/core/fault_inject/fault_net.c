// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a network device, on a tap and on a packet socket, with and without
 * IOMMU, for fault.h.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "dirty_log.h"
#include "fault.h"
#include "net_fixture.h"
#include "iotlb.h"
#include "myvhost_dev.h"
#include "proc.h"

#define NET_NUM		16
#define NET_MEM		(256 << 10)
/* After this time a frame is lost; only a fault may lose one. */
#define NET_LOST	1500
#define NET_STEP	200

static const struct combo net_veth_combo = {
	.name = "packed_veth",
	.f = { F_MODERN | VHU_MRG_RXBUF | VHU_PACKED | VHU_NET_HDR },
};

static const struct combo net_iommu_combo = {
	.name = "split_iommu",
	.f = { F_MODERN | VHU_MRG_RXBUF | VHU_ACCESS_PLATFORM },
	.indirect = true,
};

/* A device, its surroundings, and what has become of it in this life. */
struct net_world {
	struct fixture x;
	int other;		/* another back end */
	struct dirty_log log;
	int log_fd;
	unsigned int seed;
	unsigned int worker;
	bool filled;		/* rx buffers are posted */
};

static const char *const net_vq[VHU_NVQS] = { "rx", "tx" };

static bool net_broken(struct net_world *w, unsigned int vq)
{
	char key[16], state[16];

	snprintf(key, sizeof(key), "%s.state", net_vq[vq]);
	return proc_fdinfo(w->x.n.fd, key, state, sizeof(state)) &&
	       !strcmp(state, "broken");
}

static unsigned long long net_drops(struct net_world *w, unsigned int vq)
{
	unsigned long long sum = 0;
	__u64 c[MYVHOST_CNT_MAX];
	int i;

	ktap_ok(vhost_get_stats(w->x.n.fd, vq, c));
	for (i = MYVHOST_CNT_DROP_SHORT; i <= MYVHOST_CNT_DROP_BACKEND; i++)
		sum += c[i];
	return sum;
}

static void net_empty_ring(struct net_world *w, unsigned int vq)
{
	struct mock_ring *r = &w->x.n.ring[vq];

	mock_ring_restart(r, r->packed ? MOCK_START_WRAP : 0, 0);
	mock_fd_drain(r->err_fd);
	if (vq == VHU_TX)
		memset(w->x.tx.held, 0, w->x.tx.count * sizeof(*w->x.tx.held));
	else
		w->filled = false;
}

/* A queue that a fault has broken says so, and works again after a restart. */
static void net_mend(struct net_world *w)
{
	unsigned int vq;

	for (vq = 0; vq < VHU_NVQS; vq++) {
		if (!net_broken(w, vq))
			continue;
		ktap_check(fault_met(), "%s is broken", net_vq[vq]);
		ktap_check(mock_fd_drain(w->x.n.ring[vq].err_fd),
			   "%s is broken, and nobody was told", net_vq[vq]);
		ktap_ok(vhost_set_backend(w->x.n.fd, vq, -1));
		net_empty_ring(w, vq);
		ktap_ok(mock_net_setup_vq(&w->x.n, vq, false));
		ktap_ok(vhost_set_backend(w->x.n.fd, vq, w->x.tap));
	}
}

static int net_wait_used(struct net_world *w, unsigned int vq)
{
	__s64 end = mock_msecs() + (fault_armed() ? NET_LOST : FIXTURE_WAIT);
	unsigned long long drops = net_drops(w, vq);
	int r;

	do {
		r = mock_ring_wait(&w->x.n.ring[vq], NET_STEP);
		if (!r && fault_armed() &&
		    (net_broken(w, vq) || net_drops(w, vq) != drops))
			return -EIO;
	} while (!r && mock_msecs() < end);
	return r > 0 ? 0 : r ? r : -EIO;
}

/* Frames of earlier attempts may come late. */
static bool net_is_late(struct net_world *w, const __u8 *data, unsigned int len)
{
	unsigned int seed;

	for (seed = w->seed - 1; seed && seed + 8 > w->seed; seed--)
		if (len == frame_len(seed) && frame_check(data, len, seed) < 0)
			return true;
	return false;
}

static int net_see_frame(struct net_world *w)
{
	static __u8 buf[FRAME_MAX + 64];
	unsigned int len = frame_len(w->seed);
	int r;

	do {
		r = packet_recv(w->x.pkt, buf, sizeof(buf),
				fault_armed() ? NET_LOST : FIXTURE_WAIT);
		if (r < 0)
			return -EIO;
	} while (net_is_late(w, buf, r));
	ktap_eq(r, len);
	ktap_check(frame_check(buf, len, w->seed) < 0, "the frame differs");
	return 0;
}

static int net_send_tx(struct net_world *w)
{
	unsigned int len = frame_len(++w->seed), i = 0;
	__u8 frame[FRAME_MTU];

	while (w->x.tx.held[i])
		i++;
	frame_fill(frame, len, w->seed);
	return mock_tx_send(&w->x.tx, i, frame, len, NULL);
}

/* One frame to the host. */
static int net_tx(void *world)
{
	struct net_world *w = world;
	int r;

	if (!fault_armed())
		net_mend(w);
	r = net_send_tx(w);
	if (r)
		return r;
	mock_ring_submit(w->x.tx.ring);
	r = net_wait_used(w, VHU_TX);
	if (r)
		return r;
	r = mock_tx_reap(&w->x.tx);
	return r < 0 ? r : net_see_frame(w);
}

static int net_take_rx(struct net_world *w)
{
	static struct mock_rx_frame f;
	unsigned int len = frame_len(w->seed);
	int r;

	do {
		r = net_wait_used(w, VHU_RX);
		if (!r)
			r = mock_rx_recv(&w->x.rx, &f, 0);
		if (r)
			return r;
	} while (net_is_late(w, f.data, f.len));
	ktap_eq(f.len, len);
	ktap_eq(f.num_buffers, f.nbufs);
	ktap_check(frame_check(f.data, len, w->seed) < 0, "the frame differs");
	return 0;
}

/* One frame to the guest. */
static int net_rx(void *world)
{
	struct net_world *w = world;
	unsigned int len = frame_len(++w->seed);
	__u8 frame[FRAME_MTU];
	ssize_t n;

	if (!fault_armed())
		net_mend(w);
	if (!w->filled)
		mock_rx_fill(&w->x.rx);
	w->filled = true;
	frame_fill(frame, len, w->seed);
	n = write(w->x.pkt, frame, len);
	ktap_check(n == (ssize_t)len, "sending: %s", strerror(errno));
	return net_take_rx(w);
}

static int net_flow(void *world)
{
	int r = net_tx(world);

	return r ? r : net_rx(world);
}

static int net_open(void *world)
{
	struct net_world *w = world;
	int fd = vhost_open(ktap_opts.node);

	if (fd < 0)
		return fd;
	w->x.n.fd = fd;
	return 0;
}

static int net_create(void *world)
{
	struct net_world *w = world;

	return myvhost_setup(w->x.n.fd, MYVHOST_DEVICE_NET,
			     MYVHOST_DIALECT_VHOST, 0);
}

static int net_owner(void *world)
{
	struct net_world *w = world;

	return vhost_set_owner(w->x.n.fd);
}

/* Its worker is a kernel thread. */
static int net_kthread_owner(void *world)
{
	struct net_world *w = world;
	int r = vhost_set_fork_owner(w->x.n.fd, VHOST_FORK_OWNER_KTHREAD);

	return r ? r : vhost_set_owner(w->x.n.fd);
}

static int net_features(void *world)
{
	struct net_world *w = world;
	int r = vhost_set_features(w->x.n.fd, w->x.n.cfg.features);

	return r ? r : vhost_set_backend_features(w->x.n.fd, 0);
}

static int net_memory(void *world)
{
	struct net_world *w = world;

	return mock_net_set_mem(&w->x.n);
}

static int net_map_page(void *world)
{
	struct net_world *w = world;

	if (!w->x.n.iommu)
		return 0;
	return iotlb_map(&w->x.n, w->x.n.mem.base, 1, VHOST_ACCESS_RW);
}

static int net_map(void *world)
{
	struct net_world *w = world;

	if (!w->x.n.iommu)
		return 0;
	return iotlb_map(&w->x.n, w->x.n.mem.base, w->x.n.mem.size,
			 VHOST_ACCESS_RW);
}

static int net_vrings(void *world)
{
	struct net_world *w = world;
	int r = mock_net_setup_vq(&w->x.n, VHU_RX, false);

	return r ? r : mock_net_setup_vq(&w->x.n, VHU_TX, false);
}

static int net_new_worker(void *world)
{
	struct net_world *w = world;

	return vhost_new_worker(w->x.n.fd, &w->worker);
}

static int net_give_worker(void *world)
{
	struct net_world *w = world;

	return vhost_attach_worker(w->x.n.fd, VHU_TX, w->worker);
}

static int net_attach_rx(void *world)
{
	struct net_world *w = world;

	return vhost_set_backend(w->x.n.fd, VHU_RX, w->x.tap);
}

static int net_attach_tx(void *world)
{
	struct net_world *w = world;

	return vhost_set_backend(w->x.n.fd, VHU_TX, w->x.tap);
}

/* The translation of a ring changes, and the worker maps it again. */
static int net_remap_tx(void *world)
{
	struct net_world *w = world;

	if (!w->x.n.iommu)
		return 0;
	if (!fault_armed())
		net_mend(w);
	ktap_ok(iotlb_map(&w->x.n, w->x.tx.ring->desc_addr, 1,
			  VHOST_ACCESS_RW));
	return net_tx(w);
}

/* The memory table changes under queues that run: a ring may be lost, not more. */
static int net_remap(void *world)
{
	struct net_world *w = world;

	return w->x.n.iommu ? 0 : mock_net_set_mem(&w->x.n);
}

static int net_log_on(void *world)
{
	struct net_world *w = world;
	__u64 f[2] = { w->x.n.cfg.features[0] | VHU_LOG_ALL, 0 };
	int r;

	if (w->x.n.iommu)
		return 0;
	r = vhost_set_log_base(w->x.n.fd, w->log.map);
	if (!r)
		r = vhost_set_log_fd(w->x.n.fd, w->log_fd);
	if (!r)
		r = vhost_set_features(w->x.n.fd, f);
	if (!r)
		r = mock_net_set_addr(&w->x.n, VHU_RX, true);
	return r;
}

/* What was written is in the log, or counted as not logged. */
static int net_rx_logged(void *world)
{
	struct net_world *w = world;
	size_t i;
	int r;

	if (w->x.n.iommu)
		return 0;
	madvise(w->log.map, w->log.size, MADV_DONTNEED);
	r = net_rx(w);
	if (r)
		return r;
	for (i = 0; i < w->log.size && !w->log.map[i]; i++)
		;
	if (i < w->log.size)
		return 0;
	ktap_check(fixture_counter(&w->x, VHU_RX, MYVHOST_CNT_LOG_ERRORS),
		   "neither logged nor counted");
	ktap_check(mock_fd_drain(w->x.rx.ring->err_fd), "nobody was told");
	return -EIO;
}

static int net_log_off(void *world)
{
	struct net_world *w = world;
	int r;

	if (w->x.n.iommu)
		return 0;
	r = vhost_set_features(w->x.n.fd, w->x.n.cfg.features);
	return r ? r : mock_net_set_addr(&w->x.n, VHU_RX, false);
}

static int net_swap(void *world)
{
	struct net_world *w = world;

	return vhost_set_backend(w->x.n.fd, VHU_TX, w->other);
}

static __u64 net_tx_page(struct net_world *w)
{
	return mock_io_addr(&w->x.tx, 0) & ~(VHU_PAGE_SIZE - 1);
}

/* A frame waits for a translation. */
static int net_miss(void *world)
{
	struct net_world *w = world;
	struct pollfd p = { .fd = w->x.n.fd, .events = POLLIN };
	int r;

	if (!w->x.n.iommu)
		return 0;
	r = iotlb_invalidate(w->x.n.fd, false, net_tx_page(w), VHU_PAGE_SIZE);
	if (!r)
		r = net_send_tx(w);
	mock_ring_submit(w->x.tx.ring);
	if (!r && poll(&p, 1, FIXTURE_WAIT) != 1)
		r = -ETIMEDOUT;
	return r;
}

static int net_read_miss(void *world)
{
	struct net_world *w = world;
	struct vhost_iotlb_msg m;
	int version, r;

	if (!w->x.n.iommu)
		return 0;
	r = iotlb_read(w->x.n.fd, &m, &version);
	if (r < 0)
		return r;
	ktap_eq(r, 1);
	ktap_eq(m.iova & ~(VHU_PAGE_SIZE - 1), net_tx_page(w));
	return 0;
}

static int net_answer(void *world)
{
	struct net_world *w = world;
	int r;

	if (!w->x.n.iommu)
		return 0;
	r = iotlb_map(&w->x.n, net_tx_page(w), 1, VHOST_ACCESS_RW);
	if (!r)
		r = net_wait_used(w, VHU_TX);
	if (!r)
		r = mock_tx_reap(&w->x.tx);
	return r < 0 ? r : net_see_frame(w);
}

static int net_query(void *world)
{
	struct net_world *w = world;
	__u64 c[MYVHOST_CNT_MAX];
	char path[64], buf[4096];
	int r, fd;

	r = vhost_get_stats(w->x.n.fd, VHU_TX, c);
	if (!r)
		r = vhost_set_poll(w->x.n.fd, VHU_TX, 0);
	if (!r)
		r = vhost_set_busyloop(w->x.n.fd, VHU_TX, 0);
	if (r)
		return r;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", w->x.n.fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 || read(fd, buf, sizeof(buf)) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return r;
}

static int net_stop_rx(void *world)
{
	struct net_world *w = world;

	return vhost_set_backend(w->x.n.fd, VHU_RX, -1);
}

static int net_stop_tx(void *world)
{
	struct net_world *w = world;

	return vhost_set_backend(w->x.n.fd, VHU_TX, -1);
}

static int net_bases(void *world)
{
	struct net_world *w = world;
	unsigned int base;
	int r = vhost_get_base(w->x.n.fd, VHU_RX, &base);

	return r ? r : vhost_get_base(w->x.n.fd, VHU_TX, &base);
}

static int net_start(void *world)
{
	struct net_world *w = world;
	int r;

	net_empty_ring(w, VHU_RX);
	net_empty_ring(w, VHU_TX);
	r = net_vrings(w);
	if (!r)
		r = net_attach_rx(w);
	if (!r)
		r = net_attach_tx(w);
	return r ? r : net_flow(w);
}

static int net_reset(void *world)
{
	struct net_world *w = world;

	return vhost_reset_owner(w->x.n.fd);
}

/* The next owner, up to traffic. */
static int net_next_owner(void *world)
{
	int r = net_owner(world);

	if (!r)
		r = net_features(world);
	if (!r)
		r = net_memory(world);
	if (!r)
		r = net_map(world);
	return r ? r : net_start(world);
}

static int net_close(void *world)
{
	struct net_world *w = world;
	int r = close(w->x.n.fd) ? -errno : 0;

	w->x.n.fd = -1;
	return r;
}

static const struct fault_step net_steps[] = {
	{ "open", net_open, FAULT_CALLER },
	{ "create", net_create, FAULT_CALLER },
	{ "kthread", net_kthread_owner, FAULT_CALLER, .aside = 10 },
	{ "reset", net_reset, .aside = 10 },
	{ "kthreadd", net_kthread_owner, FAULT_KTHREADD, .aside = 10 },
	{ "reset", net_reset, .aside = 10 },
	{ "owner", net_owner, FAULT_CALLER },
	{ "features", net_features, FAULT_CALLER },
	{ "memory", net_memory, FAULT_CALLER },
	{ "map page", net_map_page, FAULT_CALLER, .also = EINVAL },
	{ "map", net_map },
	{ "vrings", net_vrings, FAULT_CALLER },
	{ "new worker", net_new_worker, FAULT_CALLER, .aside = 1 },
	{ "give worker", net_give_worker, FAULT_CALLER, .aside = 1 },
	{ "attach rx", net_attach_rx, FAULT_CALLER },
	{ "attach tx", net_attach_tx, FAULT_CALLER },
	{ "tx", net_tx, FAULT_WORKER, "tx" },
	{ "rx", net_rx, FAULT_WORKER, "rx" },
	{ "remap tx", net_remap_tx, FAULT_WORKER, "tx", .aside = 2 },
	{ "remap", net_remap, FAULT_CALLER, .aside = 3 },
	{ "log on", net_log_on, FAULT_CALLER, .aside = 4 },
	{ "rx logged", net_rx_logged, FAULT_WORKER, "rx", .aside = 4 },
	{ "log off", net_log_off, FAULT_CALLER, .aside = 4 },
	{ "swap", net_swap, FAULT_CALLER, .aside = 5 },
	{ "swap back", net_attach_tx, FAULT_CALLER, .aside = 5 },
	{ "miss", net_miss, .aside = 6 },
	{ "read miss", net_read_miss, FAULT_CALLER, .aside = 6 },
	{ "answer", net_answer, .aside = 6 },
	{ "query", net_query, FAULT_CALLER, .aside = 7 },
	{ "stop rx", net_stop_rx, FAULT_CALLER, .aside = 8 },
	{ "stop tx", net_stop_tx, FAULT_CALLER, .aside = 8 },
	{ "bases", net_bases, FAULT_CALLER, .aside = 8 },
	{ "start", net_start, .aside = 8 },
	{ "reset", net_reset, FAULT_CALLER, .aside = 9, .sure = true },
	{ "next owner", net_next_owner, .aside = 9 },
	{ "flow", net_flow },
	{ "close", net_close, FAULT_CALLER, .sure = true },
};

static void net_begin(void *world)
{
	struct net_world *w = world;
	unsigned int i;
	__u8 byte;

	w->x.n.fd = -1;
	net_empty_ring(w, VHU_RX);
	net_empty_ring(w, VHU_TX);
	/* Pinning has to find the pages first. */
	for (i = 0; i < GUEST_REGIONS; i++)
		madvise(w->x.n.mem.half[i], w->x.n.mem.size / 2,
			MADV_DONTNEED);
	while (packet_recv(w->x.pkt, &byte, sizeof(byte), 0) >= 0)
		;
}

static void net_end(void *world)
{
	struct net_world *w = world;

	ktap_eq(w->x.n.fd, -1);
}

static void net_veth(struct net_world *w, const struct mock_net_cfg *cfg)
{
	ktap_ok(mock_net_open(&w->x.n, cfg));
	if (link_cmd("link add veth0 type veth peer name veth1"))
		ktap_skip("no veth pair");
	ktap_ok(link_pair_up("veth0", "veth1"));
	w->x.tap = ktap_ok(packet_open("veth0", false));
	w->x.pkt = ktap_ok(packet_open("veth1", false));
	w->other = ktap_ok(packet_open("veth0", false));
}

static void net_sweep(const struct combo *c)
{
	static struct net_world w;
	struct fault_life life = {
		.step = net_steps,
		.n = sizeof(net_steps) / sizeof(*net_steps),
		.world = &w,
		.fd = &w.x.n.fd,
		.begin = net_begin,
		.end = net_end,
	};
	struct mock_net_cfg cfg;

	fault_require();
	fixture_cfg(&cfg, c);
	cfg.num = NET_NUM;
	cfg.mem_size = NET_MEM;
	cfg.table_max = 4;
	if (c->f[0] & VHU_NET_HDR) {
		net_veth(&w, &cfg);
	} else {
		fixture_open(&w.x, &cfg);
		w.other = ktap_ok(tap_open("tap1", w.x.n.tap_hdr_len, false));
	}
	close(w.x.n.fd);
	ktap_ok(mock_io_init(&w.x.tx, &w.x.n, VHU_TX, 2048, NET_NUM));
	ktap_ok(mock_io_init(&w.x.rx, &w.x.n, VHU_RX, 2048, NET_NUM));
	w.x.tx.indirect = c->indirect;
	w.x.rx.indirect = c->indirect;
	ktap_ok(dirty_log_init(&w.log, &w.x.n.mem));
	w.log_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fault_sweep(&life);
}

static const struct ktap_variant net_lives[] = {
	{ "split", &combo_split },
	{ "packed_veth", &net_veth_combo },
	{ "split_iommu", &net_iommu_combo },
	{ }
};

KTAP_TEST(net_live, KTAP_SWEEP, net_lives, "fault_net_LC3")
{
	fault_pin_rings(true);
	net_sweep(arg);
}

static const struct ktap_variant net_user_lives[] = {
	{ "packed", &combo_packed },
	{ "split_iommu", &net_iommu_combo },
	{ }
};

/* The same with rings that are reached through the owner's address space. */
KTAP_TEST(net_user_live, KTAP_SWEEP, net_user_lives, "fault_net_LC3_user")
{
	fault_pin_rings(false);
	net_sweep(arg);
}
