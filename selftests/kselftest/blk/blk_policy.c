// SPDX-License-Identifier: GPL-2.0
/*
 * What the user of a disk decides about it: whether a request that fails waits, whether
 * the guest releases space, and with whose rights.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "blk_fixture.h"
#include "proc.h"

#define IOERR	VIRTIO_BLK_S_IOERR

#define CHUNK	(128u << 10)

/* What the kernel says of the requests that wait. */
static void policy_waiting(struct blk_fix *x, long long n,
			   const char *what)
{
	char text[64] = "";
	__s64 end = mock_msecs() + BLK_WAIT;

	while (proc_fdinfo_number(x->b.fd, "waiting") != n &&
	       mock_msecs() < end)
		usleep(10000);
	ktap_eq(proc_fdinfo_number(x->b.fd, "waiting"), n);
	proc_fdinfo(x->b.fd, "waits_for", text, sizeof(text));
	ktap_check(!strncmp(text, what, strlen(what)), "waits for \"%s\"", text);
}

static void policy_quiet(struct blk_fix *x)
{
	struct mock_blk_req *r;

	usleep(BLK_QUIET * 1000);
	ktap_eq(mock_blk_reap(&x->b, 0, &r), 0);
}

static void policy_post(struct blk_fix *x, __u32 type, __u64 sector, __u32 len,
			__u64 data)
{
	ktap_check(mock_blk_add(&x->b, 0, type, sector, data, len, NULL),
		   "the ring is full");
	mock_blk_submit(&x->b, 0);
}

/* Write until the file system is full.  Returns where the request is that waits. */
static __u64 policy_fill(struct blk_fix *x)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		void *p = blk_ptr(x, x->buf);
		struct mock_blk_req *r;

		blk_fill(p, CHUNK, i);
		blk_wrote(x, i * CHUNK / 512, p, CHUNK);
		policy_post(x, VIRTIO_BLK_T_OUT, i * CHUNK / 512, CHUNK, x->buf);
		if (mock_blk_wait(&x->b, 0, &r, 1000) != 1)
			break;
		ktap_eq(r->status, 0);
	}
	ktap_check(i > 4 && i < 12, "%u writes", i);
	return i * CHUNK / 512;
}

static const struct ktap_variant policy_full_flags[] = {
	{ "direct", &(const __u32) { MYVHOST_BLK_STOP_ENOSPC } },
	{ "buffered", &(const __u32) { MYVHOST_BLK_STOP_ENOSPC |
				       MYVHOST_BLK_BUFFERED } },
	{ }
};

/* A write without space waits, is seen to, and goes on when there is space. */
KTAP_TEST(policy_space, KTAP_LONG, policy_full_flags, "B36_space")
{
	struct blk_fix x;

	blk_start_small(&x, blk_vdpa_packed, *(const __u32 *)arg);
	policy_fill(&x);
	policy_waiting(&x, 1, "space");
	/* What comes behind it waits in the ring. */
	policy_post(&x, VIRTIO_BLK_T_IN, 0, 4096, x.buf + (512 << 10));
	policy_quiet(&x);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
	ktap_check(!mount("none", HOST_DIR "/small", "tmpfs", MS_REMOUNT,
			  "size=16m"), "remount: %s", strerror(errno));
	ktap_eq(blk_get(&x, 0)->status, 0);
	ktap_eq(blk_get(&x, 0)->status, 0);
	policy_waiting(&x, 0, "");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* MYVHOST_BLK_RESUME does not wait for the timer. */
KTAP_TEST(policy_space_resume, KTAP_LONG, blk_two_modes, "B36_space_resume")
{
	struct blk_fix x;

	blk_start_small(&x, arg, MYVHOST_BLK_STOP_ENOSPC);
	policy_fill(&x);
	policy_waiting(&x, 1, "space");
	ktap_ok(myvhost_resume(x.b.fd));
	usleep(BLK_QUIET * 1000);
	policy_waiting(&x, 1, "space");
	ktap_check(!mount("none", HOST_DIR "/small", "tmpfs", MS_REMOUNT,
			  "size=16m"), "remount: %s", strerror(errno));
	ktap_ok(myvhost_resume(x.b.fd));
	ktap_eq(blk_get(&x, 0)->status, 0);
	blk_check_disk(&x);
}

/* Suspend, a change of memory, reset and close end the wait, with an error. */
static const struct ktap_variant policy_ends[] = {
	{ "suspend", "s" }, { "unmap", "u" }, { "stop", "r" }, { "close", "c" },
	{ }
};

KTAP_TEST(policy_end, KTAP_LONG, policy_ends, "B36_end")
{
	const char how = *(const char *)arg;
	struct mock_blk_req *r;
	struct blk_fix x;
	__s64 begin;

	blk_start_small(&x, blk_vdpa_packed, MYVHOST_BLK_STOP_ENOSPC);
	policy_fill(&x);
	policy_waiting(&x, 1, "space");
	begin = mock_msecs();
	switch (how) {
	case 's':
		ktap_ok(vdpa_suspend(x.b.fd));
		break;
	case 'u':
		ktap_ok(vdpa_unmap(x.b.fd, x.b.mem.base + x.b.mem.size / 2,
				   x.b.mem.size / 2));
		break;
	case 'r':
		ktap_ok(mock_blk_stop(&x.b));
		break;
	default:
		close(x.b.fd);
		x.b.fd = -1;
	}
	ktap_check(mock_msecs() - begin < 3000, "it took %lld ms",
		   (long long)(mock_msecs() - begin));
	if (how != 's' && how != 'u')
		return;
	ktap_eq(mock_blk_reap(&x.b, 0, &r), 1);
	ktap_eq(r->status, IOERR);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 1);
	policy_waiting(&x, 0, "");
}

