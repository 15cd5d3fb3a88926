// SPDX-License-Identifier: GPL-2.0
/*
 * What a device's workers cost, see meter.h.
 *
 * /proc/PID/schedstat lags by up to a tick. The CPU clock of a thread does not, and
 * it can be read of threads of this process, as vhost workers are since Linux 6.4,
 * and of the leaders of others, as all kernel threads are.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/perf_event.h>

#include "icount.h"
#include "meter.h"

/* CPU clocks are named by the complement of a thread or process. */
#define CLOCK_SCHED	2
#define CLOCK_OF_THREAD	4

#define UML_CPUTIME	"/proc/uml_cputime"

static int meter_cpu;		/* where the workers run, -1 for anywhere */
static bool meter_uml;		/* the CPU time of a virtual CPU can be read */
static const struct icount_page *meter_page;
static bool meter_perf;

/*
 * Choose the sources.
 * @worker_cpu: CPU that the workers are bound to, -1 to leave them alone
 *
 * Returns 0 or a negative errno.
 */
int meter_init(int worker_cpu)
{
	meter_cpu = worker_cpu;
	meter_uml = worker_cpu >= 0 && !access(UML_CPUTIME, R_OK);
	if (worker_cpu >= 0 && worker_cpu < ICOUNT_CPUS)
		meter_page = icount_open();
	return 0;
}

/* Where the CPU time comes from. */
const char *meter_cpu_source(void)
{
	return meter_uml ? "host CPU time of the worker's virtual CPU (User Mode Linux)" :
			   "CPU clocks of the worker's threads";
}

/* Where the instructions come from, or NULL if nothing counts them. */
const char *meter_insns_source(void)
{
	if (meter_page)
		return "kernel instructions of the worker's virtual CPU (QEMU plugin)";
	return meter_perf ? "performance counters of the worker's threads" : NULL;
}

static void meter_add_thread(struct meter_threads *t, pid_t tid, bool kthread)
{
	if (t->n == sizeof(t->worker) / sizeof(*t->worker))
		return;
	t->worker[t->n++] = (struct meter_worker) {
		.tid = tid, .kthread = kthread, .perf = { -1, -1 },
	};
}

/* Is a kernel thread named after this process, as vhost and myvhost name theirs? */
static bool meter_is_ours(pid_t pid)
{
	char path[64], comm[64], suffix[32];
	bool ours;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	snprintf(suffix, sizeof(suffix), "-%d", getpid());
	ours = fgets(comm, sizeof(comm), f) && strstr(comm, suffix);
	fclose(f);
	return ours;
}

static void meter_scan(struct meter_threads *t, const char *dir, bool kthread)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		pid_t tid = atoi(e->d_name);

		if (tid > 0 && tid != getpid() && (!kthread || meter_is_ours(tid)))
			meter_add_thread(t, tid, kthread);
	}
	if (d)
		closedir(d);
}

/* All threads of vhost devices of this process. */
void meter_threads(struct meter_threads *t)
{
	t->n = 0;
	meter_scan(t, "/proc/self/task", false);
	meter_scan(t, "/proc", true);
}

static int meter_perf_open(pid_t tid, __u64 event)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(a),
		.config = event,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &a, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int meter_bind(pid_t tid)
{
	cpu_set_t set;

	if (meter_cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(meter_cpu, &set);
	return sched_setaffinity(tid, sizeof(set), &set) ? -errno : 0;
}

static bool meter_known(const struct meter_threads *t, pid_t tid)
{
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (t->worker[i].tid == tid)
			return true;
	return false;
}

/*
 * Take over the threads that a device has started.
 * @before: threads before it was set up
 *
 * Returns 0, -ESRCH if there are none, or another negative errno.
 */
int meter_open(struct meter *m, const struct meter_threads *before)
{
	static struct meter_threads now;
	unsigned int i;
	int r = 0;

	m->n = 0;
	meter_threads(&now);
	for (i = 0; i < now.n && m->n < METER_WORKERS && !r; i++) {
		struct meter_worker *w = &m->worker[m->n];

		if (meter_known(before, now.worker[i].tid))
			continue;
		*w = now.worker[i];
		w->perf[0] = meter_perf_open(w->tid, PERF_COUNT_HW_INSTRUCTIONS);
		w->perf[1] = meter_perf_open(w->tid, PERF_COUNT_HW_CPU_CYCLES);
		meter_perf = w->perf[0] >= 0 && w->perf[1] >= 0;
		m->n++;
		r = meter_bind(w->tid);
	}
	return r || m->n ? r : -ESRCH;
}

/* Close the counters. */
void meter_close(struct meter *m)
{
	unsigned int i;

	for (i = 0; i < 2 * m->n; i++)
		if (m->worker[i / 2].perf[i % 2] >= 0)
			close(m->worker[i / 2].perf[i % 2]);
	m->n = 0;
}

static int meter_cpu_time(const struct meter_worker *w, double *ns)
{
	clockid_t clock = (clockid_t)(~w->tid << 3 | CLOCK_SCHED |
				      (w->kthread ? 0 : CLOCK_OF_THREAD));
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		return -errno;
	*ns += ts.tv_sec * 1e9 + ts.tv_nsec;
	return 0;
}

static int meter_uml_time(double *ns)
{
	FILE *f = fopen(UML_CPUTIME, "r");
	int cpu, r = -ENOENT;
	long long t;

	while (f && fscanf(f, "%d %lld", &cpu, &t) == 2)
		if (cpu == meter_cpu) {
			*ns += t;
			r = 0;
		}
	if (f)
		fclose(f);
	return r;
}

static int meter_sleeps(const struct meter_worker *w, double *n)
{
	char path[64], line[128];
	unsigned long long v;
	int r = -ENOENT;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s%d/status", w->kthread ? "" : "self/task/",
		 w->tid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &v) == 1) {
			*n += v;
			r = 0;
		}
	if (f)
		fclose(f);
	return r;
}

static void meter_count(int fd, double *n)
{
	__u64 v;

	if (fd >= 0 && read(fd, &v, sizeof(v)) == sizeof(v))
		*n += v;
}

/* Instructions that the driver's CPU has executed in the kernel, 0 if nothing counts. */
double meter_sender(void)
{
	return meter_page ? meter_page->kernel[meter_cpu ? 0 : 1] : 0;
}

/* Read all counters.  Returns 0 or a negative errno. */
int meter_read(const struct meter *m, struct meter_reading *r)
{
	unsigned int i;
	int ret = 0;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < m->n && !ret; i++) {
		const struct meter_worker *w = &m->worker[i];

		ret = meter_sleeps(w, &r->sleeps);
		if (!ret && !meter_uml)
			ret = meter_cpu_time(w, &r->cpu);
		meter_count(w->perf[0], &r->insns);
		meter_count(w->perf[1], &r->cycles);
	}
	if (meter_uml && !ret)
		ret = meter_uml_time(&r->cpu);
	if (meter_page) {
		icount_mark();
		r->insns = meter_page->kernel[meter_cpu];
	}
	return ret;
}
