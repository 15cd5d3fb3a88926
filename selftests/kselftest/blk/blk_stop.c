// SPDX-License-Identifier: GPL-2.0
/*
 * The ends of a disk with requests in flight: none is lost, none comes twice, and
 * nothing touches the guest's memory afterwards.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "iotlb.h"

/* How long the slow device takes for a request, in milliseconds. */
#define LIFE_DELAY	150
#define LIFE_N		20

static void life_slow(struct blk_fix *x, const struct blk_mode *mode,
		      __u32 flags)
{
	blk_start(x, BLK_DM, mode, flags);
	if (host_module("dm_delay", "") ||
	    host_dm_switch("disk", "0 16384 delay %s 0 %u", x->back.lower,
			   LIFE_DELAY))
		ktap_skip("no dm-delay");
}

/* Half reads, half writes, each with memory and a place of its own. */
static void life_post(struct blk_fix *x, unsigned int round)
{
	unsigned int i;

	for (i = 0; i < LIFE_N; i++) {
		bool write = i & 1;
		__u64 sector = (round * LIFE_N + i) * 8, at = x->buf + i * 4096;
		void *p = blk_ptr(x, at);

		if (write)
			blk_fill(p, 4096, round * LIFE_N + i);
		else
			memset(p, 0xa5, 4096);
		ktap_check(mock_blk_add(&x->b, 0, write ? VIRTIO_BLK_T_OUT :
					VIRTIO_BLK_T_IN, sector, at, 4096,
					NULL), "the ring is full");
	}
	mock_blk_submit(&x->b, 0);
}

static void life_account(struct blk_fix *x, const struct mock_blk_req *r)
{
	ktap_eq(r->status, 0);
	if (r->type == VIRTIO_BLK_T_IN)
		blk_check_read(x, r->sector, blk_ptr(x, r->data), 4096);
	else
		blk_wrote(x, r->sector, blk_ptr(x, r->data), 4096);
}

/* Take back what there is. */
static unsigned int life_reap(struct blk_fix *x)
{
	struct mock_blk_req *r;
	unsigned int n = 0;
	int ret;

	while ((ret = mock_blk_reap(&x->b, 0, &r)) > 0) {
		life_account(x, r);
		n++;
	}
	ktap_check(!ret, "the used ring breaks a rule: %d", ret);
	return n;
}

static void life_reap_all(struct blk_fix *x, unsigned int n)
{
	while (n--)
		life_account(x, blk_get(x, 0));
	ktap_eq(x->b.queue[0].ring.ninflight, 0);
}

/* Nothing happens to the guest's memory any more. */
static void life_quiet(struct blk_fix *x)
{
	struct guest_mem *m = &x->b.mem;
	__u8 *copy = malloc(m->size);

	memset(blk_ptr(x, x->buf), 0x11, LIFE_N * 4096);
	ktap_check(copy, "no memory");
	memcpy(copy, m->view, m->size);
	usleep((LIFE_DELAY + 100) * 1000);
	ktap_check(!memcmp(copy, m->view, m->size), "memory was written");
	free(copy);
}

static void life_disable(struct blk_fix *x)
{
	ktap_ok(vdpa_set_enable(x->b.fd, 0, 0));
}

static void life_enable(struct blk_fix *x)
{
	ktap_ok(vdpa_set_enable(x->b.fd, 0, 1));
}

static void life_suspend(struct blk_fix *x)
{
	ktap_ok(vdpa_suspend(x->b.fd));
}

static void life_resume(struct blk_fix *x)
{
	ktap_ok(vdpa_resume(x->b.fd));
}

struct life_stop {
	const char *name;
	int dialect;		/* -1: both */
	void (*stop)(struct blk_fix *x);
	void (*go_on)(struct blk_fix *x);
};

static const struct life_stop life_stops[] = {
	{ "disable", -1, life_disable, life_enable },
	{ "suspend", 1, life_suspend, life_resume },
};

struct life_run {
	const struct life_stop *s;
	const struct blk_mode *mode;
	__u32 flags;
};