/* The owner is killed while a request waits, and the disk can be used again. */
KTAP_TEST(policy_killed, KTAP_LONG, NULL, "B36_killed")
{
	struct blk_fix x;
	int status, sv[2];
	char done;
	pid_t pid;

	ktap_check(!socketpair(AF_UNIX, SOCK_STREAM, 0, sv), "socketpair");
	pid = fork();
	if (!pid) {
		blk_start_small(&x, blk_vdpa_packed, MYVHOST_BLK_STOP_ENOSPC);
		policy_fill(&x);
		policy_waiting(&x, 1, "space");
		ktap_check(write(sv[1], "x", 1) == 1, "write");
		pause();
	}
	ktap_check(read(sv[0], &done, 1) == 1, "the child ended");
	kill(pid, SIGKILL);
	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
}

/* Any other error, where that was asked for: read, write, zeroes. */
static const struct ktap_variant policy_types[] = {
	{ "read", &(const __u32) { VIRTIO_BLK_T_IN } },
	{ "write", &(const __u32) { VIRTIO_BLK_T_OUT } },
	{ }
};

KTAP_TEST(policy_error, KTAP_LONG, policy_types, "B36_error")
{
	struct blk_fix x;

	blk_start(&x, BLK_DM, blk_vdpa_packed, MYVHOST_BLK_STOP_ERROR);
	blk_write(&x, 8192, 4096, 1);
	blk_write(&x, 0, 4096, 2);
	ktap_check(open(x.back.lower, O_RDONLY) >= 0, "%s", x.back.lower);
	ktap_eq(host_dm_switch("disk", "0 8192 linear %s 0\n8192 8192 error",
			       x.back.lower), 0);
	policy_post(&x, *(const __u32 *)arg, 8192, 4096, x.buf);
	policy_waiting(&x, 1, "resume");
	ktap_ok(myvhost_resume(x.b.fd));
	policy_quiet(&x);
	policy_waiting(&x, 1, "resume");
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", x.back.lower), 0);
	/* Nothing but the ioctl goes on with it. */
	usleep(2500000);
	policy_quiet(&x);
	ktap_ok(myvhost_resume(x.b.fd));
	ktap_eq(blk_get(&x, 0)->status, 0);
	policy_waiting(&x, 0, "");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
}

/* What the other policy is for fails, and so does a flush. */
KTAP_TEST(policy_reported, KTAP_LONG, NULL, "B36_reported")
{
	struct blk_fix x;
	int r = 0, i;

	blk_start_small(&x, blk_vdpa_packed, MYVHOST_BLK_STOP_ERROR);
	for (i = 0; i < 16 && !r; i++)
		r = blk_do(&x, VIRTIO_BLK_T_OUT, i * CHUNK / 512, CHUNK);
	ktap_eq(r, IOERR);
	blk_close(&x);
	blk_start(&x, BLK_DM, blk_vdpa_packed, MYVHOST_BLK_STOP_ENOSPC |
		  MYVHOST_BLK_STOP_ERROR | MYVHOST_BLK_BUFFERED);
	blk_write(&x, 8192, 4096, 1);
	ktap_check(open(x.back.lower, O_RDONLY) >= 0, "%s", x.back.lower);
	ktap_eq(host_dm_switch("disk", "0 8192 linear %s 0\n8192 8192 error",
			       x.back.lower), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), IOERR);
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", x.back.lower), 0);
}

