// SPDX-License-Identifier: GPL-2.0
/* Fault injection by /proc/PID/task/TID/fail-nth, see fault.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "ktap.h"
#include "mock_ring.h"
#include "proc.h"

#define FAULT_TASKS	64
#define FAULT_KTHREADD_PID	2
/* More faults than this in one step mean that it never ends. */
#define FAULT_MAX	2000
/* The pools have other things to do as well. */
#define FAULT_POOL_MAX	60
/* How long threads and files may take to go, in milliseconds. */
#define FAULT_SETTLE	8000

#define FAULT_PIN_RINGS	"/sys/module/myvhost/parameters/pin_rings"

/* What makes fail-nth count every point, and keeps the log small; and how rings are. */
static struct fault_attr {
	const char *path;
	const char *want;
	char had[32];
} fault_attrs[] = {
	{ FAULT_DEBUG "failslab/ignore-gfp-wait", "N" },
	{ FAULT_DEBUG "failslab/verbose", "0" },
	{ FAULT_DEBUG "fail_page_alloc/ignore-gfp-wait", "N" },
	{ FAULT_DEBUG "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ FAULT_DEBUG "fail_page_alloc/min-order", "0" },
	{ FAULT_DEBUG "fail_page_alloc/verbose", "0" },
	{ FAULT_DEBUG "fail_usercopy/verbose", "0" },
	{ FAULT_DEBUG "fail_make_request/verbose", "0" },
	{ FAULT_PIN_RINGS, "Y" },
};

#define FAULT_ATTRS	(sizeof(fault_attrs) / sizeof(*fault_attrs))

/* Shared by the processes of all cases. */
static struct fault_total {
	unsigned long injected;
	unsigned long failed;
} *fault_total;

/* The fault that is due. */
static struct {
	int fd[FAULT_TASKS];
	unsigned int n;
	bool armed;
	bool met;
} fault;

/* What a device takes; @threads are workers that belong to the process. */
struct fault_use {
	int fds;
	int threads;
	long pinned;
	long refs[3];
};

static bool fault_read(const char *path, char *buf, int len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, len - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* Write to a file of the kernel, if it is there. */
void fault_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		ktap_diag("%s: %s", path, strerror(errno));
	close(fd);
}

KTAP_SETUP(fault_setup)
{
	unsigned int i;

	fault_total = mmap(NULL, sizeof(*fault_total), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fault_total == MAP_FAILED)
		abort();
	for (i = 0; i < FAULT_ATTRS; i++) {
		struct fault_attr *a = &fault_attrs[i];

		if (fault_read(a->path, a->had, sizeof(a->had)))
			fault_write(a->path, a->want);
	}
}

KTAP_TEARDOWN(fault_finish)
{
	unsigned int i;

	for (i = 0; i < FAULT_ATTRS; i++)
		if (*fault_attrs[i].had)
			fault_write(fault_attrs[i].path, fault_attrs[i].had);
	ktap_diag("%lu faults injected, %lu of them made a step fail",
		  fault_total->injected, fault_total->failed);
}

/* Skip the case where the kernel cannot inject faults. */
void fault_require(void)
{
	if (access("/proc/thread-self/fail-nth", W_OK))
		ktap_skip("no fault injection in this kernel");
	if (access(FAULT_DEBUG "failslab", F_OK))
		ktap_skip("no failslab in debugfs");
}

/* Have rings that are mapped from now on pinned, or not, which is user mode. */
void fault_pin_rings(bool pin)
{
	fault_write(FAULT_PIN_RINGS, pin ? "Y" : "N");
}

/*
 * Faults that were injected in another way.
 * @n: how many, each of which made something fail
 */
void fault_count(unsigned int n)
{
	fault_total->injected += n;
	fault_total->failed += n;
}

/* Is a fault due in the step that runs? */
bool fault_armed(void)
{
	return fault.armed;
}

/* Has a fault been hit since the first step? */
bool fault_met(void)
{
	return fault.met;
}

static void fault_use_read(struct fault_use *use)
{
	static const char *const modules[] = {
		"myvhost", "myvhost_net", "myvhost_blk",
	};
	unsigned int i;

	use->fds = proc_count_fds();
	use->threads = proc_count_threads(getpid(), "mvh-");
	use->pinned = proc_status("VmPin:");
	for (i = 0; i < 3; i++)
		use->refs[i] = proc_module_refs(modules[i]);
}

/* Wait until the resources in use are @want again. */
static void fault_use_expect(const struct fault_use *want, const char *when)
{
	__s64 end = mock_msecs() + FAULT_SETTLE;
	struct fault_use now;

	for (;;) {
		memset(&now, 0, sizeof(now));
		fault_use_read(&now);
		if (!memcmp(&now, want, sizeof(now)))
			return;
		ktap_check(mock_msecs() < end,
			   "%s: %d fds, was %d; %d threads, was %d; %ld KiB pinned, was %ld; users of modules %ld %ld %ld, was %ld %ld %ld",
			   when, now.fds, want->fds, now.threads, want->threads,
			   now.pinned, want->pinned, now.refs[0], now.refs[1],
			   now.refs[2], want->refs[0], want->refs[1],
			   want->refs[2]);
		usleep(10000);
	}
}

static void fault_aim_at(pid_t tid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", tid, tid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && fault.n < FAULT_TASKS)
		fault.fd[fault.n++] = fd;
}

static void fault_aim_at_worker(int dev, const char *queue)
{
	char key[32], value[64], *tid;

	snprintf(key, sizeof(key), "%s.worker", queue);
	ktap_check(proc_fdinfo(dev, key, value, sizeof(value)), "no %s", key);
	tid = strrchr(value, ' ');
	ktap_check(tid, "%s is %s", key, value);
	fault_aim_at(atoi(tid));
}

static void fault_aim_at_pool(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[300], comm[64];

		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		if (atoi(e->d_name) && fault_read(path, comm, sizeof(comm)) &&
		    !strncmp(comm, "kworker/u", 9))
			fault_aim_at(atoi(e->d_name));
	}
	if (d)
		closedir(d);
}

