// SPDX-License-Identifier: GPL-2.0
/*
 * See disk.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/virtio_ids.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/myvhost.h>
#include "alloc.h"
#include "block.h"
#include "device.h"
#include "disk.h"
#include "error.h"
#include "format.h"
#include "node.h"
#include "option.h"
#include "proc.h"
#include "rights.h"

#define DISK_SECTOR	512

static const char *disk_set_cache(struct disk *disk, const char *value)
{
	static const struct {
		const char *name;
		bool buffered, writethrough;
	} modes[] = {
		{ "none", false, false }, { "directsync", false, true },
		{ "writeback", true, false }, { "writethrough", true, true },
	};
	unsigned int i;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(value, modes[i].name))
			continue;
		disk->buffered = modes[i].buffered;
		disk->writethrough = modes[i].writethrough;
		return NULL;
	}
	return "cache must be none, writeback, writethrough or directsync";
}

static const char *disk_set_block(struct disk *disk, const char *value)
{
	uint64_t n;

	if (!range_parse(value, 512, MYVHOST_BLK_SIZE_MAX, &n) || n & (n - 1))
		return "block-size must be 512, 1024, 2048 or 4096";
	disk->block = n;
	return NULL;
}

static const char *disk_set_granularity(struct disk *disk, const char *value)
{
	uint64_t n;

	if (size_parse(value, &n) || n % DISK_SECTOR || n > 1 << 30)
		return "discard-granularity must be a multiple of 512, with K or M, 1G at most";
	disk->granularity = n;
	return NULL;
}

/* stop or report */
static bool disk_set_policy(enum disk_policy *policy, const char *value)
{
	*policy = strcmp(value, "stop") ? DISK_REPORT : DISK_STOP;
	return *policy == DISK_STOP || !strcmp(value, "report");
}

static const char *disk_set_serial(struct disk *disk, const char *value)
{
	const char *p;

	if (!*value || strlen(value) > MYVHOST_BLK_SERIAL_LEN)
		return "serial must have 1 to 20 characters";
	for (p = value; *p; p++)
		if (*p < ' ' || *p > '~')
			return "serial must be printable ASCII";
	disk->serial = value;
	return NULL;
}

static const char *disk_set_format(struct disk *disk, const char *value)
{
	disk->raw = !strcmp(value, "raw");
	return disk->raw ? NULL :
		"format can only be raw: the file's own bytes, whatever they look like";
}

static const char *disk_set_workers(struct disk *disk, const char *value)
{
	uint64_t n;

	if (!range_parse(value, 1, DISK_MAX_QUEUES, &n))
		return "workers must be a number from 1 to that of queues";
	disk->workers = n;
	return NULL;
}

static const char *disk_set_queues(struct disk *disk, const char *value)
{
	uint64_t n;

	if (!range_parse(value, 1, DISK_MAX_QUEUES, &n))
		return "queues must be a number from 1 to 16";
	disk->queues = n;
	return NULL;
}

/**
 * disk_set() - set an option
 * @arg: the disk
 * @key: name of the option
 * @value: its value, NULL if it has none
 *
 * Return: NULL, or what is wrong with it.
 */
const char *disk_set(void *arg, const char *key, const char *value)
{
	struct disk *disk = arg;

	if (!strcmp(key, "readonly"))
		return option_bool(value, &disk->readonly) ? NULL :
			"readonly is on or off";
	if (!strcmp(key, "no-lock"))
		return option_bool(value, &disk->no_lock) ? NULL :
			"no-lock is on or off";
	if (!strcmp(key, "discard"))
		return option_bool(value, &disk->discard) ? NULL :
			"discard is on or off";
	if (!value)
		value = "";
	if (!strcmp(key, "block-size"))
		return disk_set_block(disk, value);
	if (!strcmp(key, "discard-granularity"))
		return disk_set_granularity(disk, value);
	if (!strcmp(key, "on-enospc"))
		return disk_set_policy(&disk->on_enospc, value) ? NULL :
			"on-enospc is stop or report";
	if (!strcmp(key, "on-error"))
		return disk_set_policy(&disk->on_error, value) ? NULL :
			"on-error is stop or report";
	if (!strcmp(key, "format"))
		return disk_set_format(disk, value);
	if (!strcmp(key, "queues"))
		return disk_set_queues(disk, value);
	if (!strcmp(key, "workers"))
		return disk_set_workers(disk, value);
	if (!strcmp(key, "serial"))
		return disk_set_serial(disk, value);
	if (!strcmp(key, "cache"))
		return disk_set_cache(disk, value);
	if (!strcmp(key, "iops"))
		return limit_parse(value, number_parse, &disk->iops) ?
			"iops is N or N,BURST requests per second" : NULL;
	if (!strcmp(key, "bps"))
		return limit_parse(value, size_parse, &disk->bps) ?
			"bps is N or N,BURST bytes per second, with K, M or G" :
			NULL;
	return "unknown option; the options are readonly, no-lock, format, queues, workers, serial, cache, block-size, discard, discard-granularity, on-enospc, on-error, iops and bps";
}

