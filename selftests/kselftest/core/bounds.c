// SPDX-License-Identifier: GPL-2.0
/*
 * What a caller can make the kernel hold: each bound that security.rst names, what
 * comes of going beyond, and that everything is given back.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "net_fixture.h"
#include "iotlb.h"
#include "proc.h"
#include "run_trace.h"

#define BOUNDS_REGIONS	4096
#define BOUNDS_IOTLB	2048
#define BOUNDS_SPACE	65536
#define BOUNDS_REQS	1024
#define BOUNDS_PAGES	210
#define BOUNDS_PAGE	4096ULL
#define BOUNDS_QUEUES	16

/* VmPin of this process in pages. */
static long bounds_pinned(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmPin: %ld", &kib);
	if (f)
		fclose(f);
	ktap_check(kib >= 0, "no VmPin");
	return kib / 4;
}

static unsigned int bounds_pages(__u64 start, __u64 len)
{
	return (start + len - 1) / BOUNDS_PAGE - start / BOUNDS_PAGE + 1;
}

/* Pages of a ring with event index. */
static unsigned int bounds_ring_pages(const struct mock_ring *r)
{
	__u64 num = r->cfg.num;

	return bounds_pages(r->desc_addr, 16 * num) +
	       bounds_pages(r->driver_addr, r->packed ? 4 : 6 + 2 * num) +
	       bounds_pages(r->device_addr, r->packed ? 4 : 6 + 8 * num);
}

static void bounds_net_open(struct fixture *x, const struct combo *c,
			    unsigned int num)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	cfg.num = num;
	cfg.table_max = 1;
	cfg.mem_size = 16 << 20;
	fixture_open(x, &cfg);
	if (!fixture_is_myvhost(x))
		ktap_skip("%s has bounds of its own", ktap_opts.node);
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, 64));
}

/* Workers pin when they first serve a queue. */
static void bounds_expect_pinned(unsigned int want)
{
	__s64 end = mock_msecs() + FIXTURE_WAIT;

	while (bounds_pinned() != want && mock_msecs() < end)
		usleep(1000);
	ktap_eq(bounds_pinned(), want);
}

/* Rings are pinned while they are served, and shown as VmPin exactly. */
KTAP_TEST(bounds_pins, KTAP_SHORT, net_layouts, "bounds_pins")
{
	struct fixture x;
	unsigned int want;

	bounds_net_open(&x, arg, 32768);
	want = bounds_ring_pages(&x.n.ring[0]) + bounds_ring_pages(&x.n.ring[1]);
	ktap_check(want <= 2 * BOUNDS_PAGES, "two rings have %u pages", want);
	ktap_eq(bounds_pinned(), 0);
	ktap_ok(mock_net_setup(&x.n));
	ktap_eq(bounds_pinned(), 0);
	ktap_ok(mock_net_start(&x.n, x.tap));
	bounds_expect_pinned(want);
	ktap_ok(mock_net_set_mem(&x.n));
	ktap_eq(bounds_pinned(), want);
	fixture_tx(&x, 1, 10);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, -1));
	ktap_eq(bounds_pinned(), bounds_ring_pages(&x.n.ring[VHU_TX]));
	ktap_ok(mock_net_stop(&x.n));
	ktap_eq(bounds_pinned(), 0);
	ktap_ok(mock_net_start(&x.n, x.tap));
	bounds_expect_pinned(want);
	ktap_ok(vhost_reset_owner(x.n.fd));
	ktap_eq(bounds_pinned(), 0);
	ktap_ok(vhost_set_owner(x.n.fd));
	ktap_ok(mock_net_start(&x.n, x.tap));
	close(x.n.fd);
	ktap_eq(bounds_pinned(), 0);
}

static void bounds_drop_ipc_lock(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2];

	ktap_check(!syscall(SYS_capget, &h, d), "capget: %s", strerror(errno));
	d[0].effective &= ~(1U << CAP_IPC_LOCK);
	ktap_check(!syscall(SYS_capset, &h, d), "capset: %s", strerror(errno));
}