static void fault_aim(const struct fault_life *life, const struct fault_step *s)
{
	fault.n = 0;
	switch (s->at) {
	case FAULT_WORKER:
		fault_aim_at_worker(*life->fd, s->queue);
		break;
	case FAULT_POOL:
		fault_aim_at_pool();
		break;
	case FAULT_KTHREADD:
		fault_aim_at(FAULT_KTHREADD_PID);
		break;
	default:
		fault_aim_at(gettid());
		break;
	}
	ktap_check(fault.n, "%s: nobody to meet a fault", s->name);
}

static void fault_arm(unsigned int nth)
{
	char value[16];
	int len = snprintf(value, sizeof(value), "%u", nth);
	unsigned int i;

	fault.armed = true;
	for (i = 0; i < fault.n; i++)
		ktap_check(write(fault.fd[i], value, len) == len ||
			   errno == ESRCH, "fail-nth: %s", strerror(errno));
}

/*
 * Returns true if somebody met the fault.  The caller's own reading is a point too,
 * but says before it fails what was left.
 */
static bool fault_disarm(void)
{
	bool met = false;
	unsigned int i;

	for (i = 0; i < fault.n; i++) {
		char left[16] = "";

		if (pread(fault.fd[i], left, sizeof(left) - 1, 0) > 0)
			met |= !atoi(left);
		if (write(fault.fd[i], "0", 1) < 0)
			errno = 0;
	}
	for (i = 0; i < fault.n; i++)
		close(fault.fd[i]);
	fault.armed = false;
	fault.met |= met;
	return met;
}

static bool fault_errno_ok(const struct fault_step *s, int err)
{
	return err == -ENOMEM || err == -EFAULT || err == -EAGAIN ||
	       err == -EIO || err == -ENOBUFS || (s->also && err == -s->also);
}

static void fault_clean(const struct fault_life *life,
			const struct fault_step *s, const char *when)
{
	int r = s->run(life->world);

	ktap_check(!r, "%s fails %s: %s", s->name, when, strerror(-r));
}

