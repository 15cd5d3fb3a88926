// SPDX-License-Identifier: GPL-2.0
/*
 * The vdpa dialect of a disk: every ioctl in and out of turn, with right and wrong
 * arguments.  The messages about I/O virtual memory are in blk_iotlb.c.
 */
#include <sys/mman.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "blk_vdpa_fixture.h"
#include "iotlb.h"
#include "proc.h"

static void vd_is(struct blk_fix *x, __u8 set, int result, __u8 after)
{
	int r = vdpa_set_status(x->b.fd, set);

	ktap_check(r == result, "status %#x: %d, not %d", set, r, result);
	ktap_check(blk_vdpa_status(x) == after, "status %#x: then %#x, not %#x", set,
		   blk_vdpa_status(x), after);
}

static int vd_features(struct blk_fix *x, __u64 f)
{
	return vhost_ioctl(x->b.fd, VHOST_SET_FEATURES, &f);
}

/* What can be asked at any time. */
KTAP_TEST(vd_constants, KTAP_SHORT, blk_vdpa_split, "VD12_constants")
{
	struct vhost_vdpa_iova_range range = { 1, 1 };
	__u32 id = 0, n = 0, size = 0;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	__u64 f = 0, bf = 0;
	unsigned int num;
	__u16 max = 0;
	int fd;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	cfg.queues = 5;
	fd = mock_blk_setup_fd(&cfg);
	if (fd == -ENOTTY)
		ktap_skip("%s has no disks", ktap_opts.node);
	ktap_ok(fd);
	ktap_ok(vdpa_get_device_id(fd, &id));
	ktap_eq(id, MYVHOST_DEVICE_BLK);
	ktap_ok(vdpa_get_num_max(fd, &max));
	ktap_check(max >= 1024, "rings of %u", max);
	ktap_ok(vdpa_get_vqs_count(fd, &n));
	ktap_eq(n, 5);
	ktap_ok(vdpa_get_config_size(fd, &size));
	ktap_check(size >= 60 && size <= sizeof(struct virtio_blk_config),
		   "%u bytes of configuration", size);
	ktap_ok(vdpa_get_iova_range(fd, &range));
	ktap_check(!range.first && range.last >= (1ULL << 48),
		   "%llx to %llx", range.first, range.last);
	ktap_ok(vdpa_get_group_num(fd, &n));
	ktap_eq(n, 1);
	ktap_ok(vdpa_get_as_num(fd, &n));
	ktap_eq(n, 1);
	ktap_ok(vdpa_vring_get(fd, VHOST_VDPA_GET_VRING_GROUP, 4, &num));
	ktap_eq(num, 0);
	ktap_ok(vdpa_vring_get(fd, VHOST_VDPA_GET_VRING_DESC_GROUP, 4, &num));
	ktap_eq(num, 0);
	ktap_eq(vdpa_vring_get(fd, VHOST_VDPA_GET_VRING_GROUP, 5, &num),
		-ENOBUFS);
	ktap_ok(vhost_ioctl(fd, VHOST_GET_FEATURES, &f));
	ktap_check(f & VHU_VERSION_1 && f & VHU_ACCESS_PLATFORM &&
		   f & BLK_F(FLUSH) && f & BLK_F(CONFIG_WCE) && f & BLK_F(MQ),
		   "features %#llx", f);
	ktap_check(!(f & (VHU_IN_ORDER | BLK_F(RO) | VHU_F(15) |
			  BLK_F(ZONED) | BLK_F(SECURE_ERASE))),
		   "features %#llx", f);
	ktap_ok(vhost_get_backend_features(fd, &bf));
	ktap_check(!(~bf & (VHU_BF_MSG_V2 | VHU_BF_BATCH | VHU_BF_ASID |
			    VHU_BF_SUSPEND | VHU_BF_RESUME)),
		   "backend features %#llx", bf);
	ktap_eq(vhost_set_backend_features(fd, bf | 1ULL << 60), -EOPNOTSUPP);
	ktap_ok(vhost_set_backend_features(fd, bf & 0x1e));
}