static void bounds_limit(unsigned int pages)
{
	struct rlimit l = { pages * BOUNDS_PAGE, RLIM_INFINITY };

	ktap_check(!setrlimit(RLIMIT_MEMLOCK, &l), "setrlimit: %s",
		   strerror(errno));
}

/* Without CAP_IPC_LOCK no more than RLIMIT_MEMLOCK, to the page, as it is then. */
KTAP_TEST(bounds_memlock, KTAP_SHORT, net_layouts, "bounds_memlock")
{
	unsigned int rx, tx;
	struct fixture x;

	bounds_net_open(&x, arg, 1024);
	rx = bounds_ring_pages(&x.n.ring[VHU_RX]);
	tx = bounds_ring_pages(&x.n.ring[VHU_TX]);
	bounds_drop_ipc_lock();
	ktap_ok(vhost_reset_owner(x.n.fd));
	bounds_limit(1000);
	ktap_ok(vhost_set_owner(x.n.fd));
	bounds_limit(rx + tx - 1);
	ktap_ok(mock_net_setup(&x.n));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, x.tap));
	bounds_expect_pinned(rx);
	/* The other one is served too, but not pinned. */
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	fixture_tx(&x, 1, 10);
	ktap_eq(bounds_pinned(), rx);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, -1));
	ktap_eq(bounds_pinned(), 0);
	ktap_ok(vhost_reset_owner(x.n.fd));
	ktap_ok(vhost_set_owner(x.n.fd));
	bounds_limit(rx + tx);
	ktap_ok(mock_net_start(&x.n, x.tap));
	bounds_expect_pinned(rx + tx);
	ktap_ok(vhost_reset_owner(x.n.fd));
	ktap_eq(bounds_pinned(), 0);
}

static void bounds_disk_cfg(struct mock_blk_cfg *cfg, struct blk_backing *back,
			    enum blk_kind kind, const struct blk_mode *mode,
			    unsigned int queues)
{
	blk_prepare();
	blk_backing(back, kind);
	blk_cfg(cfg, back, mode);
	cfg->queues = queues;
	cfg->table_max = 4;
	cfg->mem_size = 32 << 20;
}

/* A disk that is opened but not started. */
static void bounds_disk_open(struct blk_fix *x, enum blk_kind kind,
			     const struct blk_mode *mode, unsigned int queues,
			     unsigned int num)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	bounds_disk_cfg(&cfg, &back, kind, mode, queues);
	cfg.num = num;
	blk_open(x, &back, &cfg, 16 << 20);
}

/* A ring that a run cannot pin: it is served all the same, and nothing stays pinned. */
KTAP_TEST(bounds_memlock_run, KTAP_SHORT, blk_vdpa_packed_one,
	  "bounds_memlock_run")
{
	struct mock_blk_req *req;
	struct blk_fix x;

	bounds_disk_open(&x, BLK_TMPFS, arg, 1, 64);
	close(x.b.fd);
	bounds_drop_ipc_lock();
	bounds_limit(2);
	x.b.fd = ktap_ok(mock_blk_setup_fd(&x.b.cfg));
	ktap_ok(vhost_set_owner(x.b.fd));
	ktap_ok(mock_blk_start(&x.b));
	ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 4096, NULL),
		   "no request");
	mock_blk_submit(&x.b, 0);
	ktap_eq(mock_blk_wait(&x.b, 0, &req, BLK_WAIT), 1);
	ktap_eq(mock_fd_drain(x.b.queue[0].ring.err_fd), 0);
	ktap_eq(bounds_pinned(), 0);
}

