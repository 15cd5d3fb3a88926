// SPDX-License-Identifier: GPL-2.0
/*
 * A seeded fuzzer of the node: VMMs and guests that do anything, several at a
 * time.  Nothing is asserted of the answers.  A case passes when all of it ends
 * in time and a new device works; the lab sees to it that the kernel log stays
 * clean.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fuzz.h"
#include "kcov.h"

#define FUZZ_PROCS_MAX	16
#define FUZZ_SECS	3
#define FUZZ_SLACK	100	/* seconds that a case may take beyond its time */

/**
 * struct fuzz_opts - what the command line said
 * @seed: option -s
 * @steps: option -n
 * @secs: option -t
 * @procs: option -p
 */
static struct fuzz_opts {
	__u64 seed;
	unsigned long steps;
	unsigned int secs;
	unsigned int procs;
} opts = { .seed = 1, .secs = FUZZ_SECS, .procs = 2 };

/* Steps done by each process, where all see it. */
static unsigned long *done;
static struct kcov kcov;

/* What the kernel's threads do for all processes. */
static void *fuzz_collect(void *stop)
{
	do {
		usleep(10000);
		kcov_collect(&kcov);
	} while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE));
	return NULL;
}

static void fuzz_process(enum fuzz_kind kind, unsigned int who)
{
	static struct fuzz f;
	__s64 end = mock_msecs() + opts.secs * 1000;
	pthread_t guest;

	f.kind = kind;
	rng_seed(&f.rng, opts.seed + who);
	fuzz_world_init(&f);
	fuzz_up(&f);
	ktap_check(!pthread_create(&guest, NULL, fuzz_guest, &f), "thread");
	kcov_start(&kcov);
	while (mock_msecs() < end && (!opts.steps || done[who] < opts.steps)) {
		fuzz_call(&f);
		kcov_collect(&kcov);
		done[who]++;
	}
	__atomic_store_n(&f.stop, true, __ATOMIC_RELEASE);
	pthread_join(guest, NULL);
	fuzz_down(&f);
}

static pid_t fuzz_spawn(enum fuzz_kind kind, unsigned int who)
{
	pid_t pid = fork();

	ktap_check(pid >= 0, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	fuzz_process(kind, who);
	_exit(KTAP_PASS);
}

static void fuzz_join(pid_t pid, bool killed)
{
	int status;

	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
	if (killed)
		ktap_check(WIFSIGNALED(status) || !status, "status 0x%x",
			   status);
	else
		ktap_check(!status, "a process ended with status 0x%x", status);
}

static void fuzz_report(void)
{
	unsigned long n = 0;
	unsigned int i;

	for (i = 0; i <= opts.procs; i++)
		n += done[i];
	ktap_diag("seed %llu, %u and 1 processes, %lu steps",
		  (unsigned long long)opts.seed, opts.procs, n);
	for (i = 0; i < KCOV_MODULES; i++)
		if (kcov.module[i].size)
			ktap_diag("%s: %u places covered",
				  kcov_name(i), kcov_count(&kcov, i));
}

static void fuzz_works_net(void)
{
	struct fixture x;

	fixture_start(&x, &combo_split);
	fixture_tx(&x, 1, 20);
}

static void fuzz_works_blk(bool vdpa)
{
	struct mock_blk_cfg cfg = {
		.node = ktap_opts.node,
		.vdpa = vdpa,
		.features = F_MODERN,
		.backing.fd = memfd_create("disk", MFD_CLOEXEC),
	};
	struct mock_blk b;
	__u64 data;

	ktap_check(!ftruncate(cfg.backing.fd, 1 << 20), "ftruncate");
	ktap_ok(mock_blk_open(&b, &cfg));
	data = guest_alloc(&b.mem, 4096, 4096);
	ktap_ok(mock_blk_start(&b));
	ktap_eq(mock_blk_do(&b, 0, VIRTIO_BLK_T_OUT, 8, data, 4096),
		VIRTIO_BLK_S_OK);
	mock_blk_close(&b);
}

/* Users of the modules of back ends, as rmmod counts them. */
static int fuzz_users(void)
{
	static const char *const path[] = {
		"/sys/module/myvhost_net/refcnt",
		"/sys/module/myvhost_blk/refcnt",
	};
	int users = 0, n;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		FILE *f = fopen(path[i], "r");

		if (f && fscanf(f, "%d", &n) == 1)
			users += n;
		if (f)
			fclose(f);
	}
	return users;
}

