// SPDX-License-Identifier: GPL-2.0
/*
 * How a descriptor becomes a disk, and a disk a named node: every error that
 * <linux/myvhost.h> names, and what stays behind.
 */
#define _GNU_SOURCE
#include <linux/fs.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "proc.h"

#define VHOST	MYVHOST_DIALECT_VHOST
#define VDPA	MYVHOST_DIALECT_VDPA
#define NET	MYVHOST_DEVICE_NET
#define BLK	MYVHOST_DEVICE_BLK

static int setup_open(void)
{
	int r, fd = ktap_ok(vhost_open(ktap_opts.node));

	/* Another device has none of this. */
	r = myvhost_setup(fd, BLK, 99, 0);
	if (r == -ENOTTY)
		ktap_skip("%s has no disks", ktap_opts.node);
	return fd;
}

static int setup_disk(__u32 dialect, __u32 queues)
{
	int fd = setup_open();

	ktap_ok(myvhost_setup(fd, BLK, dialect, queues));
	return fd;
}

static int setup_file(const char *name, __u64 size)
{
	char path[64];

	snprintf(path, sizeof(path), HOST_DIR "/%s", name);
	return ktap_ok(host_file(path, size));
}

static int setup_back(int fd, int file, __u32 flags)
{
	struct myvhost_blk b = { .fd = file, .flags = flags };

	return myvhost_set_backing(fd, &b);
}

KTAP_TEST(setup_args, KTAP_SHORT, NULL, "LC_setup_arguments")
{
	struct myvhost_setup s = { .device = BLK, .queues = 2, .workers = 3 };
	int fd = setup_open();
	unsigned int i;

	ktap_eq(myvhost_setup(fd, 0, VHOST, 0), -ENODEV);
	ktap_eq(myvhost_setup(fd, 3, VHOST, 0), -ENODEV);
	ktap_eq(myvhost_setup(fd, ~0U, VDPA, 0), -ENODEV);
	ktap_eq(myvhost_setup(fd, BLK, 2, 0), -EINVAL);
	ktap_eq(myvhost_setup(fd, NET, VDPA, 0), -EINVAL);
	ktap_eq(myvhost_setup(fd, NET, VHOST, 1), -EINVAL);
	ktap_eq(myvhost_setup(fd, NET, VHOST, 3), -EINVAL);
	ktap_eq(myvhost_setup(fd, BLK, VHOST, 17), -EINVAL);
	ktap_eq(myvhost_setup(fd, BLK, VHOST, ~0U), -EINVAL);
	ktap_eq(vhost_ioctl(fd, MYVHOST_SETUP, &s), -EINVAL);
	ktap_eq(vhost_ioctl(fd, MYVHOST_SETUP, NULL), -EFAULT);
	/* None of them was the first. */
	ktap_eq(myvhost_setup(fd, BLK, VDPA, 16), 0);
	ktap_eq(myvhost_setup(fd, BLK, VDPA, 16), -EBUSY);
	ktap_eq(myvhost_setup(fd, NET, VHOST, 0), -EBUSY);
	close(fd);
	for (i = 0; i <= 16; i++)
		close(setup_disk(i & 1, i));
	fd = setup_open();
	ktap_eq(myvhost_setup(fd, NET, VHOST, 2), 0);
	close(fd);
}

/* The first ioctl that is not MYVHOST_SETUP makes a network device. */
KTAP_TEST(setup_too_late, KTAP_SHORT, NULL, "LC_setup_too_late")
{
	struct myvhost_blk b = { .fd = 0 };
	int fd = setup_open();
	__u64 f[2];

	ktap_ok(vhost_get_features(fd, f));
	ktap_eq(myvhost_setup(fd, BLK, VHOST, 0), -EBUSY);
	ktap_eq(myvhost_set_backing(fd, &b), -ENOTTY);
	ktap_eq(myvhost_resize(fd), -ENOTTY);
	ktap_eq(vhost_ioctl(fd, VHOST_VDPA_GET_DEVICE_ID, f), -ENOTTY);
	ktap_ok(vhost_set_owner(fd));
	ktap_eq(vdpa_set_enable(fd, 0, 1), -ENOTTY);
	close(fd);
}