/* Each ioctl with an argument that is nowhere. */
KTAP_TEST(vd_fault, KTAP_SHORT, blk_vdpa_split, "VD_bad_pointers")
{
	static const unsigned long cmds[] = {
		VHOST_GET_FEATURES, VHOST_SET_FEATURES,
		VHOST_GET_BACKEND_FEATURES, VHOST_SET_BACKEND_FEATURES,
		VHOST_VDPA_GET_DEVICE_ID, VHOST_VDPA_GET_STATUS,
		VHOST_VDPA_SET_STATUS, VHOST_VDPA_GET_CONFIG,
		VHOST_VDPA_SET_CONFIG, VHOST_VDPA_GET_CONFIG_SIZE,
		VHOST_VDPA_SET_CONFIG_CALL, VHOST_VDPA_GET_VRING_NUM,
		VHOST_VDPA_GET_VQS_COUNT, VHOST_VDPA_GET_IOVA_RANGE,
		VHOST_VDPA_GET_GROUP_NUM, VHOST_VDPA_GET_AS_NUM,
		VHOST_VDPA_GET_VRING_GROUP, VHOST_VDPA_SET_GROUP_ASID,
		VHOST_VDPA_GET_VRING_SIZE, VHOST_VDPA_SET_VRING_ENABLE,
		VHOST_SET_VRING_NUM, VHOST_SET_VRING_BASE, VHOST_SET_VRING_ADDR,
		VHOST_GET_VRING_BASE, VHOST_SET_VRING_KICK,
		VHOST_SET_VRING_CALL, VHOST_SET_VRING_ERR,
	};
	struct blk_fix x;
	unsigned int i;
	void *edge;

	blk_vdpa_open(&x, arg, 1);
	/* The last bytes of a page in front of nothing. */
	edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ktap_check(edge != MAP_FAILED && !munmap(edge + 4096, 4096), "mmap");
	for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++) {
		int r = vhost_ioctl(x.b.fd, cmds[i], edge + 4096);

		ktap_check(r == -EFAULT, "ioctl %#lx: %d", cmds[i], r);
		if (_IOC_SIZE(cmds[i]) <= 1)
			continue;
		r = vhost_ioctl(x.b.fd, cmds[i], edge + 4095);
		ktap_check(r == -EFAULT, "ioctl %#lx at the edge: %d", cmds[i],
			   r);
	}
	ktap_eq(blk_vdpa_status(&x), 0);
}

/* What belongs to the other dialect. */
KTAP_TEST(vd_not_ours, KTAP_SHORT, blk_vdpa_split, "VD_not_ours")
{
	static const unsigned long cmds[] = {
		VHOST_RESET_OWNER, VHOST_SET_MEM_TABLE, VHOST_SET_LOG_BASE,
		VHOST_SET_LOG_FD, VHOST_NET_SET_BACKEND, VHOST_GET_FEATURES_ARRAY,
		VHOST_SET_FEATURES_ARRAY,
	};
	static __u8 room[256];
	struct blk_fix x;
	unsigned int i;

	blk_vdpa_open(&x, arg, 1);
	for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++)
		ktap_check(vhost_ioctl(x.b.fd, cmds[i], room) == -ENOTTY,
			   "ioctl %#lx: %d", cmds[i],
			   vhost_ioctl(x.b.fd, cmds[i], room));
}

/* The vhost dialect of a disk: no files, SET_VRING_ENABLE in their place. */
KTAP_TEST(vd_vhost_enable, KTAP_SHORT, blk_vdpa_split, "LC1_vhost_enable")
{
	struct vhost_vring_file f = { 0, -1 };
	__u8 room[64] = { 0 };
	struct blk_fix x;

	blk_vdpa_open(&x, blk_vhost_split, 2);
	ktap_eq(vhost_ioctl(x.b.fd, VHOST_NET_SET_BACKEND, &f), -ENOTTY);
	ktap_eq(vhost_ioctl(x.b.fd, VHOST_VDPA_GET_STATUS, room), -ENOTTY);
	ktap_eq(vhost_ioctl(x.b.fd, VHOST_VDPA_SUSPEND, room), -ENOTTY);
	ktap_eq(vdpa_set_enable(x.b.fd, 0, 1), -EFAULT);
	ktap_eq(vdpa_set_enable(x.b.fd, 2, 1), -ENOBUFS);
	ktap_ok(vdpa_set_enable(x.b.fd, 1, 0));
	ktap_ok(mock_blk_start(&x.b));
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 1));
	blk_write(&x, 0, 4096, 1);
	ktap_eq(vhost_set_num(x.b.fd, 0, 64), -EBUSY);
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 0));
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 0));
	ktap_ok(vhost_set_num(x.b.fd, 0, 64));
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 1));
	blk_read(&x, 0, 4096);
}