static const struct ktap_variant policy_cut_flags[] = {
	{ "direct", &(const __u32) { 0 } },
	{ "buffered", &(const __u32) { MYVHOST_BLK_BUFFERED } },
	{ }
};

/* Behind the end of a block device that shrank: an error, space does not help. */
KTAP_TEST(policy_cut, KTAP_LONG, policy_cut_flags, "B36_cut")
{
	struct blk_fix x;

	blk_start(&x, BLK_DM, blk_vdpa_packed, MYVHOST_BLK_STOP_ENOSPC |
		  *(const __u32 *)arg);
	blk_write(&x, 8192, 4096, 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_eq(host_dm_switch("disk", "0 8192 linear %s 0", x.back.lower), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 8192, 4096), IOERR);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 8192, 4096), IOERR);
	policy_waiting(&x, 0, "");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 2);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 0, 4096), 0);
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", x.back.lower), 0);
	blk_write(&x, 8192, 4096, 2);
}

static const struct ktap_variant policy_discards[] = {
	{ "tmpfs", &(const enum blk_kind) { BLK_TMPFS } },
	{ "ext4", &(const enum blk_kind) { BLK_EXT4 } },
	{ "loop", &(const enum blk_kind) { BLK_LOOP } },
	{ }
};

/* What is allocated stays so. */
KTAP_TEST(policy_nodiscard, KTAP_LONG, policy_discards, "B20_nodiscard")
{
	struct virtio_blk_config c = { 0 };
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;
	struct stat st;
	blkcnt_t blocks;

	blk_prepare();
	blk_backing(&back, *(const enum blk_kind *)arg);
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	cfg.backing.flags = MYVHOST_BLK_NODISCARD;
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_check(!(x.b.cfg.features & BLK_F(DISCARD)), "discard is offered");
	ktap_ok(mock_blk_start(&x.b));
	ktap_ok(vdpa_get_config(x.b.fd, 0, &c, 72));
	ktap_eq(c.write_zeroes_may_unmap, 0);
	ktap_eq(c.max_discard_sectors, 0);
	blk_write(&x, 0, 1 << 20, 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_check(!stat(*back.lower ? back.lower : back.path, &st), "stat");
	blocks = st.st_blocks;
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 0, 2048, 1), 0);
	blk_zeroed(&x, 0, 2048);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_DISCARD, 0, 8, 0),
		VIRTIO_BLK_S_UNSUPP);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
	ktap_check(!stat(*back.lower ? back.lower : back.path, &st), "stat");
	ktap_check(st.st_blocks >= blocks, "%lld blocks, %lld before",
		   (long long)st.st_blocks, (long long)blocks);
}

/* A FAT of 16 MiB; there is no program for it here. */
static void policy_make_fat(const char *path)
{
	static const __u8 boot[] = {
		0xeb, 0x3c, 0x90, 'm', 'y', 'v', 'h', 'o', 's', 't', ' ',
		0x00, 0x02,	/* bytes of a sector */
		8,		/* sectors of a cluster */
		1, 0,		/* reserved sectors */
		2,		/* tables */
		0x00, 0x02,	/* root entries */
		0x00, 0x80,	/* sectors */
		0xf8, 12, 0,	/* medium, sectors of a table */
		32, 0, 2, 0,
	};
	static const __u8 table[] = { 0xf8, 0xff, 0xff }, end[] = { 0x55, 0xaa };
	int fd = ktap_ok(host_file(path, 16 << 20));

	ktap_check(pwrite(fd, boot, sizeof(boot), 0) == sizeof(boot) &&
		   pwrite(fd, end, 2, 510) == 2 &&
		   pwrite(fd, table, 3, 512) == 3 &&
		   pwrite(fd, table, 3, 13 * 512) == 3, "%s", path);
	close(fd);
}