/* Before there is a backing everything says so. */
KTAP_TEST(setup_no_data, KTAP_SHORT, NULL, "LC_setup_no_data")
{
	static const unsigned long cmds[] = {
		VHOST_SET_OWNER, VHOST_GET_FEATURES, VHOST_SET_FEATURES,
		VHOST_GET_BACKEND_FEATURES, VHOST_SET_BACKEND_FEATURES,
		VHOST_SET_VRING_NUM, VHOST_SET_VRING_BASE, VHOST_GET_VRING_BASE,
		VHOST_SET_VRING_ADDR, VHOST_SET_VRING_KICK,
		VHOST_SET_VRING_CALL, VHOST_SET_VRING_ERR,
		VHOST_VDPA_SET_VRING_ENABLE, MYVHOST_GET_VRING_STATS,
		VHOST_NEW_WORKER,
	};
	static const unsigned long vdpa_cmds[] = {
		VHOST_VDPA_GET_DEVICE_ID, VHOST_VDPA_GET_STATUS,
		VHOST_VDPA_SET_STATUS, VHOST_VDPA_GET_CONFIG,
		VHOST_VDPA_SET_CONFIG, VHOST_VDPA_GET_CONFIG_SIZE,
		VHOST_VDPA_SET_CONFIG_CALL, VHOST_VDPA_GET_VRING_NUM,
		VHOST_VDPA_GET_VQS_COUNT, VHOST_VDPA_GET_IOVA_RANGE,
		VHOST_VDPA_GET_GROUP_NUM, VHOST_VDPA_SUSPEND,
		VHOST_VDPA_RESUME,
	};
	static __u8 room[512];
	__u32 dialect;
	unsigned int i;

	for (dialect = VHOST; dialect <= VDPA; dialect++) {
		int fd = setup_disk(dialect, 0);

		for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++)
			ktap_check(vhost_ioctl(fd, cmds[i], room) == -ENODATA,
				   "ioctl %#lx is %d", cmds[i],
				   vhost_ioctl(fd, cmds[i], room));
		for (i = 0; i < sizeof(vdpa_cmds) / sizeof(*vdpa_cmds); i++)
			ktap_check(vhost_ioctl(fd, vdpa_cmds[i], room) ==
				   (dialect == VDPA ? -ENODATA : -ENOTTY),
				   "ioctl %#lx is %d", vdpa_cmds[i],
				   vhost_ioctl(fd, vdpa_cmds[i], room));
		ktap_eq(myvhost_resize(fd), -ENODATA);
		ktap_eq(myvhost_resume(fd), -ENODATA);
		ktap_eq(myvhost_node_add(fd, "mvht"), -ENODATA);
		ktap_eq(vdpa_map(fd, 0, 4096, (uintptr_t)room, 3), -EFAULT);
		ktap_eq(vhost_ioctl(fd, _IO(MYVHOST_IOC_MAGIC, 0x7f), room),
			-ENOTTY);
		ktap_eq(proc_fdinfo_number(fd, "owner"), 0);
		close(fd);
	}
}

