// SPDX-License-Identifier: GPL-2.0
/*
 * What outlives what: kicks in every state and from every context, the owner's
 * memory, and the modules of devices that are in use.
 */
#define _GNU_SOURCE
#include <linux/aio_abi.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "proc.h"

#define LT_NODE		"mvht-lifetime"
#define LT_KICKS	20

/* A kick in any state that does not serve changes nothing. */
static void lt_kick_quiet(struct blk_fix *x, const char *state)
{
	struct mock_ring *r = &x->b.queue[0].ring;
	unsigned int i;
	int status;
	pid_t pid;

	mock_fd_drain(r->call_fd);
	for (i = 0; i < LT_KICKS; i++)
		mock_ring_kick(r);
	pid = fork();
	if (!pid) {
		for (i = 0; i < LT_KICKS; i++)
			mock_ring_kick(r);
		_exit(0);
	}
	ktap_check(waitpid(pid, &status, 0) == pid && !status, "child");
	usleep(20000);
	ktap_check(!mock_ring_has_used(r) && !mock_fd_drain(r->call_fd),
		   "%s: served", state);
}

static struct mock_blk_req *lt_post(struct blk_fix *x)
{
	struct mock_blk_req *r = mock_blk_add(&x->b, 0, VIRTIO_BLK_T_IN, 0,
					      x->buf, 4096, NULL);

	ktap_check(r, "the ring is full");
	mock_ring_publish(&x->b.queue[0].ring);
	return r;
}

static void lt_begin_again(struct blk_fix *x)
{
	mock_blk_restart_rings(&x->b);
	ktap_ok(mock_blk_negotiate(&x->b));
	ktap_ok(mock_blk_setup_vq(&x->b, 0));
}

/* Kicks before, between and after everything that starts and stops a queue (VD5). */
KTAP_TEST(lt_kick_states, KTAP_SHORT, blk_vdpa_layouts, "VD5_kick_states")
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	struct mock_blk_req *r;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	blk_open(&x, &back, &cfg, 1 << 16);
	ktap_ok(vhost_set_kick(x.b.fd, 0, x.b.queue[0].ring.kick_fd));
	r = lt_post(&x);
	lt_kick_quiet(&x, "nothing is set up");
	ktap_ok(mock_blk_negotiate(&x.b));
	lt_kick_quiet(&x, "FEATURES_OK");
	ktap_ok(mock_blk_map(&x.b));
	ktap_ok(mock_blk_setup_vq(&x.b, 0));
	lt_kick_quiet(&x, "set up");
	ktap_ok(mock_blk_run(&x.b));
	ktap_check(blk_get(&x, 0) == r && !r->status, "request");
	lt_kick_quiet(&x, "running and idle");
	ktap_ok(vdpa_suspend(x.b.fd));
	r = lt_post(&x);
	lt_kick_quiet(&x, "suspended");
	ktap_ok(vdpa_resume(x.b.fd));
	ktap_check(blk_get(&x, 0) == r && !r->status, "request");
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 0));
	r = lt_post(&x);
	lt_kick_quiet(&x, "disabled");
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 1));
	ktap_check(blk_get(&x, 0) == r && !r->status, "request");
	ktap_ok(vdpa_unmap(x.b.fd, 0, ~0ULL));
	lt_post(&x);
	mock_ring_kick(&x.b.queue[0].ring);
	ktap_check(mock_fd_wait(x.b.queue[0].ring.err_fd, BLK_WAIT), "no error");
	lt_kick_quiet(&x, "broken");
	ktap_ok(vdpa_set_status(x.b.fd, 0));
	lt_kick_quiet(&x, "reset");
	lt_begin_again(&x);
	ktap_ok(mock_blk_map(&x.b));
	ktap_ok(mock_blk_run(&x.b));
	blk_write(&x, 0, 4096, 1);
	close(x.b.fd);
	lt_post(&x);
	lt_kick_quiet(&x, "closed");
}

/* An asynchronous read whose completion signals an eventfd. */
static void lt_aio(const char *path, int efd, unsigned int n)
{
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	struct io_event ev[LT_KICKS];
	struct iocb cb[LT_KICKS], *list[LT_KICKS];
	aio_context_t ctx = 0;
	unsigned int i;
	void *buf;

	if (fd < 0 || syscall(SYS_io_setup, n, &ctx))
		ktap_skip("no asynchronous I/O: %s", strerror(errno));
	ktap_check(!posix_memalign(&buf, 4096, 4096), "no memory");
	for (i = 0; i < n; i++) {
		list[i] = &cb[i];
		cb[i] = (struct iocb) {
			.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd,
			.aio_buf = (uintptr_t)buf, .aio_nbytes = 4096,
			.aio_flags = IOCB_FLAG_RESFD, .aio_resfd = efd,
		};
	}
	ktap_eq(syscall(SYS_io_submit, ctx, (long)n, list), n);
	ktap_eq(syscall(SYS_io_getevents, ctx, (long)n, (long)n, ev, NULL), n);
	free(buf);
	close(fd);
}

