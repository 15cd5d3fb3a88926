/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device side of a virtqueue: positions, the two layouts, and the verbs
 * that hide which one is in use.  Pure: no locks, no sleeping, no kernel
 * objects; the caller serialises.  Rules are quoted as (SPn) and (PKn) from
 * Documentation/rules.rst, which gives the section of the virtio specification.
 */
#ifndef _MVH_RING_H
#define _MVH_RING_H

#include "mvh_env.h"

/* Most descriptors a ring can have (virtio 1.3, 2.7 and 2.8.10.1). */
#define MVH_RING_MAX	32768

/**
 * enum mvh_bad - the ways in which a guest can break the protocol
 * @MVH_BAD_INDEX: more descriptors made available than the ring has
 * @MVH_BAD_HEAD: descriptor number outside the ring
 * @MVH_BAD_CHAIN: chain longer than its ring or table, or a loop
 * @MVH_BAD_ORDER: readable descriptor after a writable one
 * @MVH_BAD_INDIRECT: malformed or nested indirect table
 * @MVH_BAD_SEGMENTS: chain with too many segments
 * @MVH_BAD_ADDRESS: address outside guest memory
 * @MVH_BAD_ACCESS: access that the translation does not permit
 * @MVH_BAD_DIRECTION: writable buffer to transmit, or readable one to receive into
 * @MVH_BAD_LENGTH: buffer too short for its header, or empty
 *
 * The order is that of MYVHOST_CNT_BAD_* in the UAPI, which has the details.
 */
enum mvh_bad {
	MVH_BAD_INDEX,
	MVH_BAD_HEAD,
	MVH_BAD_CHAIN,
	MVH_BAD_ORDER,
	MVH_BAD_INDIRECT,
	MVH_BAD_SEGMENTS,
	MVH_BAD_ADDRESS,
	MVH_BAD_ACCESS,
	MVH_BAD_DIRECTION,
	MVH_BAD_LENGTH,
	/* private: */
	MVH_BAD_MAX
};

/**
 * enum mvh_part - the three memory areas of a ring
 * @MVH_PART_DESC: descriptor table (split) or descriptor ring (packed)
 * @MVH_PART_AVAIL: available ring, or driver event suppression
 * @MVH_PART_USED: used ring, or device event suppression
 */
enum mvh_part {
	MVH_PART_DESC,
	MVH_PART_AVAIL,
	MVH_PART_USED,
	/* private: */
	MVH_PART_MAX
};

/**
 * struct mvh_ring_state - where a ring stands; what survives a stop
 * @avail: next entry to take; free running (split) or a slot (packed)
 * @used: next entry to give back; likewise
 * @avail_wrap: device's wrap counter at @avail, packed only
 * @used_wrap: device's wrap counter at @used, packed only
 */
struct mvh_ring_state {
	u16 avail;
	u16 used;
	bool avail_wrap;
	bool used_wrap;
};

/**
 * struct mvh_done - a finished chain on its way back to the guest
 * @len: bytes written into its writable part
 * @id: the chain's id
 * @ndesc: ring descriptors it takes, 1 for an indirect one
 */
struct mvh_done {
	u32 len;
	u16 id;
	u16 ndesc;
};

/**
 * struct mvh_ring - a ring in use
 *
 * Owned by a queue and guarded by its mutex.
 *
 * @part: kernel addresses of the three areas; in user mode what
 *	mvh_ring_user_part() makes, or NULL while there is no memory
 * @page: in user mode, owner's addresses of each page of the three areas
 * @state: current position
 * @num: descriptors
 * @seen: available index at the last look (split); slot and wrap bit of the
 *	first descriptor found not available (packed)
 * @uncalled: entries given back since mvh_ring_should_call() last decided
 * @bad: why the last verb returned -EBADMSG
 * @user: user mode: words are reached through the owner's address space
 * @fault: in user mode, a word could not be reached.  No verb gives anything to
 *	the guest, or takes anything, until the caller clears it
 * @packed: layout
 * @le: ring words are little endian, else native
 * @event_idx: VIRTIO_RING_F_EVENT_IDX was negotiated
 * @notify_on_empty: VIRTIO_F_NOTIFY_ON_EMPTY was negotiated
 * @call_always: the next decision on an interrupt is yes (SP17)
 * @wrote: told of each write into ring memory while not NULL; for the dirty
 *	log
 */
