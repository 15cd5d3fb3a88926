/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ring with a driver on one side and the code under test on the other.  The
 * rig_*() verbs call the mvh_*() verbs and check what must hold after any of
 * them: order of accesses and barriers, completeness of the dirty log, a chain
 * that is what the driver asked for.
 */
#ifndef _RIG_H
#define _RIG_H

#include "ring/chain.h"
#include "driver.h"
#include "unit.h"

#define RIG_IOV		1024
#define RIG_REQS	4096

/**
 * struct rig_config - what kind of ring
 * @packed: layout
 * @native: native byte order, split only
 * @event_idx: VIRTIO_RING_F_EVENT_IDX
 * @in_order: VIRTIO_F_IN_ORDER
 * @notify_on_empty: VIRTIO_F_NOTIFY_ON_EMPTY
 * @num: descriptors
 * @start: first index (split) or slot (packed)
 * @wrap0: first wrap counter is 0, packed only
 * @user: the ring is in user mode, as all are with UNIT_USER=1
 */
struct rig_config {
	bool packed;
	bool native;
	bool event_idx;
	bool in_order;
	bool notify_on_empty;
	u16 num;
	u16 start;
	bool wrap0;
	bool user;
};

/**
 * struct rig - a ring and its two sides
 * @guest: guest memory
 * @driver: driver side
 * @ring: device side
 * @iov: for chains
 * @max: how many of @iov a chain may use
 * @page: in user mode, where the pages of the ring are
 * @req: what was asked for, by cookie
 */
struct rig {
	struct guest guest;
	struct driver driver;
	struct mvh_ring ring;
	struct iovec iov[RIG_IOV];
	unsigned int max;
	u64 *page[MVH_PART_MAX];
	struct req req[RIG_REQS];
};

struct rig *rig_create(const struct rig_config *config);
void rig_destroy(struct rig *rig);

/* Driver side. */
int rig_add(struct rig *rig, const struct req *req, u32 cookie);
void rig_offer(struct rig *rig, u64 gpa, u32 len, bool write, u32 cookie);
void rig_expect_done(struct rig *rig, u32 cookie, u32 len);
void rig_expect_none(struct rig *rig);

/* Device side. */
struct mvh_fetch rig_limits(struct rig *rig, unsigned int max);
int rig_fetch_batch(struct rig *rig, struct mvh_chain *chain,
		    struct mvh_fetch *fetch);
int rig_fetch(struct rig *rig, struct mvh_chain *chain);
void rig_expect_bad(struct rig *rig, enum mvh_bad why);
int rig_push(struct rig *rig, const struct mvh_done *done, unsigned int n);
bool rig_should_call(struct rig *rig);
bool rig_enable_kick(struct rig *rig);
void rig_request_kick(struct rig *rig);
void rig_disable_kick(struct rig *rig);
bool rig_has_new(struct rig *rig);
struct mvh_done rig_done(const struct mvh_chain *chain, u32 len);

/* Words of the ring, for tests that play a hostile driver. */
void rig_split_desc(struct rig *rig, u16 i, u64 addr, u32 len, u16 flags,
		    u16 next);
void rig_split_avail(struct rig *rig, u16 slot, u16 head);
void rig_split_idx(struct rig *rig, u16 idx);
void rig_packed_desc(struct rig *rig, u16 i, u64 addr, u32 len, u16 id,
		     u16 flags);

/* Flags with which a packed descriptor is available, or used, at a wrap. */
u16 rig_packed_avail(bool wrap);
u16 rig_packed_used(bool wrap);

#endif /* _RIG_H */
