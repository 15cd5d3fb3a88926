// SPDX-License-Identifier: GPL-2.0
/*
 * I/O virtual memory of a disk in the vdpa dialect: messages, batches, groups,
 * permissions.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "blk_vdpa_fixture.h"
#include "iotlb.h"

static int bi_map_page(struct blk_fix *x)
{
	return vdpa_map(x->b.fd, 0x5000, 4096, guest_hva(&x->b.mem, x->buf), 3);
}

/* Groups and address spaces: there is one. */
KTAP_TEST(bi_groups, KTAP_SHORT, blk_vdpa_split, "VD_groups")
{
	static const struct {
		unsigned int group, asid;
		int result;
	} all[] = { { 0, 0, 0 }, { 1, 0, -EINVAL }, { 0, 1, -EINVAL } };
	struct vhost_vring_state s;
	struct blk_fix x;
	unsigned int i;

	blk_vdpa_open(&x, arg, 1);
	for (i = 0; i < 3; i++) {
		s = (struct vhost_vring_state) { all[i].group, all[i].asid };
		ktap_eq(vhost_ioctl(x.b.fd, VHOST_VDPA_SET_GROUP_ASID, &s),
			all[i].result);
	}
	ktap_ok(vhost_set_backend_features(x.b.fd, VHU_BF_MSG_V2 |
					   VHU_BF_BATCH | VHU_BF_ASID));
	ktap_ok(vdpa_msg(x.b.fd, 0, VHOST_IOTLB_BATCH_BEGIN));
	ktap_ok(vdpa_msg(x.b.fd, 0, VHOST_IOTLB_BATCH_END));
	ktap_eq(vdpa_msg(x.b.fd, 1, VHOST_IOTLB_BATCH_BEGIN), -EINVAL);
}

/* Messages that cannot be carried out, and change nothing. */
KTAP_TEST(bi_messages, KTAP_SHORT, blk_vdpa_split, "HO9_messages")
{
	struct vhost_iotlb_msg m = { .iova = 0x1000, .size = 4096, .perm = 3 };
	struct { __u32 type; __u8 rest[68]; } bad = { .type = 7 };
	__u64 hva;
	struct blk_fix x;
	unsigned int i;
	int fd;

	blk_vdpa_open(&x, arg, 1);
	fd = x.b.fd;
	hva = guest_hva(&x.b.mem, x.buf);
	m.uaddr = hva;
	ktap_ok(vdpa_map(fd, 0x10000, 0x4000, hva, 3));
	ktap_eq(vdpa_map(fd, 0x10000, 0x4000, hva, 3), -EFAULT);
	ktap_eq(vdpa_map(fd, 0x13fff, 2, hva, 3), -EFAULT);
	ktap_eq(vdpa_map(fd, 0xf000, 0x1001, hva, 3), -EFAULT);
	ktap_eq(vdpa_map(fd, 0, 0x100000, hva, 3), -EFAULT);
	ktap_ok(vdpa_map(fd, 0xf000, 0x1000, hva, 1));
	ktap_eq(vdpa_map(fd, 0x20000, 0, hva, 3), -EINVAL);
	ktap_eq(vdpa_map(fd, 0x20000, 4096, hva, 0), -EFAULT);
	ktap_eq(vdpa_map(fd, 0x20000, 4096, hva, 4), -EFAULT);
	ktap_eq(vdpa_map(fd, ~0ULL - 4094, 8192, hva, 3), -EFAULT);
	ktap_eq(vdpa_map(fd, 0x20000, 4096, 1ULL << 63, 3), -EFAULT);
	ktap_eq(vdpa_map(fd, 0x20000, 1ULL << 62, hva, 3), -EFAULT);
	ktap_eq(vdpa_unmap(fd, 0x20000, 0), -EINVAL);
	ktap_eq(vdpa_unmap(fd, ~0ULL, 2), -EFAULT);
	ktap_ok(vdpa_unmap(fd, 0x900000, 4096));
	ktap_eq(vdpa_batch_end(fd), -EFAULT);
	ktap_ok(vdpa_batch_begin(fd));
	ktap_eq(vdpa_batch_begin(fd), -EFAULT);
	ktap_eq(vdpa_map(fd, 0x10000, 4096, hva, 3), -EFAULT);
	ktap_ok(vdpa_unmap(fd, 0, ~0ULL));
	ktap_ok(vdpa_map(fd, 0x10000, 4096, hva, 3));
	ktap_ok(vdpa_batch_end(fd));
	ktap_eq(vdpa_batch_end(fd), -EFAULT);
	ktap_eq(vdpa_map(fd, 0x10fff, 1, hva, 3), -EFAULT);
	ktap_ok(vdpa_map(fd, 0x11000, 4096, hva, 3));
	m.type = VHOST_IOTLB_MISS;
	ktap_eq(iotlb_send(fd, true, &m), -EFAULT);
	m.type = 99;
	ktap_eq(iotlb_send(fd, true, &m), -EFAULT);
	ktap_check(write(fd, &bad, sizeof(bad)) < 0 && errno == EINVAL,
		   "unknown version");
	bad.type = VHOST_IOTLB_MSG_V2;
	ktap_check(write(fd, &bad, 20) < 0 && errno == EINVAL, "too short");
	ktap_check(write(fd, &bad, 3) < 0 && errno == EINVAL, "far too short");
	ktap_eq(blk_vdpa_other(bi_map_page, &x), -EFAULT);
	ktap_ok(bi_map_page(&x));
	/* There is an end to it. */
	ktap_ok(vdpa_unmap(fd, 0, ~0ULL));
	for (i = 0; i < 70000; i++)
		if (vdpa_map(fd, i * 8192ULL, 4096, hva, 3))
			break;
	ktap_check(i >= 32768 && i < 70000, "%u mappings", i);
}