/* Each kind of wrong file; the right one comes last. */
KTAP_TEST(setup_backing, KTAP_SHORT, NULL, "B31_backing_arguments")
{
	int fd, file, p[2], other, fds = proc_count_fds();
	static const __u32 sizes[] = { 1, 256, 511, 768, 8192, 1U << 31 };
	struct myvhost_blk b = { .fd = -1 };
	unsigned int i;

	blk_prepare();
	fd = setup_disk(VHOST, 0);
	file = setup_file("disk", 1 << 20);
	ktap_eq(vhost_ioctl(fd, MYVHOST_BLK_SET_BACKING, NULL), -EFAULT);
	ktap_eq(setup_back(fd, -1, 0), -EBADF);
	ktap_eq(setup_back(fd, 4000, 0), -EBADF);
	ktap_eq(setup_back(fd, file, 1 << 16), -EINVAL);
	ktap_eq(setup_back(fd, file, 1U << 31), -EINVAL);
	b.fd = file;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		b.block_size = sizes[i];
		ktap_eq(myvhost_set_backing(fd, &b), -EINVAL);
	}
	ktap_check(!pipe(p), "pipe");
	ktap_eq(setup_back(fd, p[0], MYVHOST_BLK_READONLY), -EINVAL);
	close(p[0]);
	close(p[1]);
	other = open(HOST_DIR, O_RDONLY);
	ktap_eq(setup_back(fd, other, MYVHOST_BLK_READONLY), -EINVAL);
	close(other);
	other = open("/dev/zero", O_RDWR);
	ktap_eq(setup_back(fd, other, 0), -EINVAL);
	close(other);
	ktap_eq(setup_back(fd, fd, 0), -EINVAL);
	other = open(HOST_DIR "/disk", O_PATH);
	ktap_eq(setup_back(fd, other, MYVHOST_BLK_READONLY), -EBADF);
	close(other);
	other = open(HOST_DIR "/disk", O_RDONLY);
	ktap_eq(setup_back(fd, other, 0), -EBADF);
	close(other);
	other = open(HOST_DIR "/disk", O_WRONLY);
	ktap_eq(setup_back(fd, other, 0), -EBADF);
	ktap_eq(setup_back(fd, other, MYVHOST_BLK_READONLY), -EBADF);
	close(other);
	other = setup_file("empty", 0);
	ktap_eq(setup_back(fd, other, 0), -EINVAL);
	ktap_check(!ftruncate(other, 511), "ftruncate");
	ktap_eq(setup_back(fd, other, 0), -EINVAL);
	close(other);
	ktap_eq(vhost_set_owner(fd), -ENODATA);
	ktap_eq(setup_back(fd, file, 0), 0);
	ktap_eq(setup_back(fd, file, 0), -EBUSY);
	ktap_eq(setup_back(fd, -1, 0), -EBUSY);
	close(file);
	ktap_ok(vhost_set_owner(fd));
	close(fd);
	ktap_eq(proc_count_fds(), fds);
}

static void setup_set_append(int file, bool append)
{
	int flags = append ? FS_APPEND_FL : 0;

	ktap_check(!ioctl(file, FS_IOC_SETFLAGS, &flags), "chattr: %s",
		   strerror(errno));
}

/* A file that one may add to is not one that a guest may overwrite. */
KTAP_TEST(setup_append_only, KTAP_SHORT, NULL, "B31_backing_append_only")
{
	struct blk_backing back;
	int fd;

	blk_prepare();
	blk_backing(&back, BLK_EXT4);
	setup_set_append(back.fd, true);
	fd = setup_disk(VHOST, 0);
	ktap_eq(setup_back(fd, back.fd, 0), -EPERM);
	ktap_eq(setup_back(fd, back.fd, MYVHOST_BLK_READONLY), 0);
	close(fd);
	setup_set_append(back.fd, false);
	fd = setup_disk(VHOST, 0);
	ktap_eq(setup_back(fd, back.fd, 0), 0);
	close(fd);
}

/* Files that are regular and yet cannot be written by the kernel. */
KTAP_TEST(setup_hugetlb, KTAP_SHORT, NULL, "B30_backing_hugetlb")
{
	int fd, file = memfd_create("huge", MFD_HUGETLB);

	if (file < 0 || ftruncate(file, 2 << 20))
		ktap_skip("no huge pages: %s", strerror(errno));
	fd = setup_disk(VHOST, 0);
	ktap_eq(setup_back(fd, file, 0), -EINVAL);
	close(fd);
}