static int vd_set_ack(struct blk_fix *x)
{
	return vdpa_set_status(x->b.fd, VDPA_ACK);
}

static int vd_reset(struct blk_fix *x)
{
	return vdpa_set_status(x->b.fd, 0);
}

static int vd_set_num_1(struct blk_fix *x)
{
	return vhost_set_num(x->b.fd, 0, 1);
}

/* The status byte: what sticks, what does not, what is refused (VD1). */
KTAP_TEST(vd_status_byte, KTAP_SHORT, blk_vdpa_split, "VD1_LC5_status")
{
	__u64 f = BLK_MODERN | VHU_ACCESS_PLATFORM;
	struct blk_fix x;

	blk_vdpa_open(&x, arg, 1);
	f = x.b.cfg.features;
	ktap_eq(blk_vdpa_status(&x), 0);
	/* As QEMU 10: 1, 3, 0xb, 0xf.  As QEMU 11 after a reset: 8, 0xc. */
	vd_is(&x, 1, 0, 1);
	vd_is(&x, 3, 0, 3);
	vd_is(&x, 1, -EINVAL, 3);
	vd_is(&x, 7, -EINVAL, 3);
	/* Without VERSION_1 it does not stick. */
	vd_is(&x, 0xb, 0, 3);
	vd_is(&x, 0xf, -EINVAL, 3);
	ktap_eq(vd_features(&x, f & ~VHU_VERSION_1), 0);
	vd_is(&x, 0xb, 0, 3);
	ktap_eq(vd_features(&x, 1ULL << 63), -EOPNOTSUPP);
	ktap_eq(vd_features(&x, f | VHU_IN_ORDER), -EOPNOTSUPP);
	ktap_eq(vd_features(&x, f), 0);
	vd_is(&x, 0xb, 0, 0xb);
	ktap_eq(vd_features(&x, f), -EBUSY);
	vd_is(&x, 3, -EINVAL, 0xb);
	vd_is(&x, 0xf, 0, 0xf);
	vd_is(&x, 0xf, 0, 0xf);
	vd_is(&x, 0xb, -EINVAL, 0xf);
	vd_is(&x, 0, 0, 0);
	vd_is(&x, 8, 0, 0);
	ktap_eq(vd_features(&x, f), 0);
	vd_is(&x, 4, -EINVAL, 0);
	vd_is(&x, 8, 0, 8);
	vd_is(&x, 0xc, 0, 0xc);
	vd_is(&x, 0x8c, 0, 0x8c);
	vd_is(&x, 0xc, -EINVAL, 0x8c);
	/* Others may reset it, as at exec(), not run it. */
	ktap_eq(blk_vdpa_other(vd_set_ack, &x), -EPERM);
	ktap_eq(blk_vdpa_status(&x), 0x8c);
	ktap_eq(blk_vdpa_other(vd_reset, &x), 0);
	ktap_eq(blk_vdpa_status(&x), 0);
}

/* DRIVER_OK needs an owner; there is one at most. */
KTAP_TEST(vd_owner, KTAP_SHORT, blk_vdpa_split, "VD_owner")
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x = { 0 };
	int fd;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	fd = mock_blk_setup_fd(&cfg);
	if (fd == -ENOTTY)
		ktap_skip("%s has no disks", ktap_opts.node);
	x.b.fd = ktap_ok(fd);
	ktap_eq(vd_features(&x, VHU_VERSION_1), 0);
	vd_is(&x, 8, 0, 8);
	vd_is(&x, 0xc, -EPERM, 8);
	ktap_eq(vhost_set_num(fd, 0, 64), -EPERM);
	ktap_eq(vdpa_set_enable(fd, 0, 1), -EPERM);
	ktap_eq(vdpa_suspend(fd), -EPERM);
	ktap_eq(vdpa_batch_begin(fd), -EFAULT);
	ktap_ok(vhost_set_owner(fd));
	ktap_eq(vhost_set_owner(fd), -EBUSY);
	vd_is(&x, 0xc, 0, 0xc);
	ktap_eq(blk_vdpa_other(vd_set_num_1, &x), -EPERM);
}

