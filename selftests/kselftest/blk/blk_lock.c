// SPDX-License-Identifier: GPL-2.0
/*
 * One image, one writer: the locks of a backing are those of QEMU, held until the last
 * request has ended.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "blk_fixture.h"

/* Bytes of QEMU's protocol, by permission. */
#define USED		100
#define UNSHARED	200
#define P_READ		0
#define P_WRITE		1
#define P_RESIZE	3

static int lock_ofd(int fd, int cmd, short type, off_t at, struct flock *l)
{
	*l = (struct flock) {
		.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1,
	};
	return fcntl(fd, cmd, l) ? -errno : 0;
}

/* A descriptor of our own of the backing, as another program has one. */
static int lock_other(const struct blk_backing *back)
{
	int fd = open(back->path, O_RDWR | O_CLOEXEC);

	ktap_check(fd >= 0, "%s: %s", back->path, strerror(errno));
	return fd;
}

static void lock_take(int fd, off_t at)
{
	struct flock l;

	ktap_ok(lock_ofd(fd, F_OFD_SETLK, F_RDLCK, at, &l));
}

static void lock_drop(int fd, off_t at)
{
	struct flock l;

	ktap_ok(lock_ofd(fd, F_OFD_SETLK, F_UNLCK, at, &l));
}

static bool lock_is_held(int fd, off_t at)
{
	struct flock l;

	ktap_ok(lock_ofd(fd, F_OFD_GETLK, F_WRLCK, at, &l));
	return l.l_type != F_UNLCK;
}

/* A device with this backing.  Returns a descriptor, or what the kernel says. */
static int lock_disk(const struct blk_backing *back, __u32 flags)
{
	struct mock_blk_cfg cfg;

	blk_cfg(&cfg, back, blk_vdpa_packed);
	cfg.backing.flags = flags;
	return mock_blk_setup_fd(&cfg);
}

static void lock_backing(struct blk_backing *back, const void *arg)
{
	blk_prepare();
	blk_backing(back, *(const enum blk_kind *)arg);
}

static const struct ktap_variant lock_kinds[] = {
	{ "tmpfs", &(const enum blk_kind) { BLK_TMPFS } },
	{ "ext4", &(const enum blk_kind) { BLK_EXT4 } },
	{ "loop", &(const enum blk_kind) { BLK_LOOP } },
	{ }
};

/* What a disk says to others, by its mode. */
KTAP_TEST(lock_bytes, KTAP_SHORT, lock_kinds, "B35_lock_bytes")
{
	static const struct {
		__u32 flags;
		off_t at;
		bool held;
	} want[] = {
		{ 0, USED + P_READ, true },
		{ 0, USED + P_WRITE, true },
		{ 0, USED + P_RESIZE, false },
		{ 0, UNSHARED + P_READ, false },
		{ 0, UNSHARED + P_WRITE, true },
		{ 0, UNSHARED + P_RESIZE, true },
		{ MYVHOST_BLK_READONLY, USED + P_READ, true },
		{ MYVHOST_BLK_READONLY, USED + P_WRITE, false },
		{ MYVHOST_BLK_READONLY, UNSHARED + P_WRITE, true },
		{ MYVHOST_BLK_READONLY, UNSHARED + P_RESIZE, true },
		{ MYVHOST_BLK_NOLOCK, USED + P_READ, false },
		{ MYVHOST_BLK_NOLOCK, UNSHARED + P_WRITE, false },
	};
	struct blk_backing back;
	unsigned int i;
	int other;

	lock_backing(&back, arg);
	other = lock_other(&back);
	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		int fd = ktap_ok(lock_disk(&back, want[i].flags));

		ktap_check(lock_is_held(other, want[i].at) == want[i].held,
			   "flags %u, byte %d: held %d", want[i].flags,
			   (int)want[i].at, !want[i].held);
		close(fd);
		ktap_check(!lock_is_held(other, want[i].at), "not released");
	}
}