/* A block device is claimed when it is written, and free again afterwards. */
KTAP_TEST(setup_exclusive, KTAP_SHORT, NULL, "B31_backing_exclusive")
{
	struct blk_backing back;
	int fd, excl;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	excl = open(back.path, O_RDWR | O_EXCL);
	ktap_check(excl >= 0, "%s: %s", back.path, strerror(errno));
	fd = setup_disk(VDPA, 0);
	ktap_eq(setup_back(fd, back.fd, 0), -EBUSY);
	close(excl);
	ktap_eq(setup_back(fd, back.fd, 0), 0);
	ktap_check(open(back.path, O_RDWR | O_EXCL) < 0 && errno == EBUSY,
		   "not claimed");
	excl = setup_disk(VHOST, 0);
	ktap_eq(setup_back(excl, back.fd, 0), -EBUSY);
	ktap_eq(setup_back(excl, back.fd, MYVHOST_BLK_READONLY), -EBUSY);
	ktap_eq(setup_back(excl, back.fd, MYVHOST_BLK_READONLY |
			   MYVHOST_BLK_NOLOCK), 0);
	close(fd);
	fd = open(back.path, O_RDWR | O_EXCL);
	ktap_check(fd >= 0, "still claimed: %s", strerror(errno));
	close(fd);
	close(excl);
}

KTAP_TEST(setup_readonly_bdev, KTAP_SHORT, NULL, "B31_backing_readonly_device")
{
	struct blk_backing back;
	int fd, one = 1, ro;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	ktap_check(!ioctl(back.fd, BLKROSET, &one), "BLKROSET");
	fd = setup_disk(VHOST, 0);
	ro = setup_back(fd, back.fd, 0);
	ktap_check(ro == -EROFS || ro == -EACCES, "%d", ro);
	ktap_eq(setup_back(fd, back.fd, MYVHOST_BLK_READONLY), 0);
}

KTAP_TEST(setup_zoned, KTAP_SHORT, NULL, "B23_backing_zoned")
{
	char dev[32];
	int r, fd, file;

	blk_prepare();
	r = host_null("mvht0", "memory_backed=1 size=64 zone_size=4 zoned=1",
		      dev, sizeof(dev));
	if (r)
		ktap_skip("no zoned null_blk: %s", strerror(-r));
	file = open(dev, O_RDWR);
	ktap_check(file >= 0, "%s: %s", dev, strerror(errno));
	fd = setup_disk(VHOST, 0);
	ktap_eq(setup_back(fd, file, 0), -EINVAL);
	ktap_eq(setup_back(fd, file, MYVHOST_BLK_READONLY), -EINVAL);
}

/* The kernel keeps the file, not the descriptor, and lets go of it at the end. */
KTAP_TEST(setup_keeps_file, KTAP_SHORT, NULL, "B30_backing_kept")
{
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;

	blk_prepare();
	blk_backing(&back, BLK_EXT4);
	blk_cfg(&cfg, &back, blk_vhost_split);
	blk_open(&x, &back, &cfg, 1 << 16);
	close(back.fd);
	ktap_check(umount(HOST_DIR "/fs") && errno == EBUSY, "not kept");
	ktap_ok(mock_blk_start(&x.b));
	ktap_check(!unlink(back.path), "unlink");
	blk_write(&x, 5, 4096, 1);
	blk_read(&x, 5, 4096);
	blk_close(&x);
	ktap_check(!umount(HOST_DIR "/fs"), "still kept: %s", strerror(errno));
}

static __u64 setup_capacity(int fd)
{
	__u64 sectors = ~0ULL;

	ktap_ok(vdpa_get_config(fd, 0, &sectors, sizeof(sectors)));
	return sectors;
}