/* A file system that has fallocate(), but no holes. */
KTAP_TEST(policy_no_holes, KTAP_SHORT, NULL, "B18_no_holes")
{
	struct blk_backing back = {
		.path = HOST_DIR "/fat/disk", .size = 1 << 20, .block = 512,
	};
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	char dev[32];
	int fd;

	blk_prepare();
	policy_make_fat(HOST_DIR "/fat.img");
	fd = ktap_ok(host_loop(HOST_DIR "/fat.img", 512, dev, sizeof(dev)));
	mkdir(HOST_DIR "/fat", 0700);
	host_module("vfat", "");
	if (mount(dev, HOST_DIR "/fat", "vfat", 0, NULL))
		ktap_skip("no vfat: %s", strerror(errno));
	close(fd);
	back.fd = ktap_ok(host_file(back.path, back.size));
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_check(!(x.b.cfg.features & BLK_F(DISCARD)), "discard is offered");
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 64 << 10, 1);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 5, 50, 1), 0);
	blk_zeroed(&x, 5, 50);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* Open a file as a plain user, in another process. */
static int policy_open_plain(const char *path)
{
	char room[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	struct cmsghdr *c;
	int sv[2], fd;
	pid_t pid;

	ktap_check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sv), "socketpair");
	pid = fork();
	if (!pid) {
		if (setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			_exit(1);
		fd = open(path, O_RDWR);
		if (fd < 0)
			_exit(2);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		_exit(sendmsg(sv[1], &msg, 0) != 1);
	}
	waitpid(pid, &fd, 0);
	ktap_check(WIFEXITED(fd) && !WEXITSTATUS(fd), "child: %#x", fd);
	ktap_check(recvmsg(sv[0], &msg, 0) == 1, "recvmsg");
	c = CMSG_FIRSTHDR(&msg);
	ktap_check(c && c->cmsg_type == SCM_RIGHTS, "no descriptor");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* How many chunks fit before the file system is full. */
static unsigned int policy_room(const char *path, int file, __u32 flags)
{
	struct blk_backing back = { .size = 64 << 20, .block = 512, .fd = file };
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	unsigned int i;

	snprintf(back.path, sizeof(back.path), "%s", path);
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	cfg.backing.flags = flags;
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	for (i = 0; i < 64; i++)
		if (blk_do(&x, VIRTIO_BLK_T_OUT, (__u64)i * 2048, 1 << 20))
			break;
	blk_close(&x);
	ktap_check(!ftruncate(file, 0) && !ftruncate(file, 64 << 20),
		   "ftruncate");
	sync();
	return i;
}

/* The blocks that are reserved for root are for disks that root opened. */
KTAP_TEST(policy_rights, KTAP_LONG, blk_flags, "B37_rights")
{
	const char *path = HOST_DIR "/fs/disk";
	__u32 flags = *(const __u32 *)arg;
	unsigned int root, plain;
	int file;

	blk_prepare();
	if (host_fs("ext4", "fs", 64 << 20, 512))
		ktap_skip("no ext4");
	ktap_check(!host_run("tune2fs -m 40 $(findmnt -no SOURCE " HOST_DIR
			     "/fs) >/dev/null && mount -o remount " HOST_DIR "/fs"),
		   "tune2fs");
	file = ktap_ok(host_file(path, 64 << 20));
	ktap_check(!chmod(HOST_DIR, 0755) && !chmod(HOST_DIR "/fs", 0755) &&
		   !fchmod(file, 0666), "chmod");
	plain = policy_room(path, policy_open_plain(path), flags);
	root = policy_room(path, file, flags);
	ktap_info("%u MiB, root %u", plain, root);
	ktap_check(plain + 10 < root && plain > 10, "%u MiB, root %u", plain,
		   root);
}

KTAP_TEST(policy_inode, KTAP_SHORT, NULL, "B37_inode")
{
	char text[64] = "", want[64];
	struct blk_fix x;
	struct stat st;

	blk_start(&x, BLK_EXT4, blk_vdpa_packed, 0);
	ktap_check(!fstat(x.back.fd, &st), "fstat");
	snprintf(want, sizeof(want), "%02x:%02x:%llu", major(st.st_dev),
		 minor(st.st_dev), (unsigned long long)st.st_ino);
	proc_fdinfo(x.b.fd, "inode", text, sizeof(text));
	ktap_check(!strcmp(text, want), "%s, not %s", text, want);
}