/* Another program's locks, and what a disk does about them. */
KTAP_TEST(lock_others, KTAP_SHORT, lock_kinds, "B35_lock_others")
{
	static const struct {
		off_t at;
		int writable;
		int readonly;
	} want[] = {
		{ USED + P_READ, 0, 0 },
		{ USED + P_WRITE, -EBUSY, -EBUSY },
		{ USED + P_RESIZE, -EBUSY, -EBUSY },
		{ UNSHARED + P_READ, -EBUSY, -EBUSY },
		{ UNSHARED + P_WRITE, -EBUSY, 0 },
		{ UNSHARED + P_RESIZE, 0, 0 },
	};
	struct blk_backing back;
	unsigned int i;
	int other, fd;

	lock_backing(&back, arg);
	other = lock_other(&back);
	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		ktap_info("byte %d", (int)want[i].at);
		lock_take(other, want[i].at);
		fd = lock_disk(&back, 0);
		ktap_eq(fd < 0 ? fd : close(fd), want[i].writable);
		fd = lock_disk(&back, MYVHOST_BLK_READONLY);
		ktap_eq(fd < 0 ? fd : close(fd), want[i].readonly);
		close(ktap_ok(lock_disk(&back, MYVHOST_BLK_NOLOCK)));
		lock_drop(other, want[i].at);
	}
	/* A refused disk leaves no locks. */
	for (i = 0; i < sizeof(want) / sizeof(*want); i++)
		ktap_eq(lock_is_held(other, want[i].at), 0);
}

/* Two disks on one backing. */
KTAP_TEST(lock_disks, KTAP_SHORT, lock_kinds, "B35_lock_disks")
{
	struct blk_backing back;
	int fd, fd2;

	lock_backing(&back, arg);
	fd = ktap_ok(lock_disk(&back, 0));
	ktap_eq(lock_disk(&back, 0), -EBUSY);
	ktap_eq(lock_disk(&back, MYVHOST_BLK_READONLY), -EBUSY);
	ktap_eq(lock_disk(&back, MYVHOST_BLK_BUFFERED), -EBUSY);
	close(fd);
	fd = ktap_ok(lock_disk(&back, MYVHOST_BLK_READONLY));
	fd2 = ktap_ok(lock_disk(&back, MYVHOST_BLK_READONLY));
	ktap_eq(lock_disk(&back, 0), -EBUSY);
	close(fd);
	ktap_eq(lock_disk(&back, 0), -EBUSY);
	close(fd2);
	close(ktap_ok(lock_disk(&back, 0)));
}

static void lock_hang(void *back)
{
	struct mock_blk_cfg cfg;
	struct blk_fix x;

	blk_cfg(&cfg, back, blk_vdpa_packed);
	blk_open(&x, back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	ktap_eq(host_dm_hang("disk"), 0);
	mock_blk_add(&x.b, 0, VIRTIO_BLK_T_OUT, 0, x.buf, 4096, NULL);
	mock_blk_submit(&x.b, 0);
	/* The worker takes it. */
	usleep(200000);
}

/* A user is killed while its request hangs: the image is not free. */
KTAP_TEST(lock_orphan, KTAP_LONG, NULL, "B34_B35_lock_orphan")
{
	struct blk_backing back;
	int status, other;
	__s64 end;
	pid_t pid;

	blk_prepare();
	blk_backing(&back, BLK_DM);
	other = lock_other(&back);
	pid = blk_fork_user(lock_hang, &back);
	kill(pid, SIGKILL);
	ktap_eq(waitpid(pid, &status, 0), pid);
	ktap_check(lock_is_held(other, USED + P_WRITE), "free");
	ktap_eq(lock_disk(&back, MYVHOST_BLK_READONLY), -EBUSY);
	ktap_eq(host_dm_go_on("disk"), 0);
	end = mock_msecs() + BLK_WAIT;
	while (lock_is_held(other, USED + P_WRITE)) {
		ktap_check(mock_msecs() < end, "the lock stays");
		usleep(10000);
	}
	close(ktap_ok(lock_disk(&back, 0)));
}