/* Four rings of 1024 and room for one or two: a whole disk, not half of one. */
KTAP_TEST(bounds_memlock_disk, KTAP_SHORT, blk_vdpa_packed_one,
	  "bounds_memlock_disk")
{
	struct mock_blk_req *req;
	struct blk_fix x;
	unsigned int q;

	bounds_disk_open(&x, BLK_TMPFS, arg, 4, 1024);
	close(x.b.fd);
	bounds_drop_ipc_lock();
	bounds_limit(16);
	x.b.fd = ktap_ok(mock_blk_setup_fd(&x.b.cfg));
	ktap_ok(vhost_set_owner(x.b.fd));
	ktap_ok(mock_blk_start(&x.b));
	for (q = 0; q < 4; q++) {
		ktap_check(mock_blk_add(&x.b, q, VIRTIO_BLK_T_IN, 0, x.buf, 4096,
					NULL), "no request");
		mock_blk_submit(&x.b, q);
		ktap_eq(mock_blk_wait(&x.b, q, &req, BLK_WAIT), 1);
		ktap_eq(req->status, 0);
		ktap_eq(mock_fd_drain(x.b.queue[q].ring.err_fd), 0);
	}
	ktap_check(bounds_pinned() <= 16, "%ld pages are pinned", (long)bounds_pinned());
}

KTAP_TEST(bounds_regions, KTAP_SHORT, net_split, "bounds_regions")
{
	static struct vhost_memory_region r[BOUNDS_REGIONS + 1];
	struct fixture x;
	unsigned int i;

	bounds_net_open(&x, arg, 64);
	for (i = 0; i < BOUNDS_REGIONS + 1; i++) {
		r[i].guest_phys_addr = i * 2 * BOUNDS_PAGE;
		r[i].memory_size = BOUNDS_PAGE;
		r[i].userspace_addr = guest_hva(&x.n.mem, x.n.mem.base);
	}
	ktap_eq(vhost_set_mem_table(x.n.fd, r, BOUNDS_REGIONS + 1), -E2BIG);
	ktap_ok(vhost_set_mem_table(x.n.fd, r, BOUNDS_REGIONS));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 10);
}

#define BOUNDS_IOVA	(1ULL << 20)
#define BOUNDS_PROBE	900

static void bounds_update(struct fixture *x, unsigned int i)
{
	ktap_ok(iotlb_update(x->n.fd, true, BOUNDS_IOVA + i * 2 * BOUNDS_PAGE,
			     BOUNDS_PAGE, guest_hva(&x->n.mem, x->tx.addr),
			     VHOST_ACCESS_RW));
}

/* Send a byte out of each page from the @first on. */
static void bounds_send_pages(struct fixture *x, unsigned int first,
			      unsigned int n)
{
	struct mock_seg seg[BOUNDS_PROBE + 1];
	unsigned int i;

	seg[0] = (struct mock_seg) { x->tx.addr, x->n.hdr_len + 14, false };
	for (i = 0; i < n; i++)
		seg[i + 1] = (struct mock_seg) {
			BOUNDS_IOVA + (first + i) * 2 * BOUNDS_PAGE, 1, false,
		};
	ktap_ok(mock_ring_add(x->tx.ring, seg, n + 1, true, first));
}

/* Use all translations but those of the ring. */
static void bounds_probe(struct fixture *x, unsigned int n)
{
	unsigned int first, step = BOUNDS_PROBE;

	for (first = 0; first < n; first += step)
		bounds_send_pages(x, first, n - first < step ? n - first : step);
	mock_ring_submit(x->tx.ring);
}

static void bounds_wait_probe(struct fixture *x)
{
	struct mock_used u;
	unsigned int n;

	for (n = x->tx.ring->ninflight; n; n--)
		ktap_eq(mock_ring_wait_used(x->tx.ring, &u, FIXTURE_WAIT), 1);
}

/*
 * A cache of exactly so many: with all of them nothing is missing, with one more the
 * oldest gives way, which is that of the first page of memory, and no other.
 */