static uint64_t disk_size(const char *file, int fd, const struct stat *st)
{
	uint64_t size = st->st_size;

	if (S_ISBLK(st->st_mode) && ioctl(fd, BLKGETSIZE64, &size))
		fail("%s: %s", file, strerror(errno));
	return size;
}

static void disk_check_size(const char *file, uint64_t size)
{
	if (size < DISK_SECTOR)
		fail("%s: has %llu bytes, less than a sector; try: truncate -s SIZE %s",
		     file, (unsigned long long)size, file);
}

static void disk_warn_size(const char *file, uint64_t size, unsigned int block)
{
	if (size % block)
		error_say("warning: %s: has %llu bytes, no multiple of a block (%u); the guest does not see the last %llu",
			  file, (unsigned long long)size, block,
			  (unsigned long long)(size % block));
}

/* A guest would see the headers and tables of the format, and write over them. */
static void disk_check_format(const char *file, int fd, uint64_t size)
{
	const struct format *format;
	int err = format_probe(fd, size, &format);

	if (err)
		fail("%s: cannot read it: %s", file, strerror(-err));
	if (!format)
		return;
	if (!format->guest)
		fail("%s: an image in format %s, which the guest would destroy; try: qemu-img convert -f %s -O raw %s NEW, or the storage daemon (Images in other formats in disk.rst); the option format raw serves the file as it is",
		     file, format->name, format->qemu, file);
	error_say("note: %s begins with a header of %s; the guest sees it as it is, encrypted",
		  file, format->name);
}

/* The disk that has the inode as backing, "disk NAME" for free(), or NULL. */
static char *disk_find(const char *inode)
{
	struct devices devices;
	char *found = NULL;
	unsigned int i;

	devices_scan(&devices, NULL);
	for (i = 0; i < devices.n && !found; i++) {
		const char *other = fdinfo_get(&devices.dev[i].info, -1,
					       "inode");

		if (other && !strcmp(inode, other))
			found = alloc_format("disk %s", devices.dev[i].label);
	}
	devices_free(&devices);
	return found;
}

static void __attribute__((noreturn)) disk_fail_busy(const struct disk *disk)
{
	struct stat st = { .st_ino = 0 };
	char *inode, *user;

	stat(disk->file, &st);
	inode = proc_inode(&st);
	user = disk_find(inode);
	if (!user)
		user = proc_lock_holder(inode);
	if (user)
		fail("%s: in use by %s", disk->file, user);
	if (S_ISBLK(st.st_mode))
		fail("%s: the block device is in use; see: lsblk, fuser -v %s, dmesg",
		     disk->file, disk->file);
	fail("%s: in use by another program or host, or by requests of a user that was killed; see: dmesg",
	     disk->file);
}

static void disk_fail_open(const struct disk *disk, int err)
{
	if (err == EBUSY)
		disk_fail_busy(disk);
	if (!disk->readonly && (err == EROFS || err == EACCES) &&
	    !access(disk->file, R_OK))
		fail("%s: %s; use readonly for a disk that the guest only reads",
		     disk->file, strerror(err));
	fail("%s: %s", disk->file, strerror(err));
}

/*
 * Looked at before it is opened: opening a tape or a pipe has consequences.  Stores the
 * block size that the guest will see in @block.
 */
