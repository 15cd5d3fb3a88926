// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost resize: resize the backing file, and report the new size to the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "alloc.h"
#include "args.h"
#include "command.h"
#include "device.h"
#include "error.h"
#include "fdinfo.h"
#include "node.h"
#include "number.h"
#include "proc.h"

static const struct option resize_options[] = {
	{ "shrink", no_argument, NULL, 's' },
	{ }
};

/* The path in fdinfo may lead to another file by now. */
static int resize_open_file(const char *file, const char *inode)
{
	struct stat st;
	char *is;
	int fd;

	if (lstat(file, &st))
		fail("%s: %s", file, strerror(errno));
	if (S_ISBLK(st.st_mode))
		fail("%s: cannot resize a block device; resize it with its own tools, then run resize without SIZE",
		     file);
	fd = open(file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", file, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		fail("%s: not a regular file", file);
	is = proc_inode(&st);
	if (strcmp(is, inode))
		fail("%s: not the file of this disk (inode %s, not %s): it was moved, replaced or deleted, or is in another mount name space; resize it there, then run resize without SIZE",
		     file, is, inode);
	free(is);
	return fd;
}

static void resize_check(const char *file, uint64_t now, uint64_t size,
			 bool shrink)
{
	char old[32], new[32];

	if (size >= now || shrink)
		return;
	size_print(old, sizeof(old), now);
	size_print(new, sizeof(new), size);
	fail("%s: has %s, more than %s; use --shrink to truncate it",
	     file, old, new);
}

/* @shown is the size that the guest sees. */
static void resize_file(const char *file, const char *inode, uint64_t shown,
			uint64_t size, bool shrink)
{
	int fd = resize_open_file(file, inode);
	struct stat st;

	if (fstat(fd, &st))
		fail("%s: %s", file, strerror(errno));
	resize_check(file, st.st_size, size, shrink);
	resize_check(file, shown, size, shrink);
	if (ftruncate(fd, size))
		fail("%s: cannot be resized: %s", file, strerror(errno));
	close(fd);
}

static void resize_backing(int node, const char *name, uint64_t size,
			   bool shrink)
{
	char *path = alloc_format("/proc/self/fdinfo/%d", node), *file;
	struct fdinfo info;
	const char *value, *inode;
	uint64_t shown;

	if (fdinfo_read(&info, path))
		fail("%s: cannot read its fdinfo", name);
	value = fdinfo_get(&info, -1, "file");
	if (!value)
		fail("%s: not a disk", name);
	inode = fdinfo_get(&info, -1, "inode");
	if (!inode)
		fail("%s: this myvhost_blk.ko is older than this program; resize the file, then run resize without SIZE",
		     name);
	fdinfo_number(&info, -1, "size", &shown);
	file = fdinfo_path(value);
	resize_file(file, inode, shown, size, shrink);
	free(file);
	fdinfo_free(&info);
	free(path);
}

static uint64_t resize_size(const char *text)
{
	uint64_t size;

	if (size_parse(text, &size) || size > INT64_MAX)
		fail_usage("resize: \"%s\" is not a size; sizes are like 512M or 10G",
			   text);
	if (size < 512 || size % 512)
		fail_usage("resize: \"%s\" is not a multiple of a sector (512)",
			   text);
	return size;
}

/**
 * command_resize() - resize [--shrink] NAME|PID:FD [SIZE]
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_resize(int argc, char **argv)
{
	bool shrink = false;
	uint64_t size = 0;
	const char *name;
	int fd;

	while (args_option(argc, argv, ":", resize_options, NULL) != -1)
		shrink = true;
	args_count(argc, argv, 1, 2, "NAME");
	name = argv[optind];
	if (optind + 1 < argc)
		size = resize_size(argv[optind + 1]);
	else if (shrink)
		fail_usage("resize: --shrink without SIZE");
	fd = device_open(name);
	if (size)
		resize_backing(fd, name, size, shrink);
	node_resize(fd, name);
	close(fd);
	return CTL_OK;
}