/* Configuration space: its bounds, and what is in it, at any time (VD6). */
KTAP_TEST(vd_config, KTAP_SHORT, blk_vdpa_split, "VD6_LC6_config")
{
	static const struct {
		__u32 off, len;
		int result;
	} bounds[] = {
		{ 0, 0, -EINVAL }, { 72, 0, -EINVAL }, { 0, 72, 0 },
		{ 71, 1, 0 }, { 72, 1, -E2BIG }, { 0, 73, -E2BIG },
		{ 1, 72, -E2BIG }, { ~0U, 1, -E2BIG }, { 1, ~0U, -E2BIG },
		{ ~0U, ~0U, -E2BIG }, { 32, 1, 0 },
	};
	struct virtio_blk_config c;
	struct blk_fix x;
	unsigned int i;
	__u8 zero[72] = { 0 };

	blk_vdpa_open(&x, arg, 3);
	for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		memset(&c, 0, sizeof(c));
		ktap_check(vdpa_get_config(x.b.fd, bounds[i].off, &c,
					   bounds[i].len) == bounds[i].result,
			   "reading %u+%u", bounds[i].off, bounds[i].len);
		ktap_check(vdpa_set_config(x.b.fd, bounds[i].off, zero,
					   bounds[i].len) == bounds[i].result,
			   "writing %u+%u", bounds[i].off, bounds[i].len);
	}
	memset(&c, 0xa5, sizeof(c));
	ktap_ok(vdpa_get_config(x.b.fd, 0, &c, 72));
	ktap_eq(c.capacity, BLK_DISK_SIZE / 512);
	ktap_eq(c.blk_size, 512);
	ktap_eq(c.num_queues, 3);
	ktap_eq(c.size_max, 0);
	ktap_check(c.seg_max >= 1 && c.seg_max <= 1022, "seg_max %u",
		   c.seg_max);
	ktap_eq(c.wce, 1);
	ktap_eq(c.unused, 0);
	ktap_check(c.min_io_size >= 1, "min_io_size %u", c.min_io_size);
	ktap_check(c.max_discard_seg && c.max_discard_sectors &&
		   c.max_write_zeroes_seg && c.max_write_zeroes_sectors,
		   "limits");
	ktap_eq(c.max_secure_erase_sectors, 0);
	ktap_check(!c.unused1[0] && !c.unused1[1] && !c.unused1[2], "padding");
	/* In pieces it is the same. */
	for (i = 0; i < 72; i++) {
		__u8 v = 0xa5;

		ktap_ok(vdpa_get_config(x.b.fd, i, &v, 1));
		ktap_check(v == ((__u8 *)&c)[i], "byte %u", i);
	}
	ktap_ok(mock_blk_start(&x.b));
	ktap_ok(vdpa_set_config(x.b.fd, 0, zero, 72));
	memset(zero, 0xa5, 72);
	ktap_ok(vdpa_get_config(x.b.fd, 0, zero, 72));
	ktap_check(!memcmp(zero, &c, 72), "a driver wrote what it may not");
}

