// SPDX-License-Identifier: GPL-2.0
/* The cases, see case.h. */
#include <stddef.h>

#include "case.h"
#include "icount.h"

int server_cpu = 1;

#define K	1024
#define M	(1024 * 1024)

const struct disk_case disk_cases[] = {
	{ "disk-read4k-1", DISK_READ, 4 * K, 1 },
	{ "disk-read4k-8", DISK_READ, 4 * K, 8 },
	{ "disk-read4k-32", DISK_READ, 4 * K, 32 },
	{ "disk-read4k-128-indirect", DISK_READ, 4 * K, 128, .indirect = true },
	{ "disk-write4k-1", DISK_WRITE, 4 * K, 1 },
	{ "disk-write4k-32", DISK_WRITE, 4 * K, 32 },
	{ "disk-read4k-32-indirect", DISK_READ, 4 * K, 32, .indirect = true },
	{ "disk-read128k-8", DISK_READ, 128 * K, 8, .sequential = true },
	{ "disk-write128k-8", DISK_WRITE, 128 * K, 8, .sequential = true },
	{ "disk-read1m-4", DISK_READ, M, 4, .sequential = true },
	{ "disk-flush", DISK_SYNC, 4 * K, 8 },
	{ "disk-read4k-1-late", DISK_READ, 4 * K, 1, .late = true },
	{ "disk-read4k-32-late", DISK_READ, 4 * K, 32, .late = true },
	{ "disk-read4k-32-ext4", DISK_READ, 4 * K, 32, .file = "ext4" },
	{ "disk-write4k-32-ext4", DISK_WRITE, 4 * K, 32, .file = "ext4" },
	{ "disk-read4k-32-buffered", DISK_READ, 4 * K, 32, .buffered = true },
	{ "disk-write4k-8-memory", DISK_WRITE, 4 * K, 8, .memory = true },
	{ }
};

/* Position of a request: one after the other, or spread over the device. */
__u64 disk_pos(const struct disk_case *c, __u64 i)
{
	__u64 n = (c->file ? DISK_FILE_BYTES : DISK_BYTES) / c->len;

	if (!c->sequential)
		i *= 2654435761ULL;
	return i % n * c->len;
}

/* Instructions of the servers' CPU so far. */
double disk_insns(void)
{
	static const struct icount_page *page;

	if (!page)
		page = icount_open();
	if (!page)
		return 0;
	icount_mark();
	return page->kernel[server_cpu] + page->user[server_cpu];
}