KTAP_TEST(bounds_iotlb, KTAP_SHORT, net_split, "bounds_HO9_iotlb")
{
	struct combo c = *(const struct combo *)arg;
	struct mock_net_cfg cfg;
	struct mock_seg seg[2];
	unsigned int i, n;
	struct fixture x;

	c.f[0] |= VHU_ACCESS_PLATFORM;
	fixture_cfg(&cfg, &c);
	cfg.backend_features = VHU_BF_MSG_V2;
	cfg.num = 8;
	cfg.table_max = BOUNDS_PROBE + 1;
	cfg.mem_size = 1 << 20;
	fixture_open(&x, &cfg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s has bounds of its own", ktap_opts.node);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 1));
	memset(mock_io_ptr(&x.tx, 0), 0, 2048);
	ktap_ok(mock_net_setup(&x.n));
	ktap_ok(iotlb_map(&x.n, x.n.mem.base, x.n.mem.size, VHOST_ACCESS_RW));
	n = BOUNDS_IOTLB - x.n.mem.size / BOUNDS_PAGE;
	for (i = 0; i < n; i++)
		bounds_update(&x, i);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	bounds_probe(&x, n);
	bounds_wait_probe(&x);
	ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_MISSES), 0);
	bounds_update(&x, n);
	bounds_probe(&x, n + 1);
	bounds_wait_probe(&x);
	ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_MISSES), 0);
	seg[0] = (struct mock_seg) { x.tx.addr, x.n.hdr_len + 14, false };
	seg[1] = (struct mock_seg) { x.n.mem.base, 1, false };
	ktap_ok(mock_ring_add(x.tx.ring, seg, 2, true, 0));
	mock_ring_submit(x.tx.ring);
	ktap_check(mock_fd_wait(x.n.fd, FIXTURE_WAIT), "nothing is missing");
	ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_MISSES), 1);
}

static void bounds_vdpa_fill(int fd, __u64 hva)
{
	unsigned int i;

	for (i = 0; i < BOUNDS_SPACE; i++)
		ktap_check(!vdpa_map(fd, i * 2 * BOUNDS_PAGE, BOUNDS_PAGE, hva,
				     VHOST_ACCESS_RW), "translation %u", i);
	ktap_eq(vdpa_map(fd, i * 2 * BOUNDS_PAGE, BOUNDS_PAGE, hva,
			 VHOST_ACCESS_RW), -EFAULT);
	ktap_ok(vdpa_unmap(fd, 0, BOUNDS_PAGE));
	ktap_ok(vdpa_map(fd, i * 2 * BOUNDS_PAGE, BOUNDS_PAGE, hva,
			 VHOST_ACCESS_RW));
}

/* The vdpa dialect: the bound of translations, in a batch or not. */
KTAP_TEST(bounds_vdpa, KTAP_LONG, blk_vdpa_packed_one,
	  "bounds_VD3_translations")
{
	struct blk_fix x;
	__u64 hva;

	bounds_disk_open(&x, BLK_TMPFS, arg, 1, 64);
	hva = guest_hva(&x.b.mem, x.buf);
	bounds_vdpa_fill(x.b.fd, hva);
	ktap_ok(vdpa_batch_begin(x.b.fd));
	ktap_ok(vdpa_unmap(x.b.fd, 0, ~0ULL));
	bounds_vdpa_fill(x.b.fd, hva);
	ktap_ok(vdpa_batch_end(x.b.fd));
	ktap_ok(vdpa_unmap(x.b.fd, 0, ~0ULL));
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 4096, 1);
}

/* Workers: one for each queue, and one to spare. */
KTAP_TEST(bounds_workers, KTAP_SHORT, blk_vhost_split_one, "bounds_workers")
{
	__s64 end = mock_msecs() + BLK_WAIT;
	unsigned int i, id, n;
	struct blk_fix x;

	bounds_disk_open(&x, BLK_TMPFS, arg, BOUNDS_QUEUES, 64);
	for (i = 0; i < BOUNDS_QUEUES; i++)
		ktap_ok(vhost_new_worker(x.b.fd, &id));
	ktap_eq(vhost_new_worker(x.b.fd, &n), -ENOMEM);
	ktap_ok(vhost_free_worker(x.b.fd, id));
	ktap_ok(vhost_new_worker(x.b.fd, &id));
	ktap_eq(vhost_new_worker(x.b.fd, &n), -ENOMEM);
	n = proc_count_threads(getpid(), "mvh-");
	ktap_check(!n || n == BOUNDS_QUEUES + 1, "%u workers", n);
	close(x.b.fd);
	while (proc_count_threads(getpid(), "mvh-"))
		ktap_check(mock_msecs() < end, "workers are left over");
}