static int disk_open_file(const struct disk *disk, unsigned int *block)
{
	const char *file = disk->file;
	struct stat st;
	uint64_t size;
	int fd;

	if (stat(file, &st))
		fail("%s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		fail("%s: neither a regular file nor a block device", file);
	fd = rights_open_as(disk->user, file,
			    (disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		disk_fail_open(disk, errno);
	size = disk_size(file, fd, &st);
	if (!disk->raw)
		disk_check_format(file, fd, size);
	disk_check_size(file, size);
	*block = disk->block ? disk->block : block_size_of(file, fd);
	disk_warn_size(file, size, *block);
	return fd;
}

static void disk_setup(int fd, unsigned int queues, unsigned int workers)
{
	struct myvhost_setup setup = {
		.device = VIRTIO_ID_BLOCK,
		.dialect = MYVHOST_DIALECT_VDPA,
		.queues = queues,
		.workers = workers,
	};

	if (workers > (queues ? queues : 1))
		fail_usage("%u workers for fewer queues; try: --queues %u",
			   workers, workers);

	if (!ioctl(fd, MYVHOST_SETUP, &setup))
		return;
	switch (errno) {
	case ENODEV:
		fail("%s has no disks: myvhost_blk.ko not found; try: modprobe myvhost_blk, or make install for this kernel",
		     NODE_PATH);
	case ENOTTY:
		fail("%s has no disks: this myvhost.ko is older than this program",
		     NODE_PATH);
	default:
		fail("%s: cannot set up a disk: %s", NODE_PATH,
		     strerror(errno));
	}
}

static uint32_t disk_flags(const struct disk *disk)
{
	return (disk->readonly ? MYVHOST_BLK_READONLY : 0) |
	       (disk->buffered ? MYVHOST_BLK_BUFFERED : 0) |
	       (disk->writethrough ? MYVHOST_BLK_WRITETHROUGH : 0) |
	       (disk->no_lock ? MYVHOST_BLK_NOLOCK : 0) |
	       (disk->discard ? 0 : MYVHOST_BLK_NODISCARD) |
	       (disk->on_enospc != DISK_REPORT ? MYVHOST_BLK_STOP_ENOSPC : 0) |
	       (disk->on_error == DISK_STOP ? MYVHOST_BLK_STOP_ERROR : 0);
}

/**
 * disk_backing() - what the kernel is told of a disk
 * @disk: options
 * @blk: result, with an open file
 *
 * Ends the program if the backing cannot be one.
 */
void disk_backing(const struct disk *disk, struct myvhost_blk *blk)
{
	unsigned int block;

	memset(blk, 0, sizeof(*blk));
	blk->fd = disk_open_file(disk, &block);
	blk->flags = disk_flags(disk);
	blk->block_size = block;
	blk->iops = disk->iops.rate;
	blk->iops_burst = disk->iops.burst;
	blk->bps = disk->bps.rate;
	blk->bps_burst = disk->bps.burst;
	blk->discard_granularity = disk->granularity;
	if (disk->serial)
		memcpy(blk->serial, disk->serial, strlen(disk->serial));
}

/**
 * disk_fail_backing() - end the program, since the kernel refused a backing
 * @disk: options; errno says why
 */
void disk_fail_backing(const struct disk *disk)
{
	switch (errno) {
	case EBUSY:
		disk_fail_busy(disk);
	case ENOLCK:
		fail("%s: the file system cannot lock files; with the option no-lock nothing keeps other programs from the disk",
		     disk->file);
	case EINVAL:
		fail("%s: cannot be a disk: smaller than a block of the underlying disk, zoned, or with an option unknown to this myvhost_blk.ko",
		     disk->file);
	default:
		fail("%s: cannot be a disk: %s", disk->file, strerror(errno));
	}
}

/**
 * disk_open() - make a device out of the options
 * @disk: options
 *
 * Return: its descriptor, which is closed by exec.
 */
int disk_open(const struct disk *disk)
{
	struct myvhost_blk blk;
	int fd;

	disk_backing(disk, &blk);
	fd = node_open();
	disk_setup(fd, disk->queues, disk->workers);
	if (ioctl(fd, MYVHOST_BLK_SET_BACKING, &blk))
		disk_fail_backing(disk);
	close(blk.fd);
	return fd;
}
