/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver side of a virtqueue, written from the specification and sharing
 * nothing with the device side but the layout of the words.  Works alone or as
 * one of two threads.
 */
#ifndef _DRIVER_H
#define _DRIVER_H

#include "guest.h"
#include "ring/ring.h"

/**
 * struct req - a request to be made available
 * @seg: its buffers, readable ones first
 * @n: how many
 * @table: guest address of an indirect table, 0 for none
 * @direct: buffers that go before the table, split only
 * @shuffle: a split table's entries stand in random order
 */
struct req {
	const struct seg *seg;
	unsigned int n;
	u64 table;
	unsigned int direct;
	bool shuffle;
};

/**
 * struct driver_buf - a request that the device has, by its id
 * @busy: it has it
 * @ndesc: ring descriptors it takes
 * @cookie: the caller's name for it
 * @room: bytes the device may write
 */
struct driver_buf {
	bool busy;
	u16 ndesc;
	u32 cookie;
	u64 room;
};

/* What came back: @len is what the device says it wrote. */
struct driver_done {
	u32 cookie;
	u32 len;
};

/**
 * struct driver - the driver side of a ring
 * @guest: memory of indirect tables
 * @part: the ring's memory
 * @num: descriptors
 * @packed: layout
 * @le: little endian
 * @event_idx: VIRTIO_RING_F_EVENT_IDX
 * @in_order: VIRTIO_F_IN_ORDER
 * @avail: next index (split) or slot (packed) to fill
 * @used: next index or slot to look at
 * @avail_wrap: our wrap counter at @avail
 * @used_wrap: the device's wrap counter at @used
 * @n_free: descriptors not in use
 * @added: entries (split) or descriptors (packed) since driver_needs_kick()
 * @next_desc: with @in_order, the next descriptor of a split ring
 * @first: flags of the first packed descriptor not yet visible
 * @first_flags: what they are to be
 * @in_batch: a used entry speaks for more than one request
 * @batch: that entry
 * @fifo: ids in the order in which they were made available
 * @fifo_in: next entry of @fifo to fill, free running
 * @fifo_out: next entry of @fifo to take
 * @free: stack of free split descriptors or packed ids
 * @next: own copy of the split descriptors' links
 * @buf: requests by id
 */
struct driver {
	struct guest *guest;
	void *part[MVH_PART_MAX];
	u16 num;
	bool packed;
	bool le;
	bool event_idx;
	bool in_order;
	u16 avail;
	u16 used;
	bool avail_wrap;
	bool used_wrap;
	u16 n_free;
	u16 added;
	u16 next_desc;
	__le16 *first;
	u16 first_flags;
	bool in_batch;
	struct {
		u32 id;
		u32 len;
	} batch;
	u16 fifo[MVH_RING_MAX];
	u16 fifo_in;
	u16 fifo_out;
	u16 free[MVH_RING_MAX];
	u16 n_ids;
	u16 next[MVH_RING_MAX];
	struct driver_buf buf[MVH_RING_MAX];
};

void driver_init(struct driver *d);
int driver_add(struct driver *d, const struct req *req, u32 cookie);
void driver_publish(struct driver *d);
bool driver_needs_kick(struct driver *d);
bool driver_get(struct driver *d, struct driver_done *done);
bool driver_enable_calls(struct driver *d);
void driver_disable_calls(struct driver *d);

/* Shared by the two layouts. */
void driver_take(struct driver *d, u16 id, u16 ndesc, const struct req *req,
		 u32 cookie);
u16 driver_give(struct driver *d, struct driver_done *done);

/* driver_split.c */
int driver_split_add(struct driver *d, const struct req *req, u32 cookie);
void driver_split_publish(struct driver *d);
bool driver_split_needs_kick(struct driver *d);
bool driver_split_peek(struct driver *d);
void driver_split_free(struct driver *d, u16 id);
bool driver_split_enable_calls(struct driver *d);
void driver_split_disable_calls(struct driver *d);

/* driver_packed.c */
int driver_packed_add(struct driver *d, const struct req *req, u32 cookie);
void driver_packed_publish(struct driver *d);
bool driver_packed_needs_kick(struct driver *d);
bool driver_packed_peek(struct driver *d);
void driver_packed_free(struct driver *d, u16 id);
bool driver_packed_enable_calls(struct driver *d);
void driver_packed_disable_calls(struct driver *d);

#endif /* _DRIVER_H */
