/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mock driver: the guest's side of one virtqueue.
 *
 * This is a mock.  It only plays the guest, from a test process and on memory of
 * that process, and follows the driver's rules of the virtio specification, so
 * that whatever goes wrong is the device's doing.  Tests that want to break the
 * rules write to the ring memory themselves.
 *
 * Little-endian hosts only; legacy guests are native-endian, hence the same.
 */
#ifndef TOOLS_LIB_MOCK_RING_H
#define TOOLS_LIB_MOCK_RING_H

#include <stdbool.h>

#include "guest_mem.h"

#define MOCK_DESC_AVAIL	(1 << VRING_PACKED_DESC_F_AVAIL)
#define MOCK_DESC_USED	(1 << VRING_PACKED_DESC_F_USED)

/**
 * struct mock_seg - one piece of a buffer
 * @addr: bus address
 * @len: bytes
 * @write: the device writes it
 */
struct mock_seg {
	__u64 addr;
	__u32 len;
	bool write;
};

/**
 * struct mock_used - a used buffer
 * @cookie: what mock_ring_add() was given
 * @len: bytes the device says it wrote
 * @id: number of the buffer
 * @implied: in-order batches: no used entry of its own, @len is the full size
 */
struct mock_used {
	__u64 cookie;
	__u32 len;
	__u16 id;
	bool implied;
};

/* A buffer that the device has. */
struct mock_chain {
	bool busy;
	__u16 head;
	__u16 ndesc;
	__u64 in_len;
	__u64 cookie;
};

/**
 * struct mock_ring_cfg - what a ring is made of
 * @num: ring size
 * @features: first feature word: layout, indirect, event index, in order
 * @start: index of the first buffer; packed: position, with MOCK_START_WRAP
 *	for a wrap counter of 1
 * @head: split in-order: first descriptor, as after a restart
 * @table_max: most entries of an indirect table
 */
struct mock_ring_cfg {
	unsigned int num;
	__u64 features;
	__u16 start;
	__u16 head;
	unsigned int table_max;
};

#define MOCK_START_WRAP	0x8000

/**
 * struct mock_ring - one virtqueue
 * @mem: guest memory
 * @cfg: as given
 * @packed: layout
 * @event_idx: event index negotiated
 * @in_order: in-order negotiated
 * @desc_addr: bus address of the descriptors
 * @driver_addr: bus address of available ring or driver event
 * @device_addr: bus address of used ring or device event
 * @kick_fd: eventfd, driver to device
 * @call_fd: eventfd, device to driver
 * @err_fd: eventfd, device's complaint
 * @next_avail: next index (split) or position (packed) to fill
 * @next_used: next index or position to look at
 * @avail_wrap: packed: driver's wrap counter
 * @used_wrap: packed: device's wrap counter as expected
 * @kicked: @next_avail at the last mock_ring_should_kick()
 * @nadded: descriptors (packed) or buffers (split) since then
 * @nfree: free descriptors
 * @ninflight: buffers at the device
 */
struct mock_ring {
	struct guest_mem *mem;
	struct mock_ring_cfg cfg;
	bool packed, event_idx, in_order;
	__u64 desc_addr, driver_addr, device_addr;
	int kick_fd, call_fd, err_fd;

	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	struct vring_packed_desc *pdesc;
	struct vring_packed_desc_event *driver_event;
	struct vring_packed_desc_event *device_event;

	__u16 next_avail, next_used;
	bool avail_wrap, used_wrap;
	__u16 kicked;
	unsigned int nadded;
	unsigned int nfree, ninflight;

	/* private */
	struct mock_chain *chain;	/* by slot */
	__u16 *free_list;		/* free slots, a stack */
	unsigned int nslots;		/* its height */
	__u16 *next;			/* split: links of the chains */
	__u16 *fifo;			/* slots in flight, in order */
	unsigned int fifo_head, fifo_tail;
	unsigned int batch;		/* implied buffers still to hand out */
	struct mock_used batch_last;
	__u64 table_addr;
	__u16 next_desc;		/* split in-order */
	bool held;			/* packed: batch not published yet */
	__u16 held_pos, held_flags;
};

int mock_ring_init(struct mock_ring *r, struct guest_mem *mem,
		   const struct mock_ring_cfg *cfg);
void mock_ring_fini(struct mock_ring *r);
void mock_ring_restart(struct mock_ring *r, __u16 start, __u16 head);
unsigned int mock_ring_base(const struct mock_ring *r);
unsigned int mock_ring_idle_base(const struct mock_ring *r);

int mock_ring_add(struct mock_ring *r, const struct mock_seg *seg,
		  unsigned int n, bool indirect, __u64 cookie);
int mock_ring_add_mixed(struct mock_ring *r, const struct mock_seg *seg,
			unsigned int n, unsigned int ndirect, __u64 cookie);
void mock_ring_publish(struct mock_ring *r);
bool mock_ring_should_kick(struct mock_ring *r);
void mock_ring_kick(struct mock_ring *r);
void mock_ring_submit(struct mock_ring *r);

bool mock_ring_has_used(const struct mock_ring *r);
int mock_ring_get_used(struct mock_ring *r, struct mock_used *u);
void mock_ring_enable_call(struct mock_ring *r);
void mock_ring_disable_call(struct mock_ring *r);
int mock_ring_wait(struct mock_ring *r, int msecs);
int mock_ring_wait_used(struct mock_ring *r, struct mock_used *u, int msecs);
__u64 mock_fd_drain(int efd);
int mock_fd_wait(int efd, int msecs);
__s64 mock_msecs(void);

/* Between mock_ring.c and the two layouts. */
void mock_split_init(struct mock_ring *r);
void mock_split_write(struct mock_ring *r, __u16 slot,
		      const struct mock_seg *seg, unsigned int n,
		      unsigned int ndirect);
void mock_split_publish(struct mock_ring *r);
bool mock_split_should_kick(const struct mock_ring *r);
bool mock_split_has_used(const struct mock_ring *r);
int mock_split_fetch_used(struct mock_ring *r, __u16 *slot, __u32 *len);
void mock_split_set_call(struct mock_ring *r, bool on);

void mock_packed_init(struct mock_ring *r);
void mock_packed_write(struct mock_ring *r, __u16 slot,
		       const struct mock_seg *seg, unsigned int n,
		       unsigned int ndirect);
void mock_packed_publish(struct mock_ring *r);
bool mock_packed_should_kick(const struct mock_ring *r);
bool mock_packed_has_used(const struct mock_ring *r);
int mock_packed_fetch_used(struct mock_ring *r, __u16 *slot, __u32 *len);
void mock_packed_set_call(struct mock_ring *r, bool on);

/* Indirect table of a slot, and its bus address. */
void *mock_ring_table(const struct mock_ring *r, __u16 slot, __u64 *addr);

#endif /* TOOLS_LIB_MOCK_RING_H */