/* Make a call with one fault.  Returns true if the fault was hit. */
bool fault_once(unsigned int nth, int (*run)(void *world), void *world,
		int *ret)
{
	bool met;

	fault.n = 0;
	fault_aim_at(gettid());
	fault_arm(nth);
	*ret = run(world);
	met = fault_disarm();
	fault_total->injected += met;
	fault_total->failed += met && *ret;
	return met;
}

/* Returns true if the fault was met. */
static bool fault_try(const struct fault_life *life, const struct fault_step *s,
		      unsigned int nth)
{
	struct fault_use before;
	char when[64];
	bool met;
	int r;

	snprintf(when, sizeof(when), "after fault %u", nth);
	memset(&before, 0, sizeof(before));
	fault_use_read(&before);
	fault_aim(life, s);
	fault_arm(nth);
	r = s->run(life->world);
	met = fault_disarm();
	fault_total->injected += met;
	if (!r)
		return met;
	ktap_info("%s, fault %u: %s", s->name, nth, strerror(-r));
	fault_total->failed++;
	ktap_check(met, "%s fails without a fault: %s", s->name, strerror(-r));
	ktap_check(!s->sure, "%s fails, fault %u: %s", s->name, nth,
		   strerror(-r));
	ktap_check(fault_errno_ok(s, r), "%s, fault %u: %s makes no sense",
		   s->name, nth, strerror(-r));
	if (s->at == FAULT_CALLER)
		fault_use_expect(&before, s->name);
	fault_clean(life, s, when);
	return true;
}

/* Returns true if the fault was met. */
static bool fault_live(const struct fault_life *life, unsigned int step,
		       unsigned int nth)
{
	const struct fault_step *s = life->step;
	struct fault_use before;
	char when[64];
	unsigned int i;
	bool met = false;

	snprintf(when, sizeof(when), "after fault %u in %s", nth,
		 s[step].name);
	memset(&before, 0, sizeof(before));
	fault_use_read(&before);
	fault.met = false;
	life->begin(life->world);
	for (i = 0; i < life->n; i++) {
		if (s[i].aside && s[i].aside != s[step].aside)
			continue;
		if (i == step)
			met = fault_try(life, &s[i], nth);
		else
			fault_clean(life, &s[i], when);
	}
	life->end(life->world);
	fault_use_expect(&before, when);
	return met;
}

/* Returns how many faults were met. */
static unsigned int fault_sweep_step(const struct fault_life *life,
				     unsigned int step)
{
	bool pool = life->step[step].at == FAULT_POOL;
	unsigned int nth, n = 0, missed = 0;

	/* Another thread of the pool may have done it. */
	for (nth = 1; missed < (pool ? 2 : 1); nth++) {
		if (pool && nth > FAULT_POOL_MAX)
			break;
		ktap_check(nth < FAULT_MAX, "%s has no end",
			   life->step[step].name);
		if (fault_live(life, step, nth))
			n++;
		else
			missed++;
	}
	return n;
}

/* No worker that is a kernel thread is left. */
static void fault_no_kthread(void)
{
	__s64 end = mock_msecs() + FAULT_SETTLE;
	char prefix[32], name[64];

	snprintf(prefix, sizeof(prefix), "mvh-%d", getpid());
	while (proc_find_task(prefix, name, sizeof(name))) {
		ktap_check(mock_msecs() < end, "%s is left over", name);
		usleep(10000);
	}
}

/* Run all steps once per fault point. */
void fault_sweep(const struct fault_life *life)
{
	char line[1024];
	unsigned int i, n = 0, all = 0, len = 0;

	for (i = 0; i < life->n; i++) {
		if (life->step[i].at == FAULT_NONE)
			continue;
		n = fault_sweep_step(life, i);
		all += n;
		if (len < sizeof(line))
			len += snprintf(line + len, sizeof(line) - len,
					", %s %u", life->step[i].name, n);
	}
	fault_no_kthread();
	ktap_diag("%u faults%s", all, line);
}