/* Numbers of a queue: in turn, out of turn, out of range. */
KTAP_TEST(vd_vring, KTAP_SHORT, blk_vdpa_layouts, "VD_vring")
{
	static const unsigned int bad_num[] = { 0, 3, 1000, 2048, 32768, ~0U };
	struct vhost_vring_addr a = { .index = 0 };
	unsigned int i, num = 0, base = 0;
	struct blk_fix x;
	bool packed;

	blk_vdpa_open(&x, arg, 2);
	packed = x.b.cfg.features & VHU_PACKED;
	for (i = 0; i < sizeof(bad_num) / sizeof(*bad_num); i++)
		ktap_check(vhost_set_num(x.b.fd, 0, bad_num[i]) == -EINVAL,
			   "a ring of %u", bad_num[i]);
	ktap_ok(vhost_set_num(x.b.fd, 0, 1024));
	ktap_ok(vdpa_vring_get(x.b.fd, VHOST_VDPA_GET_VRING_SIZE, 0, &num));
	ktap_eq(num, 1024);
	ktap_ok(vhost_set_num(x.b.fd, 0, 1));
	ktap_eq(vhost_set_num(x.b.fd, 2, 64), -ENOBUFS);
	ktap_eq(vhost_set_base(x.b.fd, 2, 0), -ENOBUFS);
	ktap_eq(vhost_get_base(x.b.fd, 2, &base), -ENOBUFS);
	ktap_eq(vhost_set_kick(x.b.fd, 2, -1), -ENOBUFS);
	ktap_eq(vdpa_set_enable(x.b.fd, 2, 1), -ENOBUFS);
	ktap_eq(vhost_set_kick(x.b.fd, 0, x.back.fd), -EINVAL);
	ktap_eq(vhost_set_call(x.b.fd, 0, 4000), -EBADF);
	ktap_eq(vdpa_set_config_call(x.b.fd, 4000), -EBADF);
	ktap_eq(vdpa_set_config_call(x.b.fd, x.back.fd), -EINVAL);
	ktap_ok(mock_blk_setup(&x.b));
	a.flags = 2;
	ktap_eq(vhost_set_addr(x.b.fd, &a), -EOPNOTSUPP);
	a.flags = 0;
	a.used_user_addr = 2;
	ktap_eq(vhost_set_addr(x.b.fd, &a), -EINVAL);
	ktap_ok(vhost_set_base(x.b.fd, 0, packed ? 0x80058005 : 5));
	ktap_ok(vhost_get_base(x.b.fd, 0, &base));
	ktap_eq(base, packed ? 0x80058005 : 5);
	if (!packed)
		ktap_eq(vhost_set_base(x.b.fd, 0, 0x10000), -EINVAL);
	ktap_ok(vhost_set_base(x.b.fd, 0,
			       mock_ring_idle_base(&x.b.queue[0].ring)));
	ktap_ok(mock_blk_run(&x.b));
	blk_write(&x, 0, 4096, 1);
	/* The driver may use them now. */
	ktap_eq(vhost_set_num(x.b.fd, 0, 64), -EBUSY);
	ktap_eq(vhost_set_base(x.b.fd, 0, 0), -EINVAL);
	ktap_eq(mock_blk_set_addr(&x.b, 0), -EINVAL);
	ktap_ok(vdpa_suspend(x.b.fd));
	ktap_ok(vhost_get_base(x.b.fd, 0, &base));
	ktap_eq(base, mock_ring_base(&x.b.queue[0].ring));
	ktap_ok(vhost_set_base(x.b.fd, 0, base));
	ktap_ok(mock_blk_set_addr(&x.b, 0));
	ktap_ok(vdpa_resume(x.b.fd));
	blk_read(&x, 0, 4096);
}