struct mvh_ring {
	void *part[MVH_PART_MAX];
	const u64 *page[MVH_PART_MAX];
	struct mvh_ring_state state;
	u16 num;
	u16 seen;
	u32 uncalled;
	enum mvh_bad bad;
	bool user;
	bool fault;
	bool packed;
	bool le;
	bool event_idx;
	bool notify_on_empty;
	bool call_always;
	void (*wrote)(struct mvh_ring *ring, enum mvh_part part, u32 off,
		      u32 len);
};

/*
 * In user mode the addresses in @part only number the bytes of the ring: the part
 * in the highest bits, where no memory is on any machine, and the offset from the
 * start of its first page in the others.
 */
#define MVH_USER_SHIFT	(BITS_PER_LONG - 8)

/*
 * mvh_ring_user_part() - what stands for the address of an area in user mode
 * @off: where in its first page it begins
 *
 * Return: what @part of struct mvh_ring must be.
 */
static inline void *mvh_ring_user_part(enum mvh_part part, u32 off)
{
	return (void *)(((unsigned long)part + 1) << MVH_USER_SHIFT | off);
}

/*
 * mvh_ring_user() - find a word of a ring in user mode
 * @word: where it is, reckoned from @ring->part
 *
 * Words are aligned, so none has a part in the next page.
 *
 * Return: the owner's address of it.
 */
static inline void *mvh_ring_user(const struct mvh_ring *ring, const void *word)
{
	unsigned long at = (unsigned long)word;
	const u64 *page = ring->page[(at >> MVH_USER_SHIFT) - 1];
	u32 off = at;

	return (void *)(uintptr_t)(page[off / PAGE_SIZE] + off % PAGE_SIZE);
}

/* One ring word, read or written exactly once; @p is reckoned from @ring->part. */
#define mvh_ring_load(ring, p)						\
	(likely(!(ring)->user) ? mvh_load(p) :				\
	 mvh_user_load((typeof(p))mvh_ring_user(ring, p), &(ring)->fault))

#define mvh_ring_load_acquire(ring, p)					\
	(likely(!(ring)->user) ? mvh_load_acquire(p) :			\
	 mvh_user_load_acquire((typeof(p))mvh_ring_user(ring, p),	\
			       &(ring)->fault))

#define mvh_ring_store(ring, p, v)					\
do {									\
	if (likely(!(ring)->user))					\
		mvh_store(p, v);					\
	else								\
		mvh_user_store((typeof(p))mvh_ring_user(ring, p), v,	\
			       &(ring)->fault);				\
} while (0)

#define mvh_ring_store_release(ring, p, v)				\
do {									\
	if (likely(!(ring)->user))					\
		mvh_store_release(p, v);				\
	else								\
		mvh_user_store_release((typeof(p))mvh_ring_user(ring, p), \
				       v, &(ring)->fault);		\
} while (0)

/* Byte order of the ring; on most machines the compiler knows. */
static inline bool mvh_ring_le(const struct mvh_ring *ring)
{
	return virtio_legacy_is_little_endian() || ring->le;
}

static inline u16 mvh_ring_cpu16(const struct mvh_ring *ring, __virtio16 v)
{
	return __virtio16_to_cpu(mvh_ring_le(ring), v);
}

static inline u32 mvh_ring_cpu32(const struct mvh_ring *ring, __virtio32 v)
{
	return __virtio32_to_cpu(mvh_ring_le(ring), v);
}

static inline u64 mvh_ring_cpu64(const struct mvh_ring *ring, __virtio64 v)
{
	return __virtio64_to_cpu(mvh_ring_le(ring), v);
}

static inline __virtio16 mvh_ring_virtio16(const struct mvh_ring *ring, u16 v)
{
	return __cpu_to_virtio16(mvh_ring_le(ring), v);
}

static inline __virtio32 mvh_ring_virtio32(const struct mvh_ring *ring, u32 v)
{
	return __cpu_to_virtio32(mvh_ring_le(ring), v);
}

/*
 * mvh_ring_bad() - note why the guest is wrong
 * @why: the reason
 *
 * Return: -EBADMSG, for the caller to pass on.
 */
static inline int mvh_ring_bad(struct mvh_ring *ring, enum mvh_bad why)
{
	ring->bad = why;
	return -EBADMSG;
}

static inline void mvh_ring_wrote(struct mvh_ring *ring, enum mvh_part part,
				  u32 off, u32 len)
{
	if (unlikely(ring->wrote))
		ring->wrote(ring, part, off, len);
}

