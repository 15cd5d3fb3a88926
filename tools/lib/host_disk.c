// SPDX-License-Identifier: GPL-2.0
/* Disks of the host, see host_disk.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <mntent.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host_disk.h"

#define HOST_NULL	"/sys/kernel/config/nullb"

static int host_vrun(const char *fmt, va_list ap)
{
	char *cmd;
	int r;

	if (vasprintf(&cmd, fmt, ap) < 0)
		return -ENOMEM;
	r = system(cmd);
	free(cmd);
	if (r == -1)
		return -errno;
	return WIFEXITED(r) ? WEXITSTATUS(r) : 128;
}

/* Run a command of the shell.  Returns its exit status, or a negative errno. */
int host_run(const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = host_vrun(fmt, ap);
	va_end(ap);
	return r;
}

/*
 * Load a module.
 * @name: with underscores
 * @params: of the module, or ""
 *
 * Returns 0, or the exit status of modprobe, which is not started if the module is there:
 * on an emulated machine it takes a fifth of a second.
 */
int host_module(const char *name, const char *params)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) ?
	       host_run("modprobe -q %s %s", name, params) : 0;
}

/*
 * A mount name space with an empty HOST_DIR, for this process.  Returns 0 or a
 * negative errno.
 */
int host_space(void)
{
	setenv("DM_DISABLE_UDEV", "1", 1);
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	mkdir(HOST_DIR, 0700);
	return mount("mvht", HOST_DIR, "tmpfs", 0, "size=50%") ? -errno : 0;
}

/*
 * A file on a 9p that is mounted and can be written to.
 * @path: result; host_disk_clean() removes the file
 *
 * Returns 0, or -ENOENT if there is no such file system.
 */
int host_9p_path(char *path, size_t len)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *m;
	int r = -ENOENT;

	while (r && mounts && (m = getmntent(mounts))) {
		if (strcmp(m->mnt_type, "9p") || !hasmntopt(m, MNTOPT_RW))
			continue;
		snprintf(path, len, "%s/mvht-disk", m->mnt_dir);
		r = 0;
	}
	if (mounts)
		endmntent(mounts);
	return r;
}

/* Remove the devices of the device mapper that are ours. */
static void host_dm_clean(void)
{
	char path[300], name[128];
	DIR *d = opendir("/sys/block");
	struct dirent *e;
	FILE *f;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/sys/block/%s/dm/name", e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%127s", name) == 1 &&
		    !strncmp(name, HOST_DM_PREFIX, strlen(HOST_DM_PREFIX)))
			host_run("DM_DISABLE_UDEV=1; export DM_DISABLE_UDEV;"
				 "exec >/dev/null 2>&1; dmsetup resume %s;"
				 "dmsetup remove -f --deferred %s", name, name);
		fclose(f);
	}
	if (d)
		closedir(d);
}

/*
 * Remove what earlier cases left.  A device that is in use disappears with
 * its last user, and fails until then.
 */
void host_disk_clean(void)
{
	struct dirent *e;
	char path[256];
	DIR *d;

	if (!host_9p_path(path, sizeof(path)))
		unlink(path);

	host_dm_clean();
	d = opendir(HOST_NULL);
	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, "mvht", 4))
			host_null_remove(e->d_name);
	if (d)
		closedir(d);
}

/*
 * Make a file, all a hole.  Returns a descriptor for reading and writing, or a
 * negative errno.
 */
int host_file(const char *path, __u64 size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size)) {
		close(fd);
		return -errno;
	}
	return fd;
}

/*
 * Make and mount a file system.
 * @type: ext4 or xfs
 * @name: it is HOST_DIR/name, in the file HOST_DIR/name.img
 * @block: logical block size of the device that it is on
 *
 * Returns 0, a negative errno, or the exit status of a command that failed.
 */
int host_fs(const char *type, const char *name, __u64 size, unsigned int block)
{
	const char *opts = !strcmp(type, "xfs") ? "-q -f -m crc=1 -K" :
						  "-q -F -E nodiscard";
	char path[128], dev[32];
	int fd, r;

	snprintf(path, sizeof(path), HOST_DIR "/%s.img", name);
	fd = host_file(path, size);
	if (fd < 0)
		return fd;
	close(fd);
	r = host_run("mkfs.%s %s %s %s >/dev/null 2>&1", type, opts,
		     block > 512 ? "-b 4096" : "", path);
	if (r)
		return r;
	fd = host_loop(path, block, dev, sizeof(dev));
	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), HOST_DIR "/%s", name);
	mkdir(path, 0700);
	r = mount(dev, path, type, 0, NULL) ? -errno : 0;
	close(fd);
	return r;
}

/*
 * Make a loop device, which ends with its last user.
 * @dev: result, path
 *
 * Returns a descriptor for reading and writing, or a negative errno.
 */