KTAP_TEST(bounds_queues, KTAP_SHORT, NULL, "bounds_queues")
{
	int fd = ktap_ok(vhost_open(ktap_opts.node));
	int r = myvhost_setup(fd, MYVHOST_DEVICE_BLK, 0, BOUNDS_QUEUES + 1);

	if (r == -ENOTTY)
		ktap_skip("%s has no disks", ktap_opts.node);
	ktap_eq(r, -EINVAL);
	ktap_ok(myvhost_setup(fd, MYVHOST_DEVICE_BLK, 0, BOUNDS_QUEUES));
}

/* Where a run of queue 0 that has nothing to do finds the ring. */
static __u64 bounds_avail(struct blk_fix *x)
{
	static struct run_trace_event e[1000];
	__s64 end = mock_msecs() + BLK_WAIT;
	int i, n;

	do {
		ktap_check(mock_msecs() < end, "no run after a kick");
		ktap_ok(run_trace_start());
		mock_ring_kick(&x->b.queue[0].ring);
		usleep(20000);
		n = ktap_ok(run_trace_stop(e, 1000));
		for (i = n; i && e[i - 1].kind != RUN_TRACE_BEGIN; i--)
			;
	} while (!i);
	return e[i - 1].value;
}

static __u64 bounds_settled(struct blk_fix *x)
{
	__u64 last, now = bounds_avail(x);

	do {
		last = now;
		now = bounds_avail(x);
	} while (now != last);
	return now;
}

/* A hung disk holds a bounded number of requests and leaves the others in the ring. */
KTAP_TEST(bounds_requests, KTAP_LONG, blk_vhost_split_one, "bounds_requests")
{
	const struct mock_blk_frame f = { .indirect = true };
	unsigned int i;
	struct blk_fix x;

	bounds_disk_open(&x, BLK_DM, arg, 1, 2 * BOUNDS_REQS);
	i = run_trace_open();
	if (i)
		ktap_skip("no tracepoints: %s", strerror(-i));
	ktap_ok(mock_blk_start(&x.b));
	ktap_eq(host_dm_hang("disk"), 0);
	for (i = 0; i < 2 * BOUNDS_REQS; i++)
		ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 4096,
					&f), "the ring is full");
	mock_blk_submit(&x.b, 0);
	ktap_eq(bounds_settled(&x), BOUNDS_REQS);
	ktap_eq(mock_ring_has_used(&x.b.queue[0].ring), 0);
	ktap_eq(host_dm_go_on("disk"), 0);
	for (i = 0; i < 2 * BOUNDS_REQS; i++)
		ktap_eq(blk_get(&x, 0)->status, 0);
}

/*
 * Named nodes: the minors of misc devices are the bound, and all come back.  Not as
 * far as that bound: Linux 6.1 begins to hand out minors that are taken.
 */
#define BOUNDS_NODES	100

static void bounds_node_name(char *name, size_t len, unsigned int i)
{
	snprintf(name, len, "mvht-bound%u", i);
}

static void bounds_no_nodes(void)
{
	int fd = vhost_open(ktap_opts.node);
	char name[32];
	unsigned int i;

	for (i = 0; i < BOUNDS_NODES; i++) {
		bounds_node_name(name, sizeof(name), i);
		myvhost_node_del(fd, name);
	}
	close(fd);
}

