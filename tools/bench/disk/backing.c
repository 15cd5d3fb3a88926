// SPDX-License-Identifier: GPL-2.0
/*
 * The device under a case: null_blk, which keeps nothing, or with a file system on top
 * one that keeps its blocks in memory.  Made by configfs, so that each case has its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"

#define CONFIGFS	"/sys/kernel/config"
#define NULL_DIR	CONFIGFS "/nullb/bench"
#define MOUNT		"/tmp/disk"

static bool mounted;
static char path_of_case[64];

static int attr_write(const char *name, unsigned int value)
{
	char path[128];
	FILE *f;
	int r;

	snprintf(path, sizeof(path), NULL_DIR "/%s", name);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	r = fprintf(f, "%u\n", value) < 0 ? -EIO : 0;
	return fclose(f) ? -errno : r;
}

static unsigned int attr_read(const char *name)
{
	unsigned int value = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), NULL_DIR "/%s", name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%u", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

static int null_make(const struct disk_case *c, char *dev, size_t len)
{
	const struct {
		const char *name;
		unsigned int value;
	} attr[] = {
		{ "size", DISK_BYTES >> 20 }, { "blocksize", 512 }, { "queue_mode", 2 },
		{ "irqmode", c->late ? 2 : 1 }, { "completion_nsec", 10000 },
		{ "memory_backed", c->memory || c->file }, { "hw_queue_depth", 256 },
		{ "max_sectors", 2560 }, { "power", 1 },
	};
	unsigned int i;
	int r = 0;

	if (mkdir(NULL_DIR, 0755))
		return -errno;
	for (i = 0; i < sizeof(attr) / sizeof(*attr) && !r; i++) {
		r = attr_write(attr[i].name, attr[i].value);
		if (r)
			fprintf(stderr, "null_blk, %s: %s\n", attr[i].name, strerror(-r));
		/* Linux 6.1 has no such limit. */
		if (r && !strcmp(attr[i].name, "max_sectors"))
			r = 0;
	}
	snprintf(dev, len, "/dev/nullb%u", attr_read("index"));
	if (access(dev, F_OK))
		snprintf(dev, len, "/dev/bench");
	return r;
}

/* A file whose blocks are written, so that nothing is allocated later. */
static int file_fill(const char *path)
{
	static char buf[1 << 20];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), r = 0;
	unsigned int i;

	if (fd < 0)
		return -errno;
	for (i = 0; i < DISK_FILE_BYTES / sizeof(buf) && !r; i++)
		r = write(fd, buf, sizeof(buf)) == sizeof(buf) ? 0 : -EIO;
	if (!r && fsync(fd))
		r = -errno;
	close(fd);
	return r;
}

static int file_make(const char *type, const char *dev)
{
	char command[128];

	snprintf(command, sizeof(command), "mkfs.%s -q %s", type, dev);
	if (system(command))
		return -ENOEXEC;
	mkdir(MOUNT, 0755);
	if (mount(dev, MOUNT, type, 0, NULL))
		return -errno;
	mounted = true;
	snprintf(path_of_case, sizeof(path_of_case), MOUNT "/image");
	return file_fill(path_of_case);
}

/* Returns 0 with the path of what the case is on, or a negative errno. */
int backing_open(const struct disk_case *c, const char **path)
{
	int r;

	if (access(CONFIGFS "/nullb", F_OK) && mount("none", CONFIGFS, "configfs", 0, NULL))
		return -errno;
	r = null_make(c, path_of_case, sizeof(path_of_case));
	if (!r && c->file) {
		char dev[sizeof(path_of_case)];

		strcpy(dev, path_of_case);
		r = file_make(c->file, dev);
	}
	*path = path_of_case;
	return r;
}

void backing_close(void)
{
	unsigned int tries;

	/* io_uring lets go of a registered file some time after it was closed. */
	for (tries = 0; mounted && tries < 500; tries++) {
		mounted = umount(MOUNT) && errno == EBUSY;
		if (mounted)
			usleep(10000);
	}
	mounted = false;
	if (rmdir(NULL_DIR))
		perror(NULL_DIR);
}
