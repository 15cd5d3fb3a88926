/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disks of the host: files on several file systems, loop devices, device mapper,
 * null_blk.
 *
 * Duty: make them, change them, take them away, and tell what they count.  What
 * lives in files is in a mount name space of the process and ends with it; device
 * mapper and null_blk devices are named so that host_disk_clean() finds them.
 */
#ifndef TOOLS_LIB_HOST_DISK_H
#define TOOLS_LIB_HOST_DISK_H

#include <stdbool.h>
#include <linux/types.h>

#define HOST_DIR	"/tmp/mvht"	/* a tmpfs of the process's own */
#define HOST_DM_PREFIX	"mvht-"

int host_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int host_module(const char *name, const char *params);
int host_space(void);
int host_9p_path(char *path, size_t len);
void host_disk_clean(void);

int host_file(const char *path, __u64 size);
int host_fs(const char *type, const char *name, __u64 size, unsigned int block);
int host_loop(const char *file, unsigned int block, char *dev, int len);

int host_dm_create(const char *name, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int host_dm_switch(const char *name, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int host_dm_hang(const char *name);
int host_dm_go_on(const char *name);

int host_null(const char *name, const char *attrs, char *dev, int len);
void host_null_remove(const char *name);

long long host_disk_stat(const char *dev, unsigned int field);

/* Fields of /sys/block/X/stat (Documentation/block/stat.rst), from 0. */
#define HOST_STAT_FLUSHES	15

#endif /* TOOLS_LIB_HOST_DISK_H */