static int bounds_node(unsigned int i)
{
	int fd = ktap_ok(vhost_open(ktap_opts.node)), r;
	char name[32];

	bounds_node_name(name, sizeof(name), i);
	r = myvhost_node_add(fd, name);
	close(fd);
	return r;
}

KTAP_TEST(bounds_nodes, KTAP_LONG, NULL, "bounds_nodes")
{
	unsigned int i, n;
	char name[32];
	int fd, r = 0;

	fd = ktap_ok(vhost_open(ktap_opts.node));
	bounds_no_nodes();
	for (n = 0; n < BOUNDS_NODES && !r; n++)
		r = bounds_node(n);
	n -= !!r;
	ktap_info("%u nodes, then %s", n, strerror(-r));
	if (r == -ENOTTY)
		ktap_skip("%s has no nodes", ktap_opts.node);
	ktap_check(!r || r == -EBUSY, "node %u: %s", n, strerror(-r));
	ktap_check(n > BOUNDS_QUEUES, "%u nodes", n);
	for (i = 0; i < n; i++) {
		bounds_node_name(name, sizeof(name), i);
		ktap_ok(myvhost_node_del(fd, name));
	}
	ktap_ok(bounds_node(0));
	bounds_no_nodes();
}

#define BOUNDS_CGROUP	"/sys/fs/cgroup/mvht"

static int bounds_cgroup_write(const char *file, const char *fmt, long long v)
{
	char path[128], val[32];
	int fd, r = 0;

	snprintf(path, sizeof(path), "%s", file);
	snprintf(val, sizeof(val), fmt, v);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, val, strlen(val)) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* What the memory cgroup of this process is charged for, in bytes. */
static long long bounds_charged(void)
{
	long long v = -1;
	FILE *f = fopen(BOUNDS_CGROUP "/memory.current", "r");

	if (f && fscanf(f, "%lld", &v) != 1)
		v = -1;
	if (f)
		fclose(f);
	ktap_check(v >= 0, "memory.current");
	return v;
}

/* Move into a memory cgroup of this case's own. */
static void bounds_cgroup(void)
{
	int r = bounds_cgroup_write("/sys/fs/cgroup/cgroup.subtree_control",
				    "+memory", 0);

	if (r)
		ktap_skip("no memory cgroup: %s", strerror(-r));
	rmdir(BOUNDS_CGROUP);
	if (mkdir(BOUNDS_CGROUP, 0755) && errno != EEXIST)
		ktap_skip("%s: %s", BOUNDS_CGROUP, strerror(errno));
	ktap_ok(bounds_cgroup_write(BOUNDS_CGROUP "/memory.max", "max", 0));
	ktap_ok(bounds_cgroup_write(BOUNDS_CGROUP "/cgroup.procs", "%lld",
				    getpid()));
}

/* The charge comes down to @most; some of it does with a delay. */
static void bounds_given_back(long long most)
{
	__s64 end = mock_msecs() + BLK_WAIT;

	while (bounds_charged() > most) {
		ktap_check(mock_msecs() < end, "%lld bytes are charged, not %lld",
			   bounds_charged(), most);
		usleep(20000);
	}
}

/* Requests of a full-grown disk at least, and what may stay in caches. */
#define BOUNDS_POOLS	(BOUNDS_QUEUES * BOUNDS_REQS * 256LL)
#define BOUNDS_SLACK	(1LL << 20)