int host_loop(const char *file, unsigned int block, char *dev, int len)
{
	struct loop_config c = {
		.block_size = block,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int ctl, back, fd = -1, n, r = -EBUSY, i, rw = 0;

	host_module("loop", "");
	back = open(file, O_RDWR | O_CLOEXEC);
	ctl = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (back < 0 || ctl < 0)
		return -errno;
	c.fd = back;
	for (i = 0; i < 20 && r == -EBUSY; i++) {
		n = ioctl(ctl, LOOP_CTL_GET_FREE);
		snprintf(dev, len, "/dev/loop%d", n);
		fd = open(dev, O_RDWR | O_CLOEXEC);
		r = n < 0 || fd < 0 || ioctl(fd, LOOP_CONFIGURE, &c) ?
		    -errno : 0;
		if (r && fd >= 0)
			close(fd);
	}
	/* It remembers from one file to the next. */
	if (!r)
		ioctl(fd, BLKROSET, &rw);
	close(ctl);
	close(back);
	return r ? r : fd;
}

static const char *host_base(const char *dev)
{
	const char *base = strrchr(dev, '/');

	return base ? base + 1 : dev;
}

/* The kernel's name of a device, which may be a link. */
static void host_kernel_name(const char *dev, char *name, int len)
{
	char real[PATH_MAX];
	const char *base = host_base(realpath(dev, real) ? real : dev);

	snprintf(name, len, "%.*s", len - 1, base);
}

static long long host_sysfs(const char *dev, const char *file,
			    unsigned int field)
{
	char name[64], path[128], buf[512], *p = buf;
	ssize_t n;
	int fd;

	host_kernel_name(dev, name, sizeof(name));
	snprintf(path, sizeof(path), "/sys/block/%s/%s", name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	buf[n] = 0;
	while (field--) {
		p += strspn(p, " ");
		p += strcspn(p, " \n");
	}
	return atoll(p);
}

/*
 * What a block device counts.
 * @field: HOST_STAT_*
 *
 * Returns the number or a negative errno.
 */
long long host_disk_stat(const char *dev, unsigned int field)
{
	return host_sysfs(dev, "stat", field);
}

/*
 * Make a device of the device mapper.
 * @name: it is /dev/mapper/mvht-NAME
 *
 * Returns 0 or the exit status of a command that failed.
 */
int host_dm_create(const char *name, const char *fmt, ...)
{
	char table[256];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(table, sizeof(table), fmt, ap);
	va_end(ap);
	r = host_module("dm_mod", "");
	return r ? r : host_run("dmsetup create --noudevsync " HOST_DM_PREFIX
				"%s --table '%s' 2>/dev/null", name, table);
}

/*
 * Give it another table, under load.  Returns 0 or the exit status of dmsetup.
 */
int host_dm_switch(const char *name, const char *fmt, ...)
{
	char table[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(table, sizeof(table), fmt, ap);
	va_end(ap);
	/* A device that runs is suspended by "resume" before it gets the table. */
	return host_run("dmsetup load " HOST_DM_PREFIX "%s --table '%s' 2>/dev/null"
			" && dmsetup resume --nolockfs --noflush --noudevsync "
			HOST_DM_PREFIX "%s", name, table, name);
}

/* Hold all requests from now on.  Returns 0 or the exit status of dmsetup. */
int host_dm_hang(const char *name)
{
	return host_run("dmsetup suspend --nolockfs --noflush " HOST_DM_PREFIX
			"%s", name);
}

/* The opposite of host_dm_hang().  Returns 0 or the exit status of dmsetup. */
int host_dm_go_on(const char *name)
{
	return host_run("dmsetup resume --noudevsync " HOST_DM_PREFIX "%s",
			name);
}

static int host_write(const char *path, const char *val)
{
	int r, fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	r = write(fd, val, strlen(val)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* "a=1 b=2" */
static int host_null_set(const char *name, const char *attrs)
{
	char all[256], path[160], *a, *val, *save = NULL;
	int r = 0;

	snprintf(all, sizeof(all), "%s", attrs);
	for (a = strtok_r(all, " ", &save); a && !r;
	     a = strtok_r(NULL, " ", &save)) {
		val = strchr(a, '=');
		*val++ = 0;
		snprintf(path, sizeof(path), HOST_NULL "/%s/%s", name, a);
		r = host_write(path, val);
	}
	return r;
}

static int host_read_number(const char *path)
{
	FILE *f = fopen(path, "r");
	int n = -1;

	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/*
 * Make a null_blk device.
 * @attrs: what it is like, "name=value name=value"
 * @dev: result, path
 *
 * Returns 0 or a negative errno; -ENODEV if there is no null_blk, -ENOENT if it
 * has no such attribute.
 */
int host_null(const char *name, const char *attrs, char *dev, int len)
{
	char path[160];
	int r;

	host_module("null_blk", "nr_devices=0");
	if (access(HOST_NULL, F_OK))
		mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
	snprintf(path, sizeof(path), HOST_NULL "/%s", name);
	if (mkdir(path, 0700) && errno != EEXIST)
		return -ENODEV;
	r = host_null_set(name, attrs);
	if (!r)
		r = host_null_set(name, "power=1");
	if (r)
		return r;
	snprintf(dev, len, "/dev/%s", name);
	if (!access(dev, F_OK))
		return 0;
	/* Older kernels name it by its number. */
	snprintf(path, sizeof(path), HOST_NULL "/%s/index", name);
	snprintf(dev, len, "/dev/nullb%d", host_read_number(path));
	return access(dev, F_OK) ? -ENODEV : 0;
}

/* Remove a null_blk device. */
void host_null_remove(const char *name)
{
	char path[300];

	host_null_set(name, "power=0");
	snprintf(path, sizeof(path), HOST_NULL "/%s", name);
	rmdir(path);
}