/* RESIZE: capacity, the event of the running driver, requests behind the end. */
KTAP_TEST(setup_resize, KTAP_SHORT, NULL, "B27_resize")
{
	struct blk_fix x;

	blk_start(&x, BLK_TMPFS, blk_vdpa_packed, 0);
	ktap_eq(setup_capacity(x.b.fd), BLK_DISK_SIZE / 512);
	ktap_check(!ftruncate(x.back.fd, 2 * BLK_DISK_SIZE + 700), "ftruncate");
	ktap_eq(setup_capacity(x.b.fd), BLK_DISK_SIZE / 512);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, BLK_DISK_SIZE / 512, 512), 1);
	ktap_eq(mock_fd_drain(x.b.config_fd), 0);
	ktap_ok(myvhost_resize(x.b.fd));
	ktap_eq(mock_fd_drain(x.b.config_fd), 1);
	ktap_eq(setup_capacity(x.b.fd), 2 * BLK_DISK_SIZE / 512 + 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, BLK_DISK_SIZE / 512, 512), 0);
	ktap_check(!ftruncate(x.back.fd, 4096), "ftruncate");
	ktap_ok(myvhost_resize(x.b.fd));
	ktap_eq(setup_capacity(x.b.fd), 8);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 8, 512), 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 7, 512), 0);
	/* Without a driver no eventfd is signalled. */
	ktap_ok(mock_blk_stop(&x.b));
	mock_fd_drain(x.b.config_fd);
	ktap_ok(myvhost_resize(x.b.fd));
	ktap_eq(mock_fd_drain(x.b.config_fd), 0);
}

/* What a case creates by name is gone before the next. */
static void setup_no_nodes(void)
{
	static const char *const names[] = {
		"mvht", "mvht2", "mvht.A_z-09", "_",
		"mvht567890123456789012345678901",
	};
	int fd = setup_open();
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		myvhost_node_del(fd, names[i]);
	close(fd);
}

static int setup_node(const char *name, __u32 dialect)
{
	int fd = setup_disk(dialect, 0);
	/* Each has an image of its own. */
	int file = setup_file(name, BLK_DISK_SIZE);

	ktap_ok(setup_back(fd, file, 0));
	close(file);
	ktap_ok(myvhost_node_add(fd, name));
	return fd;
}

static int setup_node_open(const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/myvhost-%s", name);
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

KTAP_TEST(setup_names, KTAP_SHORT, NULL, "LC_node_names")
{
	static const char *const bad[] = {
		"", ".mvht", "-mvht", "mv/ht", "mv ht", "mv\xe4ht", "\xe4",
		"..", "mvht\n", "mvht5678901234567890123456789012",
		"mvht56789012345678901234567890123",
	};
	static const char *const good[] = {
		"_", "mvht.A_z-09", "mvht567890123456789012345678901",
	};
	unsigned int i;
	int fd;

	blk_prepare();
	setup_no_nodes();
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fd = setup_disk(VHOST, 0);
		ktap_check(myvhost_node_add(fd, bad[i]) == -EINVAL, "%s",
			   bad[i]);
		ktap_check(myvhost_node_del(fd, bad[i]) == -EINVAL, "%s",
			   bad[i]);
		close(fd);
	}
	fd = setup_open();
	ktap_eq(vhost_ioctl(fd, MYVHOST_NODE_DEL, NULL), -EFAULT);
	ktap_eq(myvhost_node_del(fd, "mvht"), -ENOENT);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		close(setup_node(good[i], VDPA));
		ktap_ok(setup_node_open(good[i], O_RDWR));
		/* That one is open. */
		ktap_eq(myvhost_node_del(fd, good[i]), -EBUSY);
	}
}

static int setup_try_add(int fd, const void *name)
{
	return myvhost_node_add(fd, name);
}

static int setup_try_del(int fd, const void *name)
{
	return myvhost_node_del(fd, name);
}