/* The requests of all queues are charged to the owner and freed by a stop. */
KTAP_TEST(bounds_memcg, KTAP_LONG, blk_vhost_split_one, "bounds_memcg")
{
	long long idle, busy;
	struct blk_fix x;
	unsigned int i;

	bounds_cgroup();
	bounds_disk_open(&x, BLK_TMPFS, arg, BOUNDS_QUEUES, BOUNDS_REQS);
	ktap_ok(mock_blk_setup(&x.b));
	ktap_ok(mock_blk_run(&x.b));
	ktap_ok(mock_blk_stop(&x.b));
	idle = bounds_charged();
	for (i = 0; i < 3; i++) {
		ktap_ok(mock_blk_run(&x.b));
		busy = bounds_charged();
		ktap_check(busy - idle > BOUNDS_POOLS, "%lld bytes charged",
			   busy - idle);
		ktap_ok(mock_blk_stop(&x.b));
		bounds_given_back(idle + BOUNDS_SLACK);
	}
	ktap_info("%lld bytes for %u queues", busy - idle, BOUNDS_QUEUES);
	/* Less than that is left: an error, and nothing stays. */
	ktap_ok(bounds_cgroup_write("/proc/self/oom_score_adj", "-1000", 0));
	ktap_ok(bounds_cgroup_write(BOUNDS_CGROUP "/memory.max", "%lld",
				    bounds_charged() + BOUNDS_POOLS / 2));
	ktap_eq(mock_blk_run(&x.b), -ENOMEM);
	ktap_ok(bounds_cgroup_write(BOUNDS_CGROUP "/memory.max", "max", 0));
	ktap_ok(mock_blk_stop(&x.b));
	bounds_given_back(idle + BOUNDS_SLACK);
	ktap_ok(mock_blk_run(&x.b));
	blk_write(&x, 0, 4096, 1);
	close(x.b.fd);
	/* What was written stays in the page cache, on account of the owner. */
	bounds_given_back(idle + BOUNDS_SLACK);
}

/* A disk whose worker is of the kind that @mode says. */
static void bounds_forked_open(struct blk_fix *x, __u8 mode)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	int r;

	bounds_disk_cfg(&cfg, &back, BLK_DM, blk_vhost_split, 1);
	cfg.num = 256;
	cfg.fd = ktap_ok(mock_blk_setup_fd(&cfg));
	r = vhost_set_fork_owner(cfg.fd, mode);
	if (r)
		ktap_skip("no such workers: %s", strerror(-r));
	blk_open(x, &back, &cfg, 16 << 20);
}

static const struct ktap_variant bounds_threads[] = {
	{ "kernel_thread", &(const __u8) { 0 } },
	{ "owner_thread", &(const __u8) { 1 } },
	{ }
};

/*
 * Kernel pages of I/O that is not aligned: 256 KiB for a request at most, charged to
 * the owner whether the worker is a thread of the owner or of the kernel.
 */
KTAP_TEST(bounds_bounce, KTAP_LONG, bounds_threads, "bounds_bounce")
{
	const unsigned int n = 60, len = 1 << 20, piece = 256 << 10;
	long long idle, busy;
	struct blk_fix x;
	unsigned int i;

	bounds_cgroup();
	bounds_forked_open(&x, *(const __u8 *)arg);
	memset(blk_ptr(&x, x.buf), 0, x.buf_len);
	ktap_ok(mock_blk_start(&x.b));
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf + 3, len), 0);
	ktap_eq(host_dm_hang("disk"), 0);
	idle = bounds_charged();
	for (i = 0; i < n; i++)
		ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf + 3,
					len, NULL), "the ring is full");
	mock_blk_submit(&x.b, 0);
	while (blk_counter(&x, MYVHOST_CNT_BOUNCED) < n + len / piece)
		usleep(10000);
	busy = bounds_charged();
	ktap_info("%lld bytes for %u requests", busy - idle, n);
	ktap_check(busy - idle > (n - 8LL) * piece &&
		   busy - idle < (n + 16LL) * piece, "%lld bytes for %u pieces",
		   busy - idle, n);
	ktap_eq(host_dm_go_on("disk"), 0);
	for (i = 0; i < n; i++)
		ktap_eq(blk_get(&x, 0)->status, 0);
	bounds_given_back(idle + BOUNDS_SLACK);
}

/* Cgroups are removed when the last process has left. */
KTAP_TEARDOWN(bounds_clean)
{
	bounds_no_nodes();
	run_trace_clean();
	rmdir(BOUNDS_CGROUP);
}