/* Enabled without being set up, disabled, enabled late: harmless (VD2). */
KTAP_TEST(vd_enable, KTAP_SHORT, blk_vdpa_layouts, "VD2_LC9_enable")
{
	struct mock_blk_req *r;
	struct blk_fix x;
	unsigned int q;

	blk_vdpa_open(&x, arg, 4);
	for (q = 0; q < 4; q++)
		ktap_ok(vdpa_set_enable(x.b.fd, q, 1));
	ktap_ok(mock_blk_negotiate(&x.b));
	ktap_ok(mock_blk_map(&x.b));
	ktap_ok(mock_blk_setup_vq(&x.b, 0));
	ktap_ok(mock_blk_setup_vq(&x.b, 3));
	/* A number but no address. */
	ktap_ok(vhost_set_num(x.b.fd, 1, 64));
	ktap_ok(vhost_set_kick(x.b.fd, 1, x.b.queue[1].ring.kick_fd));
	ktap_ok(vdpa_set_enable(x.b.fd, 3, 0));
	ktap_ok(vdpa_set_status(x.b.fd, BLK_VDPA_OK));
	mock_ring_kick(&x.b.queue[1].ring);
	blk_write(&x, 0, 4096, 1);
	/* Not served while it is not enabled; served without a kick then. */
	r = mock_blk_add(&x.b, 3, VIRTIO_BLK_T_IN, 0, x.buf + 8192, 4096, NULL);
	mock_blk_submit(&x.b, 3);
	mock_ring_kick(&x.b.queue[3].ring);
	ktap_check(!mock_ring_wait(&x.b.queue[3].ring, BLK_QUIET),
		   "a queue that is not enabled is served");
	ktap_ok(vdpa_set_enable(x.b.fd, 3, 1));
	ktap_check(blk_get(&x, 3) == r && !r->status, "status %u", r->status);
	blk_check_read(&x, 0, blk_ptr(&x, x.buf + 8192), 4096);
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 0));
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 0));
	ktap_ok(vdpa_set_enable(x.b.fd, 0, 7));
	blk_read(&x, 0, 4096);
	ktap_eq(blk_vdpa_status(&x), BLK_VDPA_OK);
}

/* An eventfd that is set late is signalled for earlier completions (VD15). */
KTAP_TEST(vd_call_late, KTAP_SHORT, blk_vdpa_layouts, "VD15_call_late")
{
	struct mock_ring *ring;
	struct blk_fix x;
	int late;

	blk_vdpa_open(&x, arg, 1);
	ring = &x.b.queue[0].ring;
	late = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ktap_check(late >= 0, "eventfd");
	ktap_ok(mock_blk_negotiate(&x.b));
	ktap_ok(mock_blk_map(&x.b));
	ktap_ok(mock_blk_setup_vq(&x.b, 0));
	/* Not served yet: nothing to signal. */
	ktap_ok(vhost_set_call(x.b.fd, 0, late));
	ktap_eq(mock_fd_drain(late), 0);
	ktap_ok(vhost_set_call(x.b.fd, 0, ring->call_fd));
	mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 4096, NULL);
	mock_ring_publish(ring);
	ktap_ok(mock_blk_run(&x.b));
	ktap_check(mock_fd_wait(ring->call_fd, BLK_WAIT), "no call");
	ktap_eq(mock_fd_drain(late), 0);
	ktap_ok(vhost_set_call(x.b.fd, 0, late));
	ktap_eq(mock_fd_drain(late), 1);
	/* The same one again has missed nothing. */
	ktap_ok(vhost_set_call(x.b.fd, 0, late));
	ktap_eq(mock_fd_drain(late), 0);
	ktap_ok(vhost_set_call(x.b.fd, 0, -1));
	ktap_ok(vhost_set_call(x.b.fd, 0, late));
	ktap_eq(mock_fd_drain(late), 1);
	ktap_eq(blk_get(&x, 0)->status, 0);
	close(late);
}

/* Reset from every state, several times, and under load (VD7, LC2, LC3). */
KTAP_TEST(vd_reset_storm, KTAP_SHORT, blk_vdpa_layouts,
	  "VD7_LC2_LC3_reset_storm")
{
	unsigned int i, k, base;
	struct blk_fix x;

	blk_vdpa_open(&x, arg, 1);
	ktap_ok(mock_blk_map(&x.b));
	for (i = 0; i < 40; i++) {
		blk_vdpa_restart(&x);
		if (i % 4 == 1)
			ktap_ok(vdpa_suspend(x.b.fd));
		for (k = 0; k < 20; k++)
			mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, k, x.buf, 4096,
				     NULL);
		mock_blk_submit(&x.b, 0);
		if (i % 4 == 2)
			ktap_ok(vdpa_suspend(x.b.fd));
		for (k = 0; k <= i % 8; k++)
			ktap_ok(vdpa_set_status(x.b.fd, 0));
		/* No ring is looked at any more. */
		mock_fd_drain(x.b.queue[0].ring.call_fd);
		mock_ring_kick(&x.b.queue[0].ring);
		ktap_eq(blk_vdpa_status(&x), 0);
		ktap_ok(vhost_get_base(x.b.fd, 0, &base));
		ktap_eq(base & 0x7fff, 0);
	}
	usleep(20000);
	ktap_eq(mock_fd_drain(x.b.queue[0].ring.call_fd), 0);
	blk_vdpa_restart(&x);
	blk_write(&x, 3, 8192, 1);
	blk_read(&x, 3, 8192);
}

