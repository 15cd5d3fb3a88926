// SPDX-License-Identifier: GPL-2.0
/*
 * How a descriptor becomes a disk: every error that <linux/myvhost.h> names, and what
 * stays behind.
 */
#define _GNU_SOURCE
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "proc.h"
#include "setup.h"

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