u64 mvh_ring_part_size(bool packed, bool event_idx, u32 num,
		       enum mvh_part part);
void mvh_ring_reset(struct mvh_ring *ring);
int mvh_ring_start(struct mvh_ring *ring);
bool mvh_ring_state_ok(const struct mvh_ring *ring);
u32 mvh_ring_state_pack(const struct mvh_ring *ring);
int mvh_ring_state_unpack(struct mvh_ring *ring, u32 base);

/* One implementation per layout: split.c */
void mvh_split_start(struct mvh_ring *ring);
int mvh_split_push(struct mvh_ring *ring, const struct mvh_done *done,
		   unsigned int n);
bool mvh_split_should_call(struct mvh_ring *ring);
void mvh_split_disable_kick(struct mvh_ring *ring);
bool mvh_split_enable_kick(struct mvh_ring *ring);
void mvh_split_request_kick(struct mvh_ring *ring);
bool mvh_split_has_new(struct mvh_ring *ring);

/* ... and packed.c */
int mvh_packed_push(struct mvh_ring *ring, const struct mvh_done *done,
		    unsigned int n);
bool mvh_packed_should_call(struct mvh_ring *ring);
void mvh_packed_disable_kick(struct mvh_ring *ring);
bool mvh_packed_enable_kick(struct mvh_ring *ring);
void mvh_packed_request_kick(struct mvh_ring *ring);
bool mvh_packed_has_new(struct mvh_ring *ring);

/*
 * mvh_ring_push() - give finished chains back to the guest
 * @done: the chains, in the order in which they were taken
 * @n: how many, at least 1
 *
 * The guest sees all of them or none (N13).  Does not interrupt it.
 *
 * Return: 0; or -EFAULT if the ring cannot be reached, and the guest saw none:
 * they may be pushed again, alone or with others behind them.
 */
static __always_inline int mvh_ring_push(struct mvh_ring *ring,
					 const struct mvh_done *done,
					 unsigned int n)
{
	return ring->packed ? mvh_packed_push(ring, done, n) :
			      mvh_split_push(ring, done, n);
}

/*
 * mvh_ring_should_call() - does the guest want an interrupt?
 *
 * Decides for everything pushed since the last call of this function.
 *
 * Return: true if it does, or its wish cannot be read.
 */
static __always_inline bool mvh_ring_should_call(struct mvh_ring *ring)
{
	bool call = ring->packed ? mvh_packed_should_call(ring) :
				   mvh_split_should_call(ring);

	return call || ring->fault;
}

/* mvh_ring_disable_kick() - tell the guest that kicks are not needed */
static __always_inline void mvh_ring_disable_kick(struct mvh_ring *ring)
{
	if (ring->packed)
		mvh_packed_disable_kick(ring);
	else
		mvh_split_disable_kick(ring);
}

/**
 * mvh_ring_enable_kick - ask the guest for a kick and look again
 * @ring: the ring, found empty (or not full enough) by the last fetch
 *
 * Compares with what the last fetch saw, not with the position: a caller who
 * put chains back because they were too few must be able to sleep.
 *
 * Return: true if more became available meanwhile, so that no kick may come, or
 * the ring cannot be reached, as the next fetch is going to say.
 */
static __always_inline bool mvh_ring_enable_kick(struct mvh_ring *ring)
{
	bool more = ring->packed ? mvh_packed_enable_kick(ring) :
				   mvh_split_enable_kick(ring);

	return more || ring->fault;
}

/**
 * mvh_ring_request_kick - have the guest kick with whatever it adds next
 * @ring: the ring, empty or not
 *
 * For a queue that waits for something else; a kick may be missed that comes at
 * the same time.
 */
static __always_inline void mvh_ring_request_kick(struct mvh_ring *ring)
{
	if (ring->packed)
		mvh_packed_request_kick(ring);
	else
		mvh_split_request_kick(ring);
}

/*
 * mvh_ring_has_new() - is there more than the last fetch saw?
 *
 * A cheap look for busy polling; promises nothing.
 *
 * Return: true if there is, or the ring cannot be reached.
 */
static __always_inline bool mvh_ring_has_new(struct mvh_ring *ring)
{
	bool more = ring->packed ? mvh_packed_has_new(ring) :
				   mvh_split_has_new(ring);

	return more || ring->fault;
}

#endif /* _MVH_RING_H */