/* After an error of the driver: NEEDS_RESET, and both eventfds are signalled (LC10). */
static void bi_expect_broken(struct blk_fix *x, enum myvhost_counter why)
{
	struct mock_ring *ring = &x->b.queue[0].ring;

	ktap_check(mock_fd_wait(ring->err_fd, BLK_WAIT), "no error");
	ktap_eq(blk_vdpa_status(x), BLK_VDPA_OK | VDPA_NEEDS_RESET);
	ktap_check(mock_fd_wait(x->b.config_fd, BLK_WAIT),
		   "no configuration interrupt");
	mock_fd_drain(x->b.config_fd);
	ktap_eq(blk_counter(x, why), 1);
	ktap_eq(mock_ring_has_used(ring), 0);
	mock_fd_drain(ring->err_fd);
	ktap_ok(vdpa_set_status(x->b.fd, 0));
	blk_vdpa_restart(x);
}

/* A batch is seen as a whole, at its end. */
KTAP_TEST(bi_batch, KTAP_SHORT, blk_vdpa_layouts, "VD3_VD4_batch")
{
	const __u64 elsewhere = 0x7000000000ULL;
	struct vhost_memory_region m[GUEST_REGIONS];
	struct mock_blk_req *r;
	struct blk_fix x;
	__u64 hva;

	blk_vdpa_open(&x, arg, 1);
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 4096, 1);
	hva = guest_hva(&x.b.mem, x.buf);
	ktap_ok(vdpa_batch_begin(x.b.fd));
	ktap_ok(vdpa_map(x.b.fd, elsewhere, 4096, hva, 3));
	ktap_ok(vdpa_unmap(x.b.fd, 0, elsewhere));
	/* Neither gone nor there yet. */
	blk_read(&x, 0, 4096);
	r = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, elsewhere, 4096, NULL);
	ktap_check(r, "full");
	mock_blk_submit(&x.b, 0);
	bi_expect_broken(&x, MYVHOST_CNT_BAD_ADDRESS);
	guest_mem_regions(&x.b.mem, m);
	ktap_ok(vdpa_map(x.b.fd, m[0].guest_phys_addr, m[0].memory_size,
			 m[0].userspace_addr, 3));
	ktap_ok(vdpa_map(x.b.fd, m[1].guest_phys_addr, m[1].memory_size,
			 m[1].userspace_addr, 3));
	ktap_ok(vdpa_batch_end(x.b.fd));
	memset(blk_ptr(&x, x.buf), 0, 4096);
	r = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, elsewhere, 4096, NULL);
	mock_blk_submit(&x.b, 0);
	ktap_eq(blk_get(&x, 0)->status, 0);
	blk_check_read(&x, 0, blk_ptr(&x, x.buf), 4096);
	/* And removed at once. */
	ktap_ok(vdpa_unmap(x.b.fd, elsewhere, 4096));
	blk_read(&x, 0, 4096);
	mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, elsewhere, 4096, NULL);
	mock_blk_submit(&x.b, 0);
	ktap_check(mock_fd_wait(x.b.queue[0].ring.err_fd, BLK_WAIT), "no error");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_ADDRESS), 2);
}

/* Memory that may only be read is not written, and the other way round (HO3). */
KTAP_TEST(bi_permissions, KTAP_SHORT, blk_vdpa_layouts, "VD3_HO3_permissions")
{
	const __u64 ro = 0x7000000000ULL, wo = 0x7100000000ULL;
	struct blk_fix x;
	__u64 hva;

	blk_vdpa_open(&x, arg, 1);
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 4096, 1);
	hva = guest_hva(&x.b.mem, x.buf);
	ktap_ok(vdpa_map(x.b.fd, ro, 8192, hva, VHOST_ACCESS_RO));
	ktap_ok(vdpa_map(x.b.fd, wo, 8192, hva, VHOST_ACCESS_WO));
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_OUT, 8, ro, 4096), 0);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_IN, 8, wo, 4096), 0);
	memset(blk_ptr(&x, x.buf), 0x5a, 4096);
	mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, ro, 4096, NULL);
	mock_blk_submit(&x.b, 0);
	bi_expect_broken(&x, MYVHOST_CNT_BAD_ACCESS);
	ktap_eq(*(__u8 *)blk_ptr(&x, x.buf), 0x5a);
	mock_blk_add(&x.b, 0, VIRTIO_BLK_T_OUT, 16, wo, 4096, NULL);
	mock_blk_submit(&x.b, 0);
	ktap_check(mock_fd_wait(x.b.queue[0].ring.err_fd, BLK_WAIT), "no error");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_ACCESS), 2);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_WRITES), 2);
}

