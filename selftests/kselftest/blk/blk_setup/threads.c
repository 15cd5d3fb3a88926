// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of disks: none for those that nobody uses, and as many as were asked for.
 */
#define _GNU_SOURCE
#include "proc.h"
#include "setup.h"

#define SETUP_MANY	300

/* Threads of the kernel; those that run works of all come and go. */
static unsigned int setup_threads(void)
{
	return proc_count_tasks("kworker/R-") + proc_count_tasks("myvhost") +
	       proc_count_tasks("mvh-");
}

/* Disks that nobody uses have no thread; those that are used have their worker. */
KTAP_TEST(setup_many, KTAP_LONG, NULL, "LC_idle_disks_have_no_thread")
{
	unsigned int before, i;
	int fd[SETUP_MANY];
	char name[16];

	blk_prepare();
	close(setup_disk(VDPA, 0));
	before = setup_threads();
	for (i = 0; i < SETUP_MANY; i++) {
		int file;

		snprintf(name, sizeof(name), "many%u", i);
		file = setup_file(name, 1 << 20);
		fd[i] = setup_disk(VDPA, 0);
		ktap_ok(setup_back(fd[i], file, 0));
		close(file);
	}
	ktap_info("%u threads, %u with %u disks", before, setup_threads(),
		  SETUP_MANY);
	ktap_eq(setup_threads(), before);
	for (i = 0; i < SETUP_MANY; i++)
		close(fd[i]);
}

static const struct ktap_variant setup_workers[] = {
	{ "1", &(const __u32) { 1 } },
	{ "2", &(const __u32) { 2 } },
	{ "4", &(const __u32) { 4 } },
	{ }
};

/* Four queues and as many threads as were asked for: queue i has number i % n. */
KTAP_TEST(setup_n_workers, KTAP_SHORT, setup_workers, "LC_workers")
{
	__u32 n = *(const __u32 *)arg;
	struct myvhost_setup s = {
		.device = BLK, .dialect = VDPA, .queues = 4, .workers = n,
	};
	int fd = setup_open();
	unsigned int i, k;
	char worker[4][64];

	blk_prepare();
	ktap_ok(vhost_ioctl(fd, MYVHOST_SETUP, &s));
	ktap_ok(setup_back(fd, setup_file("workers", 1 << 20), 0));
	ktap_ok(vhost_set_owner(fd));
	for (i = 0; i < 4; i++) {
		char key[16];

		snprintf(key, sizeof(key), "q%u.worker", i);
		ktap_check(proc_fdinfo(fd, key, worker[i], sizeof(worker[i])),
			   "no %s", key);
		for (k = 0; k < i; k++)
			ktap_check(!strcmp(worker[i], worker[k]) ==
				   (i % n == k % n), "q%u: %s, q%u: %s", i,
				   worker[i], k, worker[k]);
	}
	close(fd);
}
