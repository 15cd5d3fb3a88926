// SPDX-License-Identifier: GPL-2.0
/* Coverage of the modules, see kcov.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "kcov.h"

#define KCOV_NODE	"/sys/kernel/debug/kcov"
#define KCOV_WORDS	(64 << 10)

static const char *const kcov_names[KCOV_MODULES] = {
	"myvhost", "myvhost_net", "myvhost_blk",
};

/* Name of a module. */
const char *kcov_name(unsigned int module)
{
	return kcov_names[module];
}

/* A line of /proc/modules: name, size, users, who, state, address. */
static void kcov_note_module(struct kcov *k, const char *line)
{
	unsigned long long size, start;
	char name[64];
	unsigned int i;

	if (sscanf(line, "%63s %llu %*s %*s %*s %llx", name, &size, &start) != 3)
		return;
	for (i = 0; i < KCOV_MODULES; i++) {
		struct kcov_module *m = &k->module[i];

		if (strcmp(name, kcov_names[i]))
			continue;
		m->hit = mmap(NULL, size, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (m->hit == MAP_FAILED)
			continue;
		m->start = start;
		m->size = size;
	}
}

/*
 * Find the modules; before processes are made that report.  Returns 0 or a
 * negative errno, -ENOENT if the kernel has no KCOV.
 */
int kcov_init(struct kcov *k)
{
	char line[256];
	FILE *f;

	memset(k, 0, sizeof(*k));
	k->fd = -1;
	if (access(KCOV_NODE, R_OK))
		mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	if (access(KCOV_NODE, R_OK | W_OK))
		return -errno;
	f = fopen("/proc/modules", "r");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		kcov_note_module(k, line);
	fclose(f);
	return 0;
}

/* @request and @arg select the threads. */
static int kcov_enable(struct kcov *k, unsigned long request, unsigned long arg)
{
	k->fd = open(KCOV_NODE, O_RDWR | O_CLOEXEC);
	if (k->fd < 0)
		return -errno;
	if (ioctl(k->fd, KCOV_INIT_TRACE, KCOV_WORDS))
		goto fail;
	k->area = mmap(NULL, KCOV_WORDS * sizeof(*k->area),
		       PROT_READ | PROT_WRITE, MAP_SHARED, k->fd, 0);
	if (k->area == MAP_FAILED)
		goto fail;
	if (!ioctl(k->fd, request, arg))
		return 0;
fail:
	close(k->fd);
	k->fd = -1;
	return -errno;
}

/* Follow the calling thread from now on.  Returns 0 or a negative errno. */
int kcov_start(struct kcov *k)
{
	return kcov_enable(k, KCOV_ENABLE, KCOV_TRACE_PC);
}

/*
 * Follow the kernel's threads from now on.
 *
 * Those that work for a device of which the calling thread, or a thread or
 * process that it makes later, becomes the owner.  The calling thread itself is
 * not followed, and cannot be.
 *
 * Returns 0 or a negative errno.
 */
int kcov_start_remote(struct kcov *k)
{
	struct kcov_remote_arg arg = {
		.trace_mode = KCOV_TRACE_PC,
		.area_size = KCOV_WORDS,
		.common_handle = kcov_remote_handle(KCOV_SUBSYSTEM_COMMON,
						    getpid()),
	};

	return kcov_enable(k, KCOV_REMOTE_ENABLE, (unsigned long)&arg);
}

/*
 * Note what was reached since the last time.
 * @k: coverage, started or not
 */
void kcov_collect(struct kcov *k)
{
	__u64 n, i;
	unsigned int m;

	if (k->fd < 0)
		return;
	n = __atomic_load_n(&k->area[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < KCOV_WORDS; i++)
		for (m = 0; m < KCOV_MODULES; m++) {
			__u64 at = k->area[i] - k->module[m].start;

			if (at < k->module[m].size)
				k->module[m].hit[at] = 1;
		}
	__atomic_store_n(&k->area[0], 0, __ATOMIC_RELAXED);
}

/* How many places of a module were reached. */
unsigned int kcov_count(const struct kcov *k, unsigned int module)
{
	const struct kcov_module *m = &k->module[module];
	unsigned int n = 0;
	__u64 i;

	for (i = 0; i < m->size; i++)
		n += m->hit[i];
	return n;
}