KTAP_TEST(setup_node_errors, KTAP_SHORT, NULL, "LC_node_errors")
{
	int fd, fd2, file;

	blk_prepare();
	setup_no_nodes();
	fd = setup_node("mvht", VDPA);
	ktap_eq(myvhost_node_add(fd, "mvht"), -EBUSY);
	ktap_eq(myvhost_node_add(fd, "mvht2"), -EBUSY);
	ktap_eq(myvhost_node_del(fd, "mvht"), -EBUSY);
	file = setup_file("other", 1 << 20);
	fd2 = setup_disk(VHOST, 0);
	ktap_eq(vhost_ioctl(fd2, MYVHOST_NODE_ADD, NULL), -EFAULT);
	ktap_ok(setup_back(fd2, file, 0));
	ktap_eq(myvhost_node_add(fd2, "mvht"), -EEXIST);
	ktap_eq(ktap_as_nobody(setup_try_add, fd2, "mvht2"), -EPERM);
	ktap_eq(ktap_as_nobody(setup_try_del, fd2, "mvht"), -EPERM);
	ktap_ok(vhost_set_owner(fd2));
	ktap_eq(myvhost_node_add(fd2, "mvht2"), -EBUSY);
	close(fd);
	ktap_eq(myvhost_node_del(fd2, "mvht2"), -ENOENT);
	ktap_ok(myvhost_node_del(fd2, "mvht"));
	ktap_eq(myvhost_node_del(fd2, "mvht"), -ENOENT);
	ktap_eq(setup_node_open("mvht", O_RDWR), -ENOENT);
	/* The name is free again, and the device that lost against it too. */
	ktap_ok(vhost_reset_owner(fd2));
	ktap_ok(myvhost_node_add(fd2, "mvht"));
	close(fd2);
	fd = setup_open();
	ktap_ok(myvhost_node_del(fd, "mvht"));
}

static int setup_try_resize(int fd, const void *arg __attribute__((unused)))
{
	return myvhost_resize(fd);
}

/* One descriptor may use a node, others may observe it. */
KTAP_TEST(setup_openers, KTAP_SHORT, NULL, "LC_node_openers")
{
	struct stat st;
	__u64 c[MYVHOST_CNT_MAX];
	int fd, look, use;
	char buf[64];

	blk_prepare();
	setup_no_nodes();
	fd = setup_node("mvht", VDPA);
	ktap_check(!stat("/dev/myvhost-mvht", &st), "no node");
	ktap_eq(st.st_mode & 0777, 0660);
	ktap_eq(setup_node_open("mvht", O_RDWR), -EBUSY);
	ktap_eq(setup_node_open("mvht", O_WRONLY), -EBUSY);
	look = ktap_ok(setup_node_open("mvht", O_RDONLY));
	close(ktap_ok(setup_node_open("mvht", O_RDONLY)));
	close(fd);
	ktap_eq(myvhost_node_del(look, "mvht"), -EBUSY);
	use = ktap_ok(setup_node_open("mvht", O_RDWR));
	ktap_eq(setup_node_open("mvht", O_RDWR), -EBUSY);
	ktap_eq(vhost_set_owner(look), -EPERM);
	ktap_eq(vdpa_set_status(look, 0), -EPERM);
	ktap_eq(vhost_ioctl(look, VHOST_GET_FEATURES, c), -EPERM);
	ktap_eq(setup_back(look, 0, 0), -EPERM);
	ktap_eq(myvhost_setup(look, BLK, VDPA, 0), -EBUSY);
	ktap_eq(myvhost_setup(use, BLK, VDPA, 0), -EBUSY);
	ktap_eq(myvhost_node_add(use, "mvht2"), -EBUSY);
	ktap_ok(vhost_get_stats(look, 0, c));
	ktap_check(proc_fdinfo(look, "node", buf, sizeof(buf)) &&
		   !strcmp(buf, "mvht"), "fdinfo");
	ktap_ok(vhost_set_owner(use));
	ktap_eq(proc_fdinfo_number(look, "owner"), getpid());
	ktap_ok(myvhost_resize(look));
	ktap_eq(ktap_as_nobody(setup_try_resize, look, NULL), -EPERM);
	ktap_eq(ktap_as_nobody(setup_try_resize, use, NULL), 0);
	/* An observer consumes no message of the user. */
	ktap_check(read(look, buf, sizeof(buf)) < 0 && errno == EPERM,
		   "a message for somebody else can be read");
	close(use);
	ktap_eq(proc_fdinfo_number(look, "owner"), 0);
	close(ktap_ok(setup_node_open("mvht", O_RDWR)));
	close(look);
	fd = setup_open();
	ktap_ok(myvhost_node_del(fd, "mvht"));
}