/* Suspend stops at an exact position, resume continues there (LC11, VD13). */
KTAP_TEST(vd_suspend, KTAP_SHORT, blk_vdpa_layouts, "VD13_LC11_suspend")
{
	struct blk_load load = {
		.n = 77, .depth = 16, .max_len = 8192, .seed = 3,
	};
	struct mock_blk_req *r;
	struct mock_ring *ring;
	unsigned int base, i;
	struct blk_fix x;

	blk_vdpa_open(&x, arg, 1);
	ring = &x.b.queue[0].ring;
	/* Nothing to suspend. */
	ktap_ok(vdpa_suspend(x.b.fd));
	ktap_ok(vdpa_resume(x.b.fd));
	ktap_ok(mock_blk_start(&x.b));
	for (i = 0; i < 5; i++) {
		load.seed++;
		blk_load(&x, &load);
		ktap_ok(vdpa_suspend(x.b.fd));
		ktap_ok(vdpa_suspend(x.b.fd));
		ktap_ok(vhost_get_base(x.b.fd, 0, &base));
		ktap_eq(base, mock_ring_base(ring));
		r = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 4096,
				 NULL);
		mock_ring_publish(ring);
		mock_ring_kick(ring);
		ktap_check(!mock_ring_wait(ring, 30), "served while suspended");
		ktap_ok(vhost_get_base(x.b.fd, 0, &base));
		if (!ring->packed)
			ktap_eq(base, (__u16)(mock_ring_base(ring) - 1));
		if (i & 1) {
			/* As a VMM continues: the state goes into a new device. */
			ktap_ok(vdpa_set_status(x.b.fd, 0));
			ktap_ok(mock_blk_negotiate(&x.b));
			ktap_ok(mock_blk_setup_vq(&x.b, 0));
			ktap_ok(vhost_set_base(x.b.fd, 0, base));
			ktap_ok(mock_blk_run(&x.b));
		} else {
			ktap_ok(vdpa_resume(x.b.fd));
			ktap_ok(vdpa_resume(x.b.fd));
		}
		ktap_check(blk_get(&x, 0) == r && !r->status, "request");
		blk_check_read(&x, 0, blk_ptr(&x, x.buf), 4096);
	}
}

/* Suspended under load: what has not completed is untouched in the ring. */
KTAP_TEST(vd_suspend_load, KTAP_SHORT, blk_vdpa_layouts,
	  "VD13_LC11_suspend_load")
{
	unsigned int i, base, done;
	struct mock_blk_req *r;
	struct mock_ring *ring;
	struct blk_fix x;

	blk_vdpa_open(&x, arg, 1);
	ring = &x.b.queue[0].ring;
	ktap_ok(mock_blk_start(&x.b));
	for (i = 0; i < 30; i++) {
		unsigned int k, n = 1 + i % 20;

		for (k = 0; k < n; k++)
			ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, k, x.buf +
						k * 4096, 4096, NULL), "full");
		mock_blk_submit(&x.b, 0);
		if (i & 1)
			usleep(i * 20);
		ktap_ok(vdpa_suspend(x.b.fd));
		ktap_ok(vhost_get_base(x.b.fd, 0, &base));
		for (done = 0; mock_blk_reap(&x.b, 0, &r) == 1; done++)
			ktap_eq(r->status, 0);
		ktap_eq(ring->ninflight, n - done);
		if (!ring->packed)
			ktap_eq(base, (__u16)(ring->next_avail - n + done));
		else
			ktap_eq(base >> 16, ring->next_used |
				ring->used_wrap << 15);
		usleep(500);
		ktap_eq(mock_ring_has_used(ring), 0);
		ktap_ok(vdpa_resume(x.b.fd));
		for (; done < n; done++)
			ktap_eq(blk_get(&x, 0)->status, 0);
	}
}