/* Not one page of it mapped: no harm, and it works once it is. */
KTAP_TEST(bi_no_memory, KTAP_SHORT, blk_vdpa_layouts, "LC10_HO1_no_memory")
{
	struct blk_fix x;

	blk_vdpa_open(&x, arg, 1);
	ktap_ok(mock_blk_negotiate(&x.b));
	ktap_ok(mock_blk_setup_vq(&x.b, 0));
	ktap_eq(mock_blk_run(&x.b), -EFAULT);
	ktap_eq(blk_vdpa_status(&x), VDPA_FEATURES_OK);
	ktap_ok(vdpa_set_status(x.b.fd, 0));
	ktap_ok(mock_blk_map(&x.b));
	blk_vdpa_restart(&x);
	blk_write(&x, 0, 4096, 1);
	blk_read(&x, 0, 4096);
}

/* Pieces of this many bytes, each the other end of the memory than the one before. */
#define BI_PIECE	2048
#define BI_PIECES	3072

/*
 * A request in memory that is scattered over more pieces than there is room for at
 * first: the driver sees one buffer, and cannot know.
 */
KTAP_TEST(bi_scattered, KTAP_LONG, blk_vdpa_layouts, "B26_HO11_scattered")
{
	const __u64 far = 0x7000000000ULL;
	const __u32 len = BI_PIECE * BI_PIECES;
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;
	unsigned int i;
	__u8 *order;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	blk_cfg(&cfg, &back, arg);
	cfg.mem_size = 32 << 20;
	blk_open(&x, &back, &cfg, len);
	ktap_ok(mock_blk_start(&x.b));
	ktap_ok(vdpa_batch_begin(x.b.fd));
	for (i = 0; i < BI_PIECES; i++)
		ktap_ok(vdpa_map(x.b.fd, far + i * BI_PIECE, BI_PIECE,
				 guest_hva(&x.b.mem, x.buf + len -
					   (i + 1) * BI_PIECE), 3));
	ktap_ok(vdpa_batch_end(x.b.fd));
	blk_fill(blk_ptr(&x, x.buf), len, 3);
	order = malloc(len);
	ktap_check(order, "no memory");
	for (i = 0; i < BI_PIECES; i++)
		memcpy(order + i * BI_PIECE,
		       blk_ptr(&x, x.buf + len - (i + 1) * BI_PIECE), BI_PIECE);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_OUT, 0, far, len), 0);
	blk_wrote(&x, 0, order, len);
	blk_check_disk(&x);
	memset(blk_ptr(&x, x.buf), 0, len);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_IN, 0, far, len), 0);
	for (i = 0; i < BI_PIECES; i++)
		ktap_check(!memcmp(order + i * BI_PIECE,
				   blk_ptr(&x, x.buf + len - (i + 1) * BI_PIECE),
				   BI_PIECE), "piece %u", i);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_SEGMENTS), 0);
	blk_close(&x);
}

/* The vhost dialect, where the device has a cache of translations. */
static const struct ktap_variant bi_cached[] = {
	{ "split", &(const struct blk_mode) {
			"vhost_split_iommu", false,
			BLK_MODERN | VHU_ACCESS_PLATFORM } },
	{ "packed", &(const struct blk_mode) {
			"vhost_packed_iommu", false,
			BLK_MODERN | VHU_ACCESS_PLATFORM | VHU_PACKED } },
	{ }
};

/*
 * A request whose pages are more than the device keeps translations of, unless they are
 * needed; it begins with all but its first pages.
 */
KTAP_TEST(bi_many_pages, KTAP_LONG, bi_cached, "B26_HO11_many_pages")
{
	const __u32 len = BLK_DISK_SIZE;
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct iotlb_server s;
	struct blk_fix x;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	cfg.mem_size = 16 << 20;
	blk_open(&x, &back, &cfg, len);
	ktap_ok(mock_blk_start(&x.b));
	ktap_ok(iotlb_server_start_on(&s, x.b.fd, true, &x.b.mem));
	blk_write(&x, 0, len, 3);
	blk_read(&x, 0, len);
	iotlb_server_stop(&s);
	ktap_eq(s.bad, 0);
	blk_check_disk(&x);
	blk_close(&x);
}
