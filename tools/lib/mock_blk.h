/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mock block device: a descriptor of a disk, guest memory, rings and requests.
 *
 * This is a mock.  It plays the guest's virtio-blk driver and the VMM, in either
 * dialect, and makes the ioctls in the order in which QEMU and libblkio make them.
 */
#ifndef TOOLS_LIB_MOCK_BLK_H
#define TOOLS_LIB_MOCK_BLK_H

#include <linux/virtio_blk.h>

#include "mock_ring.h"
#include "myvhost_dev.h"
#include "vdpa_dev.h"

/* Since Linux 6.2. */
#ifndef VIRTIO_BLK_F_ZONED
#define VIRTIO_BLK_F_ZONED	17
#endif

#define MOCK_BLK_QUEUES		16
#define MOCK_BLK_SEGS		1100
#define MOCK_BLK_HDR		sizeof(struct virtio_blk_outhdr)

/* A status byte that no device writes. */
#define MOCK_BLK_S_NONE		0xee

/* Feature bits by name. */
#define BLK_F(name)		VHU_F(VIRTIO_BLK_F_##name)

/**
 * struct mock_blk_cfg - what a device is made of
 * @node: device node
 * @fd: if not 0, a descriptor that is a disk with backing already; it stays the
 *	caller's
 * @vdpa: dialect
 * @features: what the driver negotiates
 * @queues: number of queues, 0 for 1
 * @num: ring size, 0 for 64
 * @mem_size: guest memory in bytes, 0 for 8 MiB
 * @table_max: most entries of an indirect table, 0 for 32
 * @backing: the disk
 */
struct mock_blk_cfg {
	const char *node;
	int fd;
	bool vdpa;
	__u64 features;
	unsigned int queues;
	unsigned int num;
	size_t mem_size;
	unsigned int table_max;
	struct myvhost_blk backing;
};

/**
 * struct mock_blk_frame - how a request is put into descriptors
 * @cut: lengths of the pieces, used in turn and ended by 0; NULL: one each for
 *	header, data and status
 * @merged: header and data are neighbours in memory, and so are data and status:
 *	one piece before it is cut
 * @indirect: descriptors in a table
 */
struct mock_blk_frame {
	const unsigned int *cut;
	bool merged;
	bool indirect;
};

/**
 * struct mock_blk_req - a request
 * @type: VIRTIO_BLK_T_*
 * @sector: where
 * @data: bus address of its data
 * @len: bytes there
 * @busy: the device has it
 * @status: what the device wrote, MOCK_BLK_S_NONE if it did not
 * @used_len: bytes the device says it wrote
 * @seq: number of completions before it
 * @hdr: bus address of the header
 * @status_at: bus address of the status byte
 * @tag: for the caller
 */
struct mock_blk_req {
	__u32 type;
	__u64 sector;
	__u64 data;
	__u32 len;
	bool busy;
	__u8 status;
	__u32 used_len;
	__u64 seq;
	__u64 hdr, status_at;
	unsigned long tag;
};

/**
 * struct mock_blk_queue - a queue and its requests
 * @ring: the ring
 * @req: as many requests as descriptors
 * @cells: bus address of their headers and status bytes
 * @done: completions
 */
struct mock_blk_queue {
	struct mock_ring ring;
	struct mock_blk_req *req;
	__u64 cells;
	__u64 done;
};

/**
 * struct mock_blk - the device
 * @cfg: as given, defaults filled in
 * @fd: the descriptor
 * @mem: guest memory
 * @queue: the queues
 * @config_fd: eventfd of configuration changes
 */
struct mock_blk {
	struct mock_blk_cfg cfg;
	int fd;
	struct guest_mem mem;
	struct mock_blk_queue queue[MOCK_BLK_QUEUES];
	int config_fd;
};

int mock_blk_setup_fd(const struct mock_blk_cfg *cfg);
int mock_blk_offered(const struct mock_blk_cfg *cfg, __u64 *features);
int mock_blk_open(struct mock_blk *b, const struct mock_blk_cfg *cfg);
int mock_blk_set_addr(struct mock_blk *b, unsigned int q);
int mock_blk_setup_vq(struct mock_blk *b, unsigned int q);
int mock_blk_map(struct mock_blk *b);
int mock_blk_negotiate(struct mock_blk *b);
int mock_blk_setup(struct mock_blk *b);
int mock_blk_run(struct mock_blk *b);
int mock_blk_start(struct mock_blk *b);
int mock_blk_stop(struct mock_blk *b);
void mock_blk_restart_rings(struct mock_blk *b);
void mock_blk_close(struct mock_blk *b);
int mock_blk_stats(struct mock_blk *b, __u64 c[MYVHOST_CNT_MAX]);

bool mock_blk_to_guest(__u32 type);
unsigned int mock_blk_cut(const struct mock_blk_req *r,
			  const struct mock_blk_frame *f, struct mock_seg *seg);
struct mock_blk_req *mock_blk_new(struct mock_blk *b, unsigned int q,
				  __u32 type, __u64 sector, __u64 data,
				  __u32 len);
struct mock_blk_req *mock_blk_add(struct mock_blk *b, unsigned int q,
				  __u32 type, __u64 sector, __u64 data,
				  __u32 len, const struct mock_blk_frame *f);
int mock_blk_add_raw(struct mock_blk *b, unsigned int q,
		     struct mock_blk_req *r, const struct mock_seg *seg,
		     unsigned int n, bool indirect);
void mock_blk_submit(struct mock_blk *b, unsigned int q);
int mock_blk_reap(struct mock_blk *b, unsigned int q,
		  struct mock_blk_req **r);
int mock_blk_wait(struct mock_blk *b, unsigned int q, struct mock_blk_req **r,
		  int msecs);
int mock_blk_do(struct mock_blk *b, unsigned int q, __u32 type, __u64 sector,
		__u64 data, __u32 len);

#endif /* TOOLS_LIB_MOCK_BLK_H */