static const struct ktap_variant lt_modes[] = {
	{ "split", &blk_modes[0] },
	{ "packed", &blk_modes[3] },
	{ }
};

/* A kick from a hard interrupt: the timer of a null_blk device (VD5). */
KTAP_TEST(lt_kick_irq, KTAP_SHORT, lt_modes, "VD5_kick_irq")
{
	struct blk_backing back, timer;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	struct mock_blk_req *r;
	unsigned int i;

	blk_prepare();
	blk_backing(&timer, BLK_NULL_SLOW);
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	blk_open(&x, &back, &cfg, 1 << 16);
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 4096, 1);
	for (i = 0; i < 5; i++) {
		r = lt_post(&x);
		lt_aio(timer.path, x.b.queue[0].ring.kick_fd, LT_KICKS);
		ktap_check(blk_get(&x, 0) == r && !r->status, "request");
		blk_check_read(&x, 0, blk_ptr(&x, x.buf), 4096);
	}
}

#define LT_MIB		64

/* An owner that leaves the descriptor to others, and much memory behind. */
static void lt_owner(const struct blk_backing *back,
		     const struct mock_blk_cfg *cfg)
{
	struct blk_fix x;
	char *p = mmap(NULL, LT_MIB << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ktap_check(p != MAP_FAILED, "mmap");
	memset(p, 1, LT_MIB << 20);
	blk_open(&x, back, cfg, 1 << 16);
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 4096, 1);
	_exit(0);
}

static void lt_anon(bool more, long than)
{
	__s64 end = mock_msecs() + BLK_WAIT;

	while (more != (proc_meminfo("AnonPages:") > than)) {
		ktap_check(mock_msecs() < end, "AnonPages: %ld KiB, not %s %ld",
			   proc_meminfo("AnonPages:"), more ? "above" : "below",
			   than);
		usleep(20000);
	}
}

static const struct ktap_variant lt_dialects[] = {
	{ "vhost", &blk_modes[0] },
	{ "vdpa", &blk_modes[3] },
	{ }
};

/* The memory of an owner that is gone stays until the device is closed (VD9). */
KTAP_TEST(lt_owner_memory, KTAP_SHORT, lt_dialects, "VD9_owner_memory")
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	unsigned int i;
	int status;
	long idle;
	pid_t pid;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	cfg.fd = ktap_ok(mock_blk_setup_fd(&cfg));
	idle = proc_meminfo("AnonPages:");
	pid = fork();
	if (!pid)
		lt_owner(&back, &cfg);
	ktap_check(waitpid(pid, &status, 0) == pid && !status, "the owner");
	/* No other process becomes the owner; that takes time to be sure of. */
	for (i = 0; i < 5; i++) {
		usleep(BLK_QUIET * 1000 / 5);
		ktap_eq(vhost_set_owner(cfg.fd), -EBUSY);
		lt_anon(true, idle + (LT_MIB << 9));
	}
	close(cfg.fd);
	lt_anon(false, idle + (LT_MIB << 9));
}

static void lt_modules_stay(const char *why)
{
	ktap_check(host_run("rmmod myvhost_blk 2>/dev/null"),
		   "%s: myvhost_blk can be removed", why);
	ktap_check(host_run("rmmod myvhost 2>/dev/null"),
		   "%s: myvhost can be removed", why);
}

static int lt_node_open(int flags)
{
	int fd = open("/dev/myvhost-" LT_NODE, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* What is open is not removed: a device, a node, however it is open (VD10). */
KTAP_TEST(lt_in_use, KTAP_SHORT, blk_vdpa_split, "VD10_in_use")
{
	static const int flags[] = { O_RDWR, O_RDONLY };
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	unsigned int i;
	int fd, use;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	fd = ktap_ok(mock_blk_setup_fd(&cfg));
	if (access("/sys/module/myvhost_blk/refcnt", F_OK))
		ktap_skip("not a module");
	lt_modules_stay("device");
	myvhost_node_del(fd, LT_NODE);
	ktap_ok(myvhost_node_add(fd, LT_NODE));
	ktap_eq(myvhost_node_del(fd, LT_NODE), -EBUSY);
	close(fd);
	lt_modules_stay("node");
	fd = ktap_ok(vhost_open(ktap_opts.node));
	for (i = 0; i < 2; i++) {
		use = ktap_ok(lt_node_open(flags[i]));
		ktap_eq(myvhost_node_del(fd, LT_NODE), -EBUSY);
		lt_modules_stay("open node");
		close(use);
	}
	ktap_ok(myvhost_node_del(fd, LT_NODE));
	ktap_eq(lt_node_open(O_RDWR), -ENOENT);
}