/* Children of processes that ended may still run; they end soon. */
static void fuzz_check_users(int before)
{
	__s64 end = mock_msecs() + FIXTURE_WAIT;

	while (fuzz_users() > before && mock_msecs() < end)
		usleep(20000);
	ktap_check(fuzz_users() <= before, "%d users of the modules, were %d",
		   fuzz_users(), before);
}

static void fuzz_run(const void *arg)
{
	enum fuzz_kind kind = *(const enum fuzz_kind *)arg;
	pid_t pid[FUZZ_PROCS_MAX + 1];
	int users = fuzz_users();
	pthread_t collector;
	bool stop = false;
	unsigned int i;

	done = mmap(NULL, VHU_PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ktap_check(done != MAP_FAILED, "mmap: %s", strerror(errno));
	kcov_start_remote(&kcov);
	for (i = 0; i <= opts.procs; i++)
		pid[i] = fuzz_spawn(kind, i);
	ktap_check(!pthread_create(&collector, NULL, fuzz_collect, &stop),
		   "thread");
	usleep(opts.secs * 500000);
	kill(pid[opts.procs], SIGKILL);
	for (i = 0; i <= opts.procs; i++)
		fuzz_join(pid[i], i == opts.procs);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(collector, NULL);
	fuzz_report();
	fuzz_nodes_remove();
	fuzz_check_users(users);
	if (kind == FUZZ_NET)
		fuzz_works_net();
	else
		fuzz_works_blk(kind == FUZZ_BLK_VDPA);
}

static const struct ktap_variant fuzz_kinds[] = {
	{ "net", &(const enum fuzz_kind) { FUZZ_NET } },
	{ "blk", &(const enum fuzz_kind) { FUZZ_BLK } },
	{ "blk_vdpa", &(const enum fuzz_kind) { FUZZ_BLK_VDPA } },
	{ }
};

/* A device without disks, or another one, skips. */
KTAP_TEST(fuzz_case, FUZZ_SECS + FUZZ_SLACK, fuzz_kinds, "fuzz_HO7")
{
	int r, fd = vhost_open(ktap_opts.node);

	ktap_check(fd >= 0, "%s: %s", ktap_opts.node, strerror(-fd));
	r = myvhost_setup(fd, *(const enum fuzz_kind *)arg == FUZZ_NET ?
			  MYVHOST_DEVICE_NET : MYVHOST_DEVICE_BLK, 0, 0);
	close(fd);
	if (r)
		ktap_skip("no such device: %s", strerror(-r));
	kcov_init(&kcov);
	fuzz_run(arg);
}

KTAP_OPTIONS(fuzz_option, "sntp",
	     "  -s  seed of the first process; the others have the numbers that follow\n"
	     "  -n  steps of each process at most, 0 for no limit\n"
	     "  -t  seconds of each case\n"
	     "  -p  processes of each case; one more is killed on its way\n")
{
	unsigned long long number = strtoull(value, NULL, 0);

	switch (letter) {
	case 's':
		opts.seed = number;
		break;
	case 'n':
		opts.steps = number;
		break;
	case 't':
		opts.secs = number;
		ktap_opts.more_secs = number;
		break;
	case 'p':
		opts.procs = number < FUZZ_PROCS_MAX ? number : FUZZ_PROCS_MAX;
	}
}