/* A disk stays with its node through every way in which its user ends. */
KTAP_TEST(setup_outlives, KTAP_SHORT, blk_all_modes, "VD8_node_outlives")
{
	const struct blk_mode *mode = arg;
	struct blk_backing back = {
		.path = HOST_DIR "/mvht", .size = BLK_DISK_SIZE, .block = 512,
	};
	int fds = proc_count_fds(), fd, status;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	unsigned int i;
	pid_t pid;

	blk_prepare();
	setup_no_nodes();
	close(setup_node("mvht", mode->vdpa ? VDPA : VHOST));
	back.fd = open(back.path, O_RDWR);
	for (i = 0; i < 4; i++) {
		blk_cfg(&cfg, &back, mode);
		cfg.fd = ktap_ok(setup_node_open("mvht", O_RDWR));
		if (!i)
			blk_open(&x, &back, &cfg, 1 << 16);
		else
			blk_again(&x, &cfg);
		ktap_ok(mock_blk_start(&x.b));
		ktap_eq(blk_counter(&x, MYVHOST_CNT_WRITES), 0);
		blk_write(&x, i * 100, 32768, i);
		blk_read(&x, 0, 64 << 10);
		/* Closed while it runs. */
		close(cfg.fd);
	}
	blk_check_disk(&x);
	pid = fork();
	if (!pid) {
		blk_cfg(&cfg, &back, mode);
		cfg.fd = ktap_ok(setup_node_open("mvht", O_RDWR));
		ktap_ok(mock_blk_open(&x.b, &cfg));
		ktap_ok(mock_blk_start(&x.b));
		kill(getpid(), SIGKILL);
	}
	ktap_check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
		   "child");
	close(ktap_ok(setup_node_open("mvht", O_RDWR)));
	blk_close(&x);
	close(back.fd);
	fd = setup_open();
	ktap_check(host_run("rmmod myvhost_blk 2>/dev/null"),
		   "the module of a node went away");
	ktap_ok(myvhost_node_del(fd, "mvht"));
	close(fd);
	ktap_eq(proc_count_fds(), fds);
}

/* A network device can be a node as well. */
KTAP_TEST(setup_net_node, KTAP_SHORT, NULL, "LC_node_net")
{
	__u64 f[2];
	int fd;

	blk_prepare();
	setup_no_nodes();
	fd = setup_open();
	ktap_ok(myvhost_node_add(fd, "mvht"));
	close(fd);
	fd = ktap_ok(setup_node_open("mvht", O_RDWR));
	ktap_ok(vhost_get_features(fd, f));
	ktap_ok(vhost_set_owner(fd));
	ktap_eq(myvhost_resize(fd), -ENOTTY);
	close(fd);
	fd = setup_open();
	ktap_ok(myvhost_node_del(fd, "mvht"));
}

/* Made, used and removed many times: nothing stays. */
KTAP_TEST(setup_storm, KTAP_SHORT, NULL, "LC_node_storm")
{
	int fds, fd = setup_open(), i;
	long files = proc_count_files();

	blk_prepare();
	setup_no_nodes();
	fds = proc_count_fds();
	for (i = 0; i < 100; i++) {
		close(setup_node("mvht", i & 1));
		close(ktap_ok(setup_node_open("mvht", O_RDWR)));
		ktap_ok(myvhost_node_del(fd, "mvht"));
	}
	ktap_eq(proc_count_fds(), fds);
	usleep(200 * 1000);
	ktap_check(proc_count_files() - files < 80,
		   "%ld open files before, %ld after", files,
		   proc_count_files());
}

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
