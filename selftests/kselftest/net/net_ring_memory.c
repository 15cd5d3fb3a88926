// SPDX-License-Identifier: GPL-2.0
/*
 * Rings in memory that the host cannot pin, or cannot reach for a while.
 *
 * vhost_net serves all of them, so each case also runs with -d /dev/vhost-net; what
 * fdinfo says is looked at on myvhost alone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "net_fixture.h"
#include "host_disk.h"
#include "iotlb.h"

#define PIN_RINGS	"/sys/module/myvhost/parameters/pin_rings"

/* Are rings pinned at all? */
static bool pins(void)
{
	char c = 'Y';
	int fd = open(PIN_RINGS, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &c, 1) != 1)
		c = '?';
	close(fd);
	return c == 'Y';
}

/* How many rings are reached in this way. */
static int count_mode(const struct fixture *x, const char *mode)
{
	char path[64], line[256], what[64];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", x->n.fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "rx.ring:\t%63s", what) == 1 ||
		    sscanf(line, "tx.ring:\t%63s", what) == 1)
			n += !strcmp(what, mode);
	if (f)
		fclose(f);
	return n;
}

/* The worker decides when it first serves a ring. */
static void expect_mode(const struct fixture *x, const char *mode)
{
	__s64 end = mock_msecs() + FIXTURE_WAIT;

	if (!fixture_is_myvhost(x))
		return;
	while (count_mode(x, mode) != 2 && mock_msecs() < end)
		usleep(1000);
	ktap_eq(count_mode(x, mode), 2);
}

static void expect_no_errors(struct fixture *x)
{
	ktap_eq(mock_fd_drain(x->tx.ring->err_fd), 0);
	ktap_eq(mock_fd_drain(x->rx.ring->err_fd), 0);
	if (!fixture_is_myvhost(x))
		return;
	ktap_eq(fixture_counter(x, VHU_TX, MYVHOST_CNT_MAP_ERRORS), 0);
	ktap_eq(fixture_counter(x, VHU_RX, MYVHOST_CNT_MAP_ERRORS), 0);
}

/* Without CAP_IPC_LOCK and with so much to pin. */
static void limit_pins(rlim_t soft, rlim_t hard)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	struct rlimit l = { soft, hard };

	ktap_ok(syscall(__NR_capget, &h, d) ? -errno : 0);
	d[0].effective &= ~(1 << CAP_IPC_LOCK);
	d[0].permitted &= ~(1 << CAP_IPC_LOCK);
	d[0].inheritable = 0;
	ktap_ok(syscall(__NR_capset, &h, d) ? -errno : 0);
	ktap_ok(setrlimit(RLIMIT_MEMLOCK, &l) ? -errno : 0);
}

static void open_rings(struct fixture *x, const struct combo *c,
		       unsigned int num)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	cfg.num = num;
	fixture_open(x, &cfg);
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, 64));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, 64));
}

static void start_rings(struct fixture *x)
{
	ktap_ok(mock_net_start(&x->n, x->tap));
	mock_rx_fill(&x->rx);
}

static void traffic(struct fixture *x, unsigned int seed)
{
	fixture_tx(x, seed, 50);
	fixture_rx(x, seed, 50);
}