static KTAP_VARIANTS(life_runs, 8)
{
	unsigned int i, k;

	for (i = 0; i < sizeof(life_stops) / sizeof(*life_stops); i++) {
		for (k = 0; k < 4; k++) {
			const struct life_run run = {
				&life_stops[i], &blk_modes[k],
				k == 3 ? MYVHOST_BLK_BUFFERED : 0,
			};

			if (life_stops[i].dialect != !blk_modes[k].vdpa)
				ktap_variant(life_runs, run, "%s_%s",
					     life_stops[i].name,
					     blk_modes[k].name);
		}
	}
}

/* All that the device took has completed; the base is that of the rest (LC11). */
KTAP_TEST(life_stopped, KTAP_LONG, life_runs, "LC11_B29")
{
	const struct life_run *run = arg;
	unsigned int i, n, base;
	struct mock_ring *ring;
	struct blk_fix x;

	life_slow(&x, run->mode, run->flags);
	ring = &x.b.queue[0].ring;
	for (i = 0; i < 3; i++) {
		life_post(&x, i);
		/* Before, amid and after it has taken them. */
		usleep(i * 20000);
		run->s->stop(&x);
		ktap_ok(vhost_get_base(x.b.fd, 0, &base));
		n = life_reap(&x);
		if (i == 2)
			ktap_check(n, "nothing was in flight");
		if (!ring->packed)
			ktap_eq(base, (__u16)(ring->next_avail - LIFE_N + n));
		else if (n == LIFE_N)
			ktap_eq(base, mock_ring_base(ring));
		if (n == LIFE_N)
			life_quiet(&x);
		ktap_eq(mock_ring_has_used(ring), 0);
		run->s->go_on(&x);
		life_reap_all(&x, LIFE_N - n);
	}
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* GET_VRING_BASE of a running queue: nothing is in flight at that moment. */
KTAP_TEST(life_base, KTAP_SHORT, blk_two_modes, "PK13_base")
{
	unsigned int base, i, n;
	struct blk_fix x;

	life_slow(&x, arg, 0);
	for (i = 0; i < 3; i++) {
		life_post(&x, i);
		usleep(i * 20000);
		ktap_ok(vhost_get_base(x.b.fd, 0, &base));
		n = life_reap(&x);
		life_reap_all(&x, LIFE_N - n);
	}
	ktap_ok(vhost_get_base(x.b.fd, 0, &base));
	ktap_eq(base, mock_ring_base(&x.b.queue[0].ring));
}

/* After a reset nothing is written, and the ring starts from 0 (LC2, LC3, B29). */
KTAP_TEST(life_reset, KTAP_SHORT, blk_all_modes, "LC2_LC3_B29_reset")
{
	const struct blk_mode *mode = arg;
	struct blk_fix x;
	unsigned int i;

	life_slow(&x, mode, 0);
	for (i = 0; i < 2; i++) {
		life_post(&x, 0);
		usleep(30000);
		if (mode->vdpa) {
			ktap_ok(vdpa_set_status(x.b.fd, 0));
		} else {
			ktap_ok(vhost_reset_owner(x.b.fd));
			ktap_ok(vhost_set_owner(x.b.fd));
		}
		life_reap(&x);
		life_quiet(&x);
		mock_blk_restart_rings(&x.b);
		if (mode->vdpa)
			ktap_ok(vdpa_unmap(x.b.fd, 0, ~0ULL));
		ktap_ok(mock_blk_start(&x.b));
		/* Those of before may or may not be on the disk. */
		blk_forgot(&x, 0, LIFE_N * 8);
		life_post(&x, 10 + i);
		life_reap_all(&x, LIFE_N);
	}
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* Closed with requests in flight (VD8). */
KTAP_TEST(life_close, KTAP_SHORT, blk_two_modes, "VD8_close")
{
	struct blk_fix x;
	int excl;

	life_slow(&x, arg, 0);
	life_post(&x, 0);
	usleep(50000);
	close(x.b.fd);
	life_reap(&x);
	life_quiet(&x);
	blk_forgot(&x, 0, LIFE_N * 8);
	excl = open(x.back.path, O_RDWR | O_EXCL);
	ktap_check(excl >= 0, "the disk is still claimed: %s", strerror(errno));
	blk_check_disk(&x);
}

/* A killed owner waits 5 s for a hung disk; this is an emulated machine. */
#define LIFE_KILL_MSECS	20000

/* Wait until a process is gone. */
static void life_gone(pid_t pid, int msecs)
{
	__s64 start = mock_msecs();
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (mock_msecs() - start > msecs) {
			host_run("cat /proc/%d/task/*/stack | sed 's/^/# /'",
				 pid);
			ktap_fail("the owner does not end");
		}
		usleep(10000);
	}
	ktap_info("the owner took %lld ms", mock_msecs() - start);
	ktap_check(WIFSIGNALED(status), "the owner ended with %#x", status);
}

static void life_claim(const char *path)
{
	__s64 end = mock_msecs() + BLK_WAIT;
	int fd;

	while ((fd = open(path, O_RDWR | O_EXCL)) < 0) {
		ktap_check(mock_msecs() < end, "the disk is still claimed");
		usleep(10000);
	}
	close(fd);
}

static void life_reload(const char *node)
{
	ktap_check(!host_run("insmod ${MODULES:-/none}/blk/myvhost_blk.ko "
			     "2>/dev/null || modprobe myvhost_blk"),
		   "cannot load the module again");
	ktap_check(!access(node, F_OK), "%s", node);
}

/* The owner is killed; its requests end by themselves, and rmmod waits for them. */
KTAP_TEST(life_kill, KTAP_LONG, blk_flags, "HO7_kill_rmmod")
{
	struct blk_fix x;
	pid_t pid;
	int p[2];
	char c;

	life_slow(&x, blk_vdpa_packed, *(const __u32 *)arg);
	ktap_ok(mock_blk_stop(&x.b));
	blk_close(&x);
	ktap_check(!pipe(p), "pipe");
	pid = fork();
	if (!pid) {
		struct mock_blk_cfg cfg;
		struct blk_backing back = x.back;

		blk_cfg(&cfg, &back, blk_vdpa_packed);
		cfg.backing.flags = *(const __u32 *)arg;
		blk_open(&x, &back, &cfg, 1 << 20);
		ktap_ok(mock_blk_start(&x.b));
		life_post(&x, 0);
		usleep(50000);
		ktap_eq(write(p[1], "x", 1), 1);
		pause();
	}
	close(p[1]);
	ktap_eq(read(p[0], &c, 1), 1);
	ktap_check(host_run("rmmod myvhost_blk 2>/dev/null"),
		   "the module went away under its user");
	kill(pid, SIGKILL);
	life_gone(pid, LIFE_KILL_MSECS);
	if (access("/sys/module/myvhost_blk/refcnt", F_OK))
		ktap_skip("not a module");
	if (host_run("rmmod myvhost_blk"))
		ktap_fail("the module is still in use");
	life_claim(x.back.path);
	life_reload(ktap_opts.node);
}

/* What may block for as long as the device does, until its caller is killed. */
static void life_hang_nothing(struct blk_fix *x)
{
	(void)x;
	pause();
}

static void life_hang_suspend(struct blk_fix *x)
{
	vdpa_suspend(x->b.fd);
}

static void life_hang_unmap(struct blk_fix *x)
{
	vdpa_unmap(x->b.fd, 0, ~0ULL);
}

static void life_hang_close(struct blk_fix *x)
{
	close(x->b.fd);
}

static const struct life_hang {
	const char *name;
	void (*fn)(struct blk_fix *x);
	const char *shown;
} life_hangs[] = {
	{ "nothing", life_hang_nothing, "waiting:" },
	{ "suspend", life_hang_suspend, "busy:" },
	{ "unmap", life_hang_unmap, "busy:" },
	{ "close", life_hang_close, NULL },
};

/* What there is to see of a process's device meanwhile, which must not wait. */
static void life_show(pid_t pid, int fd, const char *shown)
{
	__s64 start = mock_msecs();
	char path[64], text[8192];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	f = fopen(path, "r");
	ktap_check(f, "%s: %s", path, strerror(errno));
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = 0;
	fclose(f);
	ktap_info("fdinfo took %lld ms", mock_msecs() - start);
	ktap_check(strstr(text, shown) && strstr(text, "file:") &&
		   strstr(text, "q0.writes:"), "%s", text);
}

static KTAP_VARIANTS(life_hung_in, 8)
{
	unsigned int i;

	for (i = 0; i < sizeof(life_hangs) / sizeof(*life_hangs); i++)
		ktap_variant(life_hung_in, life_hangs[i], "%s",
			     life_hangs[i].name);
}

/* The device hangs: who waits for it can be looked at, and killed (B29). */
KTAP_TEST(life_hung, KTAP_LONG, life_hung_in, "B29_hung")
{
	const struct life_hang *h = arg;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	int p[2], status;
	pid_t pid;
	int fd;

	blk_prepare();
	blk_backing(&back, BLK_DM);
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	ktap_check(!pipe(p), "pipe");
	pid = fork();
	if (!pid) {
		blk_open(&x, &back, &cfg, 1 << 20);
		ktap_ok(mock_blk_start(&x.b));
		blk_write(&x, 0, 4096, 1);
		ktap_eq(host_dm_hang("disk"), 0);
		life_post(&x, 1);
		usleep(50000);
		ktap_eq(write(p[1], &x.b.fd, sizeof(x.b.fd)), sizeof(x.b.fd));
		h->fn(&x);
		_exit(0);
	}
	close(p[1]);
	ktap_eq(read(p[0], &fd, sizeof(fd)), sizeof(fd));
	usleep(100000);
	ktap_check(!waitpid(pid, &status, WNOHANG), "it did not wait");
	if (h->shown)
		life_show(pid, fd, h->shown);
	kill(pid, SIGKILL);
	life_gone(pid, LIFE_KILL_MSECS);
	ktap_eq(host_dm_go_on("disk"), 0);
	life_claim(back.path);
}

#define LIFE_QUEUES	16

static void life_hang_queues(void *back)
{
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	unsigned int i;

	blk_cfg(&cfg, back, blk_vdpa_packed);
	cfg.queues = LIFE_QUEUES;
	blk_open(&x, back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	ktap_eq(host_dm_hang("disk"), 0);
	for (i = 0; i < LIFE_QUEUES; i++) {
		mock_blk_add(&x.b, i, VIRTIO_BLK_T_OUT, i * 8, x.buf, 4096, NULL);
		mock_blk_submit(&x.b, i);
	}
	usleep(100000);
}

/* The time to wait for a hung disk counts once for all queues (B29). */
KTAP_TEST(life_hung_queues, KTAP_LONG, NULL, "B29_hung_queues")
{
	struct blk_backing back;
	pid_t pid;

	blk_prepare();
	blk_backing(&back, BLK_DM);
	pid = blk_fork_user(life_hang_queues, &back);
	kill(pid, SIGKILL);
	life_gone(pid, LIFE_KILL_MSECS);
	ktap_eq(host_dm_go_on("disk"), 0);
	life_claim(back.path);
}

/* Kicks before the driver is ready do nothing; what waits is served then. */
KTAP_TEST(life_early, KTAP_SHORT, blk_all_modes, "LC1_LC8_LC9_early")
{
	struct mock_blk_req *r;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	unsigned int i;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	blk_cfg(&cfg, &back, arg);
	blk_open(&x, &back, &cfg, 1 << 20);
	for (i = 0; i < 2; i++) {
		ktap_ok(mock_blk_setup(&x.b));
		r = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 4096,
				 NULL);
		mock_ring_publish(&x.b.queue[0].ring);
		if (i) {
			mock_ring_kick(&x.b.queue[0].ring);
			mock_ring_kick(&x.b.queue[0].ring);
		}
		ktap_check(!mock_ring_wait(&x.b.queue[0].ring, BLK_QUIET),
			   "served too early");
		ktap_eq(mock_fd_drain(x.b.queue[0].ring.call_fd), 0);
		ktap_ok(mock_blk_run(&x.b));
		ktap_check(blk_get(&x, 0) == r && !r->status, "status");
		ktap_ok(mock_blk_stop(&x.b));
		mock_ring_kick(&x.b.queue[0].ring);
		mock_blk_restart_rings(&x.b);
		if (x.b.cfg.vdpa)
			ktap_ok(vdpa_unmap(x.b.fd, 0, ~0ULL));
	}
}

static void life_new_map(struct blk_fix *x, void *arg)
{
	struct vhost_memory_region m[GUEST_REGIONS];
	unsigned int *n = arg;

	(*n)++;
	if (!x->b.cfg.vdpa) {
		ktap_ok(mock_blk_map(&x->b));
		return;
	}
	guest_mem_regions(&x->b.mem, m);
	ktap_ok(vdpa_batch_begin(x->b.fd));
	ktap_ok(vdpa_unmap(x->b.fd, 0, ~0ULL));
	ktap_ok(vdpa_map(x->b.fd, m[1].guest_phys_addr, m[1].memory_size,
			 m[1].userspace_addr, 3));
	ktap_ok(vdpa_map(x->b.fd, m[0].guest_phys_addr, m[0].memory_size,
			 m[0].userspace_addr, 3));
	ktap_ok(vdpa_batch_end(x->b.fd));
}

static void life_move(struct blk_fix *x, void *arg)
{
	unsigned int *n = arg, id = ++*n & 1;

	if (*n == 1 && vhost_new_worker(x->b.fd, &id))
		ktap_skip("no worker ioctls");
	ktap_ok(vhost_attach_worker(x->b.fd, 0, id));
}

/* Memory and workers change under load. */
static void life_changes(const struct blk_mode *mode,
			 void (*change)(struct blk_fix *x, void *arg))
{
	unsigned int n = 0;
	struct blk_load load = {
		.n = 500, .depth = 24, .max_len = 16384, .seed = 5,
		.tick = change, .arg = &n,
	};
	struct blk_fix x;

	blk_start(&x, BLK_LOOP, mode, 0);
	blk_load(&x, &load);
	load.unaligned = true;
	load.seed++;
	blk_load(&x, &load);
	ktap_check(n >= 5, "%u changes", n);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

KTAP_TEST(life_new_maps, KTAP_LONG, blk_all_modes, "VD4_HO2_new_map")
{
	life_changes(arg, life_new_map);
}

KTAP_TEST(life_moves, KTAP_LONG, blk_all_modes, "LC_move_worker")
{
	life_changes(arg, life_move);
}

/* Nothing writes to memory after it was unmapped (VD4). */
KTAP_TEST(life_unmap, KTAP_SHORT, blk_two_modes, "VD4_unmap")
{
	const struct blk_mode *mode = arg;
	struct vhost_memory_region m[GUEST_REGIONS];
	unsigned int n;
	struct blk_fix x;
	size_t half;

	life_slow(&x, mode, 0);
	half = x.b.mem.size / 2;
	x.buf = x.b.mem.base + half;
	life_post(&x, 0);
	usleep(50000);
	guest_mem_regions(&x.b.mem, m);
	if (mode->vdpa)
		ktap_ok(vdpa_unmap(x.b.fd, m[1].guest_phys_addr, half));
	else
		ktap_ok(vhost_set_mem_table(x.b.fd, m, 1));
	n = life_reap(&x);
	ktap_check(n, "nothing was in flight");
	ktap_check(!munmap(x.b.mem.half[1], half), "munmap");
	if (n == LIFE_N)
		life_quiet(&x);
}

static const struct ktap_variant life_layouts[] = {
	{ "split", &(const __u64) { 0 } },
	{ "packed", &(const __u64) { VHU_PACKED } },
	{ }
};

/* A translation of the ring itself comes again while requests are in flight. */
KTAP_TEST(life_ring_update, KTAP_SHORT, life_layouts, "HO2_ring_update")
{
	const struct blk_mode mode = {
		"", false, BLK_MODERN | VHU_ACCESS_PLATFORM |
		*(const __u64 *)arg,
	};
	struct mock_ring *ring;
	struct blk_fix x;
	unsigned int i;

	life_slow(&x, &mode, 0);
	ring = &x.b.queue[0].ring;
	for (i = 0; i < 2; i++) {
		life_post(&x, i);
		usleep(50000);
		ktap_ok(iotlb_update(x.b.fd, true, ring->device_addr, 4096,
				     guest_hva(&x.b.mem, ring->device_addr),
				     VHOST_ACCESS_RW));
		ktap_ok(iotlb_update(x.b.fd, true, ring->desc_addr, 4096,
				     guest_hva(&x.b.mem, ring->desc_addr),
				     VHOST_ACCESS_RW));
		if (i) {
			ktap_ok(vdpa_set_enable(x.b.fd, 0, 0));
			ktap_ok(vdpa_set_enable(x.b.fd, 0, 1));
		}
		life_reap_all(&x, LIFE_N);
	}
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}