/* The same memory, in a shared mapping of a file on a disk. */
static void memory_to_file(struct guest_mem *m)
{
	int fd;

	ktap_ok(host_space());
	if (host_fs("ext4", "ext4", 64 << 20, 512))
		ktap_skip("no ext4");
	fd = open(HOST_DIR "/ext4/ram", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ktap_check(fd >= 0, "file: %s", strerror(errno));
	ktap_ok(guest_mem_move(m, fd));
	close(fd);
}

/* UM3: a shared file on a disk file system. */
KTAP_TEST(file, KTAP_LONG, net_layouts, "memory_UM3_file")
{
	struct fixture x;

	open_rings(&x, arg, 256);
	memory_to_file(&x.n.mem);
	start_rings(&x);
	traffic(&x, 1);
	expect_mode(&x, "user");
	expect_no_errors(&x);
	ktap_ok(mock_net_set_mem(&x.n));
	traffic(&x, 1000);
	expect_no_errors(&x);
	ktap_ok(mock_net_stop(&x.n));
}

/* UM3: nothing may be pinned, by rings of 13 pages each. */
KTAP_TEST(memlock, KTAP_LONG, net_layouts, "memory_UM3_memlock_0")
{
	struct fixture x;

	limit_pins(0, 0);
	open_rings(&x, arg, 1024);
	start_rings(&x);
	traffic(&x, 1);
	expect_mode(&x, "user");
	expect_no_errors(&x);
	ktap_ok(mock_net_stop(&x.n));
}

static void set_pins(const char *to)
{
	int fd = open(PIN_RINGS, O_WRONLY | O_CLOEXEC);

	ktap_check(fd >= 0 && write(fd, to, 1) == 1, PIN_RINGS ": %s",
		   strerror(errno));
	close(fd);
}

static bool pinned_before;

KTAP_SETUP(memory_setup)
{
	pinned_before = pins();
}

/* A case that changed it may have failed. */
KTAP_TEARDOWN(memory_teardown)
{
	if (pins() != pinned_before)
		set_pins(pinned_before ? "Y" : "N");
}

/* Rings are pinned or not as the module's parameter was when they were mapped. */
KTAP_TEST(parameter, KTAP_SHORT, net_layouts, "memory_UM3_parameter")
{
	struct fixture x;

	open_rings(&x, arg, 256);
	if (!fixture_is_myvhost(&x))
		ktap_skip("not a parameter of this device");
	set_pins("N");
	start_rings(&x);
	traffic(&x, 1);
	expect_mode(&x, "user");
	set_pins("Y");
	traffic(&x, 1000);
	expect_mode(&x, "user");
	ktap_ok(mock_net_set_mem(&x.n));
	traffic(&x, 2000);
	expect_mode(&x, "pinned");
	expect_no_errors(&x);
	ktap_ok(mock_net_stop(&x.n));
	set_pins(pinned_before ? "Y" : "N");
}

/* UM2, UM3: the same behind an IOMMU, on pages that do not follow each other. */
KTAP_TEST(memlock_iommu, KTAP_LONG, net_layouts, "memory_UM2_UM3_memlock_0_iommu")
{
	struct combo c = *(const struct combo *)arg;
	struct iotlb_server s;
	struct mock_net_cfg cfg;
	struct fixture x;

	limit_pins(0, 0);
	c.f[0] |= VHU_ACCESS_PLATFORM;
	fixture_cfg(&cfg, &c);
	cfg.mem_size = 4 << 20;
	cfg.num = 512;
	cfg.table_max = 8;
	cfg.backend_features = VHU_BF_MSG_V2;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 2048, 64));
	ktap_ok(mock_net_setup(&x.n));
	ktap_ok(iotlb_map_used(&x.n));
	ktap_ok(iotlb_server_start(&s, &x.n));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, x.tap));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	mock_rx_fill(&x.rx);
	traffic(&x, 1);
	expect_mode(&x, "user");
	ktap_ok(mock_net_stop(&x.n));
	iotlb_server_stop(&s);
	ktap_eq(s.bad, 0);
	expect_no_errors(&x);
}

static int pin_by_io_uring(size_t bytes)
{
	struct iovec v = { .iov_len = bytes };
	struct io_uring_params p = { };
	int fd = syscall(__NR_io_uring_setup, 8, &p);

	if (fd < 0)
		return -errno;
	v.iov_base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return syscall(__NR_io_uring_register, fd, IORING_REGISTER_BUFFERS,
		       &v, 1) ? -errno : 0;
}

/* UM4: what the owner pins later, having raised its limit, is no harm. */
KTAP_TEST(other_pins, KTAP_LONG, net_layouts, "memory_UM4_other_pins")
{
	struct rlimit l = { 64 << 20, 64 << 20 };
	struct fixture x;
	int r;

	limit_pins(8 << 20, 64 << 20);
	open_rings(&x, arg, 256);
	start_rings(&x);
	traffic(&x, 1);
	expect_mode(&x, pins() ? "pinned" : "user");
	ktap_ok(setrlimit(RLIMIT_MEMLOCK, &l) ? -errno : 0);
	r = pin_by_io_uring(16 << 20);
	if (r)
		ktap_skip("io_uring: %s", strerror(-r));
	ktap_ok(mock_net_set_mem(&x.n));
	traffic(&x, 100);
	fixture_restart_vq(&x, VHU_TX);
	fixture_tx(&x, 200, 20);
	expect_mode(&x, pins() ? "pinned" : "user");
	expect_no_errors(&x);
	ktap_ok(mock_net_stop(&x.n));
}

static void protect(const struct guest_mem *m, int prot)
{
	int i;

	for (i = 0; i < 2; i++)
		ktap_ok(mprotect(m->half[i], m->size / 2, prot) ? -errno : 0);
}

/* Make one frame available while the device cannot see it. */
static void post_unseen(struct fixture *x, unsigned int seed)
{
	__u8 frame[100];

	frame_fill(frame, sizeof(frame), seed);
	protect(&x->n.mem, PROT_NONE);
	ktap_ok(mock_tx_send(&x->tx, 0, frame, sizeof(frame), NULL));
	mock_ring_publish(x->tx.ring);
	mock_ring_kick(x->tx.ring);
	ktap_check(packet_recv(x->pkt, frame, sizeof(frame), FIXTURE_QUIET) < 0,
		   "a frame from memory that is not there");
	if (!fixture_is_myvhost(x))
		return;
	ktap_check(mock_fd_wait(x->tx.ring->err_fd, FIXTURE_WAIT), "no error");
	ktap_check(fixture_counter(x, VHU_TX, MYVHOST_CNT_MAP_ERRORS) > 0,
		   "not counted");
	ktap_eq(fixture_counter(x, VHU_TX, MYVHOST_CNT_BAD_ADDRESS), 0);
	/* Told once. */
	mock_fd_drain(x->tx.ring->err_fd);
	mock_ring_kick(x->tx.ring);
	ktap_check(!mock_fd_wait(x->tx.ring->err_fd, FIXTURE_QUIET),
		   "told twice");
}

static void open_user(struct fixture *x, const struct combo *c)
{
	limit_pins(0, 0);
	open_rings(x, c, 256);
	start_rings(x);
	traffic(x, 1);
	expect_mode(x, "user");
}

/* UM1: the ring is away for a while, and a kick goes on where it stopped. */
KTAP_TEST(away_kick, KTAP_LONG, net_layouts, "memory_UM1_away_kick")
{
	struct fixture x;

	open_user(&x, arg);
	post_unseen(&x, 77);
	protect(&x.n.mem, PROT_READ | PROT_WRITE);
	mock_ring_kick(x.tx.ring);
	fixture_expect_frame(&x, 77, 100);
	fixture_tx_reap(&x);
	traffic(&x, 100);
	ktap_ok(mock_net_stop(&x.n));
}

/* UM1: so does a memory table. */
KTAP_TEST(away_table, KTAP_LONG, net_layouts, "memory_UM1_away_table")
{
	struct fixture x;

	open_user(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("vhost_net waits for a kick");
	post_unseen(&x, 77);
	protect(&x.n.mem, PROT_READ | PROT_WRITE);
	ktap_ok(mock_net_set_mem(&x.n));
	fixture_expect_frame(&x, 77, 100);
	fixture_tx_reap(&x);
	traffic(&x, 100);
	ktap_ok(mock_net_stop(&x.n));
}

/* UM5: other pages at the addresses of a pinned ring are used from the next table on. */
KTAP_TEST(replaced, KTAP_LONG, net_layouts, "memory_UM5_replaced")
{
	struct fixture x;

	open_rings(&x, arg, 256);
	start_rings(&x);
	traffic(&x, 1);
	ktap_ok(guest_mem_move(&x.n.mem, memfd_create("new", MFD_CLOEXEC)));
	ktap_ok(mock_net_set_mem(&x.n));
	traffic(&x, 100);
	expect_mode(&x, pins() ? "pinned" : "user");
	expect_no_errors(&x);
	ktap_ok(mock_net_stop(&x.n));
}

/* Answers faults on private memory with what the shared view has. */
struct answerer {
	const struct guest_mem *m;
	int fd;
	int stop;
	unsigned int n;
};

static void *answer(void *arg)
{
	struct answerer *a = arg;

	while (!__atomic_load_n(&a->stop, __ATOMIC_RELAXED)) {
		struct pollfd p = { .fd = a->fd, .events = POLLIN };
		struct uffdio_copy c = { .len = VHU_PAGE_SIZE };
		const struct guest_mem *m = a->m;
		struct uffd_msg msg;
		size_t off;

		if (poll(&p, 1, 100) <= 0 ||
		    read(a->fd, &msg, sizeof(msg)) != sizeof(msg))
			continue;
		c.dst = msg.arg.pagefault.address & ~(VHU_PAGE_SIZE - 1ULL);
		off = c.dst - (uintptr_t)m->half[0];
		if (off >= m->size / 2)
			off = m->size / 2 + c.dst - (uintptr_t)m->half[1];
		c.src = (uintptr_t)m->view + off;
		/* As if it came from another machine. */
		usleep(20000);
		if (!ioctl(a->fd, UFFDIO_COPY, &c))
			a->n++;
	}
	return NULL;
}

static void answer_start(struct answerer *a, pthread_t *t,
			 const struct guest_mem *m)
{
	struct uffdio_api api = { .api = UFFD_API };
	int i;

	memset(a, 0, sizeof(*a));
	a->m = m;
	a->fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (a->fd < 0 || ioctl(a->fd, UFFDIO_API, &api))
		ktap_skip("userfaultfd: %s", strerror(errno));
	for (i = 0; i < 2; i++) {
		struct uffdio_register reg = {
			.range.len = m->size / 2,
			.range.start = (uintptr_t)m->half[i],
			.mode = UFFDIO_REGISTER_MODE_MISSING,
		};

		ktap_check(mmap(m->half[i], m->size / 2, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
			   MAP_FAILED, "mmap");
		ktap_ok(ioctl(a->fd, UFFDIO_REGISTER, &reg) ? -errno : 0);
	}
	pthread_create(t, NULL, answer, a);
}

/* UM6: memory that is still to come, as on the destination of a postcopy. */
KTAP_TEST(userfault, KTAP_LONG, net_layouts, "memory_UM6_userfault")
{
	struct answerer a;
	struct fixture x;
	__u8 frame[100];
	pthread_t t;

	open_rings(&x, arg, 256);
	ktap_ok(mock_net_setup(&x.n));
	mock_rx_fill(&x.rx);
	answer_start(&a, &t, &x.n.mem);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, x.tap));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	frame_fill(frame, sizeof(frame), 5);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	ktap_check(mock_fd_wait(x.rx.ring->call_fd, FIXTURE_WAIT),
		   "no frame arrived");
	expect_mode(&x, pins() ? "pinned" : "user");
	expect_no_errors(&x);
	ktap_ok(mock_net_stop(&x.n));
	__atomic_store_n(&a.stop, 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	ktap_check(a.n > 3, "only %u faults", a.n);
}
